/** The access facts of calls that write objects: whole, in parts, or as copies. */
import type { AccessFact } from "#kernel/calls/authorize.ts";
import type { Context } from "#kernel/context.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { MaybePromise } from "#lib/maybe-promise.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { zonalFacts } from "../directory/facts.ts";
import { isDirectoryName } from "../directory/names.ts";
import { accessDenied } from "../errors.ts";
import { findUpload, initiatorIn } from "../multipart/upload.ts";
import { copySourceOf } from "../objects/copy-source.ts";
import { findVersion } from "../versions.ts";
import { type AclRequest, asksForAcl } from "./acl-request.ts";
import { authorization, NOTHING } from "./authorization.ts";
import { anonymousCannot } from "./errors.ts";
import { contentFact, objectFact } from "./facts.ts";
import { factsOnVersion, matchFacts } from "./on-object.ts";
import type { AccessTarget, OnObject } from "./target.ts";

interface Writing extends OnObject, AclRequest {
  Tagging?: unknown;
  ObjectLockMode?: unknown;
  ObjectLockLegalHoldStatus?: unknown;
  IfMatch?: string;
}

/** Returns the access facts of a call that writes an object or a part. */
export const onWrite =
  (of: "object" | "part") =>
  (ctx: Context, input: Writing): MaybePromise<AccessFact[]> =>
    authorization(ctx, input, (target) =>
      factsOfWriting(ctx, { ...target, creates: of === "object" }, input),
    );

function factsOfWriting(
  ctx: Context,
  target: AccessTarget,
  input: Writing,
  tagged = input.Tagging !== undefined,
): AccessFact[] {
  const actions = ["s3:PutObject"];
  if (input.ObjectLockMode !== undefined) actions.push("s3:PutObjectRetention");
  if (input.ObjectLockLegalHoldStatus !== undefined) actions.push("s3:PutObjectLegalHold");
  if (tagged) actions.push("s3:PutObjectTagging");
  // Documented policies for AWS services, which deliver objects to the bucket's
  // owner, allow only `s3:PutObject`.
  if (asksForAcl(input) && ctx.principal.type !== "service") actions.push("s3:PutObjectAcl");
  return [...actions.map((one) => contentFact(ctx, target, one, input)), ...matchFacts(ctx, target, input)];
}

export function onInitiation(ctx: Context, input: Writing): MaybePromise<AccessFact[]> {
  if (ctx.principal.type === "anonymous") throw anonymousCannot("initiate multipart uploads");
  return authorization(ctx, input, (target) => factsOfWriting(ctx, { ...target, creates: false }, input));
}

/** The principal that initiated an upload may end it and list its parts, unless a policy denies this. */
export const onUpload =
  (action: string) =>
  (ctx: Context, input: OnObject & { UploadId: string }): MaybePromise<AccessFact[]> =>
    authorization(ctx, input, async (target, tx) => {
      const fact = contentFact(ctx, target, action, input);
      const upload = await findUpload(tx, target.bucket, input);
      const isInitiator =
        ctx.principal.type !== "anonymous" && upload?.initiator === initiatorIn(ctx.principal);
      return [isInitiator ? { ...fact, granted: "everyone" } : fact];
    });

interface Copying extends Writing {
  CopySource: string;
  ExpectedSourceBucketOwner?: string;
  TaggingDirective?: string;
  AnnotationDirective?: string;
}

/**
 * Returns the access facts of copying an object, including its tags and annotations, or a range of it into a
 * part. Each of the two buckets may be a directory bucket.
 */
export const onCopy =
  (of: "object" | "part") =>
  async (ctx: Context, input: Copying): Promise<AccessFact[]> => {
    if (ctx.principal.type === "anonymous") throw anonymousCannot("copy objects");
    // A session is confined to one bucket.
    if (ctx.principal.bucketSession) throw accessDenied();
    const from = sourceOf(input);
    const copied = { from, ...carriedIn(of, input) };
    const reading = await (isDirectoryName(from.Bucket)
      ? zonalFacts(ctx, from, "ReadOnly")
      : onReading(ctx, copied));
    const writing = await (isDirectoryName(input.Bucket)
      ? zonalFacts(ctx, input, "ReadWrite")
      : onWriting(ctx, input, copied));
    return reading === NOTHING ? writing : [...reading, ...writing];
  };

function sourceOf(input: Copying): OnObject {
  const source = copySourceOf(input.CopySource);
  return {
    Bucket: source.bucket,
    Key: source.key,
    isSource: true,
    ...(source.versionId !== undefined && { VersionId: source.versionId }),
    ...(input.ExpectedSourceBucketOwner !== undefined && {
      ExpectedBucketOwner: input.ExpectedSourceBucketOwner,
    }),
    ...(input.RequestPayer !== undefined && { RequestPayer: input.RequestPayer }),
  };
}

/** What a copy takes from its source. */
interface Copied {
  from: OnObject;
  of: "object" | "part";
  tags: boolean;
  annotations: boolean;
}

const carriedIn = (of: Copied["of"], input: Copying) => ({
  of,
  tags: of === "object" && input.TaggingDirective !== "REPLACE",
  annotations: of === "object" && input.AnnotationDirective !== "EXCLUDE",
});

const onReading = (ctx: Context, { from, tags, annotations }: Copied) =>
  authorization(ctx, from, (target) => {
    const actions = ["s3:GetObject"];
    if (tags && target.version?.tags) actions.push("s3:GetObjectTagging");
    const facts = factsOnVersion(ctx, target, actions, from);
    const carried = annotations && target.version?.annotations;
    return carried ? [...facts, objectFact(ctx, target, "s3:GetObjectAnnotation", from)] : facts;
  });

const onWriting = (ctx: Context, input: Copying, { from, of, tags, annotations }: Copied) =>
  authorization(ctx, input, async (target, tx) => {
    const carried = of === "object" ? await versionAt(tx, from) : undefined;
    const tagged = tags ? carried?.tags !== undefined : input.Tagging !== undefined;
    const facts = factsOfWriting(ctx, { ...target, creates: of === "object" }, input, tagged);
    if (annotations && carried?.annotations)
      facts.push(contentFact(ctx, target, "s3:PutObjectAnnotation", input));
    return facts;
  });

async function versionAt(tx: ReadTransaction, { Bucket, Key, VersionId }: OnObject) {
  return findVersion(tx, await bucketAt(tx, Bucket), Key, VersionId);
}

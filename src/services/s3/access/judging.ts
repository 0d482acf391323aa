/** The forms that the facts of S3's operations take: `access.ts` says which operation has which. */
import type { AccessFact } from "#kernel/authorize.ts";
import type { Context } from "#kernel/context.ts";
import type { ReadTransaction } from "#kernel/transaction.ts";
import type { MaybePromise } from "#lib/maybe-promise.ts";
import { bucketArn, bucketAt } from "../buckets/bucket.ts";
import { accessDenied } from "../errors.ts";
import { findUpload, initiatorIn } from "../multipart/upload.ts";
import { copySourceOf } from "../objects/copy-source.ts";
import { findVersion } from "../versions.ts";
import { type AclRequest, asksForAcl } from "./acl-request.ts";
import {
  anonymousCallsNot,
  anonymousCannot,
  neverAnonymous,
  notByAccessPoint,
  sentElsewhere,
} from "./errors.ts";
import { bucketFact, byWayOf, contentFact, objectFact } from "./facts.ts";
import { keysOfCall } from "./keys.ts";
import { isPlainVisit, type OnBucket, type OnObject, type Scene, sceneOf } from "./scene.ts";

/** Shared, since nearly every call is one in which there is nothing to judge. */
const NOTHING: AccessFact[] = [];

type FactsIn = (scene: Scene, tx: ReadTransaction) => MaybePromise<AccessFact[]>;

function judged(ctx: Context, input: OnBucket, factsIn: FactsIn): MaybePromise<AccessFact[]> {
  return ctx.look((tx) => (isPlainVisit(ctx, tx, input) ? NOTHING : judgedInFull(ctx, tx, input, factsIn)));
}

async function judgedInFull(
  ctx: Context,
  tx: ReadTransaction,
  input: OnBucket,
  factsIn: FactsIn,
): Promise<AccessFact[]> {
  const scene = await sceneOf(ctx, tx, input);
  if (!scene) return NOTHING;
  const facts = await factsIn(scene, tx);
  return scene.accessPoint ? facts.flatMap((fact) => byWayOf(scene, fact)) : facts;
}

export function onAccount(ctx: Context, input: object, action: string, resource: string): AccessFact[] {
  if (ctx.principal.type === "anonymous") throw accessDenied();
  return [{ action, resource, conditions: keysOfCall(ctx, input, {}) }];
}

/** `GET /`, which is an address to visit as well. */
export function onService(ctx: Context, input: object): AccessFact[] {
  if (ctx.principal.type === "anonymous") throw sentElsewhere();
  return onAccount(ctx, input, "s3:ListAllMyBuckets", "*");
}

export const onBucket =
  (...actions: string[]) =>
  (ctx: Context, input: OnBucket): MaybePromise<AccessFact[]> =>
    judged(ctx, input, (scene) => {
      if (scene.accessPoint && !actions.every(isByAccessPoint)) throw notByAccessPoint(ctx.request?.method);
      return actions.map((action) => bucketFact(ctx, scene, action, input));
    });

/** What S3 does for nobody without a name, whomever a policy lets in. */
export const onBucketByName = (action: string) => (ctx: Context, input: OnBucket) => {
  if (ctx.principal.type === "anonymous") throw neverAnonymous(action);
  return onBucket(action)(ctx, input);
};

/** Of what is done to buckets, access points let only be read. */
const isByAccessPoint = (action: string) => /^s3:(Get|List)/.test(action);

/** What the root of the owner's account may do whatever the policy says: a policy that shuts everybody out is mended so. */
export const onBucketsPolicy =
  (action: string) =>
  (ctx: Context, input: OnBucket): MaybePromise<AccessFact[]> =>
    judged(ctx, input, (scene) => {
      const { type, account } = ctx.principal;
      if (scene.accessPoint && !isByAccessPoint(action)) throw notByAccessPoint(ctx.request?.method);
      if (type === "root" && account === scene.bucket.owner) return NOTHING;
      return [bucketFact(ctx, scene, action, input)];
    });

/**
 * What is done to an object that should be there. Whoever names a version needs another permission: `s3:GetObject`
 * becomes `s3:GetObjectVersion`. That there is none is told only to those who may list the bucket.
 */
export const onVersion =
  (...actions: string[]) =>
  (ctx: Context, input: OnObject): MaybePromise<AccessFact[]> =>
    judged(ctx, input, (scene) => factsOnVersion(ctx, scene, actions, input));

function factsOnVersion(ctx: Context, scene: Scene, actions: string[], input: OnObject): AccessFact[] {
  const named = input.VersionId !== undefined;
  const facts = actions.map((action) =>
    objectFact(ctx, scene, named ? versionAction(action) : action, input),
  );
  if (scene.version && (named || !scene.version.deleteMarker)) return facts;
  return [...facts, bucketFact(ctx, scene, named ? "s3:ListBucketVersions" : "s3:ListBucket", {})];
}

/** What is attached to an object that should be there: one action, whichever version is named. */
export const onAnnotation =
  (action: string) =>
  (ctx: Context, input: OnObject): MaybePromise<AccessFact[]> =>
    judged(ctx, input, (scene) => [
      objectFact(ctx, scene, action, input),
      ...(scene.version ? [] : [bucketFact(ctx, scene, "s3:ListBucket", {})]),
    ]);

/** One action, whichever version is named. */
export const onObject =
  (action: string) =>
  (ctx: Context, input: OnObject): MaybePromise<AccessFact[]> =>
    judged(ctx, input, (scene) => [objectFact(ctx, scene, action, input)]);

interface Bypassing extends OnObject {
  BypassGovernanceRetention?: boolean;
  IfMatch?: string;
}

export const onDeletion = (ctx: Context, input: Bypassing): MaybePromise<AccessFact[]> =>
  judged(ctx, input, (scene) => deletionFacts(ctx, scene, input, input.BypassGovernanceRetention));

interface Deletion {
  Key: string;
  VersionId?: string | undefined;
  IfMatch?: string | undefined;
}

/** One key of a batch. @throws {AwsError} AccessDenied */
export async function authorizeDeletion(
  ctx: Context,
  tx: ReadTransaction,
  scene: Scene,
  input: Deletion,
  bypass: boolean | undefined,
): Promise<void> {
  const version = await findVersion(tx, scene.bucket, input.Key, input.VersionId);
  const seen = { ...scene, ...(version && { version }) };
  ctx.authorize(deletionFacts(ctx, seen, input, bypass).flatMap((fact) => byWayOf(seen, fact)));
}

function deletionFacts(
  ctx: Context,
  scene: Scene,
  input: Deletion,
  bypass: boolean | undefined,
): AccessFact[] {
  const action = input.VersionId === undefined ? "s3:DeleteObject" : "s3:DeleteObjectVersion";
  return [
    contentFact(ctx, scene, action, input),
    ...matchFacts(ctx, scene, input),
    ...bypassFacts(ctx, scene, input, bypass),
  ];
}

export const onRetention = (ctx: Context, input: Bypassing): MaybePromise<AccessFact[]> =>
  judged(ctx, input, (scene) => [
    objectFact(ctx, scene, "s3:PutObjectRetention", input),
    ...bypassFacts(ctx, scene, input, input.BypassGovernanceRetention),
  ]);

/** What some may force upon a version that is locked in governance mode. */
const bypassFacts = (ctx: Context, scene: Scene, input: { Key: string }, bypass: boolean | undefined) =>
  bypass ? [contentFact(ctx, scene, "s3:BypassGovernanceRetention", input)] : [];

function versionAction(action: string): string {
  const [, verb, what = ""] = /^s3:(\w+?Object)(\w*)$/.exec(action)!;
  return `s3:${verb}Version${what}`;
}

interface Writing extends OnObject, AclRequest {
  Tagging?: unknown;
  ObjectLockMode?: unknown;
  ObjectLockLegalHoldStatus?: unknown;
  IfMatch?: string;
}

/** An object, or a part of one. */
export const onWrite =
  (of: "object" | "part") =>
  (ctx: Context, input: Writing): MaybePromise<AccessFact[]> =>
    judged(ctx, input, (scene) => factsOfWriting(ctx, { ...scene, creates: of === "object" }, input));

function factsOfWriting(
  ctx: Context,
  scene: Scene,
  input: Writing,
  tagged = input.Tagging !== undefined,
): AccessFact[] {
  const actions = ["s3:PutObject"];
  if (input.ObjectLockMode !== undefined) actions.push("s3:PutObjectRetention");
  if (input.ObjectLockLegalHoldStatus !== undefined) actions.push("s3:PutObjectLegalHold");
  if (tagged) actions.push("s3:PutObjectTagging");
  // What AWS's services deliver they leave to the bucket's owner, and no documented policy for that asks more of them.
  if (asksForAcl(input) && ctx.principal.type !== "service") actions.push("s3:PutObjectAcl");
  return [...actions.map((one) => contentFact(ctx, scene, one, input)), ...matchFacts(ctx, scene, input)];
}

export function onInitiation(ctx: Context, input: Writing): MaybePromise<AccessFact[]> {
  if (ctx.principal.type === "anonymous") throw anonymousCannot("initiate multipart uploads");
  return judged(ctx, input, (scene) => factsOfWriting(ctx, { ...scene, creates: false }, input));
}

/** Whoever learns whether an ETag is the object's has read of it. */
function matchFacts(ctx: Context, scene: Scene, { Key, IfMatch }: Pick<Deletion, "Key" | "IfMatch">) {
  if (IfMatch === undefined || IfMatch === "*" || !scene.version) return [];
  return [objectFact(ctx, scene, "s3:GetObject", { Key })];
}

/** Whoever began an upload may end it and see its parts, unless somebody forbids it. */
export const onUpload =
  (action: string) =>
  (ctx: Context, input: OnObject & { UploadId: string }): MaybePromise<AccessFact[]> =>
    judged(ctx, input, async (scene, tx) => {
      const fact = contentFact(ctx, scene, action, input);
      const upload = await findUpload(tx, scene.bucket, input);
      const began = ctx.principal.type !== "anonymous" && upload?.initiator === initiatorIn(ctx.principal);
      return [began ? { ...fact, granted: "everyone" } : fact];
    });

interface Copying extends Writing {
  CopySource: string;
  ExpectedSourceBucketOwner?: string;
  TaggingDirective?: string;
  AnnotationDirective?: string;
}

/** Of an object, which takes its tags along, or of a part, which has none. */
export const onCopy =
  (of: "object" | "part") =>
  async (ctx: Context, input: Copying): Promise<AccessFact[]> => {
    if (ctx.principal.type === "anonymous") throw anonymousCannot("copy objects");
    const source = copySourceOf(input.CopySource);
    const from: OnObject = {
      Bucket: source.bucket,
      Key: source.key,
      isSource: true,
      ...(source.versionId !== undefined && { VersionId: source.versionId }),
      ...(input.ExpectedSourceBucketOwner !== undefined && {
        ExpectedBucketOwner: input.ExpectedSourceBucketOwner,
      }),
      ...(input.RequestPayer !== undefined && { RequestPayer: input.RequestPayer }),
    };
    const takesTags = of === "object" && input.TaggingDirective !== "REPLACE";
    const takesNotes = of === "object" && input.AnnotationDirective !== "EXCLUDE";
    const reading = await judged(ctx, from, (scene) => {
      const actions = ["s3:GetObject"];
      if (takesTags && scene.version?.tags) actions.push("s3:GetObjectTagging");
      const facts = factsOnVersion(ctx, scene, actions, from);
      const carried = takesNotes && scene.version?.annotations;
      return carried ? [...facts, objectFact(ctx, scene, "s3:GetObjectAnnotation", from)] : facts;
    });
    const writing = await judged(ctx, input, async (scene, tx) => {
      const carried = of === "object" ? await versionAt(tx, from) : undefined;
      const tagged = takesTags ? carried?.tags !== undefined : input.Tagging !== undefined;
      const facts = factsOfWriting(ctx, { ...scene, creates: of === "object" }, input, tagged);
      if (takesNotes && carried?.annotations)
        facts.push(contentFact(ctx, scene, "s3:PutObjectAnnotation", input));
      return facts;
    });
    return reading === NOTHING ? writing : [...reading, ...writing];
  };

async function versionAt(tx: ReadTransaction, { Bucket, Key, VersionId }: OnObject) {
  return findVersion(tx, await bucketAt(tx, Bucket), Key, VersionId);
}

/** Only what comes before any judgement; the handler judges each entry for itself. */
export const onBatch = (ctx: Context, input: OnBucket): MaybePromise<AccessFact[]> =>
  judged(ctx, input, () => NOTHING);

interface NewBucket extends AclRequest {
  Bucket: string;
  ObjectOwnership?: string;
  ObjectLockEnabledForBucket?: boolean;
  CreateBucketConfiguration?: { Tags?: readonly unknown[] };
}

export function onCreation(ctx: Context, input: NewBucket): AccessFact[] {
  if (ctx.principal.type === "anonymous") throw anonymousCallsNot();
  const actions = ["s3:CreateBucket"];
  if (asksForAcl(input)) actions.push("s3:PutBucketAcl");
  if (input.ObjectOwnership !== undefined) actions.push("s3:PutBucketOwnershipControls");
  if (input.ObjectLockEnabledForBucket)
    actions.push("s3:PutBucketObjectLockConfiguration", "s3:PutBucketVersioning");
  if (input.CreateBucketConfiguration?.Tags?.length) actions.push("s3:TagResource");
  return actions.flatMap((action) => onAccount(ctx, input, action, bucketArn(input.Bucket)));
}

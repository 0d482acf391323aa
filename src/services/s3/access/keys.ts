/**
 * The values of S3's condition keys for a call.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html
 */
import type { Keys } from "#aws/languages/policy/pattern.ts";
import type { Context } from "#kernel/context.ts";
import { formDecoded } from "#lib/percent.ts";
import { accessPointArn, originOf } from "../access-points/store.ts";
import { DAY_MS } from "../days.ts";
import type { Bucket, Tag } from "../store.ts";
import { ageOf, type Signature, signatureOf } from "./signature.ts";
import type { AccessTarget } from "./target.ts";

/** The request members that hold the values of condition keys. */
const MEMBERS = new Map(
  Object.entries({
    "s3:delimiter": "Delimiter",
    "s3:max-keys": "MaxKeys",
    "s3:versionid": "VersionId",
    "s3:if-match": "IfMatch",
    "s3:if-none-match": "IfNoneMatch",
    "s3:x-amz-acl": "ACL",
    "s3:x-amz-bucket-namespace": "BucketNamespace",
    "s3:x-amz-grant-full-control": "GrantFullControl",
    "s3:x-amz-grant-read": "GrantRead",
    "s3:x-amz-grant-read-acp": "GrantReadACP",
    "s3:x-amz-grant-write": "GrantWrite",
    "s3:x-amz-grant-write-acp": "GrantWriteACP",
    "s3:x-amz-metadata-directive": "MetadataDirective",
    "s3:x-amz-object-ownership": "ObjectOwnership",
    "s3:x-amz-server-side-encryption": "ServerSideEncryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
    "s3:x-amz-server-side-encryption-customer-algorithm": "SSECustomerAlgorithm",
    "s3:x-amz-storage-class": "StorageClass",
    "s3:x-amz-website-redirect-location": "WebsiteRedirectLocation",
    "s3:object-lock-mode": "ObjectLockMode",
    "s3:object-lock-legal-hold": "ObjectLockLegalHoldStatus",
  }),
);

/** The bucket may not exist yet, and then has few properties. */
type Target = Partial<Omit<AccessTarget, "bucket">> & { bucket?: Partial<Bucket> };

interface Call {
  ctx: Context;
  members: Record<string, unknown>;
  target: Target;
}

/** How the values of the other condition keys are computed. */
const COMPUTED: Readonly<Record<string, (call: Call) => ReturnType<Keys>>> = {
  "s3:prefix": ({ members }) => textOf(members.Prefix) ?? "",
  "s3:x-amz-copy-source": ({ members }) => sourceOf(members.CopySource),
  "s3:locationconstraint": ({ members }) => textOf(creationOf(members)?.LocationConstraint),
  "s3:requestobjecttagkeys": ({ members }) => requestTags(members.Tagging)?.map(({ Key }) => Key),
  "aws:tagkeys": ({ members }) => creationOf(members)?.Tags?.map(({ Key }) => Key),
  "s3:object-lock-retain-until-date": ({ members }) => retainedUntil(members)?.toISOString(),
  "s3:object-lock-remaining-retention-days": remainingDays,
  "s3:dataaccesspointarn": ({ target }) => target.accessPoint && accessPointArn(target.accessPoint),
  "s3:dataaccesspointaccount": ({ target }) => target.accessPoint?.account,
  "s3:accesspointnetworkorigin": ({ target }) => target.accessPoint && originOf(target.accessPoint),
  "s3:objectcreationoperation": ({ target }) => textOf(target.creates),
  "s3:resourceaccount": ({ target }) => target.bucket?.owner,
  "s3:x-amz-content-sha256": (call) =>
    call.ctx.request?.headers["x-amz-content-sha256"] ?? unsignedPayload(signature(call)),
  "s3:authtype": (call) => signature(call)?.by,
  "s3:signatureversion": (call) => signature(call)?.version,
  "s3:signatureage": (call) => ageOf(signature(call)?.at, call.ctx.clock.now()),
};

/** Condition keys that end with a tag key, and the tags that they refer to. */
const TAGS: readonly [prefix: string, tags: (call: Call) => readonly Tag[] | undefined][] = [
  ["s3:existingobjecttag/", ({ target }) => target.version?.tags],
  ["s3:requestobjecttag/", ({ members }) => requestTags(members.Tagging)],
  ["s3:buckettag/", ({ target }) => abacTags(target)],
  ["aws:resourcetag/", ({ target }) => abacTags(target)],
  ["aws:requesttag/", ({ members }) => creationOf(members)?.Tags],
  ["s3:accesspointtag/", ({ target }) => target.accessPoint?.tags],
];

export function keysOfCall(ctx: Context, input: object, target: Target): Keys {
  const members = input as Record<string, unknown>;
  const call = { ctx, members, target };
  return (name) => {
    const member = MEMBERS.get(name);
    if (member !== undefined) return textOf(members[member]);
    if (Object.hasOwn(COMPUTED, name)) return COMPUTED[name]!(call);
    const tagged = TAGS.find(([prefix]) => name.startsWith(prefix));
    return tagged && tagIn(tagged[1](call), name.slice(tagged[0].length));
  };
}

const signature = ({ ctx: { principal, request } }: Call) =>
  principal.type === "anonymous" || !request ? undefined : signatureOf(request);

/** The payload of a presigned URL is not known when the URL is signed. */
const unsignedPayload = (signature: Signature | undefined) =>
  signature?.by === "REST-QUERY-STRING" ? "UNSIGNED-PAYLOAD" : undefined;

const textOf = (value: unknown): string | undefined =>
  value === undefined || typeof value === "object" ? undefined : String(value);

/** Returns the copy source without its leading slash, which is optional. */
function sourceOf(source: unknown): string | undefined {
  if (typeof source !== "string") return undefined;
  return formDecoded(source)?.replace(/^\//, "") ?? source;
}

/** Parses the tags of a request, which are form-encoded in a header and structured in a document. */
function requestTags(tagging: unknown): Tag[] | undefined {
  if (typeof tagging === "string")
    return [...new URLSearchParams(tagging)].map(([Key, Value]) => ({ Key, Value }));
  return (tagging as { TagSet?: Tag[] } | undefined)?.TagSet;
}

/** Returns the bucket's tags if ABAC is enabled for it; otherwise policies cannot refer to them. */
const abacTags = ({ bucket }: Target) => (bucket?.abac ? bucket.tags : undefined);

/** Returns the configuration in a CreateBucket request. */
const creationOf = (members: Record<string, unknown>) =>
  members.CreateBucketConfiguration as { LocationConstraint?: string; Tags?: Tag[] } | undefined;

/** Returns the value of a tag. Condition keys are case-insensitive, including the tag key within them. */
const tagIn = (tags: readonly Tag[] | undefined, name: string) =>
  tags?.find(({ Key }) => Key.toLowerCase() === name)?.Value;

function retainedUntil(members: Record<string, unknown>): Date | undefined {
  const { RetainUntilDate } = (members.Retention ?? {}) as { RetainUntilDate?: unknown };
  const date = members.ObjectLockRetainUntilDate ?? RetainUntilDate;
  return date instanceof Date ? date : undefined;
}

function remainingDays({ ctx, members }: Call): string | undefined {
  const until = retainedUntil(members);
  return until && String(Math.ceil((until.getTime() - ctx.clock.now()) / DAY_MS));
}

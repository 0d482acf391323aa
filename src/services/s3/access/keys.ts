/**
 * The values of S3's condition keys for a call.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html
 */
import type { Keys } from "#aws/languages/policy/pattern.ts";
import type { Context } from "#kernel/context.ts";
import { percentDecoded } from "#lib/percent.ts";
import { accessPointArn, originOf } from "../access-points/store.ts";
import { DAY_MS } from "../days.ts";
import type { Tag } from "../store.ts";
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

const EXISTING_TAG = "s3:existingobjecttag/";
const BUCKET_TAG = "s3:buckettag/";
const ACCESS_POINT_TAG = "s3:accesspointtag/";
const REQUEST_TAG = "s3:requestobjecttag/";
const RESOURCE_TAG = "aws:resourcetag/";
const NEW_TAG = "aws:requesttag/";

export function keysOfCall(ctx: Context, input: object, target: Partial<AccessTarget>): Keys {
  const members = input as Record<string, unknown>;
  const signature = () =>
    ctx.principal.type === "anonymous" ? undefined : ctx.request && signatureOf(ctx.request);
  return (name) => {
    const member = MEMBERS.get(name);
    if (member !== undefined) return textOf(members[member]);
    switch (name) {
      case "s3:prefix":
        return textOf(members.Prefix) ?? "";
      case "s3:x-amz-copy-source":
        return sourceOf(members.CopySource);
      case "s3:locationconstraint":
        return textOf(
          (members.CreateBucketConfiguration as { LocationConstraint?: string })?.LocationConstraint,
        );
      case "s3:requestobjecttagkeys":
        return requestTags(members.Tagging)?.map(({ Key }) => Key);
      case "aws:tagkeys":
        return newTags(members)?.map(({ Key }) => Key);
      case "s3:object-lock-retain-until-date":
        return retainedUntil(members)?.toISOString();
      case "s3:object-lock-remaining-retention-days": {
        const until = retainedUntil(members);
        return until && String(Math.ceil((until.getTime() - ctx.clock.now()) / DAY_MS));
      }
      case "s3:dataaccesspointarn":
        return target.accessPoint && accessPointArn(target.accessPoint);
      case "s3:dataaccesspointaccount":
        return target.accessPoint?.account;
      case "s3:accesspointnetworkorigin":
        return target.accessPoint && originOf(target.accessPoint);
      case "s3:objectcreationoperation":
        return textOf(target.creates);
      case "s3:resourceaccount":
        return target.bucket?.owner;
      case "s3:x-amz-content-sha256":
        return ctx.request?.headers["x-amz-content-sha256"] ?? unsignedPayload(signature());
      case "s3:authtype":
        return signature()?.by;
      case "s3:signatureversion":
        return signature()?.version;
      case "s3:signatureage":
        return ageOf(signature()?.at, ctx.clock.now());
      default:
        if (name.startsWith(EXISTING_TAG))
          return tagIn(target.version?.tags, name.slice(EXISTING_TAG.length));
        if (name.startsWith(REQUEST_TAG))
          return tagIn(requestTags(members.Tagging), name.slice(REQUEST_TAG.length));
        if (name.startsWith(BUCKET_TAG)) return tagIn(abacTags(target), name.slice(BUCKET_TAG.length));
        if (name.startsWith(RESOURCE_TAG)) return tagIn(abacTags(target), name.slice(RESOURCE_TAG.length));
        if (name.startsWith(NEW_TAG)) return tagIn(newTags(members), name.slice(NEW_TAG.length));
        if (name.startsWith(ACCESS_POINT_TAG))
          return tagIn(target.accessPoint?.tags, name.slice(ACCESS_POINT_TAG.length));
        return undefined;
    }
  };
}

/** The payload of a presigned URL is not known when the URL is signed. */
const unsignedPayload = (signature: Signature | undefined) =>
  signature?.by === "REST-QUERY-STRING" ? "UNSIGNED-PAYLOAD" : undefined;

const textOf = (value: unknown): string | undefined =>
  value === undefined || typeof value === "object" ? undefined : String(value);

/** Returns the copy source without its leading slash, which is optional. */
function sourceOf(source: unknown): string | undefined {
  if (typeof source !== "string") return undefined;
  return percentDecoded(source)?.replace(/^\//, "") ?? source;
}

/** Parses the tags of a request, which are form-encoded in a header and structured in a document. */
function requestTags(tagging: unknown): Tag[] | undefined {
  if (typeof tagging === "string")
    return [...new URLSearchParams(tagging)].map(([Key, Value]) => ({ Key, Value }));
  return (tagging as { TagSet?: Tag[] } | undefined)?.TagSet;
}

/** Returns the bucket's tags if ABAC is enabled for it; otherwise policies cannot refer to them. */
const abacTags = ({ bucket }: Partial<AccessTarget>) => (bucket?.abac ? bucket.tags : undefined);

/** Returns the tags of a CreateBucket request. */
const newTags = (members: Record<string, unknown>) =>
  (members.CreateBucketConfiguration as { Tags?: Tag[] } | undefined)?.Tags;

/** Returns the value of a tag. Condition keys are case-insensitive, including the tag key within them. */
const tagIn = (tags: readonly Tag[] | undefined, name: string) =>
  tags?.find(({ Key }) => Key.toLowerCase() === name)?.Value;

function retainedUntil(members: Record<string, unknown>): Date | undefined {
  const { RetainUntilDate } = (members.Retention ?? {}) as { RetainUntilDate?: unknown };
  const date = members.ObjectLockRetainUntilDate ?? RetainUntilDate;
  return date instanceof Date ? date : undefined;
}

/** The access facts by which a call on a bucket or an object is authorized. */
import type { AccessFact } from "#kernel/calls/authorize.ts";
import type { Context } from "#kernel/context.ts";
import { memoizeByText } from "#lib/memoize.ts";
import { accessPointArn } from "../access-points/store.ts";
import { bucketArn, objectArn } from "../buckets/bucket.ts";
import type { Bucket, ObjectVersion } from "../store.ts";
import { type Grant, grantTo, isPublicGrant, ownersOnly, type Permission } from "./grants.ts";
import { keysOfCall } from "./keys.ts";
import type { AccessTarget } from "./target.ts";

/**
 * The permissions by which the ACL of a bucket or of an object allows an action.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#acl-access-policy-permission-mapping
 */
const BUCKET_GRANTS: Readonly<Record<string, Permission>> = {
  "s3:ListBucket": "READ",
  "s3:ListBucketVersions": "READ",
  "s3:ListBucketMultipartUploads": "READ",
  "s3:PutObject": "WRITE",
  "s3:PutObjectAcl": "WRITE",
  "s3:PutObjectTagging": "WRITE",
  "s3:DeleteObject": "WRITE",
  "s3:GetBucketAcl": "READ_ACP",
  "s3:PutBucketAcl": "WRITE_ACP",
};
const OBJECT_GRANTS: Readonly<Record<string, Permission>> = {
  "s3:GetObject": "READ",
  "s3:GetObjectVersion": "READ",
  "s3:GetObjectAttributes": "READ",
  "s3:GetObjectVersionAttributes": "READ",
  "s3:GetObjectAcl": "READ_ACP",
  "s3:GetObjectVersionAcl": "READ_ACP",
  "s3:PutObjectAcl": "WRITE_ACP",
  "s3:PutObjectVersionAcl": "WRITE_ACP",
};

/**
 * Adds the access point's fact: a call through an access point must be allowed by
 * both the access point and the bucket.
 */
export function accessPointFacts({ accessPoint, bucket }: AccessTarget, fact: AccessFact): AccessFact[] {
  if (!accessPoint) return [fact];
  const arn = accessPointArn(accessPoint);
  const key = fact.resource.slice(bucketArn(bucket.name).length + 1);
  return [
    {
      ...fact,
      resource: key === "" ? arn : `${arn}/object/${key}`,
      owner: accessPoint.account,
      resourcePolicy: accessPoint.policy ?? null,
    },
    fact,
  ];
}

export function bucketFact(ctx: Context, target: AccessTarget, action: string, input: object): AccessFact {
  const { bucket } = target;
  return {
    action,
    resource: bucketArn(bucket.name),
    owner: bucket.owner,
    conditions: keysOfCall(ctx, input, target),
    resourcePolicy: bucket.policy ?? null,
    granted: grantedBy(ctx, target, bucket.acl, BUCKET_GRANTS[action]),
  };
}

/** Returns the access fact of a write or a deletion in a bucket. */
export function contentFact(
  ctx: Context,
  target: AccessTarget,
  action: string,
  input: { Key: string },
): AccessFact {
  const { bucket } = target;
  return {
    ...bucketFact(ctx, target, action, input),
    resource: objectArn(bucket.name, input.Key),
  };
}

/** Returns the access fact of a call on an existing object, which may be owned by its writer. */
export function objectFact(
  ctx: Context,
  target: AccessTarget,
  action: string,
  input: { Key: string },
): AccessFact {
  const { bucket, version } = target;
  const owner = ownerOfVersion(bucket, version);
  const { policy } = bucket;
  return {
    ...contentFact(ctx, target, action, input),
    owner,
    // The bucket's owner can deny calls on objects that other accounts own, but cannot allow them.
    resourcePolicy: policy === undefined ? null : owner === bucket.owner ? policy : denialsOf(policy),
    granted: grantedBy(ctx, target, version?.acl, OBJECT_GRANTS[action]),
  };
}

/** Returns the account that owns a version. Where ACLs are disabled, the bucket's owner owns all objects. */
export function ownerOfVersion(bucket: Bucket, version: ObjectVersion | undefined): string {
  return bucket.ownership === undefined ? bucket.owner : (version?.owner ?? bucket.owner);
}

/** Returns the ACL of a version. Where ACLs are disabled, versions have the default one. */
export const grantsOf = (bucket: Bucket, version: ObjectVersion): readonly Grant[] =>
  (bucket.ownership === undefined ? undefined : version.acl) ?? ownersOnly(ownerOfVersion(bucket, version));

function grantedBy(
  ctx: Context,
  { bucket, block }: AccessTarget,
  acl: readonly Grant[] | undefined,
  permission: Permission | undefined,
): AccessFact["granted"] {
  if (!acl || !permission || bucket.ownership === undefined) return undefined;
  const effective = block.ignoreAcls ? acl.filter((grant) => !isPublicGrant(grant)) : acl;
  return grantTo(effective, permission, ctx.principal);
}

const denialsOf = memoizeByText<string | null>(1_000, (text) => {
  const { Statement, ...rest } = JSON.parse(text) as { Statement: PolicyStatement | PolicyStatement[] };
  const denials = [Statement].flat().filter(({ Effect }) => Effect === "Deny");
  return denials.length === 0 ? null : JSON.stringify({ ...rest, Statement: denials });
});

interface PolicyStatement {
  Effect: string;
}

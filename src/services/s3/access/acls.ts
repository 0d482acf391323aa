import { isDeepStrictEqual } from "node:util";
import type { Grant as GrantDocument } from "#aws/contract/types/s3.ts";
import type { Context } from "#kernel/context.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { bucketArn, bucketAt, objectArn } from "../buckets/bucket.ts";
import { announce } from "../changes.ts";
import { checkDocument } from "../documents.ts";
import { aclNotSupported } from "../errors.ts";
import { existingVersion } from "../objects/existing.ts";
import { ownerOf } from "../owner.ts";
import { type Bucket, buckets } from "../store.ts";
import { rewriteVersion } from "../versions.ts";
import { aclOfRequest } from "./acl-request.ts";
import { blockFor } from "./blocks.ts";
import { publicAclBlocked } from "./errors.ts";
import { grantsOf, ownerOfVersion } from "./facts.ts";
import { GROUPS, type Grant, isPublicGrant, ownersOnly } from "./grants.ts";

export const acls = {
  async PutBucketAcl(ctx, input) {
    checkDocument(ctx);
    return ctx.transact(async (tx) => {
      const bucket = await bucketAt(tx, input.Bucket);
      const { owner } = bucket;
      const acl = aclOfRequest(input, { of: "bucket", owner, bucketOwner: owner, method: "PUT" });
      await checkAllowed(ctx, tx, bucket, acl, "s3:PutBucketAcl", bucketArn(bucket.name));
      tx.put(buckets, { ...bucket, acl });
      return {};
    });
  },

  async GetBucketAcl(ctx, input) {
    const bucket = await ctx.read((tx) => bucketAt(tx, input.Bucket));
    const acl = bucket.ownership === undefined ? undefined : bucket.acl;
    return aclDocument(bucket.owner, acl ?? ownersOnly(bucket.owner));
  },

  async PutObjectAcl(ctx, input) {
    checkDocument(ctx);
    return ctx.transact(async (tx) => {
      const bucket = await bucketAt(tx, input.Bucket);
      const version = await existingVersion(tx, bucket, input, "PUT");
      const owner = ownerOfVersion(bucket, version);
      const acl = aclOfRequest(input, { of: "object", owner, bucketOwner: bucket.owner, method: "PUT" });
      await checkAllowed(ctx, tx, bucket, acl, "s3:PutObjectAcl", objectArn(bucket.name, input.Key));
      const changed = { ...version, acl };
      await rewriteVersion(tx, bucket, changed);
      // An event is published only if the ACL changes.
      if (!isDeepStrictEqual(acl, version.acl ?? ownersOnly(owner)))
        await announce(ctx, tx, bucket, { event: "ObjectAcl:Put", version: changed });
      return {};
    });
  },

  async GetObjectAcl(ctx, input) {
    return ctx.read(async (tx) => {
      const bucket = await bucketAt(tx, input.Bucket);
      const version = await existingVersion(tx, bucket, input, "GET");
      return aclDocument(ownerOfVersion(bucket, version), grantsOf(bucket, version));
    });
  },
} satisfies Handlers<"s3">;

async function checkAllowed(
  ctx: Context,
  tx: ReadTransaction,
  bucket: Bucket,
  acl: readonly Grant[],
  action: string,
  resource: string,
): Promise<void> {
  if (bucket.ownership === undefined) throw aclNotSupported();
  const block = await blockFor(tx, bucket);
  if (block.acls && acl.some(isPublicGrant))
    throw publicAclBlocked(ctx.principal, bucket.owner, action, resource);
}

const aclDocument = (owner: string, acl: readonly Grant[]) => ({
  Owner: ownerOf(owner),
  Grants: acl.map(
    ({ to, permission }): GrantDocument => ({
      Grantee:
        "user" in to ? { Type: "CanonicalUser", ID: to.user } : { Type: "Group", URI: GROUPS[to.group] },
      Permission: permission,
    }),
  ),
});

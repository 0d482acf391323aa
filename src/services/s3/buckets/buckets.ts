import type { Transaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { accessOfNewBucket } from "../access/new-bucket.ts";
import { isAlias } from "../access-points/addresses.ts";
import { bucketHasAccessPoints } from "../access-points/errors.ts";
import { accessPoints } from "../access-points/store.ts";
import { createDirectory } from "../directory/buckets.ts";
import { isDirectoryName } from "../directory/names.ts";
import { malformedXml } from "../errors.ts";
import { type Bucket, buckets, objects, uploads } from "../store.ts";
import { bucketTags } from "../tags.ts";
import { wholeSeconds } from "../versions.ts";
import { abandonUploads } from "./abandoned.ts";
import { arnOf, bucketArn, bucketAt } from "./bucket.ts";
import { deleteConfigurations } from "./configurations.ts";
import {
  bucketAlreadyExists,
  bucketAlreadyOwnedByYou,
  bucketNotEmpty,
  invalidBucketName,
  missingNamespace,
  notGlobal,
  outsideNamespace,
  unknownNamespace,
} from "./errors.ts";
import { constraintOf, locationOf, OLD_NAME } from "./location.ts";
import { isBucketName, isInNamespace, namespaceSuffix } from "./names.ts";

export const bucketHandlers = {
  async CreateBucket(ctx, input) {
    const { Bucket: name, CreateBucketConfiguration: configuration } = input;
    if (isDirectoryName(name)) return createDirectory(ctx, input);
    // Only directory buckets have a location or a type.
    if (!isBucketName(name) || configuration?.Location || configuration?.Bucket)
      throw invalidBucketName(name);
    // An empty document is malformed; a request without configuration sends none.
    if (configuration && Object.keys(configuration).length === 0) throw malformedXml();
    const region = locationOf(ctx.region, configuration?.LocationConstraint);
    checkNamespace(name, input.BucketNamespace, namespaceSuffix(ctx.account, region));
    const tags = bucketTags(configuration?.Tags);
    const { acl, ownership } = accessOfNewBucket(input, ctx.account);
    return ctx.transact(async (tx) => {
      const existing = await tx.get(buckets, [name]);
      if (existing && existing.owner !== ctx.account) throw bucketAlreadyExists(name);
      // In us-east-1 an owner may create an existing bucket again, for compatibility with old clients.
      if (existing && (ctx.region !== "us-east-1" || existing.region !== "us-east-1"))
        throw bucketAlreadyOwnedByYou(name);
      if (existing) resetAcl(tx, existing, acl);
      else {
        tx.put(buckets, {
          name,
          id: tx.sequence(),
          owner: ctx.account,
          region,
          ...(configuration?.LocationConstraint === OLD_NAME && { oldName: true }),
          created: wholeSeconds(tx.now()),
          tags,
          acl,
          ownership,
          ...(input.ObjectLockEnabledForBucket && { versioning: "Enabled", objectLock: {} }),
        });
      }
      return {
        Location:
          region === "us-east-1" || isInNamespace(name) ? `/${name}` : `http://${name}.s3.amazonaws.com/`,
        BucketArn: bucketArn(name),
      };
    });
  },

  async HeadBucket(ctx, input) {
    const bucket = await ctx.read((tx) => bucketAt(tx, input.Bucket));
    return {
      BucketArn: arnOf(bucket),
      ...(bucket.zone !== undefined && {
        BucketLocationType: "AvailabilityZone",
        BucketLocationName: bucket.zone,
      }),
      BucketRegion: bucket.region,
      AccessPointAlias: isAlias(input.Bucket),
    };
  },

  async GetBucketLocation(ctx, input) {
    const bucket = await ctx.read((tx) => bucketAt(tx, input.Bucket));
    return { LocationConstraint: constraintOf(bucket) as never };
  },

  async DeleteBucket(ctx, input) {
    return ctx.transact(async (tx) => {
      const bucket = await bucketAt(tx, input.Bucket);
      const attached = await tx.listBy(accessPoints, "bucket", { in: [bucket.name], limit: 1 });
      if (attached.length > 0) throw bucketHasAccessPoints(bucket.name);
      // The newest version of each key is in this collection, so it is empty only if there are no versions.
      const remaining = await tx.list(objects, { in: [bucket.id], limit: 1 });
      if (remaining.length > 0 || (await isHeldByUploads(tx, bucket)))
        throw bucketNotEmpty(bucket.name, bucket.versioning !== undefined);
      tx.delete(buckets, [bucket.name]);
      await deleteConfigurations(tx, bucket);
      tx.enqueue(abandonUploads, { bucket: bucket.id });
      return {};
    });
  },
} satisfies Handlers<"s3">;

/** Replaces the ACL of a bucket that is created again by that of the request. */
function resetAcl(tx: Transaction, { acl: former, ...bucket }: Bucket, acl: Bucket["acl"]): void {
  if (former || acl) tx.put(buckets, { ...bucket, acl });
}

/** Whether uploads in progress prevent the deletion of the bucket, which they do in directory buckets only. */
async function isHeldByUploads(tx: Transaction, { id, zone }: Bucket): Promise<boolean> {
  return zone !== undefined && (await tx.list(uploads, { in: [id], limit: 1 })).length > 0;
}

/**
 * Checks that a name with the suffix of an account belongs to the caller's
 * account, and that the request says so.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/gpbucketnamespaces.html
 * @throws {AwsError} MissingNamespaceHeader, InvalidNamespaceHeader, InvalidBucketName
 */
function checkNamespace(name: string, namespace: string | undefined, suffix: string): void {
  switch (namespace) {
    case "account-regional":
      if (!name.endsWith(suffix)) throw outsideNamespace(suffix);
      return;
    case undefined:
    case "global":
      if (isInNamespace(name)) throw namespace === undefined ? missingNamespace() : notGlobal();
      if (name.endsWith("-an")) throw invalidBucketName(name);
      return;
    default:
      throw unknownNamespace(namespace);
  }
}

import type { LoggingEnabled } from "#aws/contract/types/s3.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { checkDocument } from "../documents.ts";
import { malformedXml } from "../errors.ts";
import { checkSchema } from "../schema.ts";
import { type Bucket, buckets } from "../store.ts";
import {
  crossLocationLogging,
  deliveryNotGranted,
  targetGrantsNotAllowed,
  targetNotFound,
  targetOfAnother,
  unfitTarget,
} from "./errors.ts";

export const bucketLogging = {
  async PutBucketLogging(ctx, input) {
    checkDocument(ctx);
    checkSchema("PutBucketLogging", input.BucketLoggingStatus);
    const logging = input.BucketLoggingStatus.LoggingEnabled;
    const format = logging?.TargetObjectKeyFormat;
    if (format?.PartitionedPrefix && format.SimplePrefix) throw malformedXml();
    return ctx.transact(async (tx) => {
      const bucket = await bucketAt(tx, input.Bucket);
      if (logging) await checkTarget(tx, bucket, logging);
      tx.put(buckets, { ...bucket, logging });
      return {};
    });
  },

  async GetBucketLogging(ctx, input) {
    const { logging } = await ctx.read((tx) => bucketAt(tx, input.Bucket));
    return { LoggingEnabled: logging };
  },
} satisfies Handlers<"s3">;

/**
 * Checks the target of access logs, which must be in the account and Region of the bucket. Whether the
 * target's policy allows the delivery is checked when logs are delivered.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
 */
async function checkTarget(tx: ReadTransaction, bucket: Bucket, logging: LoggingEnabled): Promise<void> {
  const target = await tx.get(buckets, [logging.TargetBucket]);
  if (!target) throw targetNotFound(logging.TargetBucket);
  if (target.owner !== bucket.owner) throw targetOfAnother(target.name);
  if (target.region !== bucket.region) throw crossLocationLogging(bucket.region, target.region);
  if (target.zone !== undefined) throw unfitTarget("the Directory type", target.name);
  if (target.requestPayment) throw unfitTarget("Requester Pays", target.name);
  if (target.objectLock?.defaultRetention) throw unfitTarget("a default retention", target.name);
  if (target.ownership === undefined) {
    if (logging.TargetGrants?.length) throw targetGrantsNotAllowed();
  } else if (target.policy === undefined && !grantsDelivery(target)) throw deliveryNotGranted(target.name);
}

/** Whether the ACL grants the log-delivery group both permissions that it needs where ACLs are enabled. */
function grantsDelivery({ acl = [] }: Bucket): boolean {
  const grants = acl.filter(({ to }) => "group" in to && to.group === "LogDelivery");
  const has = (permission: string) =>
    grants.some((grant) => grant.permission === permission || grant.permission === "FULL_CONTROL");
  return has("WRITE") && has("READ_ACP");
}

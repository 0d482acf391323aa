import type { LoggingEnabled } from "#aws/contract/types/s3.ts";
import type { Handlers } from "#kernel/service.ts";
import type { ReadTransaction } from "#kernel/transaction.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { checkDocument } from "../documents.ts";
import { malformedXml } from "../errors.ts";
import { checkSchema } from "../schema.ts";
import { type Bucket, buckets } from "../store.ts";
import { crossLocationLogging, targetGrantsNotAllowed, targetNotFound, targetOfAnother } from "./errors.ts";

export const bucketLogging = {
  async PutBucketLogging(ctx, input) {
    checkDocument(ctx, { required: true });
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
 * Logs stay in the account and the Region of their bucket. Whether they may be delivered shows when they are: the
 * target's policy is judged then.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
 */
async function checkTarget(tx: ReadTransaction, bucket: Bucket, logging: LoggingEnabled): Promise<void> {
  const target = await tx.get(buckets, [logging.TargetBucket]);
  if (!target) throw targetNotFound(logging.TargetBucket);
  if (target.owner !== bucket.owner) throw targetOfAnother(target.name);
  if (target.region !== bucket.region) throw crossLocationLogging(bucket.region, target.region);
  if (logging.TargetGrants?.length) throw targetGrantsNotAllowed();
}

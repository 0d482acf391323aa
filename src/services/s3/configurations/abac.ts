import type { Handlers } from "#kernel/service.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { checkDocument } from "../documents.ts";
import { malformedXml } from "../errors.ts";
import { checkSchema } from "../schema.ts";
import { buckets } from "../store.ts";

/**
 * The setting that lets policies refer to a bucket's tags.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging-enable-abac.html
 */
export const bucketAbac = {
  async PutBucketAbac(ctx, input) {
    checkDocument(ctx);
    checkSchema("PutBucketAbac", input.AbacStatus);
    const { Status: status } = input.AbacStatus;
    if (status === undefined) throw malformedXml();
    return ctx.transact(async (tx) => {
      const { abac: _, ...bucket } = await bucketAt(tx, input.Bucket);
      tx.put(buckets, { ...bucket, ...(status === "Enabled" && { abac: true as const }) });
      return {};
    });
  },

  async GetBucketAbac(ctx, input) {
    const { abac } = await ctx.read((tx) => bucketAt(tx, input.Bucket));
    return { AbacStatus: { Status: abac ? "Enabled" : "Disabled" } };
  },
} satisfies Handlers<"s3">;

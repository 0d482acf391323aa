import type { Handlers } from "#kernel/service.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { checkDocument } from "../documents.ts";
import { malformedXml } from "../errors.ts";
import { buckets } from "../store.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/RequesterPaysBuckets.html */
export const requestPayment = {
  async PutBucketRequestPayment(ctx, input) {
    checkDocument(ctx);
    const { Payer: payer } = input.RequestPaymentConfiguration;
    if (payer !== "Requester" && payer !== "BucketOwner") throw malformedXml();
    return ctx.transact(async (tx) => {
      const { requestPayment: _, ...bucket } = await bucketAt(tx, input.Bucket);
      tx.put(buckets, { ...bucket, ...(payer === "Requester" && { requestPayment: payer }) });
      return {};
    });
  },

  async GetBucketRequestPayment(ctx, input) {
    const { requestPayment = "BucketOwner" } = await ctx.read((tx) => bucketAt(tx, input.Bucket));
    return { Payer: requestPayment };
  },
} satisfies Handlers<"s3">;

import { AwsError } from "#aws/errors.ts";
import type { Handlers } from "#kernel/service.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { checkDocument } from "../documents.ts";
import { malformedXml } from "../errors.ts";
import { checkSchema } from "../schema.ts";

/** Whether policies may ask for a bucket's tags. They may not here, and so a bucket cannot be told to let them. */
export const bucketAbac = {
  async PutBucketAbac(ctx, input) {
    checkDocument(ctx);
    checkSchema("PutBucketAbac", input.AbacStatus);
    const { Status: status } = input.AbacStatus;
    if (status === undefined) throw malformedXml();
    if (status === "Enabled")
      throw new AwsError(
        "NotImplemented",
        "Attribute-based access control by a bucket's tags is not implemented.",
        {
          status: 501,
        },
      );
    await ctx.read((tx) => bucketAt(tx, input.Bucket));
    return {};
  },

  async GetBucketAbac(ctx, input) {
    await ctx.read((tx) => bucketAt(tx, input.Bucket));
    return { AbacStatus: { Status: "Disabled" } };
  },
} satisfies Handlers<"s3">;

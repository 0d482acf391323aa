import type { Override } from "../override.ts";

export default {
  shapes: {
    // The model's pattern requires a Region, but general purpose buckets, whose ARNs have none, can be tagged too:
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging.html
    S3ResourceArn: { pattern: "arn:[^:]+:s3(express)?:.*" },
  },
} satisfies Override;

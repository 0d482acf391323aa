import type { Override } from "../override.ts";

export default {
  shapes: {
    // The model's pattern wants a Region; general purpose buckets, whose ARNs have none, are tagged all the same:
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging.html
    S3ResourceArn: { pattern: "arn:[^:]+:s3(express)?:.*" },
  },
} satisfies Override;

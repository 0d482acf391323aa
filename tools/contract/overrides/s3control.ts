import type { Override } from "../override.ts";

export default {
  shapes: {
    // The model's pattern requires a Region, but general purpose buckets, whose ARNs have none, can be tagged too:
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging.html
    S3ResourceArn: { pattern: "arn:[^:]+:s3(express)?:.*" },
    // The model's pattern has no slash, but routes are asked and submitted by the ARN, which has one:
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_GetMultiRegionAccessPointRoutes.html
    MultiRegionAccessPointId: { pattern: "[a-zA-Z0-9:./-]{3,200}", regex: undefined },
  },
} satisfies Override;

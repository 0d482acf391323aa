import type { Override } from "../override.ts";

export default {
  service: {
    // S3 answers with codes of its own (InvalidArgument, MalformedXML, KeyTooLongError), never with validation errors.
    validation: "none",
  },
  drop: [
    // Deprecated twins: each has the same method and URI as its successor, so no request can be told to be theirs.
    "GetBucketLifecycle", // GetBucketLifecycleConfiguration
    "PutBucketLifecycle", // PutBucketLifecycleConfiguration
    "GetBucketNotification", // GetBucketNotificationConfiguration
    "PutBucketNotification", // PutBucketNotificationConfiguration
    // `GET /`, as ListBuckets: AWS tells them apart by the host `s3express-control.region`, which is a service of its own.
    "ListDirectoryBuckets",
  ],
} satisfies Override;

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
  operations: {
    // "Sample Response" of their pages in the API reference: 204 No Content.
    PutBucketPolicy: { status: 204 },
    PutBucketTagging: { status: 204 },
  },
  members: {
    // S3 stores the header's text and gives it back, whether or not it is a date; the SDKs have `ExpiresString` for it.
    "PutObjectRequest.Expires": "$string",
    "CopyObjectRequest.Expires": "$string",
    "CreateMultipartUploadRequest.Expires": "$string",
    "GetObjectOutput.Expires": "$string",
    "HeadObjectOutput.Expires": "$string",
    "GetObjectRequest.ResponseExpires": "$string",
    "HeadObjectRequest.ResponseExpires": "$string",
    // S3 has a sentence of its own for what is no date, and says it only after other checks.
    "PutObjectRequest.ObjectLockRetainUntilDate": "$string",
    "CopyObjectRequest.ObjectLockRetainUntilDate": "$string",
    "CreateMultipartUploadRequest.ObjectLockRetainUntilDate": "$string",
  },
  added: {
    // 202 for a restore that begins, 200 for one whose copy is there: API_RestoreObject, "Responses".
    "RestoreObjectOutput.StatusCode": ["$integer", { location: "status" }],
  },
} satisfies Override;

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
    PutBucketAnalyticsConfiguration: { status: 204 },
    PutBucketMetricsConfiguration: { status: 204 },
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
  // "Sample Response" of the pages of these operations in the API reference; clients that read a document as it comes may
  // count on it.
  ordered: {
    ListBucketsOutput: ["Owner", "Buckets"],
    ListObjectsOutput: [
      ...["Name", "Prefix", "Marker", "NextMarker", "MaxKeys", "Delimiter", "EncodingType", "IsTruncated"],
      ...["Contents", "CommonPrefixes"],
    ],
    ListObjectsV2Output: [
      ...[
        "Name",
        "Prefix",
        "StartAfter",
        "ContinuationToken",
        "NextContinuationToken",
        "KeyCount",
        "MaxKeys",
      ],
      ...["Delimiter", "EncodingType", "IsTruncated", "Contents", "CommonPrefixes"],
    ],
    ListObjectVersionsOutput: [
      ...[
        "Name",
        "Prefix",
        "KeyMarker",
        "VersionIdMarker",
        "NextKeyMarker",
        "NextVersionIdMarker",
        "MaxKeys",
      ],
      ...["Delimiter", "EncodingType", "IsTruncated", "Versions", "DeleteMarkers", "CommonPrefixes"],
    ],
    ObjectVersion: ["Key", "VersionId", "IsLatest", "LastModified"],
    DeleteMarkerEntry: ["Key", "VersionId", "IsLatest", "LastModified", "Owner"],
    ListMultipartUploadsOutput: [
      ...[
        "Bucket",
        "KeyMarker",
        "UploadIdMarker",
        "NextKeyMarker",
        "NextUploadIdMarker",
        "Delimiter",
        "Prefix",
      ],
      ...["EncodingType", "MaxUploads", "IsTruncated", "Uploads", "CommonPrefixes"],
    ],
    MultipartUpload: ["Key", "UploadId", "Initiator", "Owner", "StorageClass", "Initiated"],
    ListPartsOutput: [
      ...["Bucket", "Key", "UploadId", "Initiator", "Owner", "StorageClass", "PartNumberMarker"],
      ...["NextPartNumberMarker", "MaxParts", "IsTruncated"],
      ...["ChecksumAlgorithm", "ChecksumType", "Parts"],
    ],
    CopyObjectResult: ["LastModified", "ETag"],
    CopyPartResult: ["LastModified", "ETag"],
  },
  added: {
    // 202 for a restore that begins, 200 for one whose copy is there: API_RestoreObject, "Responses".
    "RestoreObjectOutput.StatusCode": ["$integer", { location: "status" }],
    // As S3 answers: https://github.com/versity/versitygw/issues/1814 has an answer of it, header by header.
    "ListObjectsOutput.BucketRegion": ["Region", { location: "header", name: "x-amz-bucket-region" }],
    "ListObjectsV2Output.BucketRegion": ["Region", { location: "header", name: "x-amz-bucket-region" }],
  },
} satisfies Override;

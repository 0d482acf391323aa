import type { Override } from "../override.ts";

export default {
  service: {
    // S3 has error codes of its own (InvalidArgument, MalformedXML, KeyTooLongError), and no validation errors.
    validation: "none",
  },
  drop: [
    // Deprecated operations with the same method and URI as their successors, so no request can be attributed to them.
    "GetBucketLifecycle", // GetBucketLifecycleConfiguration
    "PutBucketLifecycle", // PutBucketLifecycleConfiguration
    "GetBucketNotification", // GetBucketNotificationConfiguration
    "PutBucketNotification", // PutBucketNotificationConfiguration
  ],
  operations: {
    // "Sample Response" on their pages in the API reference: 204 No Content.
    PutBucketPolicy: { status: 204 },
    PutBucketTagging: { status: 204 },
    PutBucketAnalyticsConfiguration: { status: 204 },
    PutBucketMetricsConfiguration: { status: 204 },
  },
  members: {
    // S3 stores and returns the header's text, whether or not it is a date; the SDKs have `ExpiresString` for it.
    "PutObjectRequest.Expires": "$string",
    "CopyObjectRequest.Expires": "$string",
    "CreateMultipartUploadRequest.Expires": "$string",
    "GetObjectOutput.Expires": "$string",
    "HeadObjectOutput.Expires": "$string",
    "GetObjectRequest.ResponseExpires": "$string",
    "HeadObjectRequest.ResponseExpires": "$string",
    // S3 has its own error message for an invalid date, and returns it only after other checks.
    "PutObjectRequest.ObjectLockRetainUntilDate": "$string",
    "CopyObjectRequest.ObjectLockRetainUntilDate": "$string",
    "CreateMultipartUploadRequest.ObjectLockRetainUntilDate": "$string",
  },
  // The order of the "Sample Response" on these operations' pages in the API reference; clients with streaming parsers may
  // depend on it.
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
    // Recorded answers have the owner first, unlike the pages:
    // https://github.com/pkgcloud/pkgcloud/blob/bf408920c2409a007889cddd70c296ba829b543a/test/fixtures/amazon/list-bucket-files.xml
    Object: [
      ...["Key", "LastModified", "ETag", "ChecksumAlgorithm", "ChecksumType"],
      ...["Size", "Owner", "StorageClass"],
    ],
    // https://github.com/versity/versitygw/issues/862
    ObjectVersion: [
      ...["Key", "VersionId", "IsLatest", "LastModified", "ETag", "ChecksumAlgorithm", "ChecksumType"],
      ...["Size", "Owner", "StorageClass"],
    ],
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
    // 202 for a restore that begins, 200 for one whose copy exists: API_RestoreObject, "Responses".
    "RestoreObjectOutput.StatusCode": ["$integer", { location: "status" }],
    // https://github.com/versity/versitygw/issues/1814 shows the headers of S3's response.
    "ListObjectsOutput.BucketRegion": ["Region", { location: "header", name: "x-amz-bucket-region" }],
    "ListObjectsV2Output.BucketRegion": ["Region", { location: "header", name: "x-amz-bucket-region" }],
  },
} satisfies Override;

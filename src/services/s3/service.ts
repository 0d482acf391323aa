import { defineService } from "#kernel/service.ts";
import { access } from "./access.ts";
import { abandonUploads } from "./buckets/abandoned.ts";
import { bucketHandlers } from "./buckets/buckets.ts";
import { bucketListing } from "./buckets/list.ts";
import { bucketVersioning } from "./buckets/versioning.ts";
import { objectCopying } from "./objects/copy.ts";
import { objectDeletion } from "./objects/delete.ts";
import { objectReading } from "./objects/get.ts";
import { objectInspection } from "./objects/inspect.ts";
import { objectWriting } from "./objects/put.ts";

export const s3 = defineService({
  id: "s3",
  // A bucket's name is taken for everybody.
  scope: "partition",
  operations: [
    bucketHandlers,
    bucketListing,
    bucketVersioning,
    objectWriting,
    objectReading,
    objectDeletion,
    objectCopying,
    objectInspection,
  ],
  access,
  jobs: [abandonUploads],
  dataOperations: [
    "HeadBucket",
    "PutObject",
    "GetObject",
    "HeadObject",
    "DeleteObject",
    "DeleteObjects",
    "CopyObject",
    "GetObjectAttributes",
    "PutObjectTagging",
    "GetObjectTagging",
    "DeleteObjectTagging",
    "ListObjects",
    "ListObjectsV2",
    "ListObjectVersions",
    "CreateMultipartUpload",
    "UploadPart",
    "UploadPartCopy",
    "CompleteMultipartUpload",
    "AbortMultipartUpload",
    "ListParts",
  ],
});

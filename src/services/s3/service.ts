import { defineService } from "#kernel/service.ts";
import { acls } from "./access/acls.ts";
import { deniedByS3 } from "./access/errors.ts";
import { bucketOwnership } from "./access/ownership.ts";
import { withCharges } from "./access/payment.ts";
import { bucketPolicies } from "./access/policies.ts";
import { bucketPublicAccess } from "./access/public-access.ts";
import { requestPayment } from "./access/request-payment.ts";
import { access } from "./access.ts";
import { objectAnnotations } from "./annotations/annotations.ts";
import { abandonUploads } from "./buckets/abandoned.ts";
import { bucketHandlers } from "./buckets/buckets.ts";
import { bucketListing } from "./buckets/list.ts";
import { bucketVersioning } from "./buckets/versioning.ts";
import { bucketAbac } from "./configurations/abac.ts";
import { bucketAcceleration } from "./configurations/acceleration.ts";
import { bucketAnalytics } from "./configurations/analytics.ts";
import { bucketMetrics } from "./configurations/metrics.ts";
import { bucketCors } from "./cors/configuration.ts";
import { crossOrigin } from "./cors/cross-origin.ts";
import { directoryListing } from "./directory/buckets.ts";
import { renaming } from "./directory/rename.ts";
import { forgetRenames } from "./directory/rename-tokens.ts";
import { directorySessions } from "./directory/sessions.ts";
import { bucketEncryption } from "./encryption/bucket-encryption.ts";
import { bucketInventory } from "./inventory/configuration.ts";
import { reportInventory } from "./inventory/report.ts";
import { lifecycleConfiguration } from "./lifecycle/configuration.ts";
import { midnightJob } from "./lifecycle/midnight.ts";
import { listObjects } from "./listing/objects.ts";
import { listUploads } from "./listing/uploads.ts";
import { listVersions } from "./listing/versions.ts";
import { lockConfiguration } from "./lock/configuration.ts";
import { objectLocks } from "./lock/objects.ts";
import { bucketLogging } from "./logging/configuration.ts";
import { deliverLogs } from "./logging/delivery.ts";
import { observe } from "./logging/observe.ts";
import { carryOut } from "./multi-region/requests.ts";
import { completionHandlers } from "./multipart/complete.ts";
import { partHandlers } from "./multipart/parts.ts";
import { uploadHandlers } from "./multipart/uploads.ts";
import { notificationConfiguration } from "./notifications/configuration.ts";
import { deliverEvent } from "./notifications/notify.ts";
import { objectCopying } from "./objects/copy.ts";
import { objectDeletion } from "./objects/delete.ts";
import { objectReading } from "./objects/get.ts";
import { objectInspection } from "./objects/get-attributes.ts";
import { objectWriting } from "./objects/put.ts";
import { formUpload, wrongForm } from "./post/endpoint.ts";
import { replicateAnnotation } from "./replication/annotations.ts";
import { replicationConfiguration } from "./replication/configuration.ts";
import { checkThreshold, replicate } from "./replication/replicate.ts";
import { selecting } from "./select/select.ts";
import { restoreJob } from "./storage-classes/follow.ts";
import { restoration } from "./storage-classes/restore.ts";
import { tagging } from "./tagging.ts";
import { bucketTiering } from "./tiering/configuration.ts";
import { bucketWebsite } from "./website/configuration.ts";
import { websiteEndpoint } from "./website/endpoint.ts";

export const s3 = defineService({
  id: "s3",
  // The names of buckets are unique in the partition.
  scope: "partition",
  operations: [
    bucketHandlers,
    bucketListing,
    directoryListing,
    directorySessions,
    renaming,
    bucketVersioning,
    bucketCors,
    bucketEncryption,
    bucketWebsite,
    bucketLogging,
    bucketInventory,
    bucketAnalytics,
    bucketMetrics,
    bucketAcceleration,
    bucketAbac,
    objectWriting,
    objectReading,
    objectDeletion,
    objectCopying,
    objectInspection,
    listObjects,
    listVersions,
    listUploads,
    uploadHandlers,
    partHandlers,
    completionHandlers,
    tagging,
    objectAnnotations,
    selecting,
    notificationConfiguration,
    lifecycleConfiguration,
    bucketTiering,
    restoration,
    lockConfiguration,
    objectLocks,
    replicationConfiguration,
    bucketPolicies,
    bucketPublicAccess,
    bucketOwnership,
    requestPayment,
    acls,
  ].map(withCharges),
  access,
  denied: deniedByS3,
  jobs: [
    abandonUploads,
    forgetRenames,
    deliverEvent,
    restoreJob,
    midnightJob,
    deliverLogs,
    reportInventory,
    replicate,
    checkThreshold,
    replicateAnnotation,
    carryOut,
  ],
  endpoints: [formUpload, wrongForm, websiteEndpoint],
  crossOrigin,
  observe,
  dataOperations: [
    "HeadBucket",
    "PutObject",
    "GetObject",
    "SelectObjectContent",
    "HeadObject",
    "DeleteObject",
    "DeleteObjects",
    "RenameObject",
    "CreateSession",
    "CopyObject",
    "GetObjectAttributes",
    "PutObjectTagging",
    "GetObjectTagging",
    "DeleteObjectTagging",
    "PutObjectAnnotation",
    "GetObjectAnnotation",
    "ListObjectAnnotations",
    "DeleteObjectAnnotation",
    "RestoreObject",
    "PutObjectAcl",
    "GetObjectAcl",
    "PutObjectRetention",
    "GetObjectRetention",
    "PutObjectLegalHold",
    "GetObjectLegalHold",
    "ListObjects",
    "ListObjectsV2",
    "ListObjectVersions",
    "ListMultipartUploads",
    "CreateMultipartUpload",
    "UploadPart",
    "UploadPartCopy",
    "CompleteMultipartUpload",
    "AbortMultipartUpload",
    "ListParts",
  ],
});

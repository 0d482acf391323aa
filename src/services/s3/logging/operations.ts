import type { OperationId } from "#kernel/service.ts";

/**
 * The names of operations in access logs, without `REST.`: an HTTP method and a kind of resource.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
 */
const NAMES: Partial<Record<OperationId<"s3">, string>> = {
  ListBuckets: "GET.SERVICE",
  CreateBucket: "PUT.BUCKET",
  HeadBucket: "HEAD.BUCKET",
  DeleteBucket: "DELETE.BUCKET",
  ListObjects: "GET.BUCKET",
  ListObjectsV2: "GET.BUCKET",
  ListObjectVersions: "GET.BUCKETVERSIONS",
  GetBucketLocation: "GET.LOCATION",

  GetObject: "GET.OBJECT",
  HeadObject: "HEAD.OBJECT",
  PutObject: "PUT.OBJECT",
  CopyObject: "COPY.OBJECT",
  DeleteObject: "DELETE.OBJECT",
  DeleteObjects: "POST.MULTI_OBJECT_DELETE",
  GetObjectAttributes: "GET.OBJECT_ATTRIBUTES",
  GetObjectTorrent: "GET.TORRENT",
  SelectObjectContent: "POST.SELECT",
  RestoreObject: "POST.RESTORE",

  CreateMultipartUpload: "POST.UPLOADS",
  UploadPart: "PUT.PART",
  UploadPartCopy: "COPY.PART",
  CompleteMultipartUpload: "POST.UPLOAD",
  AbortMultipartUpload: "DELETE.UPLOAD",
  ListParts: "GET.UPLOAD",
  ListMultipartUploads: "GET.UPLOADS",
};

/** The kinds of resources of operations that begin with Get, Put, Delete or List. */
const RESOURCES: Readonly<Record<string, string>> = {
  BucketVersioning: "VERSIONING",
  BucketTagging: "TAGGING",
  BucketCors: "CORS",
  BucketWebsite: "WEBSITE",
  BucketLogging: "LOGGING_STATUS",
  BucketPolicy: "BUCKETPOLICY",
  BucketPolicyStatus: "POLICY_STATUS",
  BucketAcl: "ACL",
  BucketEncryption: "ENCRYPTION",
  BucketLifecycle: "LIFECYCLE",
  BucketLifecycleConfiguration: "LIFECYCLE",
  BucketNotificationConfiguration: "NOTIFICATION",
  BucketReplication: "REPLICATION",
  BucketRequestPayment: "REQUEST_PAYMENT",
  BucketAccelerateConfiguration: "ACCELERATE",
  BucketInventoryConfiguration: "INVENTORY",
  BucketInventoryConfigurations: "INVENTORY",
  BucketAnalyticsConfiguration: "ANALYTICS",
  BucketAnalyticsConfigurations: "ANALYTICS",
  BucketMetricsConfiguration: "METRICS",
  BucketMetricsConfigurations: "METRICS",
  BucketIntelligentTieringConfiguration: "INTELLIGENT_TIERING",
  BucketIntelligentTieringConfigurations: "INTELLIGENT_TIERING",
  BucketOwnershipControls: "OWNERSHIP_CONTROLS",
  PublicAccessBlock: "PUBLIC_ACCESS_BLOCK",
  ObjectAcl: "ACL",
  ObjectTagging: "OBJECT_TAGGING",
  ObjectAnnotation: "OBJECT_ANNOTATION",
  ObjectAnnotations: "OBJECT_ANNOTATION",
  ObjectRetention: "OBJECT_LOCK_RETENTION",
  ObjectLegalHold: "OBJECT_LOCK_LEGALHOLD",
  ObjectLockConfiguration: "OBJECT_LOCK_CONFIGURATION",
};

/**
 * Returns the name of an operation in access logs. Without an operation, it is
 * derived from the method and `isObject`.
 */
export function logName(operation: string | undefined, method: string, isObject: boolean): string {
  if (method === "OPTIONS") return "REST.OPTIONS.PREFLIGHT";
  const name = operation === undefined ? undefined : NAMES[operation as OperationId<"s3">];
  if (name !== undefined) return `REST.${name}`;
  const resource = RESOURCES[operation?.replace(/^(Get|Put|Delete|List)/, "") ?? ""];
  return `REST.${method}.${resource ?? (isObject ? "OBJECT" : "BUCKET")}`;
}

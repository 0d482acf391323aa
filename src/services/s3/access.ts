import { passRoleFacts } from "#kernel/calls/authorize.ts";
import { NOTHING } from "./access/authorization.ts";
import {
  onBatch,
  onBucket,
  onBucketByName,
  onBucketsPolicy,
  onCreation,
  onHead,
  onService,
} from "./access/on-bucket.ts";
import {
  onAnnotation,
  onAnnotationDeletion,
  onDeletion,
  onObject,
  onRetention,
  onVersion,
} from "./access/on-object.ts";
import { onCopy, onInitiation, onUpload, onWrite } from "./access/on-write.ts";
import { creationFacts, listingFacts } from "./directory/buckets.ts";
import { onlyInDirectories } from "./directory/errors.ts";
import { isDirectoryName } from "./directory/names.ts";
import { withDirectories } from "./directory/operations.ts";

/**
 * The access facts of each operation, by which it is authorized.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
 */
export const access = withDirectories({
  ListBuckets: onService,
  ListDirectoryBuckets: listingFacts,
  CreateBucket: (ctx, input) =>
    isDirectoryName(input.Bucket) ? creationFacts(ctx, input) : onCreation(ctx, input),
  /** The handler authorizes the modes of a session. */
  CreateSession: () => NOTHING,
  HeadBucket: onHead,
  GetBucketLocation: onBucket("s3:GetBucketLocation"),
  DeleteBucket: onBucket("s3:DeleteBucket"),
  PutBucketVersioning: onBucket("s3:PutBucketVersioning"),
  GetBucketVersioning: onBucket("s3:GetBucketVersioning"),
  PutBucketEncryption: onBucket("s3:PutEncryptionConfiguration"),
  GetBucketEncryption: onBucket("s3:GetEncryptionConfiguration"),
  DeleteBucketEncryption: onBucket("s3:PutEncryptionConfiguration"),
  PutBucketTagging: onBucket("s3:PutBucketTagging"),
  GetBucketTagging: onBucket("s3:GetBucketTagging"),
  DeleteBucketTagging: onBucket("s3:PutBucketTagging"),
  PutBucketCors: onBucket("s3:PutBucketCORS"),
  GetBucketCors: onBucket("s3:GetBucketCORS"),
  DeleteBucketCors: onBucket("s3:PutBucketCORS"),
  PutBucketLogging: onBucket("s3:PutBucketLogging"),
  GetBucketLogging: onBucket("s3:GetBucketLogging"),
  PutBucketInventoryConfiguration: onBucket("s3:PutInventoryConfiguration"),
  GetBucketInventoryConfiguration: onBucket("s3:GetInventoryConfiguration"),
  ListBucketInventoryConfigurations: onBucket("s3:GetInventoryConfiguration"),
  DeleteBucketInventoryConfiguration: onBucket("s3:PutInventoryConfiguration"),
  PutBucketAnalyticsConfiguration: onBucket("s3:PutAnalyticsConfiguration"),
  GetBucketAnalyticsConfiguration: onBucket("s3:GetAnalyticsConfiguration"),
  ListBucketAnalyticsConfigurations: onBucket("s3:GetAnalyticsConfiguration"),
  DeleteBucketAnalyticsConfiguration: onBucket("s3:PutAnalyticsConfiguration"),
  PutBucketMetricsConfiguration: onBucket("s3:PutMetricsConfiguration"),
  GetBucketMetricsConfiguration: onBucket("s3:GetMetricsConfiguration"),
  ListBucketMetricsConfigurations: onBucket("s3:GetMetricsConfiguration"),
  DeleteBucketMetricsConfiguration: onBucket("s3:PutMetricsConfiguration"),
  PutBucketAccelerateConfiguration: onBucket("s3:PutAccelerateConfiguration"),
  GetBucketAccelerateConfiguration: onBucket("s3:GetAccelerateConfiguration"),
  PutBucketAbac: onBucket("s3:PutBucketAbac"),
  GetBucketAbac: onBucket("s3:GetBucketAbac"),
  PutBucketWebsite: onBucket("s3:PutBucketWebsite"),
  GetBucketWebsite: onBucket("s3:GetBucketWebsite"),
  DeleteBucketWebsite: onBucket("s3:DeleteBucketWebsite"),

  PutBucketPolicy: onBucketsPolicy("s3:PutBucketPolicy"),
  GetBucketPolicy: onBucketsPolicy("s3:GetBucketPolicy"),
  DeleteBucketPolicy: onBucketsPolicy("s3:DeleteBucketPolicy"),
  GetBucketPolicyStatus: onBucket("s3:GetBucketPolicyStatus"),
  PutBucketAcl: onBucket("s3:PutBucketAcl"),
  GetBucketAcl: onBucket("s3:GetBucketAcl"),
  PutBucketOwnershipControls: onBucketByName("s3:PutBucketOwnershipControls"),
  GetBucketOwnershipControls: onBucketByName("s3:GetBucketOwnershipControls"),
  DeleteBucketOwnershipControls: onBucketByName("s3:PutBucketOwnershipControls"),
  PutPublicAccessBlock: onBucket("s3:PutBucketPublicAccessBlock"),
  GetPublicAccessBlock: onBucket("s3:GetBucketPublicAccessBlock"),
  DeletePublicAccessBlock: onBucket("s3:PutBucketPublicAccessBlock"),
  PutBucketRequestPayment: onBucket("s3:PutBucketRequestPayment"),
  GetBucketRequestPayment: onBucket("s3:GetBucketRequestPayment"),

  PutBucketNotificationConfiguration: onBucket("s3:PutBucketNotification"),
  GetBucketNotificationConfiguration: onBucket("s3:GetBucketNotification"),

  PutBucketReplication: async (ctx, input) => [
    ...(await onBucket("s3:PutReplicationConfiguration")(ctx, input)),
    ...passRoleFacts([input.ReplicationConfiguration?.Role]),
  ],
  GetBucketReplication: onBucket("s3:GetReplicationConfiguration"),
  DeleteBucketReplication: onBucket("s3:PutReplicationConfiguration"),

  ListObjects: onBucket("s3:ListBucket"),
  ListObjectsV2: onBucket("s3:ListBucket"),
  ListObjectVersions: onBucket("s3:ListBucketVersions"),
  ListMultipartUploads: onBucket("s3:ListBucketMultipartUploads"),

  PutObject: onWrite("object"),
  GetObject: onVersion("s3:GetObject"),
  HeadObject: onVersion("s3:GetObject"),
  SelectObjectContent: onVersion("s3:GetObject"),
  GetObjectAttributes: onVersion("s3:GetObject", "s3:GetObjectAttributes"),
  DeleteObject: onDeletion,
  RenameObject: () => {
    throw onlyInDirectories("RenameObject");
  },
  CopyObject: onCopy("object"),

  /** The handler authorizes each key separately. */
  DeleteObjects: onBatch,

  PutObjectTagging: onVersion("s3:PutObjectTagging"),
  GetObjectTagging: onVersion("s3:GetObjectTagging"),
  DeleteObjectTagging: onVersion("s3:DeleteObjectTagging"),

  PutObjectAnnotation: onAnnotation("s3:PutObjectAnnotation"),
  GetObjectAnnotation: onAnnotation("s3:GetObjectAnnotation"),
  ListObjectAnnotations: onAnnotation("s3:ListObjectAnnotations"),
  DeleteObjectAnnotation: onAnnotationDeletion,

  PutObjectAcl: onVersion("s3:PutObjectAcl"),
  GetObjectAcl: onVersion("s3:GetObjectAcl"),

  PutBucketLifecycleConfiguration: onBucket("s3:PutLifecycleConfiguration"),
  GetBucketLifecycleConfiguration: onBucket("s3:GetLifecycleConfiguration"),
  DeleteBucketLifecycle: onBucket("s3:PutLifecycleConfiguration"),
  PutBucketIntelligentTieringConfiguration: onBucket("s3:PutIntelligentTieringConfiguration"),
  GetBucketIntelligentTieringConfiguration: onBucket("s3:GetIntelligentTieringConfiguration"),
  ListBucketIntelligentTieringConfigurations: onBucket("s3:GetIntelligentTieringConfiguration"),
  DeleteBucketIntelligentTieringConfiguration: onBucket("s3:PutIntelligentTieringConfiguration"),

  PutObjectLockConfiguration: onBucket("s3:PutBucketObjectLockConfiguration"),
  GetObjectLockConfiguration: onBucket("s3:GetBucketObjectLockConfiguration"),
  RestoreObject: onObject("s3:RestoreObject"),
  PutObjectRetention: onRetention,
  GetObjectRetention: onObject("s3:GetObjectRetention"),
  PutObjectLegalHold: onObject("s3:PutObjectLegalHold"),
  GetObjectLegalHold: onObject("s3:GetObjectLegalHold"),

  CreateMultipartUpload: onInitiation,
  UploadPart: onWrite("part"),
  UploadPartCopy: onCopy("part"),
  CompleteMultipartUpload: onWrite("object"),
  AbortMultipartUpload: onUpload("s3:AbortMultipartUpload"),
  ListParts: onUpload("s3:ListMultipartUploadParts"),
});

/** What directory buckets support, and what each call needs. Everything that is not listed is refused. */
import type { AccessFact } from "#kernel/calls/authorize.ts";
import type { BucketSession } from "#kernel/calls/principal.ts";
import type { Context } from "#kernel/context.ts";
import type { Access, OperationId } from "#kernel/service.ts";
import type { OnBucket } from "../access/target.ts";
import { accessDenied, headerNotImplemented } from "../errors.ts";
import { notAtControl, unsupported } from "./errors.ts";
import { regionalFacts, zonalFacts } from "./facts.ts";
import { isDirectoryName } from "./names.ts";

/**
 * Operations of the Zonal endpoints by the mode of session that they need, and operations of the Regional
 * endpoint by the action that IAM evaluates.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-APIs.html
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3express.html
 */
const OPERATIONS: Partial<Record<OperationId<"s3">, BucketSession["mode"] | `s3express:${string}`>> = {
  HeadBucket: "ReadOnly",
  GetObject: "ReadOnly",
  HeadObject: "ReadOnly",
  GetObjectAttributes: "ReadOnly",
  ListObjectsV2: "ReadOnly",
  ListMultipartUploads: "ReadOnly",
  ListParts: "ReadOnly",
  PutObject: "ReadWrite",
  DeleteObject: "ReadWrite",
  DeleteObjects: "ReadWrite",
  RenameObject: "ReadWrite",
  CreateMultipartUpload: "ReadWrite",
  UploadPart: "ReadWrite",
  CompleteMultipartUpload: "ReadWrite",
  AbortMultipartUpload: "ReadWrite",

  DeleteBucket: "s3express:DeleteBucket",
  PutBucketPolicy: "s3express:PutBucketPolicy",
  GetBucketPolicy: "s3express:GetBucketPolicy",
  DeleteBucketPolicy: "s3express:DeleteBucketPolicy",
  PutBucketEncryption: "s3express:PutEncryptionConfiguration",
  GetBucketEncryption: "s3express:GetEncryptionConfiguration",
  DeleteBucketEncryption: "s3express:PutEncryptionConfiguration",
  PutBucketLifecycleConfiguration: "s3express:PutLifecycleConfiguration",
  GetBucketLifecycleConfiguration: "s3express:GetLifecycleConfiguration",
  DeleteBucketLifecycle: "s3express:PutLifecycleConfiguration",
  PutBucketInventoryConfiguration: "s3express:PutInventoryConfiguration",
  GetBucketInventoryConfiguration: "s3express:GetInventoryConfiguration",
  ListBucketInventoryConfigurations: "s3express:GetInventoryConfiguration",
  DeleteBucketInventoryConfiguration: "s3express:PutInventoryConfiguration",
  PutBucketMetricsConfiguration: "s3express:PutMetricsConfiguration",
  GetBucketMetricsConfiguration: "s3express:GetMetricsConfiguration",
  ListBucketMetricsConfigurations: "s3express:GetMetricsConfiguration",
  DeleteBucketMetricsConfiguration: "s3express:PutMetricsConfiguration",
};

/** Operations that judge for themselves: each concerns a new bucket, a session, or buckets of both kinds. */
const OWN_FACTS: ReadonlySet<string> = new Set<OperationId<"s3">>([
  "CreateBucket",
  "CreateSession",
  "CopyObject",
  "UploadPartCopy",
]);

/** Operations on a bucket that are called at its Zonal endpoint, like all those on objects. */
const ZONAL: ReadonlySet<string> = new Set<OperationId<"s3">>([
  "ListObjects",
  "ListObjectVersions",
  "GetObjectLockConfiguration",
  "PutObjectLockConfiguration",
  "GetBucketAbac",
  "PutBucketAbac",
]);

/**
 * Members that directory buckets do not support, by their headers or query parameters: "This functionality is
 * not supported for directory buckets" in the reference of each operation.
 */
const REFUSED = {
  ACL: "x-amz-acl",
  GrantFullControl: "x-amz-grant-full-control",
  GrantRead: "x-amz-grant-read",
  GrantReadACP: "x-amz-grant-read-acp",
  GrantWrite: "x-amz-grant-write",
  GrantWriteACP: "x-amz-grant-write-acp",
  ObjectOwnership: "x-amz-object-ownership",
  ObjectLockEnabledForBucket: "x-amz-bucket-object-lock-enabled",
  ObjectLockMode: "x-amz-object-lock-mode",
  ObjectLockRetainUntilDate: "x-amz-object-lock-retain-until-date",
  ObjectLockLegalHoldStatus: "x-amz-object-lock-legal-hold",
  BypassGovernanceRetention: "x-amz-bypass-governance-retention",
  BucketNamespace: "x-amz-bucket-namespace",
  ContentMD5: "Content-MD5",
  MFA: "x-amz-mfa",
  RequestPayer: "x-amz-request-payer",
  SSECustomerAlgorithm: "x-amz-server-side-encryption-customer-algorithm",
  SSECustomerKey: "x-amz-server-side-encryption-customer-key",
  SSECustomerKeyMD5: "x-amz-server-side-encryption-customer-key-MD5",
  Tagging: "x-amz-tagging",
  WebsiteRedirectLocation: "x-amz-website-redirect-location",
  StartAfter: "start-after",
  OptionalObjectAttributes: "x-amz-optional-object-attributes",
  UploadIdMarker: "upload-id-marker",
  ConfirmRemoveSelfBucketAccess: "x-amz-confirm-remove-self-bucket-access",
  TransitionDefaultMinimumObjectSize: "x-amz-transition-default-minimum-object-size",
} as const;

type Judge = (ctx: Context, input: OnBucket) => AccessFact[] | Promise<AccessFact[]>;

/** Extends the access facts of S3's operations to directory buckets, which their names tell. */
export function withDirectories(access: Access<"s3">): Access<"s3"> {
  const extended = Object.entries(access).map(([operation, ordinary]) => [
    operation,
    judging(operation as OperationId<"s3">, ordinary as Judge),
  ]);
  return Object.fromEntries(extended);
}

function judging(operation: OperationId<"s3">, ordinary: Judge): Judge {
  return (ctx, input) => {
    if (input.Bucket !== undefined && isDirectoryName(input.Bucket))
      return factsOf(operation, ordinary, ctx, input);
    // A session is confined to its directory bucket.
    if (ctx.principal.bucketSession) throw accessDenied();
    return ordinary(ctx, input);
  };
}

function factsOf(
  operation: OperationId<"s3">,
  ordinary: Judge,
  ctx: Context,
  input: OnBucket,
): ReturnType<Judge> {
  const needed = OPERATIONS[operation];
  if (needed === undefined && !OWN_FACTS.has(operation)) {
    const isZonal = "Key" in input || ZONAL.has(operation);
    throw isZonal ? unsupported(operation) : notAtControl(ctx.request?.method);
  }
  refuseUnsupported(input);
  if (needed === undefined) return ordinary(ctx, input);
  if (needed === "ReadOnly" || needed === "ReadWrite") return zonalFacts(ctx, input, needed);
  if (input.ExpectedBucketOwner !== undefined) throw headerNotImplemented("x-amz-expected-bucket-owner");
  return regionalFacts(ctx, input, needed);
}

function refuseUnsupported(input: object): void {
  for (const [member, value] of Object.entries(input)) {
    const isEmpty = value === undefined || value === "" || value === false;
    if (!isEmpty && Object.hasOwn(REFUSED, member))
      throw headerNotImplemented(REFUSED[member as keyof typeof REFUSED]);
  }
}

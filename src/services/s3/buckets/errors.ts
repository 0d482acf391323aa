import { AwsError } from "#aws/errors.ts";
import { invalidArgument } from "../errors.ts";

export const noSuchBucket = (bucket: string) =>
  new AwsError("NoSuchBucket", "The specified bucket does not exist", {
    status: 404,
    members: { BucketName: bucket },
  });

/** The error for a bucket in another Region than the endpoint of the call. */
export const permanentRedirect = ({ name, region }: { name: string; region: string }, endpoint: string) =>
  new AwsError(
    "PermanentRedirect",
    "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.",
    {
      status: 301,
      members: { Endpoint: endpoint, Bucket: name },
      headers: { "x-amz-bucket-region": region },
    },
  );

/** The same error, with the Region of the bucket. */
export const inRegion = ({ code, message, status }: AwsError, { region }: { region: string }) =>
  new AwsError(code, message, { status, headers: { "x-amz-bucket-region": region } });

export const invalidBucketName = (bucket: string) =>
  new AwsError("InvalidBucketName", "The specified bucket is not valid.", {
    members: { BucketName: bucket },
  });

const NAMESPACE = "x-amz-bucket-namespace";
const namespaceRefused = (code: string, message: string) =>
  new AwsError(code, message, { members: { Header: NAMESPACE } });

export const missingNamespace = () =>
  namespaceRefused(
    "MissingNamespaceHeader",
    `The requested bucket is an account-regional namespace bucket, but your request is missing the required ${NAMESPACE} header.`,
  );

export const outsideNamespace = (suffix: string) =>
  namespaceRefused(
    "InvalidNamespaceHeader",
    `The requested bucket name did not include the account-regional namespace suffix, but the provided ${NAMESPACE} header value is account-regional. Specify ${suffix} as the bucket name suffix to create a bucket in your account-regional namespace, or remove the header.`,
  );

export const notGlobal = () =>
  namespaceRefused(
    "InvalidNamespaceHeader",
    `The requested bucket is an account-regional namespace bucket, but the provided ${NAMESPACE} header value is global.`,
  );

export const unknownNamespace = (namespace: string) =>
  invalidArgument("The bucket namespace you specified is not valid", NAMESPACE, namespace);

export const bucketAlreadyExists = (bucket: string) =>
  new AwsError(
    "BucketAlreadyExists",
    "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
    { status: 409, members: { BucketName: bucket } },
  );

export const bucketAlreadyOwnedByYou = (bucket: string) =>
  new AwsError(
    "BucketAlreadyOwnedByYou",
    "Your previous request to create the named bucket succeeded and you already own it.",
    { status: 409, members: { BucketName: bucket } },
  );

export const bucketNotEmpty = (bucket: string, versioned: boolean) =>
  new AwsError(
    "BucketNotEmpty",
    versioned
      ? "The bucket you tried to delete is not empty. You must delete all versions in the bucket."
      : "The bucket you tried to delete is not empty",
    { status: 409, members: { BucketName: bucket } },
  );

export const illegalLocationConstraint = (constraint: string | undefined) =>
  new AwsError(
    "IllegalLocationConstraintException",
    `The ${constraint ?? "unspecified"} location constraint is incompatible for the region specific endpoint this request was sent to.`,
  );

export const invalidLocationConstraint = (constraint: string) =>
  new AwsError("InvalidLocationConstraint", "The specified location-constraint is not valid", {
    members: { LocationConstraint: constraint },
  });

export const bucketAclWithOwnership = () =>
  new AwsError(
    "InvalidBucketAclWithObjectOwnership",
    "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
  );

export const illegalVersioning = () =>
  new AwsError("IllegalVersioningConfigurationException", "The Versioning element must be specified");

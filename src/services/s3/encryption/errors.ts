import { AwsError } from "#aws/errors.ts";
import { invalidArgument, invalidRequest } from "../errors.ts";

/** The header that S3 names in most of these errors, whichever header is invalid. */
const HEADER = "x-amz-server-side-encryption";

export const unknownEncryption = (value: string) =>
  invalidArgument("The encryption method specified is not supported", HEADER, value);

export const encryptionOutOfPlace = (value: string) =>
  invalidArgument("x-amz-server-side-encryption header is not supported for this operation.", HEADER, value);

// AWS KMS keys

export const keyWithoutKms = (value: string | undefined) =>
  invalidArgument(
    "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms",
    HEADER,
    value ?? "null",
  );

export const malformedContext = () =>
  invalidArgument(
    "The header 'x-amz-server-side-encryption-context' shall be Base64-encoded UTF-8 string holding JSON which represents a string-string map",
    "x-amz-server-side-encryption-context",
    "null",
  );

export const newerSignatureRequired = (authorization: string | undefined) =>
  invalidArgument(
    "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.",
    "Authorization",
    authorization ?? "null",
  );

export const decryptionDenied = (arn: string) =>
  new AwsError(
    "AccessDenied",
    `User: ${arn} is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access`,
    { status: 403 },
  );

export const ownKeyRequired = () =>
  invalidRequest("Server Side Encryption with AWS KMS in a directory bucket requires a customer managed key");

/** Passes on KMS's message for a key that does not exist. */
export const kmsNotFound = (message: string) => new AwsError("KMS.NotFoundException", message);

export const keyNotApplicable = () =>
  invalidArgument(
    "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
    "ApplyServerSideEncryptionByDefault",
    undefined,
  );

// Customer-provided keys

const customerKey = (message: string, value?: string) => invalidArgument(message, HEADER, value);

export const incompatibleEncryption = (value: string) =>
  customerKey(
    "Server Side Encryption with Customer provided key is incompatible with the encryption method specified",
    value,
  );

export const missingAlgorithm = () =>
  customerKey(
    "Requests specifying Server Side Encryption with Customer provided keys must provide a valid encryption algorithm.",
  );

export const missingKey = () =>
  customerKey(
    "Requests specifying Server Side Encryption with Customer provided keys must provide an appropriate secret key.",
  );

export const missingKeyMd5 = () =>
  customerKey(
    "Requests specifying Server Side Encryption with Customer provided keys must provide the client calculated MD5 of the secret key.",
  );

export const unknownAlgorithm = (value: string) =>
  new AwsError(
    "InvalidEncryptionAlgorithmError",
    "The Encryption request you specified is not valid. Supported value: AES256.",
    { members: { ArgumentName: HEADER, ArgumentValue: value } },
  );

export const invalidKey = () => customerKey("The secret key was invalid for the specified algorithm.");

export const badKeyMd5 = () =>
  customerKey("The calculated MD5 hash of the key did not match the hash that was provided.");

export const keyRequired = () =>
  invalidRequest(
    "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.",
  );

export const keyOutOfPlace = () =>
  invalidRequest("The encryption parameters are not applicable to this object.");

export const wrongKey = () =>
  new AwsError(
    "AccessDenied",
    "Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret key.",
    { status: 403 },
  );

export const uploadKeyRequired = () =>
  invalidRequest(
    "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.",
  );

export const uploadKeyDiffers = () =>
  invalidRequest("The provided encryption parameters did not match the ones used originally.");

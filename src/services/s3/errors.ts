import { AwsError } from "#aws/errors.ts";

/**
 * S3's errors. The contract lists only a few of them and none of their elements, so each is defined here:
 * code, message, status, elements of the error document, and headers.
 */

export const accessDenied = () => new AwsError("AccessDenied", "Access Denied", { status: 403 });

export const invalidRequest = (message: string) => new AwsError("InvalidRequest", message);

export const invalidArgument = (message: string, name: string, value?: unknown) =>
  new AwsError("InvalidArgument", message, { members: { ArgumentName: name, ArgumentValue: value } });

export const userKeyMissing = () => new AwsError("UserKeyMustBeSpecified", "User key must be specified.");

/** Unlike other argument errors, this one does not repeat the value in S3. */
export const wrongToken = () =>
  invalidArgument("The continuation token provided is incorrect", "continuation-token");

export const malformedXml = () =>
  new AwsError(
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
  );

export const methodNotAllowed = (
  method: string,
  resourceType: string,
  headers: Record<string, string> = {},
) =>
  new AwsError("MethodNotAllowed", "The specified method is not allowed against this resource.", {
    status: 405,
    members: { Method: method, ResourceType: resourceType },
    headers,
  });

export const bodyOutOfPlace = () =>
  invalidRequest("The request included a body. Requests of this type must not include a non-empty body.");

/** @param most the maximum size of the document in bytes */
export const requestTooBig = (most: number) =>
  new AwsError("MaxMessageLengthExceeded", "Your request was too big.", {
    members: { MaxMessageLengthBytes: most },
  });

/** The error for features of S3 that are not implemented, which are refused instead of ignored. */
export const notImplemented = (sentence: string) => new AwsError("NotImplemented", sentence, { status: 501 });

/** The error for headers that are not implemented, with S3's message. */
export const headerNotImplemented = (header: string, additionalMessage?: string) =>
  new AwsError(
    "NotImplemented",
    "A header you provided implies functionality that is not implemented",
    additionalMessage === undefined
      ? { status: 501, members: { Header: header } }
      : { status: 501, members: { Header: header, additionalMessage } },
  );

// Objects and versions

export const noSuchKey = (key: string, headers: Record<string, string> = {}) =>
  new AwsError("NoSuchKey", "The specified key does not exist.", {
    status: 404,
    members: { Key: key },
    headers,
  });

export const noSuchVersion = (key: string, versionId: string) =>
  new AwsError("NoSuchVersion", "The specified version does not exist.", {
    status: 404,
    members: { Key: key, VersionId: versionId },
  });

export const invalidVersionId = (versionId: string) =>
  versionId === ""
    ? invalidArgument("Version id cannot be the empty string", "versionId", versionId)
    : invalidArgument("Invalid version id specified", "versionId", versionId);

/** The error for a request whose version id is that of a delete marker. */
export const methodNotAllowedOnMarker = (method: string, headers: Record<string, string>) =>
  methodNotAllowed(method, "DeleteMarker", { ...headers, allow: "DELETE" });

export const invalidObjectState = (sentence: string, storageClass: string, accessTier?: string) =>
  new AwsError("InvalidObjectState", sentence, {
    status: 403,
    members: { StorageClass: storageClass, AccessTier: accessTier },
  });

export const missingAttributes = () =>
  invalidRequest(
    "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty",
  );

export const keyTooLong = (size: number) =>
  new AwsError("KeyTooLongError", "Your key is too long", { members: { Size: size, MaxSizeAllowed: 1024 } });

/** S3 answers without a document, so this code and message are not from S3. */
export const keyLeadsOut = () => new AwsError("BadRequest", "Bad Request");

export const metadataTooLarge = (size: number) =>
  new AwsError("MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size", {
    members: { Size: size, MaxSizeAllowed: 2048 },
  });

export const invalidStorageClass = (storageClass: string) =>
  new AwsError("InvalidStorageClass", "The storage class you specified is not valid", {
    members: { StorageClassRequested: storageClass },
  });

export const invalidRedirectLocation = () =>
  new AwsError(
    "InvalidRedirectLocation",
    "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
  );

export const redirectLocationTooLong = (most: number) =>
  new AwsError(
    "InvalidRedirectLocation",
    `The length of website redirect location cannot exceed ${most.toLocaleString("en-US")} characters.`,
  );

export const aclNotSupported = () =>
  new AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs");

export const preconditionFailed = (condition: string) =>
  new AwsError("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", {
    status: 412,
    members: { Condition: condition },
  });

/** The error for a conditional write whose target was changed by another call. */
export const conditionalConflict = (condition: string, key: string) =>
  new AwsError(
    "ConditionalRequestConflict",
    "The conditional request cannot succeed due to a conflicting operation against this resource.",
    { status: 409, members: { Condition: condition, Key: key } },
  );

/** Not an error in HTTP, but a response without a body. */
export const notModified = (headers: Record<string, string>) =>
  new AwsError("NotModified", "Not Modified", { status: 304, headers });

export const invalidRange = (range: string, size: number) =>
  new AwsError("InvalidRange", "The requested range is not satisfiable", {
    status: 416,
    members: { RangeRequested: range, ActualObjectSize: size },
  });

export const invalidPartNumber = (requested: number, count: number) =>
  new AwsError("InvalidPartNumber", "The requested partnumber is not satisfiable", {
    status: 416,
    members: { PartNumberRequested: requested, ActualPartCount: count },
  });

// Bodies

/** The error for a body of unknown length that is not in aws-chunked encoding. */
export const chunkedTransfer = () => headerNotImplemented("Transfer-Encoding");

export const missingContentLength = () =>
  new AwsError("MissingContentLength", "You must provide the Content-Length HTTP header.", { status: 411 });

export const entityTooLarge = (limit: number, size?: number) =>
  new AwsError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", {
    members: { ProposedSize: size, MaxSizeAllowed: limit },
  });

export const invalidDigest = (contentMd5: string) =>
  new AwsError("InvalidDigest", "The Content-MD5 you specified was invalid.", {
    members: { "Content-MD5": contentMd5 },
  });

/** For an object, S3 returns the digest of the request in hex, and the computed one in base64. */
export const badContentMd5 = (expected: string, calculated: string) =>
  badDocumentMd5(Buffer.from(expected, "base64").toString("hex"), calculated);

/** For a document, S3 returns both digests in base64. */
export const badDocumentMd5 = (expected: string, calculated: string) =>
  new AwsError("BadDigest", "The Content-MD5 you specified did not match what we received.", {
    members: { ExpectedDigest: expected, CalculatedDigest: calculated },
  });

export const badChecksum = (algorithm: string) =>
  new AwsError("BadDigest", `The ${algorithm} you specified did not match the calculated checksum.`);

export const malformedTrailer = () =>
  new AwsError(
    "MalformedTrailerError",
    "The request contained trailing data that was not well-formed or did not conform to our published schema.",
  );

// Copies

export const copyOntoItself = () =>
  invalidRequest(
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
  );

export const copySourceTooLarge = (limit: number) =>
  invalidRequest(
    `The specified copy source is larger than the maximum allowable size for a copy source: ${limit}`,
  );

// Tags

export const invalidTagging = (header: string) =>
  invalidArgument(
    "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
    "x-amz-tagging",
    header,
  );

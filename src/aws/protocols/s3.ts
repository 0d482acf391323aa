import type { Operation } from "../contract/shapes.ts";
import { AwsError } from "../errors.ts";
import type { ResponseMeta, WireRequest } from "./protocol.ts";
import { parseTimestamp } from "./values/timestamps.ts";
import { escapeXml, xmlDeclaration } from "./xml/writer.ts";

/** The differences between S3, the oldest of AWS's services, and restXml. */

/**
 * Whether S3's rules apply. A request without a recognizable service counts as S3's: an unsigned path is that
 * of a bucket.
 */
export function isS3(operation: Operation | undefined): boolean {
  return operation === undefined || operation.contract.service === "s3";
}

/** S3 and its control plane, which share a front end. */
export function isOfS3(operation: Operation | undefined): boolean {
  return isS3(operation) || operation?.contract.service === "s3control";
}

export function s3Ids({ requestId, hostId }: ResponseMeta): Record<string, string> {
  return { "x-amz-request-id": requestId, "x-amz-id-2": hostId, server: "AmazonS3" };
}

/** S3 reports this before a missing required member. */
export function requireDocument({ input: { payload } }: Operation, { body }: WireRequest): void {
  if (payload?.required && !payload.streaming && body.length === 0)
    throw new AwsError("MissingRequestBodyError", "Request Body is empty");
}

/**
 * Removes `aws-chunked`, which describes the transfer and not the object: neither this encoding nor the
 * encoded length is the object's.
 */
export function unchunked(
  input: Record<string, unknown>,
  headers: WireRequest["headers"],
): Record<string, unknown> {
  const encoding = input.ContentEncoding;
  if (typeof encoding === "string" && encoding.includes("aws-chunked")) {
    const others = encoding.split(",").map((one) => one.trim());
    const left = others.filter((one) => one !== "aws-chunked").join(",");
    if (left === "") delete input.ContentEncoding;
    else input.ContentEncoding = left;
  }
  const decoded = headers["x-amz-decoded-content-length"];
  if (decoded !== undefined && /^\d{1,15}$/.test(decoded)) input.ContentLength = Number(decoded);
  return input;
}

/** Integer query parameters, with S3's message for an invalid value. */
const integers = new Map(
  ["max-keys", "max-uploads", "max-parts", "max-buckets", "max-annotation-results", "part-number-marker"].map(
    (name) => [name, `Provided ${name} not an integer or within integer range`],
  ),
).set("partNumber", "Part number must be an integer between 1 and 10000, inclusive");

/**
 * Checks the integer parameters of the operation; others are ignored.
 * @throws {AwsError} InvalidArgument
 */
export function checkIntegers({ input }: Operation, query: WireRequest["query"]): void {
  for (const [i, [name, value]] of query.entries()) {
    const sentence = integers.get(name);
    if (sentence === undefined || (value === "" && name !== "partNumber") || isInteger(value)) continue;
    if (!input.httpMembers.some(({ locationName }) => locationName === name)) continue;
    // If a parameter is repeated, the first value counts.
    if (query.findIndex((pair) => pair[0] === name) === i) throw misplaced(sentence, name, value);
  }
}

/** A 32-bit integer. */
const isInteger = (text: string) => /^-?\d+$/.test(text) && Number(text) === (Number(text) | 0);

/** The maximum total size of a request's headers, in bytes. */
const MAX_HEADER_BYTES = 8_192;
const SEPARATOR_BYTES = ": \r\n".length;

/**
 * Cookies are not counted: S3 does not use them, and browsers send those of all sites on this machine.
 * @throws {AwsError} RequestHeaderSectionTooLarge
 */
export function checkHeaderSection({ headers }: WireRequest): void {
  let bytes = 0;
  for (const name in headers)
    if (name !== "cookie") bytes += name.length + headers[name]!.length + SEPARATOR_BYTES;
  if (bytes > MAX_HEADER_BYTES)
    throw new AwsError(
      "RequestHeaderSectionTooLarge",
      "Your request header section exceeds the maximum allowed size.",
      { members: { MaxSizeAllowed: MAX_HEADER_BYTES } },
    );
}

/**
 * Checks parameters and headers that are only allowed for certain operations, as S3 does before it looks at
 * the operation.
 * @throws {AwsError} InvalidArgument, InvalidRequest
 */
export function checkParameters(operation: Operation, { query, headers }: WireRequest): void {
  const { method } = operation;
  if (query.length > 0) checkNames(operation, query);
  const mode = headers["x-amz-checksum-mode"];
  if (mode !== undefined && isGet(operation) && mode.toLowerCase() !== "enabled")
    throw new AwsError("InvalidRequest", "Value for x-amz-checksum-mode header is invalid.");
  const source = headers["x-amz-copy-source"];
  if (source !== undefined && method !== "PUT") {
    const sentence = "You can only specify a copy source header for copy requests.";
    throw misplaced(sentence, "x-amz-copy-source", source);
  }
  const size = headers["x-amz-mp-object-size"];
  if (size !== undefined && !/^[-+]?\d{1,15}$/.test(size))
    throw new AwsError("InvalidRequest", `Value for x-amz-mp-object-size header is invalid: '${size}'`);
}

const isGet = ({ name }: Operation) => name === "GetObject" || name === "HeadObject";

function checkNames(operation: Operation, query: WireRequest["query"]): void {
  const { method, name } = operation;
  if (method === "PUT") checkPart(new Map(query));
  if (isGet(operation)) checkOverrides(query);
  for (const [parameter, sentence] of OTHER_VERSION_PARAMETERS[name] ?? []) {
    if (query.some((pair) => pair[0] === parameter)) throw misplaced(sentence, parameter);
  }
  const version = query.find((pair) => pair[0] === "versionId");
  if (version && !operation.input.httpMembers.some(({ locationName }) => locationName === "versionId"))
    throw misplaced("This operation does not accept a version-id.", "versionId", version[1]);
}

/** A part is identified by both an upload and a number. */
function checkPart(query: ReadonlyMap<string, string>): void {
  if (query.has("partNumber") && !query.has("uploadId"))
    throw misplaced("This operation does not accept partNumber without uploadId", "partNumber", "partNumber");
}

const OVERRIDES = new Set(
  [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
  ].map((header) => `response-${header}`),
);

function checkOverrides(query: WireRequest["query"]): void {
  for (const [name, value] of query) {
    if (!name.startsWith("response-") || OVERRIDES.has(name)) continue;
    const sentence = `${name} is not in the set of overridable response headers. Please refer to the S3 API documentation for a complete list of overridable response headers.`;
    throw misplaced(sentence, name, value);
  }
}

/** Parameters that only the other version of the list operation accepts. */
const OTHER_VERSION_PARAMETERS: Readonly<Record<string, [parameter: string, sentence: string][]>> = {
  ListObjects: [
    ["continuation-token", "continuation-token only supported in REST.GET.BUCKET with list-type=2"],
    ["start-after", "startAfter only supported in REST.GET.BUCKET with list-type=2"],
  ],
  ListObjectsV2: [["marker", "Marker unsupported with REST.GET.BUCKET in list-type=2"]],
};

const misplaced = (message: string, name: string, value?: string) =>
  new AwsError("InvalidArgument", message, { members: { ArgumentName: name, ArgumentValue: value } });

const DATE_CONDITIONS = [
  "if-modified-since",
  "if-unmodified-since",
  "x-amz-copy-source-if-modified-since",
  "x-amz-copy-source-if-unmodified-since",
];

const MAX_PARTS_HEADER = "x-amz-max-parts";
const IGNORED_IF_INVALID = [...DATE_CONDITIONS, MAX_PARTS_HEADER];

/**
 * Drops invalid values: a condition with an invalid date is ignored, as in HTTP, and so is an invalid limit.
 */
export function withoutInvalidValues(request: WireRequest): WireRequest {
  let headers: Record<string, string> | undefined;
  for (const name of IGNORED_IF_INVALID) {
    const value = request.headers[name];
    if (value === undefined || (name === MAX_PARTS_HEADER ? isLimit(value) : isTimestamp(value))) continue;
    headers ??= { ...request.headers };
    delete headers[name];
  }
  return headers ? { ...request, headers } : request;
}

const isLimit = (text: string) => isInteger(text) && Number(text) >= 0;

/** Converts a boolean parameter: anything but `true` is false. */
export function withFlags(operation: Operation, request: WireRequest): WireRequest {
  if (operation.name !== "ListObjectsV2") return request;
  const query = request.query.map(([name, value]): [string, string] =>
    name === "fetch-owner" ? [name, String(value === "true")] : [name, value],
  );
  return { ...request, query };
}

function isTimestamp(text: string): boolean {
  try {
    parseTimestamp(text);
    return true;
  } catch {
    return false;
  }
}

/** The errors for malformed documents. ACLs have their own error code. */
export function s3Refusals({ name }: Operation) {
  const isAcl = name === "PutBucketAcl" || name === "PutObjectAcl";
  return {
    body: {
      code: isAcl ? "MalformedACLError" : "MalformedXML",
      sentence: "The XML you provided was not well-formed or did not validate against our published schema",
    },
    bindings: { code: "InvalidArgument" },
  };
}

/**
 * S3's bare `<Error>`, with further details (`BucketName`, `Resource`, `Condition` …) as elements. The
 * control plane puts it into an `<ErrorResponse>`, followed by the ids.
 */
export function s3ErrorDocument(
  operation: Operation | undefined,
  code: string,
  error: AwsError,
  { requestId, hostId }: ResponseMeta,
): string {
  let content = `<Code>${escapeXml(code)}</Code><Message>${escapeXml(error.message)}</Message>`;
  for (const [name, value] of Object.entries(error.members)) {
    if (value !== undefined && value !== null) content += `<${name}>${escapeXml(String(value))}</${name}>`;
  }
  const ids = `<RequestId>${requestId}</RequestId><HostId>${hostId}</HostId>`;
  const document = isS3(operation)
    ? `<Error>${content}${ids}</Error>`
    : `<ErrorResponse><Error>${content}</Error>${ids}</ErrorResponse>`;
  return xmlDeclaration + document;
}

/**
 * Content types that no output member states: of a payload that the model declares as text, and of the
 * document that a HEAD omits.
 */
export const s3Types = new Map([
  ["GetBucketPolicy", "application/json"],
  ["HeadBucket", "application/xml"],
]);

/** GetBucketLocation has no wrapper element: the member itself is the root, empty for us-east-1. */
export function isUnwrapped(operation: Operation): boolean {
  return isS3(operation) && operation.name === "GetBucketLocation";
}

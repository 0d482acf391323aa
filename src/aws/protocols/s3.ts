import type { Operation } from "../contract/shapes.ts";
import { AwsError } from "../errors.ts";
import type { ResponseMeta, WireRequest } from "./protocol.ts";
import { escapeXml, xmlDeclaration } from "./xml-writer.ts";

/*
 * Where S3, the first of AWS's services, differs from the restXml that later ones speak.
 */

/** A call that no service could be named for is answered as S3 would: a path without a signature is a bucket's. */
export function isS3(operation: Operation | undefined): boolean {
  return operation === undefined || operation.contract.service === "s3";
}

export function s3Ids({ requestId, hostId }: ResponseMeta): Record<string, string> {
  return { "x-amz-request-id": requestId, "x-amz-id-2": hostId, server: "AmazonS3" };
}

/** S3 says this before it looks for the member that the document would have been. */
export function requireDocument({ input: { payload } }: Operation, { body }: WireRequest): void {
  if (payload?.required && !payload.streaming && body.length === 0)
    throw new AwsError("MissingRequestBodyError", "Request Body is empty");
}

/** `aws-chunked` is how a body travelled, not what it is: neither its name nor its length is the object's. */
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

/** Query parameters that are integers, with what S3 says to those that are none. */
const integers = new Map(
  ["max-keys", "max-uploads", "max-parts", "max-buckets", "part-number-marker"].map((name) => [
    name,
    `Provided ${name} not an integer or within integer range`,
  ]),
).set("partNumber", "Part number must be an integer between 1 and 10000, inclusive");

/** @throws {AwsError} InvalidArgument */
export function checkIntegers(query: WireRequest["query"]): void {
  for (const [name, value] of query) {
    const sentence = integers.get(name);
    if (sentence === undefined || value === "" || isInteger(value)) continue;
    throw new AwsError("InvalidArgument", sentence, {
      members: { ArgumentName: name, ArgumentValue: value },
    });
  }
}

/** Of 32 bits. */
const isInteger = (text: string) => /^[-+]?\d{1,10}$/.test(text) && Number(text) === (Number(text) | 0);

export const s3Refusals = {
  body: {
    code: "MalformedXML",
    sentence: "The XML you provided was not well-formed or did not validate against our published schema",
  },
  bindings: { code: "InvalidArgument" },
};

/** A bare `<Error>`, with whatever else there is to say (`BucketName`, `Resource`, `Condition` …) as elements. */
export function s3ErrorDocument(code: string, error: AwsError, { requestId, hostId }: ResponseMeta): string {
  let details = "";
  for (const [name, value] of Object.entries(error.members)) {
    if (value !== undefined && value !== null) details += `<${name}>${escapeXml(String(value))}</${name}>`;
  }
  return (
    `${xmlDeclaration}<Error><Code>${escapeXml(code)}</Code><Message>${escapeXml(error.message)}</Message>` +
    `${details}<RequestId>${requestId}</RequestId><HostId>${hostId}</HostId></Error>`
  );
}

/** GetBucketLocation has no element for its output: the member itself is the root, empty for us-east-1. */
export function isUnwrapped(operation: Operation): boolean {
  return isS3(operation) && operation.name === "GetBucketLocation";
}

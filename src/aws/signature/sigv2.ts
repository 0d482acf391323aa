/** Signature Version 2, which S3 still accepts: boto3 presigns with it by default. */
import { AwsError } from "#aws/errors.ts";
import { parseDateHeader } from "./amz-date.ts";
import { invalidArgument } from "./errors.ts";
import { hmac, hmacKey, sameSignature } from "./hmac.ts";
import { badDate } from "./malformed.ts";
import type { Carrier, Headers, Query, RawRequest } from "./request.ts";

export interface SignatureV2 {
  version: 2;
  carrier: Carrier;
  accessKeyId: string;
  /** Base64. */
  signature: string;
  /** The `Date` or `X-Amz-Date` of a header signature, epoch milliseconds. */
  signedAt?: number;
  /** The end of a presigned URL, epoch milliseconds. */
  expires?: number;
  sessionToken?: string;
}

export function parseHeaderV2(header: string, headers: Headers): SignatureV2 {
  const match = /^AWS ([^\s:]*):([^\s:]+)$/.exec(header);
  if (match === null) {
    throw header.split(" ").length === 2
      ? invalidArgument(
          "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature",
          "Authorization",
          header,
        )
      : invalidArgument(
          "Authorization header is invalid -- one and only one ' ' (space) required",
          "Authorization",
          header,
        );
  }
  const date = headers["x-amz-date"] ?? headers.date ?? "";
  const signedAt = parseDateHeader(date);
  if (signedAt === undefined) throw badDate(date, "s3");
  return {
    version: 2,
    carrier: "header",
    accessKeyId: match[1]!,
    signature: match[2]!,
    signedAt,
    sessionToken: headers["x-amz-security-token"],
  };
}

export function parseQueryV2(query: ReadonlyMap<string, string>): SignatureV2 {
  const accessKeyId = query.get("AWSAccessKeyId");
  const expires = query.get("Expires");
  if (!accessKeyId || !expires) {
    throw new AwsError(
      "AccessDenied",
      "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
      { status: 403 },
    );
  }
  if (!/^-?\d+$/.test(expires) || Number(expires) !== (Number(expires) | 0)) {
    throw new AwsError("AccessDenied", `Invalid date (should be seconds since epoch): ${expires}`, {
      status: 403,
    });
  }
  return {
    version: 2,
    carrier: "query",
    accessKeyId,
    signature: query.get("Signature")!,
    expires: Number(expires) * 1_000,
    sessionToken: query.get("x-amz-security-token"),
  };
}

/** Parameters that select another resource than the object itself; others are not signed. */
const SUBRESOURCES = new Set(
  (
    "accelerate acl analytics cors defaultObjectAcl delete encryption intelligent-tiering inventory legal-hold " +
    "lifecycle location logging metrics notification object-lock ownershipControls partNumber policy policyStatus " +
    "publicAccessBlock replication requestPayment restore retention select select-type storageClass tagging torrent " +
    "uploadId uploads versionId versioning versions website response-cache-control response-content-disposition " +
    "response-content-encoding response-content-language response-content-type response-expires"
  ).split(" "),
);

/**
 * @param query decoded pairs
 * @param hostBucket the bucket of a virtual host; undefined in path style, where it is part of the path
 */
export function stringToSignV2(
  request: RawRequest,
  query: Query,
  signature: Pick<SignatureV2, "carrier" | "expires">,
  hostBucket?: string,
): string {
  const headers: Record<string, string> = { ...request.headers };
  if (signature.carrier === "query") {
    // Values that a presigner could not send as headers (token, metadata, type) are in the query, but signed
    // as headers.
    for (const [name, value] of query) {
      const header = name.toLowerCase();
      if (header.startsWith("x-amz-") || header === "content-type" || header === "content-md5")
        headers[header] ??= value;
    }
  }
  const dated = signature.expires === undefined ? headers.date : String(signature.expires / 1_000);
  // X-Amz-Date is signed among the amz headers and replaces Date.
  const date = signature.expires === undefined && headers["x-amz-date"] !== undefined ? "" : (dated ?? "");
  let amzHeaders = "";
  for (const name of Object.keys(headers).sort()) {
    if (name.startsWith("x-amz-")) amzHeaders += `${name}:${headers[name]!.trim()}\n`;
  }
  return [
    request.method,
    headers["content-md5"] ?? "",
    headers["content-type"] ?? "",
    date,
    amzHeaders + canonicalResource(request.path, query, hostBucket),
  ].join("\n");
}

function canonicalResource(path: string, query: Query, hostBucket: string | undefined): string {
  const signed = query
    .filter(([name]) => SUBRESOURCES.has(name))
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const resource = hostBucket === undefined ? path : `/${hostBucket}${path}`;
  if (signed.length === 0) return resource;
  return `${resource}?${signed.map(([name, value]) => (value === "" ? name : `${name}=${value}`)).join("&")}`;
}

/** In base64, of a string to sign or of a POST policy. */
export function signV2(secret: string, text: string): string {
  return hmac(hmacKey("sha1", secret), text, "base64");
}

export function verifyV2(
  request: RawRequest,
  query: Query,
  signature: SignatureV2,
  secret: string,
  hostBucket?: string,
): { matches: boolean; stringToSign: string } {
  const text = stringToSignV2(request, query, signature, hostBucket);
  return { matches: sameSignature(signV2(secret, text), signature.signature), stringToSign: text };
}

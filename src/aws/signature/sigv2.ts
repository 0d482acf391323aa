/** Signature Version 2 as S3 still takes it: boto3 presigns with it by default. */
import type { Query, SignatureV2 } from "./credential.ts";
import { hmac, hmacKey, sameSignature } from "./hmac.ts";
import type { RawRequest } from "./sigv4.ts";

/** Parameters that name another resource than the object itself; others are not signed. */
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
 * @param hostBucket the bucket that the host names; undefined in path style, where the path has it
 */
export function stringToSignV2(
  request: RawRequest,
  query: Query,
  signature: Pick<SignatureV2, "carrier" | "expires">,
  hostBucket?: string,
): string {
  const headers: Record<string, string> = { ...request.headers };
  if (signature.carrier === "query") {
    // What a presigner could not send as headers (token, metadata, type) it signs as such and puts into the query.
    for (const [name, value] of query) {
      const header = name.toLowerCase();
      if (header.startsWith("x-amz-") || header === "content-type" || header === "content-md5")
        headers[header] ??= value;
    }
  }
  const dated = signature.expires === undefined ? headers.date : String(signature.expires / 1_000);
  // X-Amz-Date is signed among the amz headers and takes the place of Date.
  const date = signature.expires === undefined && headers["x-amz-date"] !== undefined ? "" : (dated ?? "");
  let amzHeaders = "";
  for (const name of Object.keys(headers).sort()) {
    if (name.startsWith("x-amz-"))
      amzHeaders += `${name}:${headers[name]!.replaceAll(/\s*\n\s+/g, " ").trim()}\n`;
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

/** Base64, of a string to sign or of a POST policy. */
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

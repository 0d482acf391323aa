import type { Context } from "#kernel/context.ts";
import type { Input } from "#kernel/service.ts";
import { invalidRedirectLocation, invalidStorageClass, metadataTooLarge } from "../errors.ts";
import type { ObjectVersion } from "../store.ts";

/** What a client says of an object besides its bytes. */
export type Attributes = Pick<ObjectVersion, "contentType" | "headers" | "metadata" | "storageClass">;

/** The members that PutObject, CopyObject and CreateMultipartUpload share. */
type Described = Pick<
  Input<"s3", "CreateMultipartUpload">,
  | "CacheControl"
  | "ContentDisposition"
  | "ContentEncoding"
  | "ContentLanguage"
  | "ContentType"
  | "Expires"
  | "Metadata"
  | "StorageClass"
  | "WebsiteRedirectLocation"
>;

const MOST_METADATA_BYTES = 2_048;
const STORAGE_CLASSES = new Set([
  "STANDARD",
  "REDUCED_REDUNDANCY",
  "STANDARD_IA",
  "ONEZONE_IA",
  "INTELLIGENT_TIERING",
  "GLACIER",
  "DEEP_ARCHIVE",
  "GLACIER_IR",
]);

/** @throws {AwsError} MetadataTooLarge, InvalidStorageClass, InvalidRedirectLocation */
export function attributesOf(ctx: Context, input: Described): Attributes {
  return {
    contentType: input.ContentType || undefined,
    headers: headersOf(ctx, input),
    metadata: metadataOf(input.Metadata),
    storageClass: storageClassOf(input.StorageClass),
  };
}

/** `undefined` for STANDARD. */
export function storageClassOf(said: string | undefined): string | undefined {
  if (said === undefined || said === "STANDARD") return undefined;
  if (!STORAGE_CLASSES.has(said)) throw invalidStorageClass(said);
  return said;
}

/** By lower-case name. */
export function headersOf(ctx: Context, input: Described): Record<string, string> | undefined {
  const headers: Record<string, string> = {};
  if (input.CacheControl) headers["cache-control"] = input.CacheControl;
  if (input.ContentDisposition) headers["content-disposition"] = input.ContentDisposition;
  const encoding = input.ContentEncoding && withoutChunking(input.ContentEncoding);
  if (encoding) headers["content-encoding"] = encoding;
  if (input.ContentLanguage) headers["content-language"] = input.ContentLanguage;
  // S3 keeps the text, whatever it says; a call from inside the house has none.
  const expires = ctx.request?.headers.expires ?? input.Expires?.toUTCString();
  if (expires) headers.expires = expires;
  const redirect = input.WebsiteRedirectLocation;
  if (redirect) {
    if (!/^(\/|https?:\/\/)/.test(redirect)) throw invalidRedirectLocation();
    headers["x-amz-website-redirect-location"] = redirect;
  }
  for (const _ in headers) return headers;
  return undefined;
}

/** `aws-chunked` is how the body travels, not what it is. */
function withoutChunking(encoding: string): string {
  if (!encoding.includes("aws-chunked")) return encoding;
  return encoding
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "aws-chunked")
    .join(",");
}

function metadataOf(said: Record<string, string> | undefined): Record<string, string> | undefined {
  if (!said) return undefined;
  const metadata: Record<string, string> = {};
  let bytes = 0;
  for (const [name, value] of Object.entries(said)) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
    metadata[name.toLowerCase()] = value;
  }
  if (bytes > MOST_METADATA_BYTES) throw metadataTooLarge(bytes);
  return bytes === 0 ? undefined : metadata;
}

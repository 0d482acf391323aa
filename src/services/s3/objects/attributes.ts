import type { Input, Output } from "#kernel/service.ts";
import { invalidRedirectLocation, metadataTooLarge, redirectLocationTooLong } from "../errors.ts";
import { storageClassFor } from "../storage-classes/classes.ts";
import type { ObjectVersion } from "../store.ts";
import { decodeWords, encodeWords } from "./encoded-words.ts";

/** The attributes of an object that a client sets besides its content. */
export type Attributes = Pick<ObjectVersion, "contentType" | "headers" | "metadata" | "storageClass">;

/** The members that PutObject, CopyObject and CreateMultipartUpload share. */
type Described = Pick<
  Input<"s3", "CreateMultipartUpload">,
  | "Bucket"
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

const MAX_METADATA_BYTES = 2_048;

/** @throws {AwsError} MetadataTooLarge, InvalidStorageClass, InvalidRedirectLocation */
export function attributesOf(input: Described): Attributes {
  return {
    contentType: input.ContentType === undefined ? undefined : printable(input.ContentType),
    headers: headersOf(input),
    metadata: metadataOf(input.Metadata),
    storageClass: storageClassFor(input.Bucket, input.StorageClass),
  };
}

function headersOf(input: Described): ObjectVersion["headers"] {
  const headers: Record<string, string> = { ...redirectOf(input.WebsiteRedirectLocation) };
  if (input.CacheControl) headers["cache-control"] = printable(input.CacheControl);
  if (input.ContentDisposition) headers["content-disposition"] = printable(input.ContentDisposition);
  if (input.ContentEncoding) headers["content-encoding"] = printable(input.ContentEncoding);
  if (input.ContentLanguage) headers["content-language"] = printable(input.ContentLanguage);
  if (input.Expires) headers.expires = printable(input.Expires);
  return undefinedIfEmpty(headers);
}

/**
 * Replaces the characters that a header cannot carry (those outside Latin-1) by
 * spaces. Form fields may hold any.
 */
function printable(text: string): string {
  return text.replace(/[^\t\x20-\x7e\xa0-\xff]/g, " ");
}

/**
 * Returns the attributes that a copy takes from its source: all but storage class and
 * redirect, which the request sets.
 */
export function copiedAttributes(
  source: Attributes,
  input: Pick<Described, "Bucket" | "StorageClass" | "WebsiteRedirectLocation">,
): Attributes {
  const { [REDIRECT]: _, ...headers } = source.headers ?? {};
  return {
    contentType: source.contentType,
    headers: undefinedIfEmpty({ ...headers, ...redirectOf(input.WebsiteRedirectLocation) }),
    metadata: source.metadata,
    storageClass: storageClassFor(input.Bucket, input.StorageClass),
  };
}

const REDIRECT = "x-amz-website-redirect-location";
const MAX_REDIRECT_LENGTH = 2_048;

function redirectOf(location: string | undefined): Record<string, string> {
  if (location === undefined) return {};
  if (!/^(\/|https?:\/\/)/.test(location)) throw invalidRedirectLocation();
  if (location.length > MAX_REDIRECT_LENGTH) throw redirectLocationTooLong(MAX_REDIRECT_LENGTH);
  return { [REDIRECT]: location };
}

function undefinedIfEmpty(headers: Record<string, string>): ObjectVersion["headers"] {
  for (const _ in headers) return headers;
  return undefined;
}

/** Control characters, which cannot be sent in headers. */
const UNPRINTABLE = /[^\t\x20-\x7e\xa0-\u{10ffff}]/u;

/**
 * Returns user metadata in the form of response headers. Values that headers cannot carry are only counted.
 */
export function metadataMembers(
  metadata: ObjectVersion["metadata"],
): Pick<Output<"s3", "HeadObject">, "Metadata" | "MissingMeta"> | undefined {
  if (!metadata) return undefined;
  const entries = Object.entries(metadata);
  const sendable = entries.filter(([, value]) => !UNPRINTABLE.test(value));
  return {
    Metadata: Object.fromEntries(sendable.map(([name, value]) => [name, encodeWords(value)])),
    MissingMeta: entries.length - sendable.length || undefined,
  };
}

function metadataOf(metadata: Record<string, string> | undefined): Record<string, string> | undefined {
  if (!metadata) return undefined;
  const entries = Object.entries(metadata).map(
    ([name, value]) => [name.toLowerCase(), decodeWords(value)] as const,
  );
  if (entries.length === 0) return undefined;
  const bytes = entries.reduce((sum, entry) => sum + Buffer.byteLength(entry.join("")), 0);
  if (bytes > MAX_METADATA_BYTES) throw metadataTooLarge(bytes);
  // Unlike an assignment, `fromEntries` keeps metadata named __proto__.
  return Object.fromEntries(entries);
}

import { parseXml, type XmlElement } from "#aws/protocols/xml/reader.ts";
import type { Fields } from "#aws/signature/post-policy.ts";
import type { Input } from "#kernel/service.ts";
import { invalidArgument, malformedXml } from "../errors.ts";
import { refuseEventHold } from "../lock/event-holds.ts";

type Request = Omit<Input<"s3", "PutObject">, "Bucket" | "Body">;

/** The member of PutObject for each form field. */
const MEMBERS = {
  acl: "ACL",
  "cache-control": "CacheControl",
  "content-disposition": "ContentDisposition",
  "content-encoding": "ContentEncoding",
  "content-language": "ContentLanguage",
  "content-md5": "ContentMD5",
  "content-type": "ContentType",
  expires: "Expires",
  "x-amz-checksum-crc32": "ChecksumCRC32",
  "x-amz-checksum-crc32c": "ChecksumCRC32C",
  "x-amz-checksum-crc64nvme": "ChecksumCRC64NVME",
  "x-amz-checksum-sha1": "ChecksumSHA1",
  "x-amz-checksum-sha256": "ChecksumSHA256",
  "x-amz-checksum-sha512": "ChecksumSHA512",
  "x-amz-checksum-md5": "ChecksumMD5",
  "x-amz-checksum-xxhash64": "ChecksumXXHASH64",
  "x-amz-checksum-xxhash3": "ChecksumXXHASH3",
  "x-amz-checksum-xxhash128": "ChecksumXXHASH128",
  "x-amz-object-lock-legal-hold": "ObjectLockLegalHoldStatus",
  "x-amz-object-lock-mode": "ObjectLockMode",
  "x-amz-object-lock-retain-until-date": "ObjectLockRetainUntilDate",
  "x-amz-sdk-checksum-algorithm": "ChecksumAlgorithm",
  "x-amz-server-side-encryption": "ServerSideEncryption",
  "x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
  "x-amz-server-side-encryption-context": "SSEKMSEncryptionContext",
  "x-amz-server-side-encryption-customer-algorithm": "SSECustomerAlgorithm",
  "x-amz-server-side-encryption-customer-key": "SSECustomerKey",
  "x-amz-server-side-encryption-customer-key-md5": "SSECustomerKeyMD5",
  "x-amz-storage-class": "StorageClass",
  "x-amz-website-redirect-location": "WebsiteRedirectLocation",
} as const satisfies Record<string, keyof Request>;

const METADATA = "x-amz-meta-";

/**
 * Converts the form's fields to members of PutObject, which validates their values.
 * @throws {AwsError} InvalidArgument for a form without a key, MalformedXML for malformed tags
 */
export function requestIn(fields: Fields): Request {
  const key = fields.get("key");
  if (!key) {
    const message =
      "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.";
    throw invalidArgument(message, "key", "");
  }
  refuseEventHold((header) => fields.has(header));
  const request: Record<string, unknown> = {};
  const metadata: Record<string, string> = {};
  for (const [name, value] of fields) {
    if (Object.hasOwn(MEMBERS, name)) request[MEMBERS[name as keyof typeof MEMBERS]] = value;
    else if (name.startsWith(METADATA)) metadata[name.slice(METADATA.length)] = value;
  }
  const tagging = fields.get("tagging");
  if (tagging !== undefined) request.Tagging = headerOf(tagging);
  return { ...request, Key: key, Metadata: metadata };
}

/** Converts the tags of a form, which are a document as in PutObjectTagging, to the header of PutObject. */
function headerOf(tagging: string): string {
  return tagsIn(tagging)
    .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`)
    .join("&");
}

function tagsIn(document: string): [key: string, value: string][] {
  const root = parsed(document);
  if (root.name !== "Tagging") throw malformedXml();
  return only(root, "TagSet").children.map((tag) => {
    if (tag.name !== "Tag") throw malformedXml();
    return [only(tag, "Key").text, only(tag, "Value").text];
  });
}

function parsed(document: string): XmlElement {
  try {
    return parseXml(document);
  } catch {
    throw malformedXml();
  }
}

function only(parent: XmlElement, name: string): XmlElement {
  const found = parent.children.find((child) => child.name === name);
  if (!found) throw malformedXml();
  return found;
}

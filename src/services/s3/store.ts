import type { LoggingEnabled } from "#aws/contract/types/s3.ts";
import { type BlobRef, blobSteps } from "#kernel/blobs.ts";
import { collection } from "#kernel/collection.ts";
import { descending } from "#kernel/keys.ts";
import type { PublicAccessBlock } from "./access/blocks.ts";
import type { Grant } from "./access/grants.ts";
import type { KeyProof } from "./encryption/customer-key.ts";
import type { Algorithm } from "./encryption/requested.ts";
import type { DefaultRetention, Lock } from "./lock/retention.ts";
import type { ArchiveTier, Restore } from "./storage-classes/archive.ts";
import type { StorageClassName } from "./storage-classes/classes.ts";

/** Milliseconds since 1970, cloud time. */
type Time = number;

export interface Bucket {
  name: string;
  /** Never used again: a bucket that is made again has nothing of the old one. */
  id: number;
  /** Account id. */
  owner: string;
  region: string;
  /** Whether it was created with the older name of its Region. */
  oldName?: true;
  created: Time;
  /** Absent until versioning was enabled for the first time. */
  versioning?: "Enabled" | "Suspended";
  tags?: Tag[];
  /** Whether policies may use its tags, which only the control plane can change then. */
  abac?: true;
  /** Where its access logs go. */
  logging?: LoggingEnabled;
  /** The text of its policy. */
  policy?: string;
  /** Who may what besides its owner; absent: nobody. */
  acl?: Grant[];
  /**
   * Who owns what others write. Absent: the bucket's owner, without ACLs, which is the default. `None` where the
   * controls were deleted, so that objects belong to their writers.
   */
  ownership?: "BucketOwnerPreferred" | "ObjectWriter" | "None";
  /** Absent: everything is blocked, which is the default. `None` where the configuration was deleted. */
  publicAccessBlock?: PublicAccessBlock | "None";
  /** Callers of other accounts pay. */
  requestPayment?: "Requester";
  /** Absent where none was set: S3 encrypts with its own keys. */
  encryption?: BucketEncryption;
  /** Whether it has a notification configuration: without one a change costs no look-up. */
  notifies?: true;
  /** Whether it has a replication configuration. */
  replicates?: true;
  /** Whether it has lifecycle rules. */
  lifecycle?: true;
  /** Whether it has configurations of INTELLIGENT_TIERING. */
  tiers?: true;
  /** Whether it is walked at midnight, for one of these two. */
  ages?: true;
  /** Present where object lock is enabled, which cannot be undone. */
  objectLock?: { defaultRetention?: DefaultRetention };
}

export interface BucketEncryption {
  algorithm: Algorithm;
  /** A key of KMS; absent for the account's default key for S3. */
  keyId?: string;
  bucketKey?: true;
  /** The types of encryption that writes cannot ask for: `SSE-C` for customers' keys, `NONE` for no type. */
  blocked?: ("SSE-C" | "NONE")[];
}

export interface Tag {
  Key: string;
  Value: string;
}

/**
 * One version of an object, or a delete marker. Each is in exactly one row: the newest of its key in `objects`, the
 * others in `noncurrent`.
 */
export interface ObjectVersion extends Lock {
  bucket: number;
  key: string;
  /** Grows with every version in the cloud. */
  order: number;
  /** `null` for what was written while versioning was off or suspended. */
  versionId: string;
  deleteMarker?: true;
  modified: Time;
  /** Account id, or `anonymous`. */
  owner: string;
  /** Who may what besides its owner; absent: nobody. */
  acl?: Grant[];
  /** Without quotes. The MD5 of the bytes, unless they came in parts or with a key of the customer's. */
  etag: string;
  size: number;
  /** Absent for a delete marker and for an object made of parts, whose bytes `manifests` names. */
  body?: BlobRef;
  partCount?: number;
  /** The `order` of the upload that it was completed from. */
  upload?: number;
  contentType?: string;
  /** Cache-Control, Content-Disposition and the like, by lower-case header name. */
  headers?: Record<string, string>;
  /** User metadata by lower-case name without `x-amz-meta-`; what the headers mean. */
  metadata?: Record<string, string>;
  /** Absent for STANDARD. */
  storageClass?: StorageClassName;
  /** For INTELLIGENT_TIERING, where it has not been read for long. */
  archiveTier?: ArchiveTier;
  /** For INTELLIGENT_TIERING: when it was last read, or came there. Written at most once a day. */
  read?: Time;
  restore?: Restore;
  checksum?: Checksum;
  tags?: Tag[];
  /** How many annotations it has. */
  annotations?: number;
  /** A copy that replication made. */
  replica?: true;
  /** How far replication is, by the destination bucket's name. */
  replication?: Record<string, ReplicationState>;
  /** For a body that is encrypted with its customer's key; absent for S3's own. */
  customerKey?: KeyProof;
}

export type ReplicationState = "PENDING" | "COMPLETED" | "FAILED";

export type ChecksumAlgorithm =
  | "CRC32"
  | "CRC32C"
  | "CRC64NVME"
  | "SHA1"
  | "SHA256"
  | "SHA512"
  | "MD5"
  | "XXHASH64"
  | "XXHASH3"
  | "XXHASH128";

export interface Checksum {
  algorithm: ChecksumAlgorithm;
  type: "FULL_OBJECT" | "COMPOSITE";
  /** Base64; of a composite one with `-<parts>` at its end. */
  value: string;
}

/**
 * Parts that an object was completed from, in their order. An object of many parts has several rows, so that a range is
 * found without reading them all.
 */
export interface Manifest {
  bucket: number;
  order: number;
  /** Where in the object the first of these parts begins. */
  offset: number;
  parts: ManifestPart[];
}

/** Parts in one row of a manifest. */
export const MANIFEST_PARTS = 100;

export interface ManifestPart {
  /** As the uploader numbered it. */
  number: number;
  body: BlobRef;
  etag: string;
  checksum?: string;
}

export interface Upload extends Lock {
  bucket: number;
  key: string;
  order: number;
  uploadId: string;
  initiated: Time;
  initiator: string;
  owner: string;
  acl?: Grant[];
  contentType?: string;
  headers?: Record<string, string>;
  metadata?: Record<string, string>;
  storageClass?: StorageClassName;
  tags?: Tag[];
  customerKey?: KeyProof;
  checksumAlgorithm?: ChecksumAlgorithm;
  checksumType?: Checksum["type"];
  /** Whether there was an object of that key when it began. */
  replaces?: true;
}

export interface Part {
  bucket: number;
  upload: number;
  number: number;
  modified: Time;
  etag: string;
  body: BlobRef;
  /** By the upload's algorithm, base64. */
  checksum?: string;
}

export const buckets = collection<Bucket>("s3/bucket", {
  scope: "partition",
  key: (b) => [b.name],
  indexes: { owner: (b) => [b.owner, b.name] },
  hot: true,
});

/** In the order of a listing: by the UTF-8 bytes of the key. */
export const objects = collection<ObjectVersion>("s3/object", {
  scope: "partition",
  key: (o) => [o.bucket, o.key],
  hot: true,
});

/** Newest first below a key. */
export const noncurrent = collection<ObjectVersion>("s3/noncurrent", {
  scope: "partition",
  key: (o) => [o.bucket, o.key, descending(o.order)],
  indexes: { null: (o) => (o.versionId === "null" ? [o.bucket, o.key] : undefined) },
});

export const manifests = collection<Manifest>("s3/manifest", {
  scope: "partition",
  key: (m) => [m.bucket, m.order, m.offset],
});

export const uploads = collection<Upload>("s3/upload", {
  scope: "partition",
  key: (u) => [u.bucket, u.key, u.order],
});

export const parts = collection<Part>("s3/part", {
  scope: "partition",
  key: (p) => [p.bucket, p.upload, p.number],
});

/** Steps on bodies inside a transaction. */
export const bodies = blobSteps("s3", "partition");

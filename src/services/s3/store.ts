import type { LoggingEnabled } from "#aws/contract/types/s3.ts";
import { type BlobRef, blobSteps } from "#kernel/blobs.ts";
import { collection } from "#kernel/records/collection.ts";
import { descending } from "#kernel/records/keys.ts";
import type { PublicAccessBlock } from "./access/blocks.ts";
import type { Grant } from "./access/grants.ts";
import type { StoredEncryption } from "./encryption/encryption.ts";
import type { Algorithm } from "./encryption/requested.ts";
import type { DefaultRetention, Lock } from "./lock/retention.ts";
import type { ArchiveTier, Restore } from "./storage-classes/archive.ts";
import type { StorageClassName } from "./storage-classes/classes.ts";

/** Milliseconds since 1970, cloud time. */
type Time = number;

export interface Bucket {
  name: string;
  /** Never reused: a new bucket of the same name shares no data with a deleted one. */
  id: number;
  /** Account id. */
  owner: string;
  region: string;
  /** The id of its Availability Zone; absent for all but directory buckets. */
  zone?: string;
  /** Whether it was created with the former name of its Region. */
  oldName?: true;
  created: Time;
  /** Absent until versioning is first enabled. */
  versioning?: "Enabled" | "Suspended";
  /** Absent until MFA delete is first configured. */
  mfaDelete?: "Disabled";
  tags?: Tag[];
  /** Whether policies may refer to its tags, which only the control plane can change then. */
  abac?: true;
  /** The target of its access logs. */
  logging?: LoggingEnabled;
  /** The text of its policy. */
  policy?: string;
  /** The grants to others than the owner; absent if there are none. */
  acl?: Grant[];
  /**
   * Who owns objects that others write. Absent by default: the bucket's owner, with ACLs disabled. `None` if
   * the ownership controls were deleted, in which case objects are owned by their writers.
   */
  ownership?: "BucketOwnerPreferred" | "ObjectWriter" | "None";
  /** Absent by default, which blocks all public access. `None` if the configuration was deleted. */
  publicAccessBlock?: PublicAccessBlock | "None";
  /** Whether callers of other accounts pay. */
  requestPayment?: "Requester";
  /** Absent if none was set; S3 then encrypts with its own keys. */
  encryption?: BucketEncryption;
  /** Whether it has a notification configuration, so that changes to other buckets need no lookup. */
  notifies?: true;
  /** Whether it has a replication configuration. */
  replicates?: true;
  /** Whether it has lifecycle rules. */
  lifecycle?: true;
  /** Whether it has INTELLIGENT_TIERING configurations. */
  tiers?: true;
  /** Whether it is walked at midnight, because it has lifecycle rules or tiering configurations. */
  ages?: true;
  /** Present if Object Lock is enabled, which cannot be undone. */
  objectLock?: { defaultRetention?: DefaultRetention };
}

export interface BucketEncryption {
  algorithm: Algorithm;
  /** A KMS key; absent for the account's AWS managed key. */
  keyId?: string;
  bucketKey?: true;
  /**
   * The encryption types that writes may not specify: `SSE-C` for customer-provided keys, `NONE` for no type.
   */
  blocked?: ("SSE-C" | "NONE")[];
}

export interface Tag {
  Key: string;
  Value: string;
}

/**
 * One version of an object, or a delete marker. Each is stored in exactly one row: the newest version of a
 * key in `objects`, the others in `noncurrent`.
 */
export interface ObjectVersion extends Lock, StoredEncryption {
  bucket: number;
  key: string;
  /** Increases with every version in the cloud. */
  order: number;
  /** `null` for versions written while versioning was off or suspended. */
  versionId: string;
  deleteMarker?: true;
  modified: Time;
  /** Account id, or `anonymous`. */
  owner: string;
  /** The grants to others than the owner; absent if there are none. */
  acl?: Grant[];
  /**
   * Without quotes. The MD5 of the bytes, except for multipart uploads, keys of customers and of KMS, and
   * directory buckets.
   */
  etag: string;
  size: number;
  /** Absent for a delete marker, and for an object in parts, whose bytes are listed in `manifests`. */
  body?: BlobRef;
  partCount?: number;
  /** The `order` of the upload that created it. */
  upload?: number;
  contentType?: string;
  /** Cache-Control, Content-Disposition and the like, by lower-case header name. */
  headers?: Record<string, string>;
  /** User metadata in decoded form, by lower-case name without `x-amz-meta-`. */
  metadata?: Record<string, string>;
  /** Absent for STANDARD. */
  storageClass?: StorageClassName;
  /** The archive tier of INTELLIGENT_TIERING; absent in its other tiers. */
  archiveTier?: ArchiveTier;
  /** For INTELLIGENT_TIERING: when it was last read or moved into the class. Written at most once a day. */
  read?: Time;
  restore?: Restore;
  checksum?: Checksum;
  tags?: Tag[];
  /** The number of its annotations. */
  annotations?: number;
  /** Whether it is a replica. */
  replica?: true;
  /** The state of replication by the name of the destination bucket. */
  replication?: Record<string, ReplicationState>;
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
  /** Base64; for a composite checksum with `-<parts>` at its end. */
  value: string;
}

/**
 * The parts of an object in their order. An object with many parts has several rows, so that a range is
 * found without reading all of them.
 */
export interface Manifest {
  bucket: number;
  order: number;
  /** The offset of the first of these parts in the object. */
  offset: number;
  parts: ManifestPart[];
}

/** The maximum number of parts in one row of a manifest. */
export const MANIFEST_PARTS = 100;

export interface ManifestPart {
  /** The part number in the upload. */
  number: number;
  body: BlobRef;
  etag: string;
  checksum?: string;
}

export interface Upload extends Lock, StoredEncryption {
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
  checksumAlgorithm?: ChecksumAlgorithm;
  checksumType?: Checksum["type"];
  /** Whether an object with that key existed when the upload started. */
  replaces?: true;
}

export interface Part {
  bucket: number;
  upload: number;
  number: number;
  modified: Time;
  etag: string;
  body: BlobRef;
  /** The checksum in base64, of the upload's algorithm. */
  checksum?: string;
}

export const buckets = collection<Bucket>("s3/bucket", {
  scope: "partition",
  key: (b) => [b.name],
  indexes: {
    owner: (b) => (b.zone === undefined ? [b.owner, b.name] : undefined),
    directory: (b) => (b.zone === undefined ? undefined : [b.owner, b.region, b.name]),
  },
  hot: true,
});

/** Rows in the order of a listing: by the UTF-8 bytes of the key. */
export const objects = collection<ObjectVersion>("s3/object", {
  scope: "partition",
  key: (o) => [o.bucket, o.key],
  hot: true,
});

/** Rows in the order of keys and, within a key, newest first. */
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

/** The operations on bodies within a transaction. */
export const bodies = blobSteps("s3", "partition");

import type { InventoryConfiguration, InventoryOptionalField } from "#aws/contract/types/s3.ts";
import { pathEncodedKey } from "../key-encoding.ts";
import type { Row } from "../listing/versions.ts";
import { ownerOf } from "../owner.ts";
import { replicationStatus } from "../replication/status.ts";
import type { Bucket } from "../store.ts";

/**
 * The optional columns of a report, in the order of the report.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html#storage-inventory-contents
 */
const OPTIONAL: Partial<Record<InventoryOptionalField, (row: Row) => string | number | undefined>> = {
  Size: ({ version }) => (version.deleteMarker ? undefined : version.size),
  LastModifiedDate: ({ version }) => new Date(version.modified).toISOString(),
  ETag: ({ version }) => version.etag,
  StorageClass: ({ version }) => (version.deleteMarker ? undefined : (version.storageClass ?? "STANDARD")),
  IsMultipartUploaded: ({ version }) => String(version.partCount !== undefined),
  ReplicationStatus: ({ version }) => replicationStatus(version),
  EncryptionStatus: ({ version }) =>
    version.deleteMarker ? undefined : version.customerKey ? "SSE-C" : version.kms ? "SSE-KMS" : "SSE-S3",
  ObjectLockRetainUntilDate: ({ version: { retention } }) =>
    retention && new Date(retention.until).toISOString(),
  ObjectLockMode: ({ version }) => version.retention?.mode,
  ObjectLockLegalHoldStatus: ({ version }) => version.legalHold,
  IntelligentTieringAccessTier: ({ version: { storageClass, archiveTier } }) =>
    storageClass === "INTELLIGENT_TIERING" ? (archiveTier?.replace("_ACCESS", "") ?? "FREQUENT") : undefined,
  BucketKeyStatus: ({ version }) =>
    version.deleteMarker ? undefined : version.kms?.bucketKey ? "ENABLED" : "DISABLED",
  ChecksumAlgorithm: ({ version }) => version.checksum?.algorithm,
  ObjectOwner: ({ version }) => ownerOf(version.owner).ID,
};

const ORDER = Object.keys(OPTIONAL) as InventoryOptionalField[];

export const isReported = (field: InventoryOptionalField): boolean => ORDER.includes(field);

export interface Column {
  name: string;
  value: (row: Row) => string | number | undefined;
}

export function columnsOf(bucket: Bucket, document: InventoryConfiguration): Column[] {
  const columns: Column[] = [
    { name: "Bucket", value: () => bucket.name },
    { name: "Key", value: ({ version }) => pathEncodedKey(version.key) },
  ];
  if (document.IncludedObjectVersions === "All") {
    columns.push(
      { name: "VersionId", value: ({ version }) => (version.versionId === "null" ? "" : version.versionId) },
      { name: "IsLatest", value: ({ latest }) => String(latest) },
      { name: "IsDeleteMarker", value: ({ version }) => String(version.deleteMarker ?? false) },
    );
  }
  const selected = new Set(document.OptionalFields);
  for (const name of ORDER) if (selected.has(name)) columns.push({ name, value: OPTIONAL[name]! });
  return columns;
}

/** Formats one line of a report. */
export const lineOf = (columns: readonly Column[], row: Row): string =>
  `${columns.map(({ value }) => `"${String(value(row) ?? "").replaceAll('"', '""')}"`).join(",")}\n`;

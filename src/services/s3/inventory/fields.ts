import type { InventoryConfiguration, InventoryOptionalField } from "#aws/contract/types/s3.ts";
import type { Row } from "../listing/versions.ts";
import { ownerOf } from "../owner.ts";
import { replicationStatus } from "../replication/status.ts";
import type { Bucket } from "../store.ts";

/** A time is in milliseconds since 1970. */
export type FieldType = "string" | "boolean" | "integer" | "time";

interface Field {
  type: FieldType;
  value: (row: Row) => FieldValue;
}

type FieldValue = string | boolean | number | undefined;

export interface Column extends Field {
  /** The name in CSV reports. */
  name: string;
  /** Whether each row has a value. */
  isRequired?: true;
}

const string = (value: (row: Row) => string | undefined): Field => ({ type: "string", value });
const boolean = (value: (row: Row) => boolean | undefined): Field => ({ type: "boolean", value });
const integer = (value: (row: Row) => number | undefined): Field => ({ type: "integer", value });
const time = (value: (row: Row) => number | undefined): Field => ({ type: "time", value });

/**
 * The optional columns of a report, in the order of the report.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html#storage-inventory-contents
 */
const OPTIONAL: Partial<Record<InventoryOptionalField, Field>> = {
  Size: integer(({ version }) => (version.deleteMarker ? undefined : version.size)),
  LastModifiedDate: time(({ version }) => version.modified),
  ETag: string(({ version }) => version.etag),
  StorageClass: string(({ version }) =>
    version.deleteMarker ? undefined : (version.storageClass ?? "STANDARD"),
  ),
  IsMultipartUploaded: boolean(({ version }) => version.partCount !== undefined),
  ReplicationStatus: string(({ version }) => replicationStatus(version)),
  EncryptionStatus: string(({ version }) =>
    version.deleteMarker ? undefined : version.customerKey ? "SSE-C" : version.kms ? "SSE-KMS" : "SSE-S3",
  ),
  ObjectLockRetainUntilDate: time(({ version }) => version.retention?.until),
  ObjectLockMode: string(({ version }) => version.retention?.mode),
  ObjectLockLegalHoldStatus: string(({ version }) => version.legalHold),
  IntelligentTieringAccessTier: string(({ version: { storageClass, archiveTier } }) =>
    storageClass === "INTELLIGENT_TIERING" ? (archiveTier?.replace("_ACCESS", "") ?? "FREQUENT") : undefined,
  ),
  BucketKeyStatus: string(({ version }) =>
    version.deleteMarker ? undefined : version.kms?.bucketKey ? "ENABLED" : "DISABLED",
  ),
  ChecksumAlgorithm: string(({ version }) => version.checksum?.algorithm),
  ObjectOwner: string(({ version }) => ownerOf(version.owner).ID),
};

const ORDER = Object.keys(OPTIONAL) as InventoryOptionalField[];

export const isReported = (field: InventoryOptionalField): boolean => ORDER.includes(field);

export function columnsOf(bucket: Bucket, document: InventoryConfiguration): Column[] {
  const columns: Column[] = [
    { name: "Bucket", isRequired: true, ...string(() => bucket.name) },
    { name: "Key", isRequired: true, ...string(({ version }) => version.key) },
  ];
  if (document.IncludedObjectVersions === "All") {
    columns.push(
      {
        name: "VersionId",
        ...string(({ version }) => (version.versionId === "null" ? undefined : version.versionId)),
      },
      { name: "IsLatest", ...boolean(({ latest }) => latest) },
      { name: "IsDeleteMarker", ...boolean(({ version }) => version.deleteMarker ?? false) },
    );
  }
  const selected = new Set(document.OptionalFields);
  for (const name of ORDER) if (selected.has(name)) columns.push({ name, ...OPTIONAL[name]! });
  return columns;
}

/** Returns the name of a column in ORC and Parquet. */
export const snakeCased = ({ name }: Column): string =>
  name.replace(/(?!^)[A-Z]/g, (letter) => `_${letter}`).toLowerCase();

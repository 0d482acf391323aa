import type { InventoryConfiguration, InventoryOptionalField } from "#aws/contract/types/s3.ts";
import { grantsOf, ownerOfVersion } from "../access/facts.ts";
import { GROUPS } from "../access/grants.ts";
import { expirationBy } from "../lifecycle/answers.ts";
import type { LifecycleDocument } from "../lifecycle/rules.ts";
import type { Row } from "../listing/versions.ts";
import { ownerOf } from "../owner.ts";
import { replicationStatus } from "../replication/status.ts";
import type { Bucket, ObjectVersion } from "../store.ts";

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
 * Returns the optional columns of a report, in the order of the report.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html#storage-inventory-contents
 */
const optionalFields = ({ bucket, lifecycle }: Listed): Record<InventoryOptionalField, Field> => ({
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
  ObjectAccessControlList: string(({ version }) =>
    version.deleteMarker ? undefined : aclOf(bucket, version),
  ),
  ObjectOwner: string(({ version }) => ownerOf(ownerOfVersion(bucket, version)).ID),
  LifecycleExpirationDate: time(({ version, latest }) =>
    latest && !version.deleteMarker ? lifecycle && expirationBy(lifecycle, version)?.due : undefined,
  ),
});

/** Returns the ACL of a version as JSON in base64. https://docs.aws.amazon.com/AmazonS3/latest/userguide/objectacl.html */
function aclOf(bucket: Bucket, version: ObjectVersion): string {
  const grants = grantsOf(bucket, version).map(({ to, permission }) =>
    "user" in to
      ? { canonicalId: to.user, type: "CanonicalUser", permission }
      : { uri: GROUPS[to.group], type: "Group", permission },
  );
  const acl = JSON.stringify({ version: "2022-11-10", status: "AVAILABLE", grants });
  return Buffer.from(acl).toString("base64");
}

/** What a report lists. */
export interface Listed {
  bucket: Bucket;
  lifecycle: LifecycleDocument | undefined;
}

export function columnsOf(listed: Listed, document: InventoryConfiguration): Column[] {
  const { bucket } = listed;
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
  for (const [name, field] of Object.entries(optionalFields(listed)))
    if (selected.has(name as InventoryOptionalField)) columns.push({ name, ...field });
  return columns;
}

/** Returns the name of a column in ORC and Parquet. */
export const snakeCased = ({ name }: Column): string =>
  name.replace(/(?!^)[A-Z]/g, (letter) => `_${letter}`).toLowerCase();

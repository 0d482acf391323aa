import type { ReadTransaction } from "#kernel/records/transaction.ts";
import { type MaybePromise, whenReady } from "#lib/maybe-promise.ts";
import { methodNotAllowedOnMarker, noSuchKey, noSuchVersion } from "../errors.ts";
import type { Bucket, ObjectVersion } from "../store.ts";
import { findVersion } from "../versions.ts";
import { checkKey } from "./key.ts";

/**
 * Returns the version that a request refers to, never a delete marker.
 * @param shownKey the key in NoSuchKey; tagging operations show the bucket before the key
 * @throws {AwsError} KeyTooLongError, BadRequest, NoSuchKey, NoSuchVersion, and MethodNotAllowed for a delete
 * marker that is requested by its id or that a write refers to
 */
export function existingVersion(
  tx: ReadTransaction,
  bucket: Bucket,
  reference: VersionReference,
  method: string,
  shownKey = reference.Key,
): MaybePromise<ObjectVersion> {
  checkKey(reference.Key);
  return whenReady(findVersion(tx, bucket, reference.Key, reference.VersionId), (version) =>
    existing(version, { ...reference, Key: shownKey }, method),
  );
}

interface VersionReference {
  Key: string;
  VersionId?: string;
}

function existing(
  version: ObjectVersion | undefined,
  { Key: key, VersionId: versionId }: VersionReference,
  method: string,
): ObjectVersion {
  if (!version) throw versionId === undefined ? noSuchKey(key) : noSuchVersion(key, versionId);
  if (!version.deleteMarker) return version;
  const headers = { "x-amz-delete-marker": "true", "x-amz-version-id": version.versionId };
  // A read reports that there is no object, while a write is refused, as it would change the delete marker.
  if (versionId === undefined && isReading(method)) throw noSuchKey(key, headers);
  throw methodNotAllowedOnMarker(method, {
    ...headers,
    "last-modified": new Date(version.modified).toUTCString(),
  });
}

const isReading = (method: string) => method === "GET" || method === "HEAD";

/** Returns the version id for a response; there is none if versioning was never enabled. */
export function responseVersionId(bucket: Bucket, version: ObjectVersion): string | undefined {
  return bucket.versioning === undefined ? undefined : version.versionId;
}

/**
 * Returns the version id for the response of a write: that of the version it
 * created, if versioning is enabled.
 */
export function newVersionId(bucket: Bucket, version: ObjectVersion): string | undefined {
  return bucket.versioning === "Enabled" ? version.versionId : undefined;
}

export const quoted = (etag: string) => `"${etag}"`;

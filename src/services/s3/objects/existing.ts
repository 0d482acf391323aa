import type { ReadTransaction } from "#kernel/transaction.ts";
import { type MaybePromise, whenReady } from "#lib/maybe-promise.ts";
import { methodNotAllowedOnMarker, noSuchKey, noSuchVersion } from "../errors.ts";
import type { Bucket, ObjectVersion } from "../store.ts";
import { findVersion } from "../versions.ts";
import { checkKey } from "./key.ts";

/**
 * The version that a read is about, never a delete marker.
 * @param shownKey what NoSuchKey calls it: asked for tags, S3 writes the bucket before the key
 * @throws {AwsError} KeyTooLongError, NoSuchKey, NoSuchVersion, and MethodNotAllowed for a delete marker asked for by its
 * id, or to change
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
  // A read finds nothing there; a change would be one of the marker.
  if (versionId === undefined && isReading(method)) throw noSuchKey(key, headers);
  throw methodNotAllowedOnMarker(method, {
    ...headers,
    "last-modified": new Date(version.modified).toUTCString(),
  });
}

const isReading = (method: string) => method === "GET" || method === "HEAD";

/** The version id of an answer. There is none where versioning was never on. */
export function responseVersionId(bucket: Bucket, version: ObjectVersion): string | undefined {
  return bucket.versioning === undefined ? undefined : version.versionId;
}

/** The version id of a write's answer: the one that it made, if any. */
export function newVersionId(bucket: Bucket, version: ObjectVersion): string | undefined {
  return bucket.versioning === "Enabled" ? version.versionId : undefined;
}

export const quoted = (etag: string) => `"${etag}"`;

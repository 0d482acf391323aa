import { type BlobRef, reusesRow } from "#kernel/blobs.ts";
import { descending } from "#kernel/records/keys.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import { type MaybePromise, whenReady } from "#lib/maybe-promise.ts";
import type { Random } from "#lib/random.ts";
import { discardAnnotations } from "./annotations/store.ts";
import { invalidVersionId } from "./errors.ts";
import { touch } from "./lifecycle/mark.ts";
import {
  type Bucket,
  bodies,
  MANIFEST_PARTS,
  type ManifestPart,
  manifests,
  noncurrent,
  type ObjectVersion,
  objects,
} from "./store.ts";

/** The content of a new version. The other properties follow from its bucket and the time. */
export type VersionContent = Omit<ObjectVersion, "bucket" | "key" | "order" | "versionId" | "modified"> & {
  /** The modification time, if it is not the current time. */
  modified?: number;
};

const NULL = "null";

/**
 * Returns a version id: 24 bytes in base64url, 16 of which are random, followed by the order XORed with the
 * first eight of them. The id cannot be guessed, but locates its row directly.
 */
export function versionIdOf(order: number, random: Random): string {
  const id = Buffer.concat([random.bytes(16), Buffer.alloc(8)]);
  id[0]! &= 0x7f; // Prevents a leading "-", which command lines interpret as an option.
  id.writeBigUInt64BE(BigInt(order) ^ id.readBigUInt64BE(0), 16);
  return id.toString("base64url");
}

/** Returns the order within a version id; `undefined` if the id is malformed. The version need not exist. */
export function orderOf(versionId: string): number | undefined {
  if (!/^[A-Za-z0-9_-]{32}$/.test(versionId)) return undefined;
  const id = Buffer.from(versionId, "base64url");
  const order = Number(id.readBigUInt64BE(16) ^ id.readBigUInt64BE(0));
  return Number.isSafeInteger(order) ? order : undefined;
}

/** Returns the current version, which may be a delete marker. */
export function currentVersion(tx: ReadTransaction, bucket: Bucket, key: string) {
  return tx.get(objects, [bucket.id, key]);
}

/**
 * Returns the version with an id, or the current one. It may be a delete marker.
 * @throws {AwsError} InvalidArgument for a malformed version id
 */
export function findVersion(
  tx: ReadTransaction,
  bucket: Bucket,
  key: string,
  versionId: string | undefined,
): MaybePromise<ObjectVersion | undefined> {
  if (versionId === undefined) return currentVersion(tx, bucket, key);
  return findNamed(tx, bucket, key, versionId);
}

async function findNamed(
  tx: ReadTransaction,
  bucket: Bucket,
  key: string,
  versionId: string,
): Promise<ObjectVersion | undefined> {
  const order = versionId === NULL ? undefined : orderOf(versionId);
  if (versionId !== NULL && order === undefined) throw invalidVersionId(versionId);
  const current = await currentVersion(tx, bucket, key);
  if (current?.versionId === versionId) return current;
  if (current === undefined) return undefined;
  if (order === undefined) return nullBelow(tx, bucket, key);
  const version = await tx.get(noncurrent, [bucket.id, key, descending(order)]);
  return version?.versionId === versionId ? version : undefined;
}

/**
 * Makes `content` the current version of a key. `current` becomes noncurrent; if both are null versions, it
 * is deleted.
 */
export function writeVersion(
  tx: Transaction,
  bucket: Bucket,
  key: string,
  current: ObjectVersion | undefined,
  content: VersionContent,
): MaybePromise<ObjectVersion> {
  const order = tx.sequence();
  const version: ObjectVersion = {
    bucket: bucket.id,
    key,
    order,
    versionId: bucket.versioning === "Enabled" ? versionIdOf(order, tx.random) : NULL,
    modified: wholeSeconds(tx.now()),
    ...content,
  };
  const isNull = version.versionId === NULL;
  const touched = touch(tx, bucket, touchOf(version, current), version.modified);
  return whenReady(touched, () =>
    whenReady(isNull ? removeNull(tx, bucket, current, version) : undefined, () => {
      if (current && !(isNull && current.versionId === NULL)) tx.put(noncurrent, current);
      tx.put(objects, version);
      return version;
    }),
  );
}

/**
 * Deletes an object as a DELETE without a version id does: permanently if versioning was never enabled,
 * otherwise by a delete marker, which it returns. A delete marker is created even if there is no object.
 */
export async function deleteCurrent(
  tx: Transaction,
  bucket: Bucket,
  key: string,
  current: ObjectVersion | undefined,
): Promise<ObjectVersion | undefined> {
  if (bucket.versioning !== undefined) {
    return writeVersion(tx, bucket, key, current, {
      deleteMarker: true,
      owner: bucket.owner,
      etag: "",
      size: 0,
    });
  }
  if (current) await removeVersion(tx, bucket, current);
  return undefined;
}

/** Writes the manifest of an object in parts, whose bytes are kept as they are. */
export function writeManifest(
  tx: Transaction,
  { bucket, order }: ObjectVersion,
  used: readonly ManifestPart[],
): void {
  let offset = 0;
  for (let at = 0; at < used.length; at += MANIFEST_PARTS) {
    const parts = used.slice(at, at + MANIFEST_PARTS);
    tx.put(manifests, {
      bucket,
      order,
      offset,
      parts: parts.map(({ number, body, etag, checksum }) => ({ number, body, etag, checksum })),
    });
    offset += parts.reduce((sum, part) => sum + part.body.size, 0);
  }
}

/** Inserts a replica, whose position among the versions of its key is given by its order. */
export async function insertVersion(tx: Transaction, bucket: Bucket, version: ObjectVersion): Promise<void> {
  const current = await currentVersion(tx, bucket, version.key);
  const isNewest = !current || version.order > current.order;
  // A replica below newer versions is noncurrent since those were written, and makes older ones noncurrent.
  await touch(tx, bucket, isNewest ? touchOf(version, current) : "changed", version.modified);
  if (!isNewest) return tx.put(noncurrent, version);
  if (current) tx.put(noncurrent, current);
  tx.put(objects, version);
}

const touchOf = ({ deleteMarker }: ObjectVersion, current: ObjectVersion | undefined) =>
  deleteMarker ? "changed" : current ? "replaced" : "new";

/** Updates the properties of an existing version, such as its tags and locks. */
export async function rewriteVersion(tx: Transaction, bucket: Bucket, version: ObjectVersion): Promise<void> {
  const current = await currentVersion(tx, bucket, version.key);
  tx.put(current?.order === version.order ? objects : noncurrent, version);
  await touch(tx, bucket, "changed");
}

/**
 * Moves the version of an unversioned bucket to another key, where it replaces the current one. Its bytes and
 * its order remain.
 */
export async function moveVersion(
  tx: Transaction,
  bucket: Bucket,
  version: ObjectVersion,
  key: string,
): Promise<void> {
  const replaced = await currentVersion(tx, bucket, key);
  if (replaced) await discardContent(tx, replaced);
  tx.delete(objects, [bucket.id, version.key]);
  tx.put(objects, { ...version, key });
  await touch(tx, bucket, "changed");
}

/** Deletes one version permanently. If it was the current one, the next older one becomes current. */
export async function removeVersion(tx: Transaction, bucket: Bucket, version: ObjectVersion): Promise<void> {
  const { key, order } = version;
  await touch(tx, bucket, "changed");
  await discardContent(tx, version);
  const current = await currentVersion(tx, bucket, key);
  if (current?.order !== order) return tx.delete(noncurrent, [bucket.id, key, descending(order)]);
  const [next] =
    bucket.versioning === undefined ? [] : await tx.list(noncurrent, { in: [bucket.id, key], limit: 1 });
  if (!next) return tx.delete(objects, [bucket.id, key]);
  tx.delete(noncurrent, [bucket.id, key, descending(next.order)]);
  tx.put(objects, next);
}

/** Returns the body that is deleted when a new version replaces `current`. */
export function bodyReplaced(bucket: Bucket, current: ObjectVersion | undefined): BlobRef | undefined {
  return bucket.versioning !== "Enabled" && current?.versionId === NULL ? current.body : undefined;
}

/** Rounds a time down to whole seconds, which is S3's resolution even where it prints milliseconds. */
export function wholeSeconds(time: number): number {
  return time - (time % 1_000);
}

/** Deletes the content of the former null version, since a key has at most one null version. */
function removeNull(
  tx: Transaction,
  bucket: Bucket,
  current: ObjectVersion | undefined,
  { key, body }: ObjectVersion,
): MaybePromise<void> {
  if (!current) return;
  if (current.versionId !== NULL) return removeOlderNull(tx, bucket, key);
  if (!(current.body && reusesRow(current.body, body))) return discardContent(tx, current);
  if (current.annotations) return discardAnnotations(tx, current);
}

async function removeOlderNull(tx: Transaction, bucket: Bucket, key: string): Promise<void> {
  const older = await nullBelow(tx, bucket, key);
  if (!older) return;
  await discardContent(tx, older);
  tx.delete(noncurrent, [bucket.id, key, descending(older.order)]);
}

async function nullBelow(tx: ReadTransaction, bucket: Bucket, key: string) {
  const [version] = await tx.listBy(noncurrent, "null", { in: [bucket.id, key], limit: 1 });
  return version;
}

function discardContent(tx: Transaction, version: ObjectVersion): MaybePromise<void> {
  if (version.annotations) return discardAnnotations(tx, version).then(() => discardBody(tx, version));
  return discardBody(tx, version);
}

function discardBody(tx: Transaction, version: ObjectVersion): MaybePromise<void> {
  if (version.body) bodies.discard(tx, version.body);
  if (version.partCount !== undefined) return discardParts(tx, version);
}

async function discardParts(tx: Transaction, { bucket, order }: ObjectVersion): Promise<void> {
  for (const { offset, parts } of await tx.list(manifests, { in: [bucket, order], limit: 1_000 })) {
    for (const part of parts) bodies.discard(tx, part.body);
    tx.delete(manifests, [bucket, order, offset]);
  }
}

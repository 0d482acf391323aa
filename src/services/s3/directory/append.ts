/**
 * Appending to objects: each addition becomes a part of the object, whose bytes stay where they are.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-buckets-objects-append.html
 */
import type { Transaction } from "#kernel/records/transaction.ts";
import { checksumOf } from "#lib/checksums/checksum.ts";
import { combine, isCombinable } from "#lib/checksums/combine.ts";
import { conditionalConflict } from "../errors.ts";
import { MAX_PARTS } from "../multipart/upload.ts";
import { hashName } from "../objects/checksums.ts";
import type { Received, ReceivedChecksum } from "../objects/receive.ts";
import {
  type Bucket,
  bodies,
  type Checksum,
  MANIFEST_PARTS,
  type Manifest,
  type ManifestPart,
  manifests,
  type ObjectVersion,
} from "../store.ts";
import { rewriteVersion, wholeSeconds } from "../versions.ts";
import { invalidWriteOffset, tooManyParts } from "./errors.ts";

/**
 * Checks that bytes are appended at the end of the object, or at 0 if there is none.
 * @throws {AwsError} InvalidWriteOffset
 */
export function checkOffset(offset: number, current: ObjectVersion | undefined): void {
  if (offset !== (current?.size ?? 0)) throw invalidWriteOffset();
}

/**
 * Appends a received body to an object. Its metadata and its order among changes remain.
 * @throws {AwsError} TooManyParts, ConditionalRequestConflict
 */
export async function appendTo(
  tx: Transaction,
  bucket: Bucket,
  current: ObjectVersion,
  { staged, also: sum }: Received,
): Promise<ObjectVersion> {
  // The object may have been replaced by one of the same size while the body was received.
  if (sum?.algorithm !== current.checksum?.algorithm)
    throw conditionalConflict("x-amz-write-offset-bytes", current.key);
  const former = await lastOf(tx, current);
  const count = current.partCount ?? 1;
  if (count === MAX_PARTS) throw tooManyParts();
  const etag = tx.random.hex(32);
  const added = { number: count + 1, body: await bodies.keep(tx, staged), etag, checksum: sum?.value };
  const checksum = sum && (await checksumAfter(tx, current, sum, staged.size));
  putParts(tx, current, former, added);
  const { body: _, ...kept } = current;
  const version: ObjectVersion = {
    ...kept,
    etag,
    size: current.size + staged.size,
    modified: wholeSeconds(tx.now()),
    partCount: added.number,
    checksum,
  };
  await rewriteVersion(tx, bucket, version);
  return version;
}

/** Returns the last row of the object's manifest. An object in one piece becomes the first part of a new one. */
async function lastOf(
  tx: Transaction,
  { bucket, order, body, etag, checksum }: ObjectVersion,
): Promise<Manifest> {
  if (body)
    return { bucket, order, offset: 0, parts: [{ number: 1, body, etag, checksum: checksum?.value }] };
  const [row] = await tx.list(manifests, { in: [bucket, order], reverse: true, limit: 1 });
  return row!;
}

function putParts(
  tx: Transaction,
  { bucket, order, size }: ObjectVersion,
  former: Manifest,
  added: ManifestPart,
) {
  // A row is found by its offset, so none may begin where another does.
  const isFull = former.parts.length >= MANIFEST_PARTS && size > former.offset;
  if (isFull) tx.put(manifests, { bucket, order, offset: size, parts: [added] });
  else tx.put(manifests, { ...former, parts: [...former.parts, added] });
}

/**
 * Returns the checksum of the object after an addition: of all its bytes if it can be combined, else of the
 * checksums of its parts.
 */
async function checksumAfter(
  tx: Transaction,
  { bucket, order, body, checksum: former }: ObjectVersion,
  { algorithm, value: added }: ReceivedChecksum,
  length: number,
): Promise<Checksum> {
  const name = hashName(algorithm);
  const { type, value } = former!;
  if (type === "FULL_OBJECT" && isCombinable(name)) {
    const whole = combine(name, bytesOf(value), bytesOf(added), length);
    return { algorithm, type, value: base64(whole) };
  }
  const rows = await tx.list(manifests, { in: [bucket, order], limit: 1_000 });
  const ofParts = body ? [value] : rows.flatMap(({ parts }) => parts.map(({ checksum = "" }) => checksum));
  const sums = [...ofParts, added].map(bytesOf);
  return {
    algorithm,
    type: "COMPOSITE",
    value: `${base64(checksumOf(name, Buffer.concat(sums)))}-${sums.length}`,
  };
}

const bytesOf = (text: string) => Buffer.from(text, "base64");
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");

import type { Principal } from "#kernel/calls/principal.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { ownerOf } from "../owner.ts";
import { type Bucket, bodies, type Part, parts, type Upload, uploads } from "../store.ts";
import { noSuchUpload, partNumberOutOfRange } from "./errors.ts";
import { orderOfUpload } from "./upload-id.ts";

/** The maximum number of parts of an upload, which is also the maximum part number. */
export const MAX_PARTS = 10_000;

/** @throws {AwsError} InvalidArgument */
export function checkPartNumber(number: number): void {
  if (!(number >= 1 && number <= MAX_PARTS)) throw partNumberOutOfRange(number);
}

const PAGE = 1_000;

interface Named {
  Bucket: string;
  Key: string;
  UploadId: string;
}

/** @throws {AwsError} NoSuchBucket, NoSuchUpload */
export async function uploadAt(
  tx: ReadTransaction,
  named: Named,
): Promise<{ bucket: Bucket; upload: Upload }> {
  const bucket = await bucketAt(tx, named.Bucket);
  const upload = await findUpload(tx, bucket, named);
  if (!upload) throw noSuchUpload(named.UploadId);
  return { bucket, upload };
}

export async function findUpload(
  tx: ReadTransaction,
  bucket: Bucket,
  { Key, UploadId }: Named,
): Promise<Upload | undefined> {
  const order = orderOfUpload(UploadId);
  if (order === undefined) return undefined;
  const upload = await tx.get(uploads, [bucket.id, Key, order]);
  return upload?.uploadId === UploadId ? upload : undefined;
}

/** Returns all uploaded parts in the order of their numbers. */
export async function partsOf(tx: ReadTransaction, { bucket, order }: Upload): Promise<Part[]> {
  const all: Part[] = [];
  for (;;) {
    const last = all.at(-1);
    const page = await tx.list(parts, {
      in: [bucket, order],
      after: last && [last.number],
      limit: PAGE,
    });
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}

/** Deletes an upload with its parts and their bytes. */
export async function abandonUpload(tx: Transaction, upload: Upload): Promise<void> {
  const sent = await partsOf(tx, upload);
  for (const part of sent) bodies.discard(tx, part.body);
  forgetUpload(tx, upload, sent);
}

/** Deletes the upload and the rows of its parts. The caller keeps or discards the bytes. */
export function forgetUpload(tx: Transaction, { bucket, key, order }: Upload, sent: readonly Part[]): void {
  for (const { number } of sent) tx.delete(parts, [bucket, order, number]);
  tx.delete(uploads, [bucket, key, order]);
}

/** Returns the stored form of an upload's initiator: the account id of a root user, otherwise the ARN. */
export const initiatorIn = (principal: Principal) =>
  principal.type === "root" ? principal.account : principal.arn;

/**
 * Returns the initiator of an upload. Unlike owners, initiators have a display
 * name; that of an account is its id.
 */
export const initiatorOf = ({ initiator }: Upload) =>
  initiator.startsWith("arn:")
    ? { ID: initiator, DisplayName: initiator.slice(initiator.indexOf("/") + 1) }
    : { ...ownerOf(initiator), DisplayName: initiator };

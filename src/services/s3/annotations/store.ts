import type { BlobRef } from "#kernel/blobs.ts";
import { collection } from "#kernel/collection.ts";
import type { ReadTransaction, Transaction } from "#kernel/transaction.ts";
import { bodies, type Checksum, type ObjectVersion, type ReplicationState } from "../store.ts";

/**
 * A text that is attached to one version of an object. It has no versions of its own, and is deleted with that version.
 */
export interface Annotation {
  bucket: number;
  /** The version's. */
  order: number;
  name: string;
  /** Milliseconds since 1970, cloud time. */
  modified: number;
  /** Without quotes. */
  etag: string;
  body: BlobRef;
  checksum?: Checksum;
  /** A copy that replication made. */
  replica?: true;
  /** How far its replication is, by the destination bucket's name. */
  replication?: Record<string, ReplicationState>;
}

export const annotations = collection<Annotation>("s3/annotation", {
  scope: "partition",
  key: (a) => [a.bucket, a.order, a.name],
});

/** Most annotations of one version. */
export const MAX_ANNOTATIONS = 1_000;

export const annotationsOf = (tx: ReadTransaction, { bucket, order }: ObjectVersion): Promise<Annotation[]> =>
  tx.list(annotations, { in: [bucket, order], limit: MAX_ANNOTATIONS });

export async function discardAnnotations(tx: Transaction, version: ObjectVersion): Promise<void> {
  for (const { bucket, order, name, body } of await annotationsOf(tx, version)) {
    bodies.discard(tx, body);
    tx.delete(annotations, [bucket, order, name]);
  }
}

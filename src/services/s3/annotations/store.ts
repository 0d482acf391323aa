import type { BlobRef } from "#kernel/blobs.ts";
import { collection } from "#kernel/records/collection.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import { bodies, type Checksum, type ObjectVersion, type ReplicationState } from "../store.ts";

/**
 * A text that is attached to one version of an object. It is not versioned, and is deleted with the version.
 */
export interface Annotation {
  bucket: number;
  /** The order of the version. */
  order: number;
  name: string;
  /** Milliseconds since 1970, cloud time. */
  modified: number;
  /** Without quotes. */
  etag: string;
  body: BlobRef;
  checksum?: Checksum;
  /** Whether the annotation is a replica. */
  replica?: true;
  /** The state of replication by the name of the destination bucket. */
  replication?: Record<string, ReplicationState>;
}

export const annotations = collection<Annotation>("s3/annotation", {
  scope: "partition",
  key: (a) => [a.bucket, a.order, a.name],
});

/** The maximum number of annotations of one version. */
export const MAX_ANNOTATIONS = 1_000;

export const annotationsOf = (tx: ReadTransaction, { bucket, order }: ObjectVersion): Promise<Annotation[]> =>
  tx.list(annotations, { in: [bucket, order], limit: MAX_ANNOTATIONS });

export async function discardAnnotations(tx: Transaction, version: ObjectVersion): Promise<void> {
  for (const { bucket, order, name, body } of await annotationsOf(tx, version)) {
    bodies.discard(tx, body);
    tx.delete(annotations, [bucket, order, name]);
  }
}

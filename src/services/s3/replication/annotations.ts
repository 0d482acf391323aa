/**
 * The replication of annotations: each separately, after its version has been replicated.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-what-is-isnot-replicated.html
 */
import type { StagedBlob } from "#kernel/blobs.ts";
import type { Context } from "#kernel/context.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
import { type Annotation, annotations, annotationsOf, MAX_ANNOTATIONS } from "../annotations/store.ts";
import { isProtected } from "../lock/retention.ts";
import { bodyOfBytes, openBody } from "../objects/bytes.ts";
import { type Bucket, bodies, type ObjectVersion, type ReplicationState } from "../store.ts";
import { findVersion, rewriteVersion } from "../versions.ts";
import { destinationOf } from "./rules.ts";
import { destinationAt, type Source, sourceOf, type Task } from "./task.ts";

interface AnnotationTask extends Task {
  name: string;
}

/**
 * Makes the replica's annotation equal to the current one of the source, or
 * deletes it if the source has none.
 */
export const replicateAnnotation = job<AnnotationTask>("s3/replicate-annotation", {
  async run(ctx, task) {
    const copy = await ctx.read((tx) => open(ctx, tx, task));
    const staged = copy && (await ctx.blobs.receive(copy.body, { limit: copy.annotation.body.size }));
    try {
      await ctx.transact((tx) =>
        applyAnnotation(tx, task, staged && { annotation: copy.annotation, staged }),
      );
      await ctx.durable();
    } finally {
      if (staged) await ctx.blobs.drop(staged);
    }
  },
});

/** Starts the replication of one annotation that was put or deleted. */
export async function sendAnnotation(tx: Transaction, { bucket, version }: Source, task: AnnotationTask) {
  const annotation = await annotationAt(tx, version, task.name);
  if (annotation) recordState(tx, annotation, task, "PENDING");
  tx.enqueue(replicateAnnotation, task, { place: { account: bucket.owner, region: bucket.region } });
}

/** Starts the replication of all annotations of a version whose replication has completed or failed. */
export async function sendAnnotations(tx: Transaction, source: Source, task: Task): Promise<void> {
  if (!source.version.annotations) return;
  for (const { name } of await annotationsOf(tx, source.version))
    await sendAnnotation(tx, source, { ...task, name });
}

const annotationAt = (tx: ReadTransaction, { bucket, order }: ObjectVersion, name: string) =>
  tx.get(annotations, [bucket, order, name]);

function recordState(tx: Transaction, annotation: Annotation, { rule }: Task, state: ReplicationState): void {
  const replication = { ...annotation.replication, [destinationOf(rule)]: state };
  tx.put(annotations, { ...annotation, replication });
}

/** Opens the annotation to copy, if it exists. */
async function open(ctx: Context, tx: ReadTransaction, task: AnnotationTask) {
  const source = await sourceOf(tx, task);
  const annotation = source && (await annotationAt(tx, source.version, task.name));
  if (!annotation) return undefined;
  const { size } = annotation.body;
  return { annotation, body: bodyOfBytes(await openBody({ ctx, tx }, annotation.body, 0, size), size) };
}

interface Copy {
  annotation: Annotation;
  staged: StagedBlob;
}

async function applyAnnotation(tx: Transaction, task: AnnotationTask, copy: Copy | undefined): Promise<void> {
  const source = await sourceOf(tx, task);
  if (!source) return;
  const annotation = await annotationAt(tx, source.version, task.name);
  const found = await destinationAt(tx, source, task);
  const destination = typeof found === "string" ? undefined : found;
  const replica = destination && (await findVersion(tx, destination, task.key, task.versionId));
  if (!destination || !replica) {
    // If the replication of the version is still pending, its completion starts this job again.
    const isComing = source.version.replication?.[destinationOf(task.rule)] === "PENDING";
    if (annotation && !isComing) recordState(tx, annotation, task, "FAILED");
    return;
  }
  if (!annotation) return removeAnnotation(tx, destination, replica, task.name);
  // If the annotation was put again in the meantime, another run copies it.
  if (annotation.etag !== copy?.annotation.etag) return;
  const isWritten = await writeAnnotation(tx, destination, replica, copy);
  recordState(tx, annotation, task, isWritten ? "COMPLETED" : "FAILED");
}

/**
 * Returns whether the replica had room for the annotation, since callers may put
 * annotations on the replica itself.
 */
async function writeAnnotation(
  tx: Transaction,
  destination: Bucket,
  replica: ObjectVersion,
  { annotation: { replication: _, ...annotation }, staged }: Copy,
): Promise<boolean> {
  const { bucket, order, annotations: count = 0 } = replica;
  const former = await annotationAt(tx, replica, annotation.name);
  if (!former && count >= MAX_ANNOTATIONS) return false;
  if (former) bodies.discard(tx, former.body);
  else await rewriteVersion(tx, destination, { ...replica, annotations: count + 1 });
  tx.put(annotations, { ...annotation, bucket, order, body: await bodies.keep(tx, staged), replica: true });
  return true;
}

/**
 * Removes an annotation from a replica. A lock of the replica protects its annotations as well, except in
 * governance mode, which replication bypasses.
 */
async function removeAnnotation(
  tx: Transaction,
  destination: Bucket,
  replica: ObjectVersion,
  name: string,
): Promise<void> {
  const former = await annotationAt(tx, replica, name);
  if (!former || isProtected(replica, tx.now(), true)) return;
  bodies.discard(tx, former.body);
  tx.delete(annotations, [replica.bucket, replica.order, name]);
  await rewriteVersion(tx, destination, { ...replica, annotations: replica.annotations! - 1 || undefined });
}

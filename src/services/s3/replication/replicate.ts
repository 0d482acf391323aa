import type { BlobRef, StagedBlob } from "#kernel/blobs.ts";
import type { Context } from "#kernel/context.ts";
import { job } from "#kernel/jobs.ts";
import type { ReadTransaction, Transaction } from "#kernel/transaction.ts";
import type { Bytes } from "#lib/joined.ts";
import type { ChangeEvent } from "../changes.ts";
import { lockFor } from "../lock/headers.ts";
import { canChange } from "../lock/retention.ts";
import { notify } from "../notifications/notify.ts";
import { bodyOfBytes, manifestOf, openBytes } from "../objects/bytes.ts";
import { storageClassIn } from "../storage-classes/classes.ts";
import { type Bucket, bodies, type ObjectVersion, type ReplicationState } from "../store.ts";
import { arrivedIn } from "../tiering/reads.ts";
import { findVersion, insertVersion, rewriteVersion, writeManifest } from "../versions.ts";
import { sendAnnotations } from "./annotations.ts";
import { destinationOf, thresholdOf } from "./rules.ts";
import type { Rule } from "./store.ts";
import { destinationAt, type Source, sourceOf, type Task } from "./task.ts";

/**
 * Makes the destination's copy what the source's version is now. The copy keeps its id, its time and its place among
 * the versions of its key. So a second run finds it, and only updates its tags and what else may change.
 */
export const replicate = job<Task>("s3/replicate", {
  async run(ctx, task) {
    const opened = await ctx.read((tx) => openPieces(ctx, tx, task));
    if (!opened) return;
    const staged = opened.pieces ? await stageAll(ctx, opened.pieces) : [];
    try {
      await ctx.transact((tx) => settle(ctx, tx, task, staged));
      await ctx.durable();
    } catch (error) {
      for (const piece of staged) await ctx.blobs.drop(piece);
      throw error;
    }
  },
});

/** Announces that a version has not arrived in the time that its rule promises. */
export const checkThreshold = job<Task>("s3/check-replication-threshold", {
  async run(ctx, task) {
    await ctx.transact(async (tx) => {
      const source = await sourceOf(tx, task);
      if (source?.version.replication?.[destinationOf(task.rule)] !== "PENDING") return;
      const event = "Replication:OperationMissedThreshold";
      await notify(ctx, tx, source.bucket, {
        event,
        version: source.version,
        replication: outcome(task),
      });
    });
  },
});

interface Piece {
  bytes: Bytes;
  size: number;
}

/** The bytes to copy, part by part: none where they are already there, or cannot be copied. */
async function openPieces(
  ctx: Context,
  tx: ReadTransaction,
  task: Task,
): Promise<{ pieces?: Piece[] } | undefined> {
  const source = await sourceOf(tx, task);
  if (!source) return undefined;
  const { version } = source;
  const destination = await destinationAt(tx, source, task);
  if (typeof destination === "string" || version.deleteMarker) return {};
  if (await findVersion(tx, destination, version.key, version.versionId)) return {};
  const manifest = await manifestOf(tx, version);
  const refs = manifest ? manifest.parts.map((part) => part.body) : version.body ? [version.body] : [];
  const pieces: Piece[] = [];
  for (const body of refs) {
    const { size } = body;
    pieces.push({
      size,
      bytes: await openBytes({ ctx, tx }, { ...version, body }, undefined, { start: 0, end: size }),
    });
  }
  return { pieces };
}

/** One after another, never whole in memory. */
async function stageAll(ctx: Context, pieces: readonly Piece[]): Promise<StagedBlob[]> {
  const staged: StagedBlob[] = [];
  try {
    for (const { bytes, size } of pieces)
      staged.push(await ctx.blobs.receive(bodyOfBytes(bytes, size), { limit: size }));
  } catch (error) {
    for (const piece of staged) await ctx.blobs.drop(piece);
    throw error;
  }
  return staged;
}

/** Source and destination are in one partition: copy and status change in one transaction. */
async function settle(
  ctx: Context,
  tx: Transaction,
  task: Task,
  staged: readonly StagedBlob[],
): Promise<void> {
  const source = await sourceOf(tx, task);
  const destination = source && (await destinationAt(tx, source, task));
  if (staged.length > 0 && typeof destination !== "object")
    throw new Error("source or destination changed while it was copied");
  if (!source || !destination) return;
  if (typeof destination === "string") {
    await sendAnnotations(tx, source, task);
    return conclude(ctx, tx, source, task, "FAILED", destination);
  }
  const { version } = source;
  const replica = await findVersion(tx, destination, version.key, version.versionId);
  if (replica && staged.length > 0) throw new Error("another run has copied it meanwhile");
  if (replica) await rewriteVersion(tx, destination, updated(replica, version, tx.now(), task.event));
  else {
    await copy(ctx, tx, source, destination, task.rule, staged);
    await sendAnnotations(tx, source, task);
  }
  await conclude(ctx, tx, source, task, "COMPLETED");
}

/**
 * A replica with what may have changed of its source. The ACL goes along where the owner is the same. The replica may
 * have a lock of the destination's, which stays until the source's own is changed; a retention in compliance mode is not
 * even then shortened.
 */
function updated(
  replica: ObjectVersion,
  source: ObjectVersion,
  now: number,
  event?: ChangeEvent,
): ObjectVersion {
  const retainsAnew =
    (event === undefined || event === "ObjectRetention:Put") &&
    canChange(replica.retention, source.retention, now, true);
  const holdsAnew = event === undefined || event === "ObjectLegalHold:Put";
  return {
    ...replica,
    tags: source.tags,
    retention: (retainsAnew ? source : replica).retention,
    legalHold: (holdsAnew ? source : replica).legalHold,
    acl: (replica.owner === source.owner ? source : replica).acl,
  };
}

async function copy(
  ctx: Context,
  tx: Transaction,
  { version }: Source,
  destination: Bucket,
  rule: Rule,
  staged: readonly StagedBlob[],
): Promise<void> {
  const manifest = await manifestOf(tx, version);
  const refs: BlobRef[] = [];
  for (const piece of staged) refs.push(await bodies.keep(tx, piece));
  const body = manifest ? undefined : refs[0];
  const replica = { ...replicaOf(version, destination, rule, tx.now()), body };
  if (manifest)
    writeManifest(
      tx,
      replica,
      manifest.parts.map((part, i) => ({ ...part, body: refs[i]! })),
    );
  await insertVersion(tx, destination, replica);
  const event = version.deleteMarker ? "ObjectRemoved:DeleteMarkerCreated" : "ObjectCreated:Put";
  await notify(ctx, tx, destination, { event, version: replica });
}

/** Without its bytes, and without its annotations, which follow. */
function replicaOf(
  version: ObjectVersion,
  destination: Bucket,
  { Destination: { StorageClass, AccessControlTranslation } }: Rule,
  now: number,
): ObjectVersion {
  const { retention, legalHold } = version;
  // Where the bucket's owner owns everything, a replica cannot have another owner.
  const isOverridden = AccessControlTranslation !== undefined || destination.ownership === undefined;
  const owner = isOverridden ? destination.owner : version.owner;
  const storageClass = StorageClass === undefined ? version.storageClass : storageClassIn(StorageClass);
  return {
    ...version,
    bucket: destination.id,
    owner,
    acl: owner === version.owner ? version.acl : undefined,
    storageClass,
    read: undefined,
    ...arrivedIn(storageClass, now),
    archiveTier: undefined,
    restore: undefined,
    ...(!version.deleteMarker && lockFor(destination, { retention, legalHold }, now)),
    upload: undefined,
    annotations: undefined,
    replica: true,
    replication: undefined,
  };
}

async function conclude(
  ctx: Context,
  tx: Transaction,
  { bucket, version }: Source,
  task: Task,
  state: ReplicationState,
  failureReason?: string,
): Promise<void> {
  const name = destinationOf(task.rule);
  await rewriteVersion(tx, bucket, { ...version, replication: { ...version.replication, [name]: state } });
  const { Metrics: metrics } = task.rule.Destination;
  if (state === "FAILED") {
    if (metrics?.Status !== "Enabled") return;
    const replication = { ...outcome(task), failureReason };
    await notify(ctx, tx, bucket, {
      event: "Replication:OperationFailedReplication",
      version,
      replication,
    });
    return;
  }
  const took = tx.now() - task.requested;
  const threshold = thresholdOf(task.rule);
  if (threshold === undefined || took <= threshold) return;
  const event = "Replication:OperationReplicatedAfterThreshold";
  const replication = { ...outcome(task), replicationTime: Math.round(took / 1_000) };
  await notify(ctx, tx, bucket, { event, version, replication });
}

const outcome = ({ rule, requested }: Task) => ({
  replicationRuleId: rule.ID ?? "",
  destinationBucket: rule.Destination.Bucket,
  s3Operation: "OBJECT_PUT" as const,
  requestTime: new Date(requested).toISOString(),
});

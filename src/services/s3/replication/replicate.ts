import type { BlobRef, StagedBlob } from "#kernel/blobs.ts";
import type { Context } from "#kernel/context.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
import type { MaybePromise } from "#lib/maybe-promise.ts";
import type { ChangeEvent } from "../changes.ts";
import { isManagedKey, kmsOf } from "../encryption/kms.ts";
import { blocksCustomerKeys } from "../encryption/requested.ts";
import { lockFor } from "../lock/headers.ts";
import { canChange } from "../lock/retention.ts";
import { notify } from "../notifications/notify.ts";
import { bodyOfBytes, manifestOf, openBody } from "../objects/bytes.ts";
import { storageClassIn } from "../storage-classes/classes.ts";
import { type Bucket, bodies, type Manifest, type ObjectVersion, type ReplicationState } from "../store.ts";
import { arrivedIn } from "../tiering/reads.ts";
import { findVersion, insertVersion, rewriteVersion, writeManifest } from "../versions.ts";
import { sendAnnotations } from "./annotations.ts";
import { destinationOf, thresholdOf } from "./rules.ts";
import type { Rule } from "./store.ts";
import { destinationAt, type Source, sourceOf, type Task } from "./task.ts";

/**
 * Makes the destination's replica equal to the current version of the source. The replica keeps the id, the
 * time and the position of the version, so a second run finds it and only updates its tags, lock and ACL.
 */
export const replicate = job<Task>("s3/replicate", {
  async run(ctx, task) {
    const opened = await ctx.read((tx) => openPieces(ctx, tx, task));
    if (!opened) return;
    const staged = opened.pieces ? await stageAll(ctx, opened.pieces) : [];
    try {
      await ctx.transact((tx) => applyReplication(ctx, tx, task, staged));
      await ctx.durable();
    } catch (error) {
      for (const piece of staged) await ctx.blobs.drop(piece);
      throw error;
    }
  },
});

/** Publishes an event if a version has not been replicated within the time that its rule promises. */
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

interface Target {
  bucket: Bucket;
  replica: ObjectVersion | undefined;
}

/** Returns the destination, or S3's failure reason if it cannot be replicated to. */
async function targetOf(tx: ReadTransaction, source: Source, task: Task): Promise<Target | string> {
  const { key, versionId, customerKey, kms } = source.version;
  const bucket = await destinationAt(tx, source, task);
  if (typeof bucket === "string") return bucket;
  const replica = await findVersion(tx, bucket, key, versionId);
  if (!replica && customerKey && blocksCustomerKeys(bucket)) return "DstPutObjectNotPermitted";
  if (!replica && kms && !isReplicaKey(source.bucket, bucket, task.rule)) return "DstKmsKeyNotFound";
  return { bucket, replica };
}

/** Whether a rule names the AWS managed key of the account that owns both buckets; there are no other keys. */
function isReplicaKey(
  { owner }: Bucket,
  to: Bucket,
  { Destination: { EncryptionConfiguration: key } }: Rule,
) {
  return (
    owner === to.owner && isManagedKey(key?.ReplicaKmsKeyID ?? "", { account: owner, region: to.region })
  );
}

/** Stages a copy of one body. */
type Piece = () => MaybePromise<StagedBlob>;

/** Opens the bodies to copy, part by part; none if they were already copied or cannot be copied. */
async function openPieces(
  ctx: Context,
  tx: ReadTransaction,
  task: Task,
): Promise<{ pieces?: Piece[] } | undefined> {
  const source = await sourceOf(tx, task);
  if (!source) return undefined;
  const { version } = source;
  const target = await targetOf(tx, source, task);
  if (typeof target === "string" || target.replica) return {};
  const refs = refsIn(version, await manifestOf(tx, version));
  const pieces: Piece[] = [];
  for (const ref of refs) pieces.push(await openPiece(ctx, tx, version, ref));
  return { pieces };
}

const refsIn = ({ body }: ObjectVersion, manifest: Manifest | undefined): BlobRef[] =>
  manifest ? manifest.parts.map((part) => part.body) : body ? [body] : [];

/** A body with a customer's key, which S3 does not have, is copied as it is stored. */
async function openPiece(
  ctx: Context,
  tx: ReadTransaction,
  { customerKey }: ObjectVersion,
  ref: BlobRef,
): Promise<Piece> {
  if (customerKey) return () => ctx.blobs.copy(ref);
  const { size } = ref;
  const bytes = await openBody({ ctx, tx }, ref, 0, size);
  return () => ctx.blobs.receive(bodyOfBytes(bytes, size), { limit: size });
}

/** Stages the pieces one after another, so that they are never in memory as a whole. */
async function stageAll(ctx: Context, pieces: readonly Piece[]): Promise<StagedBlob[]> {
  const staged: StagedBlob[] = [];
  try {
    for (const piece of pieces) staged.push(await piece());
  } catch (error) {
    for (const piece of staged) await ctx.blobs.drop(piece);
    throw error;
  }
  return staged;
}

/**
 * Writes the replica and the status in one transaction, since source and destination are in one partition.
 */
async function applyReplication(
  ctx: Context,
  tx: Transaction,
  task: Task,
  staged: readonly StagedBlob[],
): Promise<void> {
  const source = await sourceOf(tx, task);
  const target = source && (await targetOf(tx, source, task));
  if (staged.length > 0 && (typeof target !== "object" || target.replica))
    throw new Error("source or destination changed while it was copied");
  if (!source || !target) return;
  if (typeof target === "string") {
    await sendAnnotations(tx, source, task);
    return recordOutcome(ctx, tx, source, task, "FAILED", target);
  }
  const { version } = source;
  const { bucket, replica } = target;
  if (replica) await rewriteVersion(tx, bucket, updated(replica, version, tx.now(), task.event));
  else {
    await copy(ctx, tx, source, bucket, task.rule, staged);
    await sendAnnotations(tx, source, task);
  }
  await recordOutcome(ctx, tx, source, task, "COMPLETED");
}

/**
 * Returns a replica with the changes of its source. The ACL is replicated if the owner is the same. The
 * replica may have a lock from the destination's default, which is replaced only when the lock of the source
 * changes; a retention in compliance mode is never shortened.
 */
function updated(
  replica: ObjectVersion,
  source: ObjectVersion,
  now: number,
  event?: ChangeEvent,
): ObjectVersion {
  const updatesRetention =
    (event === undefined || event === "ObjectRetention:Put") &&
    canChange(replica.retention, source.retention, now, true);
  const updatesHold = event === undefined || event === "ObjectLegalHold:Put";
  return {
    ...replica,
    tags: source.tags,
    retention: (updatesRetention ? source : replica).retention,
    legalHold: (updatesHold ? source : replica).legalHold,
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
  if (staged.length !== refsIn(version, manifest).length)
    throw new Error("the destination could not be replicated to when the bodies were copied");
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

/** Returns the replica without its bytes and its annotations, which are added separately. */
function replicaOf(
  version: ObjectVersion,
  destination: Bucket,
  { Destination: { StorageClass, AccessControlTranslation } }: Rule,
  now: number,
): ObjectVersion {
  const { retention, legalHold } = version;
  // If the bucket's owner owns all objects, a replica cannot have another owner.
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
    ...(version.kms && { kms: kmsOf(destination, destination.owner) }),
    upload: undefined,
    annotations: undefined,
    replica: true,
    replication: undefined,
  };
}

async function recordOutcome(
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

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
import { type Bucket, bodies, buckets, type ObjectVersion, type ReplicationState } from "../store.ts";
import { arrivedIn } from "../tiering/reads.ts";
import { findVersion, insertVersion, rewriteVersion, writeManifest } from "../versions.ts";
import { isPermitted } from "./permitted.ts";
import { destinationOf, thresholdOf } from "./rules.ts";
import type { Rule } from "./store.ts";

/** The replication of one version to one destination. */
interface Errand {
  /** The source bucket's name. */
  bucket: string;
  key: string;
  versionId: string;
  rule: Rule;
  /** What happened to it. Errands of earlier versions do not say. */
  event?: ChangeEvent;
  /** The ARN of the role that S3 replicates as. */
  role: string;
  /** Cloud time. */
  requested: number;
}

/**
 * Makes the destination's copy what the source's version is now. The copy keeps its id, its time and its place among
 * the versions of its key. So a second run finds it, and only updates its tags and what else may change.
 */
export const replicate = job<Errand>("s3/replicate", {
  async run(ctx, errand) {
    const found = await ctx.read((tx) => look(ctx, tx, errand));
    if (!found) return;
    const staged = found.pieces ? await stageAll(ctx, found.pieces) : [];
    try {
      await ctx.transact((tx) => settle(ctx, tx, errand, staged));
    } catch (error) {
      for (const piece of staged) await ctx.blobs.drop(piece);
      throw error;
    }
  },
});

/** Announces that a version has not arrived in the time that its rule promises. */
export const checkThreshold = job<Errand>("s3/check-replication-threshold", {
  async run(ctx, errand) {
    await ctx.transact(async (tx) => {
      const source = await sourceOf(tx, errand);
      if (source?.version.replication?.[destinationOf(errand.rule)] !== "PENDING") return;
      const event = "Replication:OperationMissedThreshold";
      await notify(ctx, tx, source.bucket, {
        event,
        version: source.version,
        replication: outcome(errand),
      });
    });
  },
});

interface Source {
  bucket: Bucket;
  version: ObjectVersion;
}

/** `undefined` where the version is gone: there is nothing to replicate. */
async function sourceOf(
  tx: ReadTransaction,
  { bucket: name, key, versionId }: Errand,
): Promise<Source | undefined> {
  const bucket = await tx.get(buckets, [name]);
  const version = bucket && (await findVersion(tx, bucket, key, versionId));
  return version && { bucket, version };
}

interface Piece {
  bytes: Bytes;
  size: number;
}

/** The bytes to copy, part by part: none where they are already there, or cannot be copied. */
async function look(
  ctx: Context,
  tx: ReadTransaction,
  errand: Errand,
): Promise<{ pieces?: Piece[] } | undefined> {
  const source = await sourceOf(tx, errand);
  if (!source) return undefined;
  const { version } = source;
  const destination = await destinationAt(tx, source, errand);
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

/** The destination bucket, or S3's word for why it cannot be replicated to. */
async function destinationAt(
  tx: ReadTransaction,
  { bucket: source, version }: Source,
  { rule, role }: Errand,
): Promise<Bucket | string> {
  const bucket = await tx.get(buckets, [destinationOf(rule)]);
  if (!bucket) return "DstBucketNotFound";
  if (bucket.versioning !== "Enabled") return "DstBucketUnversioned";
  const { Account } = rule.Destination;
  if (Account !== undefined && Account !== bucket.owner) return "DstBucketNotFound";
  if (!isPermitted(role, source, bucket, version))
    return version.deleteMarker ? "DstDelObjNotPermitted" : "DstPutObjectNotPermitted";
  return source.objectLock && !bucket.objectLock ? "DstBucketObjectLockConfigMissing" : bucket;
}

/** Source and destination are in one partition: copy and status change in one transaction. */
async function settle(
  ctx: Context,
  tx: Transaction,
  errand: Errand,
  staged: readonly StagedBlob[],
): Promise<void> {
  const source = await sourceOf(tx, errand);
  const destination = source && (await destinationAt(tx, source, errand));
  if (staged.length > 0 && typeof destination !== "object")
    throw new Error("source or destination changed while it was copied");
  if (!source || !destination) return;
  if (typeof destination === "string") return conclude(ctx, tx, source, errand, "FAILED", destination);
  const { version } = source;
  const there = await findVersion(tx, destination, version.key, version.versionId);
  if (there && staged.length > 0) throw new Error("another run has copied it meanwhile");
  if (there) await rewriteVersion(tx, destination, updated(there, version, tx.now(), errand.event));
  else await copy(ctx, tx, source, destination, errand.rule, staged);
  await conclude(ctx, tx, source, errand, "COMPLETED");
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
  { Destination: { StorageClass, AccessControlTranslation } }: Rule,
  staged: readonly StagedBlob[],
): Promise<void> {
  const { retention, legalHold } = version;
  // Where the bucket's owner owns everything, a replica cannot have another owner.
  const isOverridden = AccessControlTranslation !== undefined || destination.ownership === undefined;
  const owner = isOverridden ? destination.owner : version.owner;
  const manifest = await manifestOf(tx, version);
  const storageClass = StorageClass === undefined ? version.storageClass : storageClassIn(StorageClass);
  const refs: BlobRef[] = [];
  for (const piece of staged) refs.push(await bodies.keep(tx, piece));
  const replica: ObjectVersion = {
    ...version,
    bucket: destination.id,
    owner,
    acl: owner === version.owner ? version.acl : undefined,
    storageClass,
    read: undefined,
    ...arrivedIn(storageClass, tx.now()),
    archiveTier: undefined,
    restore: undefined,
    body: manifest ? undefined : refs[0],
    ...(!version.deleteMarker && lockFor(destination, { retention, legalHold }, tx.now())),
    upload: undefined,
    annotations: undefined,
    replica: true,
    replication: undefined,
  };
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

async function conclude(
  ctx: Context,
  tx: Transaction,
  { bucket, version }: Source,
  errand: Errand,
  state: ReplicationState,
  failureReason?: string,
): Promise<void> {
  const name = destinationOf(errand.rule);
  await rewriteVersion(tx, bucket, { ...version, replication: { ...version.replication, [name]: state } });
  const { Metrics: metrics } = errand.rule.Destination;
  if (state === "FAILED") {
    if (metrics?.Status !== "Enabled") return;
    const replication = { ...outcome(errand), failureReason };
    await notify(ctx, tx, bucket, {
      event: "Replication:OperationFailedReplication",
      version,
      replication,
    });
    return;
  }
  const took = tx.now() - errand.requested;
  const threshold = thresholdOf(errand.rule);
  if (threshold === undefined || took <= threshold) return;
  const event = "Replication:OperationReplicatedAfterThreshold";
  const replication = { ...outcome(errand), replicationTime: Math.round(took / 1_000) };
  await notify(ctx, tx, bucket, { event, version, replication });
}

const outcome = ({ rule, requested }: Errand) => ({
  replicationRuleId: rule.ID ?? "",
  destinationBucket: rule.Destination.Bucket,
  s3Operation: "OBJECT_PUT" as const,
  requestTime: new Date(requested).toISOString(),
});

import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import type { Handlers, Input, Output } from "#kernel/service.ts";
import { authorizeDeletion } from "../access/on-object.ts";
import { type AccessTarget, targetOf } from "../access/target.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { announce } from "../changes.ts";
import { isDirectoryName } from "../directory/names.ts";
import { checkDocument, MAX_LIST_BYTES } from "../documents.ts";
import { headerNotImplemented, malformedXml, noSuchVersion, userKeyMissing } from "../errors.ts";
import { checkBypass, checkDeletable } from "../lock/retention.ts";
import { meterEarlyDelete } from "../storage-classes/classes.ts";
import type { Bucket } from "../store.ts";
import { currentVersion, deleteCurrent, findVersion, orderOf, removeVersion } from "../versions.ts";
import { checkState, checkWrite, type StateConditions } from "./conditions.ts";
import { checkKey, checkKeyLength } from "./key.ts";

const MAX_KEYS = 1_000;

type Entry = Input<"s3", "DeleteObjects">["Delete"]["Objects"][number];
type Batch = Required<Pick<Output<"s3", "DeleteObjects">, "Deleted" | "Errors">>;

export const objectDeletion = {
  async DeleteObject(ctx, input) {
    checkKey(input.Key);
    if (!isDirectoryName(input.Bucket)) refuseStateConditions(input);
    return ctx.transact(async (tx) => {
      const bucket = await bucketAt(tx, input.Bucket);
      checkBypass(bucket, input.BypassGovernanceRetention);
      const deleted = await remove(ctx, tx, bucket, input);
      return {
        VersionId: input.VersionId ?? deleted.marker,
        DeleteMarker: deleted.marker === undefined ? undefined : true,
      };
    });
  },

  async DeleteObjects(
    ctx,
    { Bucket: name, BypassGovernanceRetention: bypass, RequestPayer, Delete: batched },
  ) {
    // The contract requires `Objects`, but this has not been enforced at this point.
    const { Objects: entries = [], Quiet: quiet } = batched;
    // A digest is required, so that no corrupted list deletes objects.
    checkDocument(ctx, { required: true, most: MAX_LIST_BYTES });
    if (entries.length === 0 || entries.length > MAX_KEYS) throw malformedXml();
    if (entries.some((entry) => isMalformed(name, entry))) throw malformedXml();
    if (entries.some((entry) => entry.Key === "")) throw userKeyMissing();
    return ctx.transact(async (tx) => {
      const bucket = await bucketAt(tx, name);
      const target = await targetOf(ctx, tx, { Bucket: name, RequestPayer });
      checkBypass(bucket, bypass);
      const batch: Batch = { Deleted: [], Errors: [] };
      for (const entry of entries) await removeEntry(ctx, tx, bucket, entry, { bypass, batch, target });
      return quiet ? { Errors: batch.Errors } : batch;
    });
  },
} satisfies Handlers<"s3">;

/** Refuses conditions on size and time, which only directory buckets support. @throws {AwsError} NotImplemented */
function refuseStateConditions({ IfMatchLastModifiedTime, IfMatchSize }: StateConditions): void {
  if (IfMatchLastModifiedTime !== undefined) throw headerNotImplemented("x-amz-if-match-last-modified-time");
  if (IfMatchSize !== undefined) throw headerNotImplemented("x-amz-if-match-size");
}

/** Whether an entry lacks a key or has conditions on size or time, which only directory buckets support. */
const isMalformed = (bucket: string, { Key, Size, LastModifiedTime }: Partial<Entry>) =>
  Key === undefined || (!isDirectoryName(bucket) && (Size !== undefined || LastModifiedTime !== undefined));

interface Deletion extends StateConditions {
  Key: string;
  VersionId?: string;
  IfMatch?: string;
  BypassGovernanceRetention?: boolean;
}

/**
 * Deletes an object or a version. Returns the version id of the delete marker
 * that was created or deleted, if any.
 */
async function remove(ctx: Context, tx: Transaction, bucket: Bucket, deletion: Deletion) {
  const { Key: key, VersionId: versionId, IfMatch, BypassGovernanceRetention } = deletion;
  const needsCurrent = versionId === undefined || IfMatch !== undefined || bucket.zone !== undefined;
  const current = needsCurrent ? await currentVersion(tx, bucket, key) : undefined;
  checkWrite({ IfMatch }, current, key);
  checkState(deletion, current, key);
  if (versionId === undefined) {
    const marker = await deleteCurrent(tx, bucket, key, current);
    if (marker)
      await announce(ctx, tx, bucket, { event: "ObjectRemoved:DeleteMarkerCreated", version: marker });
    else if (current) {
      meterEarlyDelete(ctx, current);
      await announce(ctx, tx, bucket, { event: "ObjectRemoved:Delete", version: current });
    }
    return { marker: marker?.versionId };
  }
  const version = await findVersion(tx, bucket, key, versionId);
  if (version) {
    checkDeletable(version, tx.now(), BypassGovernanceRetention);
    meterEarlyDelete(ctx, version);
    await removeVersion(tx, bucket, version);
    await announce(ctx, tx, bucket, { event: "ObjectRemoved:Delete", version });
  }
  return { marker: version?.deleteMarker && version.versionId };
}

/** Deletes an entry of a batch. A failure is reported for the entry and does not affect the other entries. */
async function removeEntry(
  ctx: Context,
  tx: Transaction,
  bucket: Bucket,
  entry: Entry,
  { bypass, batch, target }: { bypass: boolean | undefined; batch: Batch; target: AccessTarget | undefined },
) {
  const { Key, VersionId } = entry;
  try {
    checkKeyLength(Key);
    // In a batch, a malformed version id counts as a version that does not exist.
    if (VersionId !== undefined && VersionId !== "null" && orderOf(VersionId) === undefined)
      throw noSuchVersion(Key, VersionId);
    if (target) await authorizeDeletion(ctx, tx, target, { Key, VersionId, IfMatch: entry.ETag }, bypass);
    const { marker } = await remove(ctx, tx, bucket, {
      Key,
      VersionId,
      IfMatch: entry.ETag,
      IfMatchLastModifiedTime: entry.LastModifiedTime,
      IfMatchSize: entry.Size,
      BypassGovernanceRetention: bypass,
    });
    batch.Deleted.push({
      Key,
      VersionId,
      ...(marker !== undefined && { DeleteMarker: true, DeleteMarkerVersionId: marker }),
    });
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    batch.Errors.push({ Key, VersionId, Code: error.code, Message: error.message });
  }
}

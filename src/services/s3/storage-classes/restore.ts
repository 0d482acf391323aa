import type { Transaction } from "#kernel/records/transaction.ts";
import type { Handlers, Input } from "#kernel/service.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { announce } from "../changes.ts";
import { DAY_MS, midnightAfter } from "../days.ts";
import { checkDocument } from "../documents.ts";
import { malformedXml } from "../errors.ts";
import { existingVersion } from "../objects/existing.ts";
import type { Bucket, ObjectVersion } from "../store.ts";
import { rewriteVersion } from "../versions.ts";
import { archiveState, type Restore, TIERS, type Tier } from "./archive.ts";
import { classOf } from "./classes.ts";
import {
  alreadyActive,
  daysTooFew,
  notRestorable,
  restoreInProgress,
  restoreNotImplemented,
  tieringHasNoDays,
  tierNotSupported,
} from "./errors.ts";
import { followRestore } from "./follow.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * The duration of a restore; where S3 documents a range, its lower end.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html
 */
const FROM_ARCHIVE: Record<Tier, number> = {
  Expedited: MINUTE_MS,
  Standard: 3 * HOUR_MS,
  Bulk: 5 * HOUR_MS,
};
const FROM_DEEP_ARCHIVE: Record<Tier, number | undefined> = {
  Expedited: undefined,
  Standard: 12 * HOUR_MS,
  Bulk: 48 * HOUR_MS,
};

export const restoration = {
  async RestoreObject(ctx, input) {
    checkDocument(ctx);
    const requested = requestIn(input.RestoreRequest);
    return ctx.transact(async (tx) => {
      const bucket = await bucketAt(tx, input.Bucket);
      const version = await existingVersion(tx, bucket, input, "POST");
      checkRequest(version, requested, tx.now());
      const { state, restore } = restoreOf(version, requested, tx.now());
      await writeRestore(tx, bucket, { ...version, restore }, state === "restored");
      if (state === "archived")
        await announce(ctx, tx, bucket, { event: "ObjectRestore:Post", version: { ...version, restore } });
      return { StatusCode: state === "restored" ? 200 : 202 };
    });
  },
} satisfies Handlers<"s3">;

interface Requested {
  tier: Tier;
  days: number | undefined;
}

/** @throws {AwsError} MalformedXML, NotImplemented */
function requestIn(request: Input<"s3", "RestoreObject">["RestoreRequest"]): Requested {
  if (!request) throw malformedXml();
  if (request.Type !== undefined || request.SelectParameters) throw restoreNotImplemented("Select");
  if (request.OutputLocation) throw restoreNotImplemented("OutputLocation");
  const { GlacierJobParameters: parameters, Days: days } = request;
  if (parameters && parameters.Tier === undefined) throw malformedXml();
  const named = parameters?.Tier ?? request.Tier ?? "Standard";
  const tier = TIERS.find((one) => one === named);
  if (!tier) throw malformedXml();
  return { tier, days };
}

/** @throws {AwsError} InvalidObjectState, ObjectAlreadyInActiveTierError, InvalidArgument, MalformedXML */
function checkRequest(version: ObjectVersion, { tier, days }: Requested, now: number): void {
  const isTiering = version.storageClass === "INTELLIGENT_TIERING";
  if (isTiering && days !== undefined) throw tieringHasNoDays(days);
  const state = archiveState(version, now);
  if (isTiering && (state === "active" || state === "restored")) throw alreadyActive();
  if (state === "active") throw notRestorable(classOf(version));
  if (!isTiering && days === undefined) throw malformedXml();
  if (days !== undefined && days < 1) throw daysTooFew(days);
  if (delayOf(version, tier) === undefined) throw tierNotSupported(tier);
}

function delayOf({ storageClass, archiveTier }: ObjectVersion, tier: Tier): number | undefined {
  const isDeep = storageClass === "DEEP_ARCHIVE" || archiveTier === "DEEP_ARCHIVE_ACCESS";
  return (isDeep ? FROM_DEEP_ARCHIVE : FROM_ARCHIVE)[tier];
}

/**
 * Returns the next state of a restore: a new restore starts, one in progress is
 * accelerated, and a finished one is extended.
 * @throws {AwsError} RestoreAlreadyInProgress
 */
function restoreOf(version: ObjectVersion, { tier, days }: Requested, now: number) {
  const state = archiveState(version, now);
  const ready = now + delayOf(version, tier)!;
  if (state === "archived") {
    const expires = days === undefined ? undefined : midnightAfter(ready + days * DAY_MS);
    return { state, restore: { tier, ready, expires } satisfies Restore };
  }
  const former = version.restore!;
  if (state === "restored")
    return { state, restore: { ...former, expires: midnightAfter(now + days! * DAY_MS) } };
  if (TIERS.indexOf(tier) >= TIERS.indexOf(former.tier)) throw restoreInProgress();
  return { state, restore: { ...former, tier, ready: Math.min(former.ready, ready) } };
}

async function writeRestore(
  tx: Transaction,
  bucket: Bucket,
  version: ObjectVersion,
  isReady: boolean,
): Promise<void> {
  await rewriteVersion(tx, bucket, version);
  // For a finished restore, the existing job reads the new expiry when it runs at the previous one.
  if (!isReady) followRestore(tx, bucket, version);
}

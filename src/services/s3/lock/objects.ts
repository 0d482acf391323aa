import type { Context } from "#kernel/context.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import type { Handlers, Input } from "#kernel/service.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { announce, type ChangeEvent } from "../changes.ts";
import { checkDocument } from "../documents.ts";
import { malformedXml } from "../errors.ts";
import { javaDate } from "../java-date.ts";
import { existingVersion } from "../objects/existing.ts";
import type { Bucket, ObjectVersion } from "../store.ts";
import { rewriteVersion, wholeSeconds } from "../versions.ts";
import { bucketWithoutLock, dateNotAhead, noObjectLock, objectLocked } from "./errors.ts";
import { refuseEventHoldInDocument } from "./event-holds.ts";
import { canChange, isMode, type Retention } from "./retention.ts";

export const objectLocks = {
  async PutObjectRetention(ctx, input) {
    checkDocument(ctx, { required: true });
    refuseEventHoldInDocument(ctx);
    const retention = retentionIn(input.Retention);
    return ctx.transact(async (tx) => {
      const { bucket, version } = await lockedVersion(tx, input, "PUT");
      const now = tx.now();
      if (retention && retention.until <= now)
        throw dateNotAhead("RetainUntilDate", javaDate(retention.until));
      if (!canChange(version.retention, retention, now, input.BypassGovernanceRetention))
        throw objectLocked();
      await relock(ctx, tx, bucket, { ...version, retention }, "ObjectRetention:Put");
      return {};
    });
  },

  async GetObjectRetention(ctx, input) {
    const { version } = await ctx.read((tx) => lockedVersion(tx, input, "GET"));
    if (!version.retention) throw noObjectLock(input.Key);
    const { mode, until } = version.retention;
    return { Retention: { Mode: mode, RetainUntilDate: new Date(until) } };
  },

  async PutObjectLegalHold(ctx, input) {
    checkDocument(ctx, { required: true });
    const legalHold = input.LegalHold?.Status;
    if (legalHold !== "ON" && legalHold !== "OFF") throw malformedXml();
    return ctx.transact(async (tx) => {
      const { bucket, version } = await lockedVersion(tx, input, "PUT");
      await relock(ctx, tx, bucket, { ...version, legalHold }, "ObjectLegalHold:Put");
      return {};
    });
  },

  async GetObjectLegalHold(ctx, input) {
    const { version } = await ctx.read((tx) => lockedVersion(tx, input, "GET"));
    if (!version.legalHold) throw noObjectLock(input.Key);
    return { LegalHold: { Status: version.legalHold } };
  },
} satisfies Handlers<"s3">;

async function relock(
  ctx: Context,
  tx: Transaction,
  bucket: Bucket,
  version: ObjectVersion,
  event: ChangeEvent,
): Promise<void> {
  await rewriteVersion(tx, bucket, version);
  await announce(ctx, tx, bucket, { event, version });
}

interface Named {
  Bucket: string;
  Key: string;
  VersionId?: string;
}

async function lockedVersion(tx: ReadTransaction, input: Named, method: string) {
  const bucket = await bucketAt(tx, input.Bucket);
  if (!bucket.objectLock) throw bucketWithoutLock();
  return { bucket, version: await existingVersion(tx, bucket, input, method) };
}

/** Parses a retention; an empty element removes it. @throws {AwsError} MalformedXML */
function retentionIn(document: Input<"s3", "PutObjectRetention">["Retention"]): Retention | undefined {
  if (!document) throw malformedXml();
  const { Mode: mode, RetainUntilDate: until } = document;
  if (mode === undefined && until === undefined) return undefined;
  if (!isMode(mode) || until === undefined) throw malformedXml();
  return { mode, until: wholeSeconds(until.getTime()) };
}

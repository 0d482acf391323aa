import type { Context } from "#kernel/context.ts";
import type { Exchange, Observe } from "#kernel/exchange.ts";
import type { Input, Output } from "#kernel/service.ts";
import type { Transaction } from "#kernel/transaction.ts";
import { type MaybePromise, whenReady } from "#lib/maybe-promise.ts";
import { copySourceOf } from "../objects/copy-source.ts";
import { type Bucket, buckets } from "../store.ts";
import { deliverLogs } from "./delivery.ts";
import { logName } from "./operations.ts";
import { type Entry, recordOf } from "./record.ts";
import { DELIVERY_DELAY_MS, logRecords } from "./store.ts";

/** Books what a bucket was asked, if it has access logs. A record is on disk before the answer leaves. */
export const observe: Observe = (exchange, ctx) => {
  const place = placeOf(exchange);
  if (place.bucket === undefined) return;
  return whenReady(loggedBucket(ctx, place.bucket), (bucket) => {
    if (bucket || exchange.operation === "CopyObject") return bookAt(ctx, bucket, exchange, place);
  });
};

async function bookAt(ctx: Context, bucket: Bucket | undefined, exchange: Exchange, place: Place) {
  const source = exchange.operation === "CopyObject" ? await loggedSource(ctx, exchange) : undefined;
  if (!bucket && !source) return;
  await ctx.transact(async (tx) => {
    if (bucket) await book(tx, bucket, exchange, entriesOf(exchange, place));
    if (source) await book(tx, source.bucket, exchange, [source.entry]);
  });
}

function loggedBucket(ctx: Context, name: string): MaybePromise<Bucket | undefined> {
  return whenReady(
    ctx.look((tx) => tx.get(buckets, [name])),
    (bucket) => bucket?.logging && bucket,
  );
}

/** The first record of a batch sees to it that the batch is delivered. */
async function book(tx: Transaction, bucket: Bucket, exchange: Exchange, entries: Entry[]): Promise<void> {
  const waiting = await tx.list(logRecords, { in: [bucket.id], limit: 1 });
  for (const entry of entries) {
    tx.put(logRecords, {
      bucket: bucket.id,
      order: tx.sequence(),
      time: exchange.received,
      line: recordOf(bucket, exchange, entry),
    });
  }
  if (waiting.length === 0)
    tx.enqueue(deliverLogs, { bucket: bucket.name, id: bucket.id }, { delay: DELIVERY_DELAY_MS });
}

interface Place {
  bucket: string | undefined;
  key: string | undefined;
}

function placeOf({ input, path, at }: Exchange): Place {
  const said = input as { Bucket?: string; Key?: string } | undefined;
  if (said?.Bucket !== undefined) return { bucket: said.Bucket, key: said.Key };
  if (at) return { bucket: at.name, key: decoded(path.slice(1)) || undefined };
  const [, bucket = "", ...rest] = path.split("/");
  return { bucket: decoded(bucket) || undefined, key: decoded(rest.join("/")) || undefined };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function entriesOf(exchange: Exchange, { key }: Place): Entry[] {
  const { operation, at, request, status, errorCode } = exchange;
  const name = at
    ? `WEBSITE.${request.method}.OBJECT`
    : logName(operation, request.method, key !== undefined);
  const { VersionId: versionId } = (exchange.input ?? {}) as { VersionId?: string };
  const own: Entry = { operation: name, key, versionId, size: sizeOf(exchange), status, errorCode };
  return operation === "DeleteObjects" ? [own, ...deletedBy(exchange)] : [own];
}

/** Of an object that was read, or written whole. */
function sizeOf({ operation, input, output }: Exchange): number | undefined {
  if (operation === "GetObject" || operation === "HeadObject") {
    const found = output as Output<"s3", "GetObject"> | undefined;
    const total = /\/(\d+)$/.exec(found?.ContentRange ?? "")?.[1];
    return total === undefined ? found?.ContentLength : Number(total);
  }
  if (operation !== "PutObject" && operation !== "UploadPart") return undefined;
  return (input as Input<"s3", "PutObject"> | undefined)?.ContentLength;
}

function deletedBy({ input, output }: Exchange): Entry[] {
  const asked = (input as Input<"s3", "DeleteObjects"> | undefined)?.Delete?.Objects ?? [];
  const answer = output as Output<"s3", "DeleteObjects"> | undefined;
  if (!answer) return [];
  return asked.map(({ Key: key, VersionId: versionId }) => {
    const failed = answer.Errors?.find((error) => error.Key === key && error.VersionId === versionId);
    return {
      operation: "BATCH.DELETE.OBJECT",
      key,
      versionId,
      status: failed ? 403 : 204,
      errorCode: failed?.Code,
      isBatched: true,
    };
  });
}

/** A copy is in the log of its source as well. */
async function loggedSource(ctx: Context, { input, status, errorCode }: Exchange) {
  const { CopySource } = (input ?? {}) as Partial<Input<"s3", "CopyObject">>;
  if (CopySource === undefined || status !== 200) return undefined;
  const { bucket: name, key, versionId } = copySourceOf(CopySource);
  const bucket = await loggedBucket(ctx, name);
  const entry: Entry = { operation: "REST.COPY.OBJECT_GET", key, versionId, status, errorCode };
  return bucket && { bucket, entry };
}

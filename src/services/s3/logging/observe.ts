import type { Exchange, Observe } from "#kernel/calls/exchange.ts";
import type { Context } from "#kernel/context.ts";
import type { Input, Output } from "#kernel/service.ts";
import { type MaybePromise, whenReady } from "#lib/maybe-promise.ts";
import { formDecoded, percentDecoded } from "#lib/percent.ts";
import { accessPointAt } from "../access-points/addresses.ts";
import { accessPointArn } from "../access-points/store.ts";
import { copySourceOf } from "../objects/copy-source.ts";
import { type Bucket, buckets } from "../store.ts";
import { findVersion } from "../versions.ts";
import { append } from "./append.ts";
import { logName } from "./operations.ts";
import { type Entry, recordOf } from "./record.ts";

/** Logs a call on a bucket that has access logs. The record is durable before the response is sent. */
export const observe: Observe = (exchange, ctx) => {
  const place = placeOf(exchange);
  if (place.bucket === undefined) return;
  return whenReady(loggedAt(ctx, place.bucket), (logged) => {
    if (logged || sourceOperation(exchange) !== undefined) return logAt(ctx, logged, exchange, place);
  });
};

/** A bucket with access logs, and the ARN of the access point if one was called. */
interface Logged {
  bucket: Bucket;
  accessPoint?: string;
}

async function logAt(ctx: Context, logged: Logged | undefined, exchange: Exchange, place: Place) {
  const source = await loggedSource(ctx, exchange);
  if (!logged && !source) return;
  const time = exchange.received;
  await ctx.transact(async (tx) => {
    if (logged) {
      const { bucket, accessPoint } = logged;
      const lines = entriesOf(exchange, place).map((entry) =>
        recordOf(bucket, exchange, { ...entry, accessPoint }),
      );
      await append(tx, bucket, time, lines);
    }
    if (source) await append(tx, source.bucket, time, [recordOf(source.bucket, exchange, source.entry)]);
  });
}

function loggedAt(ctx: Context, name: string): MaybePromise<Logged | undefined> {
  return whenReady(
    ctx.look((tx) => tx.get(buckets, [name])),
    (bucket): MaybePromise<Logged | undefined> => {
      if (!bucket) return loggedByAccessPoint(ctx, name);
      return bucket.logging && { bucket };
    },
  );
}

const loggedByAccessPoint = (ctx: Context, address: string) =>
  ctx.read(async (tx): Promise<Logged | undefined> => {
    const accessPoint = await accessPointAt(tx, address);
    const bucket = accessPoint && (await tx.get(buckets, [accessPoint.bucket]));
    return bucket?.logging && { bucket, accessPoint: accessPointArn(accessPoint!) };
  });

interface Place {
  bucket: string | undefined;
  key: string | undefined;
}

function placeOf({ input, path, at }: Exchange): Place {
  const named = input as { Bucket?: string; Key?: string } | undefined;
  if (named?.Bucket !== undefined) return { bucket: named.Bucket, key: named.Key };
  // In the paths of websites, `+` is not a space.
  if (at) return { bucket: at.name, key: decoded(path.slice(1), percentDecoded) };
  const [, bucket = "", ...rest] = path.split("/");
  return { bucket: decoded(bucket, formDecoded), key: decoded(rest.join("/"), formDecoded) };
}

const decoded = (text: string, decode: typeof percentDecoded) => (decode(text) ?? text) || undefined;

function entriesOf(exchange: Exchange, { key }: Place): Entry[] {
  const { operation, at, request, status, errorCode } = exchange;
  const name = at
    ? `WEBSITE.${request.method}.OBJECT`
    : logName(operation, request.method, key !== undefined);
  const { VersionId: versionId } = (exchange.input ?? {}) as { VersionId?: string };
  const own: Entry = { operation: name, key, versionId, size: sizeOf(exchange), status, errorCode };
  return operation === "DeleteObjects" ? [own, ...deletedBy(exchange)] : [own];
}

/** Returns the size of an object that was read or written as a whole. */
function sizeOf({ operation, input, output }: Exchange): number | undefined {
  if (operation === "GetObject" || operation === "HeadObject") {
    const object = output as Output<"s3", "GetObject"> | undefined;
    const total = /\/(\d+)$/.exec(object?.ContentRange ?? "")?.[1];
    return total === undefined ? object?.ContentLength : Number(total);
  }
  if (operation !== "PutObject" && operation !== "UploadPart") return undefined;
  return (input as Input<"s3", "PutObject"> | undefined)?.ContentLength;
}

function deletedBy({ input, output }: Exchange): Entry[] {
  const entries = (input as Input<"s3", "DeleteObjects"> | undefined)?.Delete?.Objects ?? [];
  const answer = output as Output<"s3", "DeleteObjects"> | undefined;
  if (!answer) return [];
  return entries.map(({ Key: key, VersionId: versionId }) => {
    const failed = answer.Errors?.find((error) => error.Key === key && error.VersionId === versionId);
    return {
      operation: "BATCH.DELETE.OBJECT",
      key,
      versionId,
      status: failed ? 403 : 204,
      errorCode: failed?.Code,
      isPartial: true,
    };
  });
}

/** Returns the name in access logs for reading the source of a copy; `undefined` for other operations. */
function sourceOperation({ operation }: Exchange): string | undefined {
  if (operation === "CopyObject") return "REST.COPY.OBJECT_GET";
  return operation === "UploadPartCopy" ? "REST.COPY.PART_GET" : undefined;
}

/** Returns the log entry for the source of a copy, if the source's bucket has access logs. */
async function loggedSource(ctx: Context, exchange: Exchange) {
  const operation = sourceOperation(exchange);
  const { CopySource } = (exchange.input ?? {}) as Partial<Input<"s3", "CopyObject">>;
  if (operation === undefined || CopySource === undefined || exchange.status !== 200) return undefined;
  const { bucket: name, key, versionId } = copySourceOf(CopySource);
  const logged = await loggedAt(ctx, name);
  if (!logged) return undefined;
  const { bucket, accessPoint } = logged;
  const version = await ctx.read(async (tx) => findVersion(tx, bucket, key, versionId));
  const object = { key, versionId, size: version?.size, accessPoint };
  const entry: Entry = { operation, ...object, status: exchange.status, isPartial: true };
  return { bucket, entry };
}

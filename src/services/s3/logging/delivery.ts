import { hash } from "node:crypto";
import type { LoggingEnabled } from "#aws/contract/types/s3.ts";
import type { Context } from "#kernel/context.ts";
import { isFinal } from "#kernel/delivery/targets.ts";
import { type Job, job } from "#kernel/work/jobs.ts";
import { bodyOf } from "#lib/body.ts";
import { bucketArn } from "../buckets/bucket.ts";
import { type Bucket, buckets } from "../store.ts";
import { type LogRecord, logRecords } from "./store.ts";

/** The maximum number of records in one file. */
const FILE_RECORDS = 1_000;

/**
 * Delivers a bucket's pending records as objects, file by file. As in S3, a file may be delivered twice after
 * a failure, and is lost if the target refuses it.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html
 */
export const deliverLogs: Job<{ bucket: string; id: number }> = job("s3/deliver-logs", {
  // The job must never be abandoned, since later records rely on this run.
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { bucket: name, id }) {
    for (;;) {
      const { bucket, records } = await ctx.read(async (tx) => ({
        bucket: await tx.get(buckets, [name]),
        records: await tx.list(logRecords, { in: [id], limit: FILE_RECORDS }),
      }));
      const [first] = records;
      if (!first) return;
      const file = records.slice(0, lengthOfDay(records));
      if (bucket?.id === id && bucket.logging) await deliver(ctx, bucket, bucket.logging, file);
      await ctx.transact((tx) => {
        for (const { order } of file) tx.delete(logRecords, [id, order]);
      });
    }
  },
});

/** Returns the number of leading records of the same day, since a file contains records of one day only. */
function lengthOfDay(records: readonly LogRecord[]): number {
  const other = records.findIndex(({ time }) => dayOf(time) !== dayOf(records[0]!.time));
  return other < 0 ? records.length : other;
}

const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10);

async function deliver(ctx: Context, bucket: Bucket, logging: LoggingEnabled, records: LogRecord[]) {
  const { owner: account, region } = bucket;
  const delivery = ctx.as(
    "logging.s3.amazonaws.com",
    { arn: bucketArn(bucket.name), account },
    { account, region },
  );
  try {
    await delivery.aws.s3.PutObject({
      Bucket: logging.TargetBucket,
      Key: keyOf(bucket, logging, records[0]!, ctx.clock.now()),
      Body: bodyOf(records.map(({ line }) => `${line}\n`).join("")),
      ContentType: "text/plain",
      ...grantsOf(logging),
    });
  } catch (error) {
    if (!isFinal(error)) throw error;
    ctx.log.warn("access logs could not be delivered", {
      error,
      bucket: bucket.name,
      target: logging.TargetBucket,
    });
  }
}

/** Returns the grants on a file in the form of PutObject. A grant to write has no meaning for an object. */
function grantsOf({ TargetGrants: grants = [] }: LoggingEnabled) {
  const to = (permission: string) =>
    grants
      .filter((grant) => grant.Permission === permission)
      .map(({ Grantee: grantee }) => {
        if (grantee?.URI !== undefined) return `uri="${grantee.URI}"`;
        if (grantee?.EmailAddress !== undefined) return `emailAddress="${grantee.EmailAddress}"`;
        return `id="${grantee?.ID ?? ""}"`;
      })
      .join(", ") || undefined;
  return { GrantFullControl: to("FULL_CONTROL"), GrantRead: to("READ") };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html#server-log-keyname-format */
function keyOf(
  { name, owner, region, id }: Bucket,
  { TargetPrefix: prefix, TargetObjectKeyFormat: format }: LoggingEnabled,
  { order, time }: LogRecord,
  now: number,
): string {
  const unique = hash("sha256", `log ${id} ${order}`).slice(0, 16).toUpperCase();
  const partitioned = format?.PartitionedPrefix;
  if (!partitioned) return `${prefix}${stamp(now)}-${unique}`;
  const byEvent = (partitioned.PartitionDateSource ?? "EventTime") === "EventTime";
  const date = byEvent ? `${dayOf(time)}-00-00-00` : stamp(now);
  const folder = date.slice(0, 10).replaceAll("-", "/");
  return `${prefix}${owner}/${region}/${name}/${folder}/${date}-${unique}`;
}

const stamp = (time: number) => new Date(time).toISOString().slice(0, 19).replace(/[T:]/g, "-");

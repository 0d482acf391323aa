import { hash } from "node:crypto";
import type { InventoryConfiguration } from "#aws/contract/types/s3.ts";
import type { Context } from "#kernel/context.ts";
import { isFinal } from "#kernel/delivery/targets.ts";
import { type Job, job } from "#kernel/work/jobs.ts";
import { type Body, bodyOf } from "#lib/body.ts";
import { uuidOf } from "#lib/uuid.ts";
import { arnOf, bucketArn } from "../buckets/bucket.ts";
import { DAY_MS, lastMidnight, midnightAfter } from "../days.ts";
import { lifecycles } from "../lifecycle/rules.ts";
import { type Bucket, buckets } from "../store.ts";
import { listFile } from "./data.ts";
import { columnsOf, type Listed } from "./fields.ts";
import { FORMATS } from "./format.ts";
import { inventories } from "./store.ts";

/**
 * Writes a report of a bucket every midnight, or on Sundays only: the list, and a manifest with its checksum.
 * If the destination refuses a report, the next one is attempted as scheduled.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html
 */
export const reportInventory: Job<{ bucket: string; id: string; generation: number }> = job(
  "s3/report-inventory",
  {
    attempts: Number.POSITIVE_INFINITY,
    async run(ctx, { bucket: name, id, generation }) {
      const { bucket, inventory, lifecycle } = await ctx.read(async (tx) => {
        const bucket = await tx.get(buckets, [name]);
        return {
          bucket,
          inventory: bucket && (await inventories.get(tx, bucket, id)),
          lifecycle: bucket && (await lifecycles.get(tx, bucket)),
        };
      });
      if (!bucket || inventory?.generation !== generation) return undefined;
      const midnight = lastMidnight(ctx.clock.now());
      await report(ctx, { bucket, lifecycle }, inventory.document, midnight);
      return { again: nextReport(inventory.document, midnight) - ctx.clock.now() };
    },
  },
);

function nextReport({ Schedule: { Frequency: frequency } }: InventoryConfiguration, last: number): number {
  const tomorrow = midnightAfter(last);
  if (frequency === "Daily") return tomorrow;
  return tomorrow + ((7 - new Date(tomorrow).getUTCDay()) % 7) * DAY_MS;
}

/**
 * Writes a report. All keys are derived from the midnight, so that a retry
 * overwrites the files of the first attempt.
 */
async function report(ctx: Context, listed: Listed, document: InventoryConfiguration, midnight: number) {
  const { bucket } = listed;
  const {
    Bucket: arn,
    Format: name,
    Prefix: prefix,
    Encryption: encryption,
  } = document.Destination.S3BucketDestination;
  const format = FORMATS[name];
  const target = arn.slice(bucketArn("").length);
  const folder = `${prefix ? `${prefix.replace(/\/$/, "")}/` : ""}${bucket.name}/${document.Id}`;
  const { owner: account, region } = bucket;
  const delivery = ctx.as("s3.amazonaws.com", { arn: arnOf(bucket), account }, { account, region });
  const put = (key: string, body: Body, type: string) =>
    delivery.aws.s3.PutObject({
      Bucket: target,
      Key: `${folder}/${key}`,
      Body: body,
      ContentType: type,
      ACL: "bucket-owner-full-control",
      ServerSideEncryption: encryption?.SSES3 && "AES256",
    });
  try {
    const columns = columnsOf(listed, document);
    const file = listFile(ctx, bucket, document.Filter?.Prefix ?? "", columns, {
      format,
      isHistory: document.IncludedObjectVersions === "All",
    });
    const data = `data/${uuidOf(hash("sha256", `inventory ${bucket.id} ${document.Id} ${midnight}`))}.${format.extension}`;
    await put(data, file.body, format.contentType);
    const manifest = manifestOf(bucket, arn, midnight, {
      fileFormat: name,
      fileSchema: format.schema(columns),
      files: [{ key: `${folder}/${data}`, ...file.facts() }],
    });
    const minute = new Date(midnight).toISOString().slice(0, 16).replace(":", "-");
    await put(
      `hive/dt=${minute.replace("T", "-")}/symlink.txt`,
      bodyOf(`s3://${target}/${folder}/${data}`),
      "text/plain",
    );
    await put(`${minute}Z/manifest.json`, bodyOf(manifest), "application/json");
    await put(`${minute}Z/manifest.checksum`, bodyOf(hash("md5", manifest)), "text/plain");
  } catch (error) {
    if (!isFinal(error)) throw error;
    ctx.log.warn("an inventory could not be delivered", { error, bucket: bucket.name, target });
  }
}

interface ReportFiles {
  fileFormat: string;
  fileSchema: string;
  files: readonly object[];
}

function manifestOf(bucket: Bucket, destination: string, created: number, files: ReportFiles): string {
  const manifest = {
    sourceBucket: bucket.name,
    destinationBucket: destination,
    version: "2016-11-30",
    creationTimestamp: String(created),
    ...files,
  };
  return JSON.stringify(manifest, undefined, 2);
}

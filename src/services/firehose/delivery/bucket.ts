import type { Context } from "#kernel/context.ts";
import { deaggregated } from "../processing/deaggregate.ts";
import { type Processing, processingOf } from "../processing/processors.ts";
import { partitionKeysOf } from "../processing/query.ts";
import type { Delivered } from "../records/frames.ts";
import type { Batch, BucketDestination, DeliveryStream } from "../store.ts";
import { type Failure, failureLines, putObject } from "./objects.ts";

interface Partition {
  keys: ReadonlyMap<string, string> | undefined;
  records: Delivered[];
}

/** Writes a batch into the bucket: an object for each partition, and one of what could not be processed. */
export async function deliverToBucket(
  ctx: Context,
  stream: DeliveryStream,
  batch: Batch,
  records: readonly Delivered[],
  destination: BucketDestination,
): Promise<void> {
  const processing = processingOf(destination.ProcessingConfiguration);
  const { partitions, failures } = partitioned(ctx, processing, records);
  for (const [part, { keys, records: own }] of partitions) {
    await putObject(ctx, stream, batch, destination, {
      data: joined(own, processing.delimiter),
      oldest: own[0]!.arrival,
      part,
      partitionKeys: keys,
    });
  }
  if (failures.length > 0) {
    await putObject(ctx, stream, batch, destination, {
      data: failureLines(failures),
      oldest: failures[0]!.arrival,
      part: "failed",
      errorType: "metadata-extraction-failed",
    });
  }
  if (destination.backup) await backUp(ctx, stream, batch, records, destination.backup);
}

/** The records as they came. */
export const backUp = (
  ctx: Context,
  stream: DeliveryStream,
  batch: Batch,
  records: readonly Delivered[],
  settings: Parameters<typeof putObject>[3],
): Promise<void> =>
  putObject(ctx, stream, batch, settings, {
    data: joined(records),
    oldest: records[0]!.arrival,
    part: "backup",
  });

function partitioned(ctx: Context, { deaggregation, query }: Processing, records: readonly Delivered[]) {
  const partitions = new Map<string, Partition>();
  const failures: Failure[] = [];
  for (const { arrival, data } of records) {
    for (const one of deaggregation ? deaggregated(deaggregation, data) : [data]) {
      const keys = query && partitionKeysOf(query, one);
      if (typeof keys === "string") {
        failures.push({
          attempts: 1,
          arrival,
          code: "DynamicPartitioning.MetadataExtractionFailed",
          message: keys,
          ended: ctx.clock.now(),
          data: one,
        });
        continue;
      }
      const part = keys ? JSON.stringify([...keys]) : "";
      const partition = partitions.get(part) ?? { keys, records: [] };
      partition.records.push({ arrival, data: one });
      partitions.set(part, partition);
    }
  }
  return { partitions, failures };
}

const joined = (records: readonly Delivered[], delimiter?: Buffer): Buffer =>
  Buffer.concat(records.flatMap(({ data }) => (delimiter ? [data, delimiter] : [data])));

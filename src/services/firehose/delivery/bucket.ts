import { leadsOut, MAX_KEY_BYTES } from "#aws/object-key.ts";
import type { Context } from "#kernel/context.ts";
import { deaggregated } from "../processing/deaggregate.ts";
import { stepsTaken } from "../processing/jq/values.ts";
import { type Processing, processingOf } from "../processing/processors.ts";
import { partitionKeysOf } from "../processing/query.ts";
import type { Arrived } from "../records/frames.ts";
import type { Batch, BucketDestination, DeliveryStream } from "../store.ts";
import { type Content, type Failure, failureLines, keyOf, putObject } from "./objects.ts";
import type { ErrorType } from "./prefix.ts";

/** Active partitions of a batch: https://docs.aws.amazon.com/firehose/latest/dev/buffering.html */
const MAX_PARTITIONS = 500;
/** Deaggregation may multiply records a hundredfold: after this many, objects are written before further records are processed. */
const MAX_AT_ONCE = 100_000;
/** The event loop is yielded after this many bytes of records, with an overhead for each record, and steps of queries. */
const MAX_IN_TURN = 2 ** 20;
const RECORD_COUNTS = 1_024;

interface Partition {
  keys: ReadonlyMap<string, string> | undefined;
  records: Arrived[];
}

/** Writes a batch into the bucket: objects for each partition, and for records that could not be processed. */
export async function deliverToBucket(
  ctx: Context,
  stream: DeliveryStream,
  batch: Batch,
  records: readonly Arrived[],
  destination: BucketDestination,
): Promise<void> {
  const processing = processingOf(destination.ProcessingConfiguration);
  const put = (content: Content) => putObject(ctx, stream, batch, destination, content);
  const nameOf: NameOf = (content) => keyOf(stream, batch, destination, content);
  const active = new Set<string>();
  let round = 0;
  for (const some of atOnce(takenApart(processing, records))) {
    const partOf = (part: string) => (round === 0 ? part : `${part} ${round}`);
    const { partitions, failures } = await partitioned(ctx, processing, some, active, nameOf);
    for (const [part, { keys, records: own }] of partitions)
      await put({
        data: joined(own, processing.delimiter),
        oldest: own[0]!.arrival,
        part: partOf(part),
        partitionKeys: keys,
      });
    for (const [errorType, failed] of failures)
      await put({
        data: failureLines(failed),
        oldest: failed[0]!.arrival,
        part: partOf("failed"),
        errorType,
      });
    round++;
  }
  if (destination.backup && destination.S3BackupMode === "Enabled")
    await backUp(ctx, stream, batch, records, destination.backup);
}

/** Writes the unprocessed records to the backup bucket. */
export const backUp = (
  ctx: Context,
  stream: DeliveryStream,
  batch: Batch,
  records: readonly Arrived[],
  settings: Parameters<typeof putObject>[3],
): Promise<void> =>
  putObject(ctx, stream, batch, settings, {
    data: joined(records),
    oldest: records[0]!.arrival,
    part: "backup",
  });

function* takenApart({ deaggregation }: Processing, records: readonly Arrived[]): Generator<Arrived> {
  for (const record of records) {
    if (!deaggregation) yield record;
    else for (const data of deaggregated(deaggregation, record.data)) yield { arrival: record.arrival, data };
  }
}

function* atOnce(records: Iterable<Arrived>): Generator<Arrived[]> {
  let some: Arrived[] = [];
  for (const record of records) {
    some.push(record);
    if (some.length < MAX_AT_ONCE) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}

/** The name of a partition's object. */
type NameOf = (content: Omit<Content, "data">) => string;

interface Partitions {
  partitions: Map<string, Partition>;
  failures: Map<ErrorType, Failure[]>;
}

/** @param active the batch's partitions so far */
async function partitioned(
  ctx: Context,
  { query }: Processing,
  records: readonly Arrived[],
  active: Set<string>,
  nameOf: NameOf,
): Promise<Partitions> {
  const partitions: Partitions["partitions"] = new Map();
  const failures: Partitions["failures"] = new Map();
  let turn = 0;
  for (const record of records) {
    if (turn > MAX_IN_TURN) {
      await new Promise(setImmediate);
      turn = 0;
    }
    const refusal = place(record, query, partitions, active, nameOf);
    if (refusal) addFailure(failures, record, refusal, ctx.clock.now());
    if (query) turn += RECORD_COUNTS + record.data.length + stepsTaken();
  }
  return { partitions, failures };
}

/** The reason why a record has no partition. */
interface Refusal {
  errorType: ErrorType;
  code: string;
  message: string;
}

const noKeys = (message: string): Refusal => ({
  errorType: "metadata-extraction-failed",
  code: "DynamicPartitioning.MetadataExtractionFailed",
  message,
});
const TOO_MANY: Refusal = {
  errorType: "activePartitionExceeded",
  code: "DynamicPartitioning.ActivePartitionExceeded",
  message: `There are ${MAX_PARTITIONS} active partitions, which is the most there can be.`,
};

/** Adds a record to its partition. @returns the reason if there is none */
function place(
  record: Arrived,
  query: Processing["query"],
  partitions: Partitions["partitions"],
  active: Set<string>,
  nameOf: NameOf,
): Refusal | undefined {
  const keys = query && partitionKeysOf(query, record.data);
  if (typeof keys === "string") return noKeys(keys);
  const part = keys ? JSON.stringify([...keys]) : "";
  const present = partitions.get(part);
  if (present) {
    present.records.push(record);
    return undefined;
  }
  const fault = nameFault(nameOf({ oldest: record.arrival, part, partitionKeys: keys }));
  if (fault !== undefined) return noKeys(fault);
  if (active.size === MAX_PARTITIONS && !active.has(part)) return TOO_MANY;
  active.add(part);
  partitions.set(part, { keys, records: [record] });
  return undefined;
}

/** The reason why S3 would refuse the name of an object. */
function nameFault(name: string): string | undefined {
  if (Buffer.byteLength(name) > MAX_KEY_BYTES)
    return "The evaluated prefix is too long for the name of an object.";
  return leadsOut(name) ? "The evaluated prefix leads out of the bucket." : undefined;
}

function addFailure(
  failures: Partitions["failures"],
  { arrival, data }: Arrived,
  { errorType, code, message }: Refusal,
  ended: number,
): void {
  const failure: Failure = { attempts: 1, arrival, code, message, ended, data };
  const others = failures.get(errorType);
  if (others) others.push(failure);
  else failures.set(errorType, [failure]);
}

const joined = (records: readonly Arrived[], delimiter?: Buffer): Buffer =>
  Buffer.concat(records.flatMap(({ data }) => (delimiter ? [data, delimiter] : [data])));

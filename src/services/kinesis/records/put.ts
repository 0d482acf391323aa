import { MAX_REPORTED, type Violation } from "#aws/contract/constraints.ts";
import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import {
  invalid,
  keysMissing,
  noSuchStream,
  nullAt,
  orderedAndDistributed,
  tooLarge,
  tooMuchWritten,
} from "../errors.ts";
import { countWritten } from "../shards/growth.ts";
import { HASHES } from "../shards/ranges.ts";
import { type Route, routeFor, routesOf } from "../shards/routes.ts";
import { parseSequenceNumber } from "../shards/sequence.ts";
import { throughputOf } from "../shards/throughput.ts";
import { type Named, nameOf, type Stream, streams } from "../store.ts";
import { type PutResult, rawResults } from "./responses.ts";
import { type NewRecord, storeRecords } from "./rows.ts";
import { endOfTrial } from "./trials.ts";
import { wakeAll } from "./waiters.ts";

/** The maximum size of one call. */
const MAX_BYTES = 10 * 2 ** 20;
const MAX_RECORDS = 500;

interface Entry extends NewRecord {
  ExplicitHashKey?: string | undefined;
}

export const writing = {
  async PutRecord(ctx, input) {
    return ctx.transact(async (tx) => {
      const stream = await streamFor(tx, ctx, input, [input], () => "partitionKey");
      checkSizes(stream, [input], [sizeOf(input)], () => "data");
      checkHash(input);
      checkOrdering(ctx, stream, input.SequenceNumberForOrdering);
      if (input.DryRun) throw endOfTrial(ctx, tx, stream);
      const [result] = await put(ctx, tx, stream, [input]);
      if (result instanceof AwsError) throw result;
      return { ...result!, EncryptionType: encryptionOf(stream) };
    });
  },

  async PutRecords(ctx, input) {
    const sizes = input.Records.map(sizeOf);
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    if (bytes > MAX_BYTES) throw invalid(`Records size exceeds ${MAX_BYTES / 2 ** 20} MB limit`);
    return ctx.transact(async (tx) => {
      const stream = await streamFor(tx, ctx, input, input.Records, keyOf);
      checkSizes(stream, input.Records, sizes, (at) => `records.${at + 1}.member.data`);
      for (const record of input.Records) checkHash(record);
      if (input.DryRun) throw endOfTrial(ctx, tx, stream);
      const results = await put(ctx, tx, stream, input.Records);
      return {
        FailedRecordCount: results.filter((one) => one instanceof AwsError).length,
        Records: rawResults(results),
        EncryptionType: encryptionOf(stream),
      };
    });
  },
} satisfies Handlers<"kinesis">;

const sizeOf = ({ Data, PartitionKey = "" }: Entry): number => Data.length + Buffer.byteLength(PartitionKey);

/** Records need no key if the stream distributes them without keys, which is checked later. */
export function judgeKeys(
  operation: string,
  input: Partial<Entry> & { Records?: (Partial<Entry> | null)[] },
): Violation[] {
  if (operation === "PutRecord") return input.PartitionKey === undefined ? [keyBeside("partitionKey")] : [];
  const { Records = [] } = input;
  const violations: Violation[] = [];
  // If there are too many records, AWS reports nothing else.
  if (operation !== "PutRecords" || Records.length > MAX_RECORDS) return violations;
  for (let at = 0; at < Records.length && violations.length < MAX_REPORTED; at++)
    if (Records[at]?.PartitionKey === undefined) violations.push(keyBeside(keyOf(at)));
  return violations;
}

const keyBeside = (path: string): Violation => ({ path, message: nullAt(path), beside: true });

const keyOf = (at: number) => `records.${at + 1}.member.partitionKey`;

/** The stream of a call. A missing key, if the stream needs keys, is reported before a missing stream. */
async function streamFor(
  tx: Transaction,
  { account }: Context,
  named: Named,
  entries: readonly Entry[],
  pathOf: (at: number) => string,
): Promise<Stream> {
  const name = nameOf(named);
  const stream = await tx.get(streams, [name]);
  if (stream?.distribution !== "AUTO" && entries.some(({ PartitionKey }) => PartitionKey === undefined)) {
    const missing = entries.flatMap(({ PartitionKey }, at) =>
      PartitionKey === undefined ? [pathOf(at)] : [],
    );
    throw keysMissing(missing.slice(0, MAX_REPORTED));
  }
  if (!stream) throw noSuchStream(name, account);
  return stream;
}

/** Only present in responses if the stream is encrypted. */
const encryptionOf = ({ encryption }: Stream) => (encryption ? ("KMS" as const) : undefined);

/** The result of each entry, in order: its sequence number, or the error of its shard. */
async function put(
  ctx: Context,
  tx: Transaction,
  stream: Stream,
  entries: readonly Entry[],
): Promise<PutResult[]> {
  const open = await routesOf(tx, stream);
  const results = new Array<PutResult>(entries.length);
  const time = tx.now();
  let [bytes, count] = [0, 0];
  for (const [route, indexes] of byRoute(entries.length, routing(tx, stream, open, entries))) {
    const throughput = throughputOf(ctx, tx, route.shard, "write");
    const accepted = indexes.filter((at) => {
      const size = sizeOf(entries[at]!);
      if (throughput.takes(size)) {
        bytes += size;
        return true;
      }
      results[at] = tooMuchWritten(route.id, stream.name, ctx.account);
      return false;
    });
    count += accepted.length;
    const records = accepted.map((at) => entries[at]!);
    const positions = storeRecords(tx, route.shard, records, stream.encryption !== undefined);
    for (let n = 0; n < accepted.length; n++)
      results[accepted[n]!] = {
        SequenceNumber: route.sequenceNumber(positions[n]!, time),
        ShardId: route.id,
      };
  }
  countWritten(tx, stream, bytes, count);
  wakeAll(tx, stream.number);
  return results;
}

/** The indexes of the records for each shard. */
function byRoute(count: number, routeOf: (at: number) => Route): Map<Route, number[]> {
  const groups = new Map<Route, number[]>();
  for (let at = 0; at < count; at++) {
    const route = routeOf(at);
    const indexes = groups.get(route);
    if (indexes) indexes.push(at);
    else groups.set(route, [at]);
  }
  return groups;
}

/** Routes records by their keys or, if the stream is set so, uniformly. */
function routing(
  tx: Transaction,
  { distribution }: Stream,
  open: readonly Route[],
  entries: readonly Entry[],
) {
  if (distribution !== "AUTO") return (at: number) => routeFor(open, entries[at]!);
  const first = tx.random.below(open.length);
  return (at: number) => open[(first + at) % open.length]!;
}

/** Sequence numbers always increase, so `SequenceNumberForOrdering` must only be valid and not in the future. */
function checkOrdering(ctx: Context, { name, distribution }: Stream, text: string | undefined): void {
  if (text === undefined) return;
  if (distribution === "AUTO") throw orderedAndDistributed();
  const number = parseSequenceNumber(text);
  if (number === undefined || number.time * 1_000 > ctx.clock.now())
    throw invalid(
      `ExclusiveMinimumSequenceNumber ${text} used in PutRecord on stream ${name} under account ${ctx.account} is invalid.`,
    );
}

/** Checks the size of the data alone and together with its key. @throws {AwsError} ValidationException, InvalidArgumentException */
function checkSizes(
  { name, maxRecordKib }: Stream,
  entries: readonly Entry[],
  sizes: readonly number[],
  pathOf: (at: number) => string,
): void {
  const most = maxRecordKib * 1_024;
  const size = sizes.find((one) => one > most);
  if (size === undefined) return;
  const paths = entries.flatMap(({ Data }, at) => (Data.length > most ? [pathOf(at)] : []));
  if (paths.length > 0) throw tooLarge(paths.slice(0, MAX_REPORTED), most);
  throw invalid(`Record size of ${size} bytes exceeds the maximum of ${most} bytes of stream ${name}.`);
}

function checkHash({ ExplicitHashKey }: Entry): void {
  if (ExplicitHashKey !== undefined && BigInt(ExplicitHashKey) >= HASHES)
    throw invalid(
      `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was ${ExplicitHashKey}`,
    );
}

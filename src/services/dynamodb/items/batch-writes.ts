import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import type { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { invalid, keyMismatch } from "../errors.ts";
import { atHome, homeOf } from "../replicas/home.ts";
import type { KeyNames, Table } from "../store.ts";
import { type Meter, meterOf } from "../throughput/meter.ts";
import { checkedItem, type Item, typeOf } from "../values/value.ts";
import { type Consumption, checkAnyDone, consumedOf, returnsCapacity, writeConsumption } from "./capacity.ts";
import { itemCollectionMetrics } from "./collections.ts";
import { checkedSize } from "./items.ts";
import { checkKey, keyText, namesOf, rowKey } from "./keys.ts";
import { checkPut } from "./room.ts";
import { changeItem, itemAt, tableAt, tableToWrite } from "./rows.ts";
import { needsPreviousItem, takesMore } from "./write.ts";

const MAX_WRITES = 25;
/** Size in bytes from which an item may take so long to validate that other requests get a turn before the next item. */
const LARGE_ITEM_BYTES = 128 * 1_024;
const NO_INDEXES: Consumption["indexes"] = new Map();

export const batchWriteOperations = {
  async BatchWriteItem(ctx, input) {
    const batch = await batchOf(input);
    for (let next = 0; next < batch.writes.length; ) {
      const from = next;
      if (from > 0) await new Promise(setImmediate);
      next = await ctx.transact((tx) => writeFrom(ctx, tx, batch, from));
    }
    for (const write of batch.elsewhere) {
      await new Promise(setImmediate);
      await atHome(ctx, (there) => there.transact((tx) => writeAlone(there, tx, batch, write)));
    }
    const used = batch.used.flat();
    checkAnyDone(used, batch.refused);
    return {
      UnprocessedItems: batch.unprocessed,
      ItemCollectionMetrics: input.ReturnItemCollectionMetrics === "SIZE" ? batch.metrics : undefined,
      ConsumedCapacity: consumedOf(input.ReturnConsumedCapacity, used),
    };
  },
} satisfies Handlers<"dynamodb">;

/** The requested writes and their results so far. */
interface Batch {
  input: DynamoDB.BatchWriteItemInput;
  tables: readonly { name: string; writes: readonly Write[] }[];
  writes: readonly PlacedWrite[];
  /** The writes to tables whose latest items are in another Region. */
  elsewhere: PlacedWrite[];
  /** One list for each table, in the order of `tables`. */
  used: Consumption[][];
  metrics: DynamoDB.ItemCollectionMetricsPerTable;
  unprocessed: DynamoDB.BatchWriteItemRequestMap;
  /** The error that left writes unprocessed. */
  refused: AwsError | undefined;
}

/** An item to put, or the key of an item to delete. */
interface Write {
  request: DynamoDB.WriteRequest;
  put: Item | undefined;
  size: number | undefined;
  key: Item | undefined;
}

/** A write with the position of its table in a batch's `tables`. */
type PlacedWrite = Write & { of: number };

/** Validates the requested writes. Yields to other requests after each large item. @throws {AwsError} ValidationException */
async function batchOf(input: DynamoDB.BatchWriteItemInput): Promise<Batch> {
  const tables: { name: string; writes: Write[] }[] = [];
  for (const [name, requests] of Object.entries(input.RequestItems)) {
    const writes: Write[] = [];
    for (const request of requests) {
      const write = writeIn(request);
      writes.push(write);
      if ((write.size ?? 0) > LARGE_ITEM_BYTES) await new Promise(setImmediate);
    }
    tables.push({ name, writes });
  }
  const writes = tables.flatMap((table, of) => table.writes.map((write) => ({ ...write, of })));
  if (writes.length > MAX_WRITES) throw invalid("Too many items requested for the BatchWriteItem call");
  return {
    input,
    tables,
    writes,
    elsewhere: [],
    used: tables.map(() => []),
    metrics: Object.create(null),
    unprocessed: Object.create(null),
    refused: undefined,
  };
}

function writeIn(request: DynamoDB.WriteRequest): Write {
  const { PutRequest, DeleteRequest } = request;
  if (Boolean(PutRequest) === Boolean(DeleteRequest))
    throw invalid(
      "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
    );
  if (!PutRequest) return { request, key: checkedItem(DeleteRequest!.Key), put: undefined, size: undefined };
  const put = checkedItem(PutRequest.Item);
  return { request, put, size: checkedSize(put), key: undefined };
}

/**
 * Performs as many writes of a batch, starting at `from`, as one commit takes. Those that belong in another Region are only
 * checked.
 * @returns the position of the next write
 */
async function writeFrom(ctx: Context, tx: Transaction, batch: Batch, from: number): Promise<number> {
  const tables: Table[] = [];
  for (const [of, { name, writes }] of batch.tables.entries()) {
    const table = await tableAt(tx, name);
    tables.push(table);
    if (from > 0) continue;
    checkWrites(table, writes);
    batch.used[of]!.push({ table, units: 0, indexes: NO_INDEXES });
  }
  const meter = meterOf(ctx, tx);
  let at = from;
  for (; at < batch.writes.length && takesMore(tx); at++) {
    const write = batch.writes[at]!;
    const table = tables[write.of]!;
    // Since the previous commit, the table may have been changed, or replaced by another of its name.
    if (from > 0) checkWrite(table, write);
    if (homeOf(table) !== undefined) batch.elsewhere.push(write);
    else await writeOne(tx, batch, table, write, meter);
  }
  return at;
}

/** Performs a write in a commit of its own, in the Region of the table's latest items. @throws {AwsError | HeldElsewhere} */
async function writeAlone(ctx: Context, tx: Transaction, batch: Batch, write: PlacedWrite): Promise<void> {
  const table = await tableToWrite(tx, batch.tables[write.of]!.name);
  checkWrite(table, write);
  await writeOne(tx, batch, table, write, meterOf(ctx, tx));
}

/** Performs one write; without capacity for it, adds it to the unprocessed writes instead. */
async function writeOne(
  tx: Transaction,
  batch: Batch,
  table: Table,
  { request, put, size = 0, key, of }: PlacedWrite,
  meter: Meter | undefined,
): Promise<void> {
  const { input } = batch;
  const isCounted = meter !== undefined || returnsCapacity(input.ReturnConsumedCapacity);
  const item = put ?? key!;
  const row = rowKey(table.number, table.key, item);
  const needsPrevious = isCounted || needsPreviousItem(table);
  const before = needsPrevious || key ? await itemAt(tx, table, item, row) : undefined;
  const used = isCounted ? writeConsumption(table, before, put) : undefined;
  const refusal = used && meter?.refusal("write", used);
  if (refusal) {
    batch.refused ??= refusal;
    (batch.unprocessed[batch.tables[of]!.name] ??= []).push(request);
    return;
  }
  await changeItem(tx, table, before, put, { row, size: put && size });
  if (used) {
    meter?.count("write", used);
    batch.used[of]!.push(used);
  }
  const metrics = await itemCollectionMetrics(input.ReturnItemCollectionMetrics, tx, table, item, row);
  if (metrics) (batch.metrics[table.name] ??= []).push(metrics);
}

/** @throws {AwsError} ValidationException */
function checkWrites(table: Table, writes: readonly Write[]): void {
  for (const write of writes) checkWrite(table, write);
  checkDistinct(
    table.key,
    writes.map(({ put, key }) => put ?? key!),
  );
}

/** @throws {AwsError} ValidationException */
function checkWrite(table: Table, { put, size, key }: Write): void {
  if (put) checkBatchPut(table, put, size!);
  else checkKey(table, key!);
}

/** Checks a put; its error for a wrong key is less specific in a batch than in `PutItem`. @throws {AwsError} ValidationException */
function checkBatchPut(table: Table, item: Item, size: number): void {
  const hasKey = (name: string) => Object.hasOwn(item, name) && typeOf(item[name]!) === table.types[name];
  if (!namesOf(table.key).every(hasKey)) throw keyMismatch();
  checkPut(table, item, size);
}

/** Compares all pairs: faster than a set for so few items. @throws {AwsError} ValidationException */
function checkDistinct({ partition, sort = partition }: KeyNames, items: readonly Item[]): void {
  const partitions = items.map((item) => keyText(item[partition]!));
  const sorts = items.map((item) => keyText(item[sort]!));
  for (let at = 1; at < items.length; at++)
    for (let before = 0; before < at; before++)
      if (sorts[at] === sorts[before] && partitions[at] === partitions[before])
        throw invalid("Provided list of item keys contains duplicates");
}

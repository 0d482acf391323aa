import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import type { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";
import type { Transaction } from "#kernel/transaction.ts";
import { invalid, keyMismatch } from "../errors.ts";
import type { KeyNames, Table } from "../store.ts";
import { type Meter, meterOf } from "../throughput/meter.ts";
import { checkedItem, type Item, typeOf } from "../values/value.ts";
import { checkAnyDone, consumedOf, returnsCapacity, type Used, writing } from "./capacity.ts";
import { itemCollectionMetrics } from "./collections.ts";
import { checkedSize } from "./items.ts";
import { checkKey, nameOf, namesOf, rowKey } from "./keys.ts";
import { checkPut } from "./room.ts";
import { changeItem, itemAt, tableAt } from "./rows.ts";
import { looksBack, takesMore } from "./write.ts";

const MOST_WRITTEN = 25;
/** Bytes of an item that may have so many attributes that others should not wait for the next one, too. */
const LARGE = 128 * 1_024;
const NONE: Used["indexes"] = new Map();

export const batchWriteOperations = {
  async BatchWriteItem(ctx, input) {
    const batch = await batchOf(input);
    for (let next = 0; next < batch.writes.length; ) {
      const from = next;
      if (from > 0) await new Promise(setImmediate);
      next = await ctx.transact((tx) => writeFrom(ctx, tx, batch, from));
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

/** What is to be written, and what has become of it so far. */
interface Batch {
  input: DynamoDB.BatchWriteItemInput;
  tables: readonly { name: string; writes: readonly Write[] }[];
  /** Those of all tables, each with the place of its own among them. */
  writes: readonly (Write & { of: number })[];
  /** By table. */
  used: Used[][];
  metrics: DynamoDB.ItemCollectionMetricsPerTable;
  unprocessed: DynamoDB.BatchWriteItemRequestMap;
  /** Why what is unprocessed was not written. */
  refused: AwsError | undefined;
}

/** An item that is put, or the key of one that is deleted. */
interface Write {
  request: DynamoDB.WriteRequest;
  put: Item | undefined;
  size: number | undefined;
  key: Item | undefined;
}

/** Others have their turn between large items. @throws {AwsError} ValidationException */
async function batchOf(input: DynamoDB.BatchWriteItemInput): Promise<Batch> {
  const tables: { name: string; writes: Write[] }[] = [];
  for (const [name, requests] of Object.entries(input.RequestItems)) {
    const writes: Write[] = [];
    for (const request of requests) {
      const write = writeIn(request);
      writes.push(write);
      if ((write.size ?? 0) > LARGE) await new Promise(setImmediate);
    }
    tables.push({ name, writes });
  }
  const writes = tables.flatMap((table, of) => table.writes.map((write) => ({ ...write, of })));
  if (writes.length > MOST_WRITTEN) throw invalid("Too many items requested for the BatchWriteItem call");
  return {
    input,
    tables,
    writes,
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

/** Writes of a batch from one on, as many as a commit takes. @returns where the next begins */
async function writeFrom(ctx: Context, tx: Transaction, batch: Batch, from: number): Promise<number> {
  const tables: Table[] = [];
  for (const [of, { name, writes }] of batch.tables.entries()) {
    const table = await tableAt(tx, name);
    tables.push(table);
    if (from > 0) continue;
    checkWrites(table, writes);
    batch.used[of]!.push({ table, units: 0, indexes: NONE });
  }
  const meter = meterOf(ctx, tx);
  let at = from;
  for (; at < batch.writes.length && takesMore(tx); at++) {
    const write = batch.writes[at]!;
    await writeOne(tx, batch, tables[write.of]!, write, meter);
  }
  return at;
}

/** Unless there is no capacity for it: then it is to be sent again. */
async function writeOne(
  tx: Transaction,
  batch: Batch,
  table: Table,
  { request, put, size = 0, key, of }: Batch["writes"][number],
  meter: Meter | undefined,
): Promise<void> {
  const { input } = batch;
  const isCounted = meter !== undefined || returnsCapacity(input.ReturnConsumedCapacity);
  const item = put ?? key!;
  const row = rowKey(table.number, table.key, item);
  const looks = isCounted || looksBack(table);
  const before = looks || key ? await itemAt(tx, table, item, row) : undefined;
  const used = isCounted ? writing(table, before, put) : undefined;
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
  for (const { put, size, key } of writes) {
    if (put) checkPutOf(table, put, size!);
    else checkKey(table, key!);
  }
  checkDistinct(
    table.key,
    writes.map(({ put, key }) => put ?? key!),
  );
}

/** A batch says less of a put's key than a put of its own. @throws {AwsError} ValidationException */
function checkPutOf(table: Table, item: Item, size: number): void {
  const isThere = (name: string) => Object.hasOwn(item, name) && typeOf(item[name]!) === table.types[name];
  if (!namesOf(table.key).every(isThere)) throw keyMismatch();
  checkPut(table, item, size);
}

/** So few are compared sooner than looked up. @throws {AwsError} ValidationException */
function checkDistinct({ partition, sort = partition }: KeyNames, items: readonly Item[]): void {
  const partitions = items.map((item) => nameOf(item[partition]!));
  const sorts = items.map((item) => nameOf(item[sort]!));
  for (let at = 1; at < items.length; at++)
    for (let before = 0; before < at; before++)
      if (sorts[at] === sorts[before] && partitions[at] === partitions[before])
        throw invalid("Provided list of item keys contains duplicates");
}

import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import type { AwsError } from "#aws/errors.ts";
import type { RawJson } from "#aws/protocols/raw-json.ts";
import type { Handlers } from "#kernel/service.ts";
import type { Transaction } from "#kernel/transaction.ts";
import { invalid, keyMismatch } from "../errors.ts";
import type { Projection } from "../expressions/projections.ts";
import type { KeyNames, Table } from "../store.ts";
import { meterOf } from "../throughput/meter.ts";
import { rawTables, type StoredItem } from "../values/stored.ts";
import { checkedItem, type Item, typeOf } from "../values/value.ts";
import { consumedOf, readUnits, returnsCapacity, type Used, writing } from "./capacity.ts";
import { itemCollectionMetrics } from "./collections.ts";
import { checkedSize } from "./items.ts";
import { checkKey, nameOf, namesOf, rowKey } from "./keys.ts";
import { checkParameters, projectionIn } from "./request.ts";
import { checkPut } from "./room.ts";
import { changeItem, itemAt, storedItemAt, tableAt } from "./rows.ts";
import { looksBack, takesMore } from "./write.ts";

const MOST_READ = 100;
const MAX_TRANSACTION_BYTES = 25;
/** What a batch answers at most, and how much of JSON; the rest is to be asked for again. */
const MOST_BYTES = 16 * 2 ** 20;
const MOST_TEXT = 64 * 2 ** 20;
const NONE: Used["indexes"] = new Map();

export const batchOperations = {
  async BatchGetItem(ctx, input) {
    let count = 0;
    const byTable = Object.entries(input.RequestItems).map(([name, request]) => {
      checkParameters(request, ["ProjectionExpression"], ["AttributesToGet"]);
      const keys = request.Keys.map((key) => checkedItem(key));
      checkDifferent(keys);
      count += keys.length;
      if (count > MOST_READ) throw invalid("Too many items requested for the BatchGetItem call");
      return { name, request, project: projectionIn(request), keys };
    });
    return ctx.read(async (tx) => {
      const responses: [table: string, items: StoredItem[], project: Projection | undefined][] = [];
      const UnprocessedKeys: Record<string, DynamoDB.KeysAndAttributes> = Object.create(null);
      const used: Used[] = [];
      const meter = meterOf(ctx, tx);
      let refused: AwsError | undefined;
      let left = MOST_BYTES;
      let text = 0;
      for (const { name, request, project, keys } of byTable) {
        const table = await tableAt(tx, name);
        for (const key of keys) checkKey(table, key);
        const items: StoredItem[] = [];
        let units = 0;
        for (const [at, key] of keys.entries()) {
          const stored = left > 0 ? await storedItemAt(tx, table, key) : undefined;
          const size = stored?.size ?? 0;
          const reading = { table, units: readUnits(size, request.ConsistentRead), indexes: NONE };
          const refusal = meter?.refusal("read", reading);
          // What does not fit any more ends the answer.
          text += stored?.length ?? 0;
          if (size > left || text > MOST_TEXT) left = 0;
          if (left <= 0 || refusal) {
            refused ??= refusal;
            (UnprocessedKeys[name] ??= { ...request, Keys: [] }).Keys.push(request.Keys[at]!);
            continue;
          }
          meter?.count("read", reading);
          units += reading.units;
          left -= size;
          if (stored) items.push(stored);
        }
        responses.push([name, items, project]);
        used.push({ table, units, indexes: new Map() });
      }
      checkAnyDone(used, refused);
      return {
        Responses: answered(responses),
        UnprocessedKeys,
        ConsumedCapacity: consumedOf(input.ReturnConsumedCapacity, used),
      };
    });
  },

  async BatchWriteItem(ctx, input) {
    const byTable = Object.entries(input.RequestItems).map(([name, requests]) => ({
      name,
      writes: requests.map(writeIn),
    }));
    if (byTable.reduce((sum, { writes }) => sum + writes.length, 0) > MAX_TRANSACTION_BYTES)
      throw invalid("Too many items requested for the BatchWriteItem call");
    const used = byTable.map((): Used[] => []);
    const ItemCollectionMetrics: DynamoDB.ItemCollectionMetricsPerTable = Object.create(null);
    const UnprocessedItems: DynamoDB.BatchWriteItemRequestMap = Object.create(null);
    let refused: AwsError | undefined;
    const all = byTable.flatMap(({ name, writes }, of) =>
      writes.map((write, at) => ({ name, write, of, request: input.RequestItems[name]![at]! })),
    );
    /** Writes of them from one on, as many as a commit takes. @returns where the next begins */
    const writeFrom = async (tx: Transaction, from: number): Promise<number> => {
      const tables: Table[] = [];
      for (const [of, { name, writes }] of byTable.entries()) {
        const table = await tableAt(tx, name);
        tables.push(table);
        if (from > 0) continue;
        checkWrites(table, writes);
        used[of]!.push({ table, units: 0, indexes: NONE });
      }
      const meter = meterOf(ctx, tx);
      const isCounted = meter !== undefined || returnsCapacity(input.ReturnConsumedCapacity);
      let at = from;
      for (; at < all.length && takesMore(tx); at++) {
        const { name, of, write, request } = all[at]!;
        const { put, size = 0, key } = write;
        const table = tables[of]!;
        const row = rowKey(table.number, table.key, put ?? key!);
        const looks = isCounted || looksBack(table);
        const before = looks || key ? await itemAt(tx, table, put ?? key!, row) : undefined;
        const own = isCounted ? writing(table, before, put) : undefined;
        const refusal = own && meter?.refusal("write", own);
        if (refusal) {
          refused ??= refusal;
          (UnprocessedItems[name] ??= []).push(request);
          continue;
        }
        await changeItem(tx, table, before, put, { row, size: put && size });
        if (own) {
          meter?.count("write", own);
          used[of]!.push(own);
        }
        const metrics = input.ReturnItemCollectionMetrics;
        const collection = await itemCollectionMetrics(metrics, tx, table, put ?? key!, row);
        if (collection) (ItemCollectionMetrics[table.name] ??= []).push(collection);
      }
      return at;
    };
    for (let next = 0; next < all.length; ) {
      const from = next;
      next = await ctx.transact((tx) => writeFrom(tx, from));
    }
    checkAnyDone(used.flat(), refused);
    return {
      UnprocessedItems,
      ItemCollectionMetrics: input.ReturnItemCollectionMetrics === "SIZE" ? ItemCollectionMetrics : undefined,
      ConsumedCapacity: consumedOf(input.ReturnConsumedCapacity, used.flat()),
    };
  },
} satisfies Handlers<"dynamodb">;

/** Items are read only where not all of each is asked for. */
function answered(
  responses: readonly (readonly [
    table: string,
    items: readonly StoredItem[],
    project: Projection | undefined,
  ])[],
): Record<string, Item[]> | RawJson<Record<string, Item[]>> {
  if (responses.every(([, , project]) => !project)) return rawTables(responses);
  const shown = responses.map(([table, items, project]) => [
    table,
    items.map(({ item }) => (project ? project(item) : item)),
  ]);
  return Object.fromEntries(shown);
}

/** @throws {AwsError} where there is no capacity for any part of a batch */
function checkAnyDone(used: readonly Used[], refused: AwsError | undefined): void {
  if (refused && used.every(({ units }) => units === 0)) throw refused;
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

/** As they were sent, before a table says what is a key. @throws {AwsError} ValidationException */
function checkDifferent(keys: readonly Item[]): void {
  const seen = new Set<string>();
  for (const key of keys) {
    const text = JSON.stringify(
      Object.keys(key)
        .sort()
        .map((name) => [name, key[name]]),
    );
    if (seen.has(text)) throw invalid("Provided list of item keys contains duplicates");
    seen.add(text);
  }
}

function writeIn({ PutRequest, DeleteRequest }: DynamoDB.WriteRequest): Write {
  if (Boolean(PutRequest) === Boolean(DeleteRequest))
    throw invalid(
      "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
    );
  if (!PutRequest) return { key: checkedItem(DeleteRequest!.Key), put: undefined, size: undefined };
  const put = checkedItem(PutRequest.Item);
  return { put, size: checkedSize(put), key: undefined };
}

/** An item that is put, or the key of one that is deleted. */
interface Write {
  put: Item | undefined;
  size: number | undefined;
  key: Item | undefined;
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

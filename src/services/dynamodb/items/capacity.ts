import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import type { AwsError } from "#aws/errors.ts";
import type { Index, Table } from "../store.ts";
import { sizeOfItem } from "../values/size.ts";
import { attributeOf, type Item, isEqual } from "../values/value.ts";
import { namesOf, projectedBy } from "./keys.ts";

/** Units that a call used, by where. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html */
export interface Used {
  table: Table;
  units: number;
  /** Of secondary indexes, by name. */
  indexes: Map<string, number>;
}

const READ_BYTES = 4_096;
const WRITE_BYTES = 1_024;

/** Strongly consistent, half as much else. */
export const readUnits = (bytes: number, consistent: boolean | undefined): number =>
  Math.max(1, Math.ceil(bytes / READ_BYTES)) * (consistent ? 1 : 0.5);

const writeUnits = (bytes: number): number => Math.max(1, Math.ceil(bytes / WRITE_BYTES));

/** By the larger of what was and what is, in the table and in each index that the change reaches. */
export function writing(table: Table, before: Item | undefined, after: Item | undefined): Used {
  const units = writeUnits(Math.max(sizeOr0(before), sizeOr0(after)));
  const indexes = new Map<string, number>();
  for (const index of table.indexes) {
    const used = indexUnits(table, index, before, after);
    if (used > 0) indexes.set(index.name, used);
  }
  return { table, units, indexes };
}

/** Of a write whose condition is not met: by what is there. */
export const refusedWriting = (table: Table, before: Item | undefined): Used => ({
  table,
  units: writeUnits(sizeOr0(before)),
  indexes: new Map(),
});

/** An entry that moves is one deleted and one written; one that shows nothing new costs nothing. */
function indexUnits(table: Table, index: Index, before: Item | undefined, after: Item | undefined): number {
  const was = entryOf(table, index, before);
  const is = entryOf(table, index, after);
  if (!was && !is) return 0;
  if (!was || !is) return writeUnits(sizeOr0(was ?? is));
  if (namesOf(index.key).some((name) => !isEqual(was[name]!, is[name]!)))
    return writeUnits(sizeOfItem(was)) + writeUnits(sizeOfItem(is));
  return isEqual({ M: was }, { M: is }) ? 0 : writeUnits(Math.max(sizeOfItem(was), sizeOfItem(is)));
}

/** What an item shows in an index; all of it is itself. */
export function entryOf(table: Table, index: Index, item: Item | undefined): Item | undefined {
  if (!item || namesOf(index.key).some((name) => !attributeOf(item, name))) return undefined;
  return index.projection === "ALL" ? item : projectedBy(table, index)(item);
}

const sizeOr0 = (item: Item | undefined) => (item ? sizeOfItem(item) : 0);

export type ReturnCapacity = DynamoDB.ReturnConsumedCapacity | undefined;

export const returnsCapacity = (detail: ReturnCapacity): boolean => detail !== undefined && detail !== "NONE";

/**
 * As it was asked for.
 * @param split of transactions, which also tell apart what was read and written
 */
export function consumed(
  detail: ReturnCapacity,
  { table, units, indexes }: Used,
  split?: "ReadCapacityUnits" | "WriteCapacityUnits",
): DynamoDB.ConsumedCapacity | undefined {
  if (!returnsCapacity(detail)) return undefined;
  const capacity = (value: number) => ({ CapacityUnits: value, ...(split && { [split]: value }) });
  const all = units + [...indexes.values()].reduce((sum, more) => sum + more, 0);
  const whole: DynamoDB.ConsumedCapacity = { TableName: table.name, ...capacity(all) };
  if (detail === "TOTAL") return whole;
  whole.Table = capacity(units);
  for (const { name, kind } of table.indexes) {
    const used = indexes.get(name);
    if (used === undefined) continue;
    const member = kind === "local" ? "LocalSecondaryIndexes" : "GlobalSecondaryIndexes";
    (whole[member] ??= Object.create(null) as Record<string, DynamoDB.Capacity>)[name] = capacity(used);
  }
  return whole;
}

/** Of a write; nothing is counted where nothing was asked. */
export function written(
  detail: ReturnCapacity,
  table: Table,
  before: Item | undefined,
  after: Item | undefined,
): DynamoDB.ConsumedCapacity | undefined {
  if (!returnsCapacity(detail)) return undefined;
  return consumed(detail, writing(table, before, after));
}

/** Of several tables, those of one together. */
export function consumedOf(
  detail: ReturnCapacity,
  used: readonly Used[],
  split?: "ReadCapacityUnits" | "WriteCapacityUnits",
): DynamoDB.ConsumedCapacity[] | undefined {
  if (!returnsCapacity(detail)) return undefined;
  const byTable = new Map<string, Used>();
  for (const one of used) {
    const sum = byTable.get(one.table.name);
    if (sum) add(sum, one);
    else byTable.set(one.table.name, { ...one, indexes: new Map(one.indexes) });
  }
  return [...byTable.values()].map((one) => consumed(detail, one, split)!);
}

export function add(to: Used, more: Used): void {
  to.units += more.units;
  for (const [name, units] of more.indexes) to.indexes.set(name, (to.indexes.get(name) ?? 0) + units);
}

/** @throws {AwsError} where there is no capacity for any part of a batch */
export function checkAnyDone(used: readonly Used[], refused: AwsError | undefined): void {
  if (refused && used.every(({ units }) => units === 0)) throw refused;
}

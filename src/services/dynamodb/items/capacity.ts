import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import type { AwsError } from "#aws/errors.ts";
import type { Index, Table } from "../store.ts";
import { sizeOfItem } from "../values/size.ts";
import { attributeOf, type Item, isEqual } from "../values/value.ts";
import { namesOf, projectedBy } from "./keys.ts";

/**
 * The capacity units that a call consumed of a table and its indexes.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 */
export interface Consumption {
  table: Table;
  units: number;
  /** The units of secondary indexes, by index name. */
  indexes: Map<string, number>;
}

const READ_BYTES = 4_096;
const WRITE_BYTES = 1_024;

/** Eventually consistent reads cost half as much as strongly consistent ones. */
export const readUnits = (bytes: number, consistent: boolean | undefined): number =>
  Math.max(1, Math.ceil(bytes / READ_BYTES)) * (consistent ? 1 : 0.5);

const writeUnits = (bytes: number): number => Math.max(1, Math.ceil(bytes / WRITE_BYTES));

/** The units of a write: in the table and in each affected index, the larger of the old and the new size counts. */
export function writeConsumption(
  table: Table,
  before: Item | undefined,
  after: Item | undefined,
): Consumption {
  const units = writeUnits(Math.max(sizeOr0(before), sizeOr0(after)));
  const indexes = new Map<string, number>();
  for (const index of table.indexes) {
    const used = indexUnits(table, index, before, after);
    if (used > 0) indexes.set(index.name, used);
  }
  return { table, units, indexes };
}

/** The units of a write whose condition failed, which are those of the existing item. */
export const refusedConsumption = (table: Table, before: Item | undefined): Consumption => ({
  table,
  units: writeUnits(sizeOr0(before)),
  indexes: new Map(),
});

/** An entry whose key changes costs a deletion and a write; an unchanged entry costs nothing. */
function indexUnits(table: Table, index: Index, before: Item | undefined, after: Item | undefined): number {
  const was = entryOf(table, index, before);
  const is = entryOf(table, index, after);
  if (!was && !is) return 0;
  if (!was || !is) return writeUnits(sizeOr0(was ?? is));
  if (namesOf(index.key).some((name) => !isEqual(was[name]!, is[name]!)))
    return writeUnits(sizeOfItem(was)) + writeUnits(sizeOfItem(is));
  return isEqual({ M: was }, { M: is }) ? 0 : writeUnits(Math.max(sizeOfItem(was), sizeOfItem(is)));
}

/** The projection of an item into an index: the item itself if all is projected, `undefined` if it lacks a key attribute. */
export function entryOf(table: Table, index: Index, item: Item | undefined): Item | undefined {
  if (!item || namesOf(index.key).some((name) => !attributeOf(item, name))) return undefined;
  return index.projection === "ALL" ? item : projectedBy(table, index)(item);
}

const sizeOr0 = (item: Item | undefined) => (item ? sizeOfItem(item) : 0);

export type ReturnCapacity = DynamoDB.ReturnConsumedCapacity | undefined;

export const returnsCapacity = (detail: ReturnCapacity): boolean => detail !== undefined && detail !== "NONE";

/**
 * The `ConsumedCapacity` of a response, in the requested detail.
 * @param split for transactions, which also state read or write units separately
 */
export function consumedCapacity(
  detail: ReturnCapacity,
  { table, units, indexes }: Consumption,
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

/** The `ConsumedCapacity` of a write, which is only computed on request. */
export function written(
  detail: ReturnCapacity,
  table: Table,
  before: Item | undefined,
  after: Item | undefined,
): DynamoDB.ConsumedCapacity | undefined {
  if (!returnsCapacity(detail)) return undefined;
  return consumedCapacity(detail, writeConsumption(table, before, after));
}

/** The `ConsumedCapacity` of several tables, with one sum for each. */
export function consumedOf(
  detail: ReturnCapacity,
  used: readonly Consumption[],
  split?: "ReadCapacityUnits" | "WriteCapacityUnits",
): DynamoDB.ConsumedCapacity[] | undefined {
  if (!returnsCapacity(detail)) return undefined;
  const byTable = new Map<string, Consumption>();
  for (const one of used) {
    const sum = byTable.get(one.table.name);
    if (sum) add(sum, one);
    else byTable.set(one.table.name, { ...one, indexes: new Map(one.indexes) });
  }
  return [...byTable.values()].map((one) => consumedCapacity(detail, one, split)!);
}

export function add(to: Consumption, more: Consumption): void {
  to.units += more.units;
  for (const [name, units] of more.indexes) to.indexes.set(name, (to.indexes.get(name) ?? 0) + units);
}

/** @throws {AwsError} `refused`, if no part of a batch had capacity */
export function checkAnyDone(used: readonly Consumption[], refused: AwsError | undefined): void {
  if (refused && used.every(({ units }) => units === 0)) throw refused;
}

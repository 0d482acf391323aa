import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import type { Table } from "../store.ts";
import { sizeOfItem } from "../values/size.ts";
import type { Item } from "../values/value.ts";
import { namesOf } from "./keys.ts";

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
  const size = (item: Item | undefined) => (item ? sizeOfItem(item) : 0);
  const units = writeUnits(Math.max(size(before), size(after)));
  const indexes = new Map<string, number>();
  for (const { name, key } of table.indexes) {
    const stands = (item: Item | undefined) =>
      item !== undefined && namesOf(key).every((attribute) => item[attribute]);
    if (stands(before) || stands(after)) indexes.set(name, units);
  }
  return { table, units, indexes };
}

/** As it was asked for. */
export function consumed(
  asked: DynamoDB.ReturnConsumedCapacity | undefined,
  { table, units, indexes }: Used,
  kind: "read" | "write" | "transaction",
): DynamoDB.ConsumedCapacity | undefined {
  if (asked === undefined || asked === "NONE") return undefined;
  const all = units + [...indexes.values()].reduce((sum, more) => sum + more, 0);
  const split = (value: number) => ({
    CapacityUnits: value,
    ...(kind === "transaction" && { WriteCapacityUnits: value }),
  });
  const told: DynamoDB.ConsumedCapacity = { TableName: table.name, ...split(all) };
  if (asked === "TOTAL") return told;
  told.Table = split(units);
  for (const { name, kind: place } of table.indexes) {
    const used = indexes.get(name);
    if (used === undefined) continue;
    const member = place === "local" ? "LocalSecondaryIndexes" : "GlobalSecondaryIndexes";
    (told[member] ??= {})[name] = split(used);
  }
  return told;
}

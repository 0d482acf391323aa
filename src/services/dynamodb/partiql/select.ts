import { hash } from "node:crypto";
import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import type { Context } from "#kernel/context.ts";
import type { ListRange, ReadTransaction } from "#kernel/records/transaction.ts";
import { invalid, invalidParameters } from "../errors.ts";
import { testOf } from "../expressions/conditions.ts";
import type { Path } from "../expressions/grammar.ts";
import { clashIn, valueAt } from "../expressions/paths.ts";
import { add, type Consumption, consumedCapacity } from "../items/capacity.ts";
import { hashOf, namesOf, partitionNames, sortNames, sortPart } from "../items/keys.ts";
import { tableToRead } from "../items/rows.ts";
import { itemsIn, type Page, pageOf } from "../reads/pages.ts";
import { restOfQuery, sortBounds } from "../reads/query.ts";
import { indexOf, type Reading, readingOf } from "../reads/reading.ts";
import { restOfScan } from "../reads/scan.ts";
import type { Index, Table } from "../store.ts";
import { meterOf } from "../throughput/meter.ts";
import { decodeItem, encodeItem } from "../values/stored.ts";
import { compareValues, type Item, type Value } from "../values/value.ts";
import { hashKeyNotOrdered, wrongOrder } from "./errors.ts";
import type { Select } from "./grammar.ts";
import { type Reach, reachOf } from "./keys.ts";
import { literalPlaceholders } from "./literals.ts";

const PURPOSE = "dynamodb/statement";
/** The most bytes that one response reads in all partitions. An eventually consistent read unit is two blocks. */
const MAX_BYTES = 2 ** 20;
const BLOCK_BYTES = 4_096;
/** The most items in one response of a statement that names several partitions. */
const MAX_ITEMS_OF_SEVERAL = 10;

/** The position at which the next call continues. */
interface Position {
  /** The digest of the statement and its parameters. */
  digest: string;
  /** The position of the partition among those that the statement names. */
  partition: number;
  /** The encoded key after which the partition continues. */
  behind?: string | undefined;
}

type Request = Pick<
  DynamoDB.ExecuteStatementInput,
  "Statement" | "Parameters" | "ConsistentRead" | "NextToken" | "Limit" | "ReturnConsumedCapacity"
>;

/** Executes a SELECT: reads the partitions that the condition names, or scans the table or index. */
export async function select(
  ctx: Context,
  tx: ReadTransaction,
  statement: Select,
  values: readonly Value[],
  request: Request,
): Promise<DynamoDB.ExecuteStatementOutput> {
  const table = await tableToRead(tx, statement.table, request.ConsistentRead);
  const index = indexOf(table, statement.index, undefined);
  const key = index?.key ?? table.key;
  const reach = reachOf(table, key, statement.where, values);
  const reverse = isReversed(statement, key, reach.partitions);
  const partitions = reach.partitions ? inOrder(reach.partitions, statement, key) : [undefined];
  const reading = { ...readingBy(statement, values, request, table, index), meter: meterOf(ctx, tx) };
  const digest = hash("sha256", JSON.stringify([request.Statement, request.Parameters]));
  const start = positionIn(ctx, request.NextToken, digest);
  const source = { table, index, reach, reverse, partitions };
  const { items, used, last, next } = await readPartitions(tx, source, reading, start, request.Limit);
  return {
    Items: items,
    NextToken: next && ctx.seal.seal(PURPOSE, { ...next, digest } satisfies Position),
    LastEvaluatedKey: last,
    ConsumedCapacity: consumedCapacity(request.ReturnConsumedCapacity, used),
  };
}

/** The part of a table or index to read, and in which order. A scan has one partition, `undefined`. */
interface Source {
  table: Table;
  index: Index | undefined;
  reach: Reach;
  reverse: boolean;
  partitions: readonly (Item | undefined)[];
}

interface Read {
  items: Item[];
  used: Consumption;
  last?: Item;
  next?: Omit<Position, "digest">;
}

/** Reads partitions one after the other until the response is full. */
async function readPartitions(
  tx: ReadTransaction,
  source: Source,
  reading: Reading,
  start: Position,
  limit: number | undefined,
): Promise<Read> {
  const { table, index, partitions } = source;
  const items: Item[] = [];
  const used: Consumption = { table, units: 0, indexes: new Map() };
  let bytes = 0;
  let left = partitions.length > 1 ? Math.min(limit ?? MAX_ITEMS_OF_SEVERAL, MAX_ITEMS_OF_SEVERAL) : limit;
  for (let at = start.partition; at < partitions.length; at++) {
    const range = rangeOf(source, partitions[at], at === start.partition ? start.behind : undefined);
    const page = await pageOf(tx, table, index, range, { ...reading, limit: left });
    items.push(...itemsIn(page));
    add(used, usedBy(page, table, index));
    bytes += page.ConsumedCapacity!.CapacityUnits! * BLOCK_BYTES * (reading.consistent ? 1 : 2);
    if (left !== undefined) left -= page.ScannedCount;
    const last = page.LastEvaluatedKey;
    if (last) {
      const behind = Buffer.from(encodeItem(last)).toString("base64");
      return { items, used, last, next: { partition: at, behind } };
    }
    const isFull = left === 0 || bytes >= MAX_BYTES;
    if (isFull && at + 1 < partitions.length) return { items, used, next: { partition: at + 1 } };
  }
  return { items, used };
}

/** The capacity that a page consumed of the table and the index. */
function usedBy({ ConsumedCapacity }: Page, table: Table, index: Index | undefined): Consumption {
  const { CapacityUnits: all, Table: own } = ConsumedCapacity!;
  const units = own!.CapacityUnits!;
  return { table, units, indexes: new Map(index ? [[index.name, all! - units]] : []) };
}

/** The rows of a partition, or of a scan, after a key if there is one. */
function rangeOf(
  { table, index, reach, reverse }: Source,
  partition: Item | undefined,
  behind: string | undefined,
): Omit<ListRange, "limit"> {
  const start = behind === undefined ? undefined : decodeItem(Buffer.from(behind, "base64"));
  const { number } = index ?? table;
  if (!partition) return { in: [number], ...(start && restOfScan(table, index, start)) };
  const range = {
    in: [number, hashOf(index?.key ?? table.key, partition), ...reach.equal.map(sortPart)],
    ...(reach.sort && sortBounds(reach.sort)),
    reverse,
  };
  return start ? restOfQuery(range, table, index, start) : range;
}

function positionIn(ctx: Context, token: string | undefined, digest: string): Position {
  if (token === undefined) return { digest, partition: 0 };
  const position = ctx.seal.unseal(PURPOSE, token) as Position | undefined;
  if (!position) throw invalid("Invalid NextToken");
  if (position.digest !== digest) throw invalid("NextToken does not match request");
  return position;
}

/** Whether each partition is read in descending order. @throws {AwsError} ValidationException */
function isReversed({ order }: Select, key: Table["key"], partitions: readonly Item[] | undefined): boolean {
  if (order.length === 0) return false;
  if (!partitions) throw wrongOrder("at least one non-optional hash key condition in WHERE clause");
  for (const { name } of order) {
    if (!namesOf(key).includes(name))
      throw invalid(`Variable reference ${name} in ORDER BY clause must be part of the primary key`);
  }
  const isOrdered = order.some(({ name }) => partitionNames(key).includes(name));
  if (partitions.length > 1 && !isOrdered) throw hashKeyNotOrdered();
  return order.find(({ name }) => sortNames(key).includes(name))?.descending ?? false;
}

/** Partitions in the order of the condition, or sorted by their keys if ORDER BY contains these. */
function inOrder(partitions: readonly Item[], { order }: Select, key: Table["key"]): readonly Item[] {
  const by = order.filter(({ name }) => partitionNames(key).includes(name));
  return partitions.toSorted((a, b) => {
    for (const { name, descending } of by) {
      const difference = compareValues(a[name]!, b[name]!)!;
      if (difference !== 0) return descending ? -difference : difference;
    }
    return 0;
  });
}

/** The filter and projection of a statement. */
function readingBy(
  statement: Select,
  values: readonly Value[],
  request: Request,
  table: Table,
  index: Index | undefined,
): Reading {
  const placeholderMap = literalPlaceholders(values);
  const base = readingOf(
    {
      ConsistentRead: request.ConsistentRead,
      AttributesToGet: statement.shown && [...new Set(statement.shown.map(([name]) => String(name)))],
    },
    placeholderMap,
    new Map(),
  )(table, index);
  const test = statement.where && testOf("FilterExpression", statement.where, placeholderMap);
  return {
    ...base,
    filter: test ?? base.filter,
    project: statement.shown ? projectionBy(statement.shown) : base.project,
    returnCapacity: "INDEXES",
  };
}

/**
 * Returns each path's value under the name of its last step.
 * @throws {AwsError} ValidationException for overlapping paths
 */
export function projectionBy(paths: readonly Path[]): (item: Item) => Item {
  const clash = clashIn(paths);
  if (clash) throw invalidParameters(clash);
  return (item) => {
    const shown: Item = Object.create(null);
    for (const path of paths) {
      const value = valueAt(item, path);
      if (value) shown[nameOf(path)] = value;
    }
    return shown;
  };
}

/** The name of a path's last step; for a list element, the list's name and the index. */
function nameOf(path: Path): string {
  const at = path.findLastIndex((step) => typeof step === "string");
  return path
    .slice(at)
    .map((step) => (typeof step === "number" ? `[${step}]` : step))
    .join("");
}

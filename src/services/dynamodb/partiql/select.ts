import { hash } from "node:crypto";
import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import type { Context } from "#kernel/context.ts";
import type { ListRange, ReadTransaction } from "#kernel/transaction.ts";
import { invalid, invalidParameters } from "../errors.ts";
import { testOf } from "../expressions/conditions.ts";
import type { Path } from "../expressions/grammar.ts";
import { clashIn, valueAt } from "../expressions/paths.ts";
import { add, consumed, type Used } from "../items/capacity.ts";
import { hashOf, namesOf, partitionNames, sortNames, sortPart } from "../items/keys.ts";
import { tableAt } from "../items/rows.ts";
import { itemsIn, pageOf } from "../reads/pages.ts";
import { restOfQuery, sortBounds } from "../reads/query.ts";
import { indexOf, type Reading, readingOf } from "../reads/reading.ts";
import { restOfScan } from "../reads/scan.ts";
import type { Index, Table } from "../store.ts";
import { meterOf } from "../throughput/meter.ts";
import { itemStored, storedItem } from "../values/stored.ts";
import { compareValues, type Item, type Value } from "../values/value.ts";
import { hashKeyNotOrdered, wrongOrder } from "./errors.ts";
import type { Select } from "./grammar.ts";
import { reachOf } from "./keys.ts";
import { holdersOf } from "./literals.ts";

const PURPOSE = "dynamodb/statement";
/** Bytes that one answer looks at, over all partitions; a unit of eventually consistent reading is two blocks. */
const MOST_BYTES = 2 ** 20;
const BLOCK_BYTES = 4_096;
/** Items of several partitions in one answer. */
const MOST_OF_SEVERAL = 10;

/** Where a later call goes on. */
interface Place {
  /** Of the statement and its values. */
  digest: string;
  /** Of the partitions that it names. */
  partition: number;
  /** The key behind which it goes on there, as it is stored. */
  behind?: string | undefined;
}

type Asked = Pick<
  DynamoDB.ExecuteStatementInput,
  "Statement" | "Parameters" | "ConsistentRead" | "NextToken" | "Limit" | "ReturnConsumedCapacity"
>;

/** Reads by the key where the statement says which partitions it wants, and all there is where not. */
export async function select(
  ctx: Context,
  tx: ReadTransaction,
  statement: Select,
  values: readonly Value[],
  asked: Asked,
): Promise<DynamoDB.ExecuteStatementOutput> {
  const table = await tableAt(tx, statement.table);
  const index = indexOf(table, statement.index, undefined);
  const key = index?.key ?? table.key;
  const reach = reachOf(table, key, statement.where, values);
  const reverse = isReversed(statement, key, reach.partitions);
  const partitions = reach.partitions ? inOrder(reach.partitions, statement, key) : [undefined];
  const reading = {
    ...readingBy(statement, values, asked, table, index),
    meter: meterOf(ctx, tx),
  };
  const digest = hash("sha256", JSON.stringify([asked.Statement, asked.Parameters]));
  let place = placeIn(ctx, asked.NextToken, digest);

  const Items: Item[] = [];
  const used: Used = { table, units: 0, indexes: new Map() };
  let bytes = 0;
  let left = partitions.length > 1 ? Math.min(asked.Limit ?? MOST_OF_SEVERAL, MOST_OF_SEVERAL) : asked.Limit;
  let last: Item | undefined;
  let next: Omit<Place, "digest"> | undefined;
  for (let at = place.partition; at < partitions.length; at++) {
    const partition = partitions[at];
    const behind = place.behind === undefined ? undefined : itemStored(Buffer.from(place.behind, "base64"));
    const range: Omit<ListRange, "limit"> = partition
      ? {
          in: [(index ?? table).number, hashOf(key, partition), ...reach.equal.map(sortPart)],
          ...(reach.sort && sortBounds(reach.sort)),
          reverse,
        }
      : { in: [(index ?? table).number], ...(behind && restOfScan(table, index, behind)) };
    const page = await pageOf(
      tx,
      table,
      index,
      partition && behind ? restOfQuery(range, table, index, behind) : range,
      { ...reading, limit: left },
    );
    Items.push(...itemsIn(page));
    const { CapacityUnits: units, Table: own } = page.ConsumedCapacity!;
    const inIndex = index ? units! - own!.CapacityUnits! : 0;
    add(used, {
      table,
      units: own!.CapacityUnits!,
      indexes: new Map(index ? [[index.name, inIndex]] : []),
    });
    bytes += units! * BLOCK_BYTES * (asked.ConsistentRead ? 1 : 2);
    if (left !== undefined) left -= page.ScannedCount;
    last = page.LastEvaluatedKey;
    if (last) {
      next = { partition: at, behind: Buffer.from(storedItem(last)).toString("base64") };
      break;
    }
    place = { digest, partition: at + 1 };
    const isFull = left === 0 || bytes >= MOST_BYTES;
    if (isFull && at + 1 < partitions.length) {
      next = { partition: at + 1 };
      break;
    }
  }
  return {
    Items,
    NextToken: next && ctx.seal.seal(PURPOSE, { ...next, digest } satisfies Place),
    LastEvaluatedKey: last,
    ConsumedCapacity: consumed(asked.ReturnConsumedCapacity, used),
  };
}

function placeIn(ctx: Context, token: string | undefined, digest: string): Place {
  if (token === undefined) return { digest, partition: 0 };
  const place = ctx.seal.unseal(PURPOSE, token) as Place | undefined;
  if (!place) throw invalid("Invalid NextToken");
  if (place.digest !== digest) throw invalid("NextToken does not match request");
  return place;
}

/** Whether each partition is read from its end. @throws {AwsError} ValidationException */
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

/** As the statement names partitions, or by their keys where it says so. */
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

/** What the statement shows of an item, and of which. */
function readingBy(
  statement: Select,
  values: readonly Value[],
  asked: Asked,
  table: Table,
  index: Index | undefined,
): Reading {
  const holders = holdersOf(values);
  const base = readingOf(
    {
      ConsistentRead: asked.ConsistentRead,
      AttributesToGet: statement.shown && [...new Set(statement.shown.map(([name]) => String(name)))],
    },
    holders,
    new Map(),
  )(table, index);
  const test = statement.where && testOf("FilterExpression", statement.where, holders);
  return {
    ...base,
    filter: test ?? base.filter,
    project: statement.shown ? projectionBy(statement.shown) : base.project,
    asked: "INDEXES",
  };
}

/** Each path under the name of its last step. @throws {AwsError} ValidationException for paths that overlap */
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

/** Of an element its list's name, and its place. */
function nameOf(path: Path): string {
  const at = path.findLastIndex((step) => typeof step === "string");
  return path
    .slice(at)
    .map((step) => (typeof step === "number" ? `[${step}]` : step))
    .join("");
}

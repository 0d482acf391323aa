import type { KeyPart } from "#kernel/records/keys.ts";
import type { ListRange } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { invalid } from "../errors.ts";
import {
  checkNoKeys,
  isInPartition,
  type KeyCondition,
  type KeyRange,
  keyConditionOf,
  keyConditionsOf,
  keyRangeOf,
  meetsSort,
} from "../expressions/key-conditions.ts";
import { placeholders } from "../expressions/placeholders.ts";
import { hashOf, rowKey, sortPart } from "../items/keys.ts";
import { checkParameters, namedProjection } from "../items/request.ts";
import { tableToRead } from "../items/rows.ts";
import { checkedConditions } from "../legacy/conditions.ts";
import { keyConditionsIn } from "../legacy/key-conditions.ts";
import type { Index, KeyNames, Table } from "../store.ts";
import { meterOf } from "../throughput/meter.ts";
import type { Item } from "../values/value.ts";
import { pageOf } from "./pages.ts";
import { checkSelect, indexOf, readingOf } from "./reading.ts";
import { checkStart, startIn } from "./start.ts";

export const queryOperations = {
  async Query(ctx, input) {
    checkParameters(
      input,
      ["ProjectionExpression", "FilterExpression", "KeyConditionExpression"],
      ["AttributesToGet", "QueryFilter", "ConditionalOperator", "KeyConditions"],
    );
    const older = checkedConditions(input.QueryFilter);
    const start = startIn(input.ExclusiveStartKey);
    checkSelect(input, "Query");
    if (input.AttributesToGet) namedProjection(input.AttributesToGet);
    const { KeyConditionExpression: source, KeyConditions: olderKeys } = input;
    const keys = olderKeys && checkedConditions(olderKeys);
    const placeholderMap = placeholders(input);
    const expressed = source === undefined ? undefined : keyConditionOf(source, placeholderMap);
    const reading = readingOf(input, placeholderMap, older);
    placeholderMap.settle();
    if (!expressed && !keys)
      throw invalid(
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
      );
    const conditions = expressed ? keyConditionsOf(expressed, placeholderMap) : keyConditionsIn(keys!);
    return ctx.read(async (tx) => {
      const table = await tableToRead(tx, input.TableName, input.ConsistentRead);
      const index = indexOf(table, input.IndexName, start);
      const key = index?.key ?? table.key;
      const read = { ...reading(table, index), meter: meterOf(ctx, tx) };
      const wanted = keyRangeOf(conditions, key, table.types);
      checkNoKeys(key, "Filter Expression", placeholderMap.names("FilterExpression"));
      checkNoKeys(key, "QueryFilter", older);
      if (start) {
        checkStart(table, index, start, "Query");
        checkWithin(start, key, wanted);
      }
      const { partition, equal, sort } = wanted;
      const reverse = input.ScanIndexForward === false;
      const range: Omit<ListRange, "limit"> = {
        in: [(index ?? table).number, hashOf(key, partition), ...equal.map(sortPart)],
        ...(sort && sortBounds(sort)),
        reverse,
      };
      return pageOf(tx, table, index, start ? restOfQuery(range, table, index, start) : range, read);
    });
  },
} satisfies Handlers<"dynamodb">;

/** Checks that a start key satisfies the key conditions. @throws {AwsError} ValidationException */
function checkWithin(start: Item, key: KeyNames, wanted: KeyRange): void {
  if (!isInPartition(wanted, key, start))
    throw invalid("The provided starting key is outside query boundaries based on provided conditions");
  if (!meetsSort(wanted, key, start))
    throw invalid("The provided starting key does not match the range key predicate");
}

/** The range of sort keys, as they are stored, that meet a condition. */
export function sortBounds({ operator, values }: KeyCondition): Partial<ListRange> {
  const [low, high] = values.map((value) => [sortPart(value)]);
  switch (operator) {
    case "=":
      return { from: low!, through: low! };
    case "<":
      return { before: low! };
    case "<=":
      return { through: low! };
    case ">":
      return { after: low! };
    case ">=":
      return { from: low! };
    case "BETWEEN":
      return { from: low!, through: high! };
    default:
      return { prefix: low![0]! };
  }
}

/** The part of a partition's range after the start key, in the direction of the query. */
export function restOfQuery(
  range: Omit<ListRange, "limit">,
  table: Table,
  index: Index | undefined,
  start: Item,
): Omit<ListRange, "limit"> {
  const row = rowKey(0, index?.key ?? table.key, start);
  const own: KeyPart[] = index ? rowKey(0, table.key, start).slice(1) : [];
  const place = [...row.slice(range.in!.length), ...own];
  return range.reverse ? { ...range, before: place } : { ...range, after: place };
}

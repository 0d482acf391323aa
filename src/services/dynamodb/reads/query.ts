import type { KeyPart } from "#kernel/keys.ts";
import type { Handlers } from "#kernel/service.ts";
import type { ListRange } from "#kernel/transaction.ts";
import { invalid } from "../errors.ts";
import { type KeyCondition, keyConditionsOf, keyRangeOf } from "../expressions/key-conditions.ts";
import { placeholders } from "../expressions/placeholders.ts";
import { partitionHash, rowKey, sortBytes } from "../items/keys.ts";
import { refuseLegacy } from "../items/request.ts";
import { tableAt } from "../items/rows.ts";
import type { Index, Table } from "../store.ts";
import { type Item, isEqual } from "../values/value.ts";
import { pageOf } from "./pages.ts";
import { indexOf, readingOf, startKeyOf } from "./reading.ts";

export const queryOperations = {
  async Query(ctx, input) {
    refuseLegacy(input);
    const { KeyConditionExpression, FilterExpression, ProjectionExpression } = input;
    const holders = placeholders(input, { ProjectionExpression, FilterExpression, KeyConditionExpression });
    if (KeyConditionExpression === undefined)
      throw invalid(
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
      );
    const conditions = keyConditionsOf(KeyConditionExpression, holders);
    const reading = readingOf(input, holders);
    holders.settle();
    return ctx.read(async (tx) => {
      const table = await tableAt(tx, input.TableName);
      const index = indexOf(table, input.IndexName);
      const key = index?.key ?? table.key;
      const { partition, sort } = keyRangeOf(conditions, key, table.types);
      const start = startKeyOf(table, index, input.ExclusiveStartKey);
      if (start && !isEqual(start[key.partition]!, partition))
        throw invalid("The provided starting key is outside query boundaries based on provided conditions");
      const reverse = input.ScanIndexForward === false;
      const range: Omit<ListRange, "limit"> = {
        in: [(index ?? table).number, partitionHash(partition)],
        ...(sort && bounds(sort)),
        reverse,
      };
      return pageOf(
        tx,
        table,
        index,
        start ? behind(range, table, index, start) : range,
        reading(table, index),
      );
    });
  },
} satisfies Handlers<"dynamodb">;

/** Of the sort key, in the order of its bytes. */
function bounds({ operator, values }: KeyCondition): Partial<ListRange> {
  const [low, high] = values.map((value) => [sortBytes(value)]);
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

/** The rest of a range, in the direction in which it is read. */
function behind(
  range: Omit<ListRange, "limit">,
  table: Table,
  index: Index | undefined,
  start: Item,
): Omit<ListRange, "limit"> {
  const [, , ...sort] = rowKey(0, index?.key ?? table.key, start);
  const own: KeyPart[] = index ? rowKey(0, table.key, start).slice(1) : [];
  const place = [...sort, ...own];
  return range.reverse ? { ...range, before: place } : { ...range, after: place };
}

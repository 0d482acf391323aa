import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import type { AwsError } from "#aws/errors.ts";
import type { RawJson } from "#aws/protocols/raw-json.ts";
import type { Handlers } from "#kernel/service.ts";
import { invalid } from "../errors.ts";
import type { Projection } from "../expressions/projections.ts";
import { meterOf } from "../throughput/meter.ts";
import { rawTables, type StoredItem } from "../values/stored.ts";
import { checkedItem, type Item } from "../values/value.ts";
import { checkAnyDone, consumedOf, readUnits, type Used } from "./capacity.ts";
import { checkKey } from "./keys.ts";
import { checkParameters, projectionIn } from "./request.ts";
import { storedItemAt, tableAt } from "./rows.ts";

const MOST_READ = 100;
/** What a batch answers at most, and how much of JSON; the rest is to be asked for again. */
const MOST_BYTES = 16 * 2 ** 20;
const MOST_TEXT = 64 * 2 ** 20;
const NONE: Used["indexes"] = new Map();

export const batchReadOperations = {
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

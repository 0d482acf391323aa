import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import type { AwsError } from "#aws/errors.ts";
import type { RawJson } from "#aws/protocols/raw-json.ts";
import type { Handlers } from "#kernel/service.ts";
import type { ReadTransaction } from "#kernel/transaction.ts";
import { invalid } from "../errors.ts";
import type { Projection } from "../expressions/projections.ts";
import { type Meter, meterOf } from "../throughput/meter.ts";
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
    const requests = requestsIn(input);
    return ctx.read(async (tx) => {
      const batch: Batch = {
        responses: [],
        unprocessed: Object.create(null),
        used: [],
        refused: undefined,
        left: MOST_BYTES,
        text: 0,
      };
      const meter = meterOf(ctx, tx);
      for (const request of requests) await readTable(tx, batch, request, meter);
      checkAnyDone(batch.used, batch.refused);
      return {
        Responses: answered(batch.responses),
        UnprocessedKeys: batch.unprocessed,
        ConsumedCapacity: consumedOf(input.ReturnConsumedCapacity, batch.used),
      };
    });
  },
} satisfies Handlers<"dynamodb">;

/** What is read of one table. */
interface TableRequest {
  name: string;
  request: DynamoDB.KeysAndAttributes;
  keys: readonly Item[];
  project: Projection | undefined;
}

/** @throws {AwsError} ValidationException */
function requestsIn(input: DynamoDB.BatchGetItemInput): TableRequest[] {
  let count = 0;
  return Object.entries(input.RequestItems).map(([name, request]) => {
    checkParameters(request, ["ProjectionExpression"], ["AttributesToGet"]);
    const keys = request.Keys.map((key) => checkedItem(key));
    checkDifferent(keys);
    count += keys.length;
    if (count > MOST_READ) throw invalid("Too many items requested for the BatchGetItem call");
    return { name, request, project: projectionIn(request), keys };
  });
}

type TableResponse = readonly [table: string, items: readonly StoredItem[], project: Projection | undefined];

/** What has been read so far, and how much more the answer takes. */
interface Batch {
  responses: TableResponse[];
  unprocessed: Record<string, DynamoDB.KeysAndAttributes>;
  used: Used[];
  /** Why what is unprocessed was not read, where that is not for its size. */
  refused: AwsError | undefined;
  left: number;
  /** Bytes of JSON. */
  text: number;
}

async function readTable(
  tx: ReadTransaction,
  batch: Batch,
  { name, request, project, keys }: TableRequest,
  meter: Meter | undefined,
): Promise<void> {
  const table = await tableAt(tx, name);
  for (const key of keys) checkKey(table, key);
  const items: StoredItem[] = [];
  let units = 0;
  for (const [at, key] of keys.entries()) {
    const stored = batch.left > 0 ? await storedItemAt(tx, table, key) : undefined;
    const size = stored?.size ?? 0;
    const reading = { table, units: readUnits(size, request.ConsistentRead), indexes: NONE };
    const refusal = meter?.refusal("read", reading);
    // What does not fit any more ends the answer.
    batch.text += stored?.length ?? 0;
    if (size > batch.left || batch.text > MOST_TEXT) batch.left = 0;
    if (batch.left <= 0 || refusal) {
      batch.refused ??= refusal;
      (batch.unprocessed[name] ??= { ...request, Keys: [] }).Keys.push(request.Keys[at]!);
      continue;
    }
    meter?.count("read", reading);
    units += reading.units;
    batch.left -= size;
    if (stored) items.push(stored);
  }
  batch.responses.push([name, items, project]);
  batch.used.push({ table, units, indexes: new Map() });
}

/** Items are read only where not all of each is asked for. */
function answered(
  responses: readonly TableResponse[],
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

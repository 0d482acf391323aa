import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import type { AwsError } from "#aws/errors.ts";
import type { RawJson } from "#aws/protocols/json/raw.ts";
import type { Context } from "#kernel/context.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { invalid } from "../errors.ts";
import type { Projection } from "../expressions/projections.ts";
import { atHome, homeOf } from "../replicas/home.ts";
import type { Table } from "../store.ts";
import { type Meter, meterOf } from "../throughput/meter.ts";
import { rawTables, type StoredItem } from "../values/stored.ts";
import { checkedItem, type Item } from "../values/value.ts";
import { type Consumption, checkAnyDone, consumedOf, readUnits } from "./capacity.ts";
import { checkKey } from "./keys.ts";
import { checkParameters, projectionIn } from "./request.ts";
import { storedItemAt, tableAt, tableToRead } from "./rows.ts";

const MAX_KEYS = 100;
/** The most bytes of items, as DynamoDB counts them, and of JSON in one response; the other keys are unprocessed. */
const MAX_ITEM_BYTES = 16 * 2 ** 20;
const MAX_JSON_BYTES = 64 * 2 ** 20;
const NO_INDEXES: Consumption["indexes"] = new Map();

export const batchReadOperations = {
  async BatchGetItem(ctx, input) {
    const requests = requestsIn(input);
    const batch: Batch = {
      responses: [],
      unprocessed: Object.create(null),
      used: [],
      refused: undefined,
      left: MAX_ITEM_BYTES,
      text: 0,
    };
    const elsewhere = await ctx.read((tx) => readHere(ctx, tx, batch, requests));
    for (const request of elsewhere)
      await atHome(ctx, (there) => there.read((tx) => readAlone(there, tx, batch, request)));
    checkAnyDone(batch.used, batch.refused);
    return {
      Responses: responsesOf(batch.responses),
      UnprocessedKeys: batch.unprocessed,
      ConsumedCapacity: consumedOf(input.ReturnConsumedCapacity, batch.used),
    };
  },
} satisfies Handlers<"dynamodb">;

/** The part of a batch that reads one table. */
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
    checkDistinct(keys);
    count += keys.length;
    if (count > MAX_KEYS) throw invalid("Too many items requested for the BatchGetItem call");
    return { name, request, project: projectionIn(request), keys };
  });
}

type TableResponse = readonly [table: string, items: readonly StoredItem[], project: Projection | undefined];

/** What has been read so far, and how much more the response may hold. */
interface Batch {
  responses: TableResponse[];
  unprocessed: Record<string, DynamoDB.KeysAndAttributes>;
  used: Consumption[];
  /** The error that left keys unprocessed, if the reason was not the size of the response. */
  refused: AwsError | undefined;
  left: number;
  /** The size of the response as JSON, in bytes. */
  text: number;
}

/** Reads the tables whose items are in this Region. @returns the requests for latest items that are in another Region */
async function readHere(
  ctx: Context,
  tx: ReadTransaction,
  batch: Batch,
  requests: readonly TableRequest[],
): Promise<TableRequest[]> {
  const elsewhere: TableRequest[] = [];
  const meter = meterOf(ctx, tx);
  for (const one of requests) {
    const table = await tableAt(tx, one.name);
    if (one.request.ConsistentRead && homeOf(table) !== undefined) elsewhere.push(one);
    else await readTable(tx, batch, table, one, meter);
  }
  return elsewhere;
}

/** Reads the latest items of a table, in their Region. @throws {AwsError | HeldElsewhere} */
async function readAlone(
  ctx: Context,
  tx: ReadTransaction,
  batch: Batch,
  request: TableRequest,
): Promise<void> {
  const table = await tableToRead(tx, request.name, true);
  await readTable(tx, batch, table, request, meterOf(ctx, tx));
}

async function readTable(
  tx: ReadTransaction,
  batch: Batch,
  table: Table,
  { name, request, project, keys }: TableRequest,
  meter: Meter | undefined,
): Promise<void> {
  for (const key of keys) checkKey(table, key);
  const items: StoredItem[] = [];
  let units = 0;
  for (const [at, key] of keys.entries()) {
    const stored = batch.left > 0 ? await storedItemAt(tx, table, key) : undefined;
    const size = stored?.size ?? 0;
    const reading = { table, units: readUnits(size, request.ConsistentRead), indexes: NO_INDEXES };
    const refusal = meter?.refusal("read", reading);
    // The first item that does not fit ends the response.
    batch.text += stored?.length ?? 0;
    if (size > batch.left || batch.text > MAX_JSON_BYTES) batch.left = 0;
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

/** Builds the response. Items are only parsed if a projection applies to any of them. */
function responsesOf(
  responses: readonly TableResponse[],
): Record<string, Item[]> | RawJson<Record<string, Item[]>> {
  if (responses.every(([, , project]) => !project)) return rawTables(responses);
  const shown = responses.map(([table, items, project]) => [
    table,
    items.map(({ item }) => (project ? project(item) : item)),
  ]);
  return Object.fromEntries(shown);
}

/** Compares keys as they were sent, before they are checked against a table's schema. @throws {AwsError} ValidationException */
function checkDistinct(keys: readonly Item[]): void {
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

import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { AwsError } from "#aws/errors.ts";
import {
  MAX_TRANSACTION_BYTES,
  type ReadTransaction,
  type Transaction,
} from "#kernel/records/transaction.ts";
import { faultsOf, type Handlers } from "#kernel/service.ts";
import { invalid, isCollectionTooLarge, isEmptyKey, itemTooLarge } from "../errors.ts";
import type { Test } from "../expressions/conditions.ts";
import type { Update } from "../expressions/updates.ts";
import { type Consumption, consumedOf, readUnits, writeConsumption } from "../items/capacity.ts";
import { itemCollectionMetrics } from "../items/collections.ts";
import { checkedPut, checkNoKeyUpdates, conditionIn, updatedItem, updateIn } from "../items/items.ts";
import { checkItemKeys, checkKey, rowKey } from "../items/keys.ts";
import { projectionIn } from "../items/request.ts";
import { isTooLarge } from "../items/room.ts";
import { changeItem, itemAt, storedItemAt, tableToTransact } from "../items/rows.ts";
import type { Table } from "../store.ts";
import { type Meter, meterOf, type Way } from "../throughput/meter.ts";
import { sizeOfItem } from "../values/size.ts";
import { checkedItem, type Item } from "../values/value.ts";
import { isDone, remember, type Token, tokenIn } from "./tokens.ts";

const MAX_BYTES = 4 * 2 ** 20;
/** Total bytes of old and new items from which rows are compressed. Streams, recovery and replicas store each item again. */
const TIGHT_FROM_BYTES = 128 * 1_024;
/** The most bytes that a transaction's changes may take in a commit, which also holds the jobs that it enqueues. */
const MAX_WRITTEN_BYTES = MAX_TRANSACTION_BYTES - 2 ** 20;
const fault = faultsOf<"dynamodb">();

/** One action of a transaction. */
export interface Action {
  table: string;
  /** The key, or the item to put. */
  item: Item;
  kind: "check" | "put" | "delete" | "update";
  test: Test | undefined;
  update?: Update | undefined;
  /** The cancellation reason if `test` fails, unless that is a failed condition. */
  refusal?: { Code: string; Message: string };
  returnOnFailure: DynamoDB.ReturnValuesOnConditionCheckFailure | undefined;
}

export const transactionOperations = {
  async TransactWriteItems(ctx, input) {
    const actions = input.TransactItems.map(actionIn);
    const token = tokenIn(input);
    return ctx.transact(async (tx) => {
      const { used, split } = await applyActions(tx, token, actions, meterOf(ctx, tx));
      return {
        ConsumedCapacity: consumedOf(input.ReturnConsumedCapacity, used, split),
        ItemCollectionMetrics: await collectionsOf(tx, input.ReturnItemCollectionMetrics, actions, used),
      };
    });
  },

  async TransactGetItems(ctx, input) {
    const reads = input.TransactItems.map(({ Get: get }) => {
      const key = checkedItem(get.Key);
      return { table: get.TableName, key, project: projectionIn(get) };
    });
    return ctx.read(async (tx) => {
      const tables = await Promise.all(reads.map(({ table }) => tableToTransact(tx, table)));
      const actions = reads.map(({ key }) => ({ kind: "check", item: key }) as const);
      checkDistinct(actions, tables);
      const reasons = actions.map((one, at) => {
        const wrong = keyFault(tables[at]!, one);
        return wrong ? validationReason(wrong) : { Code: "None" };
      });
      checkReasons(reasons);
      const used: Consumption[] = [];
      const Responses: DynamoDB.ItemResponse[] = [];
      let bytes = 0;
      for (const [at, { key, project }] of reads.entries()) {
        const table = tables[at]!;
        const item = await itemAt(tx, table, key);
        const size = item ? sizeOfItem(item) : 0;
        bytes += size;
        used.push({ table, units: 2 * readUnits(size, true), indexes: new Map() });
        Responses.push(item ? { Item: project ? project(item) : item } : {});
      }
      checkBytes(bytes);
      takeCapacity("read", used, meterOf(ctx, tx));
      return {
        Responses,
        ConsumedCapacity: consumedOf(input.ReturnConsumedCapacity, used, "ReadCapacityUnits"),
      };
    });
  },
} satisfies Handlers<"dynamodb">;

/** The item collection metrics of all written items, by table. */
async function collectionsOf(
  tx: ReadTransaction,
  returnMetrics: DynamoDB.ReturnItemCollectionMetrics | undefined,
  actions: readonly Action[],
  used: readonly Consumption[],
): Promise<DynamoDB.ItemCollectionMetricsPerTable | undefined> {
  if (returnMetrics !== "SIZE") return undefined;
  const metrics: DynamoDB.ItemCollectionMetricsPerTable = Object.create(null);
  for (const [at, { kind, item }] of actions.entries()) {
    const { table } = used[at]!;
    if (kind === "check") continue;
    const row = rowKey(table.number, table.key, item);
    const one = await itemCollectionMetrics(returnMetrics, tx, table, item, row);
    if (one) (metrics[table.name] ??= []).push(one);
  }
  return metrics;
}

/**
 * Performs all actions of a request or none. A request that its token shows to be done already is not repeated, and
 * consumes the capacity of reading the items.
 * @throws {AwsError} TransactionCanceledException with a reason for each action
 */
export async function applyActions(
  tx: Transaction,
  token: Token | undefined,
  actions: readonly Action[],
  meter: Meter | undefined,
): Promise<{ used: Consumption[]; split: "ReadCapacityUnits" | "WriteCapacityUnits" }> {
  const isRepeated = token !== undefined && (await isDone(tx, token));
  const tables = await Promise.all(actions.map(({ table }) => tableToTransact(tx, table)));
  checkDistinct(actions, tables);
  if (isRepeated) return { used: await unitsOfRepeat(tx, actions, tables), split: "ReadCapacityUnits" };
  const used = await perform(tx, actions, tables, meter);
  if (token) remember(tx, token);
  return { used, split: "WriteCapacityUnits" };
}

async function unitsOfRepeat(
  tx: ReadTransaction,
  actions: readonly Action[],
  tables: readonly Table[],
): Promise<Consumption[]> {
  const used: Consumption[] = [];
  for (const [at, { item }] of actions.entries()) {
    const stored = await storedItemAt(tx, tables[at]!, item);
    used.push({ table: tables[at]!, units: 2 * readUnits(stored?.size ?? 0, true), indexes: new Map() });
  }
  return used;
}

function actionIn(sent: DynamoDB.TransactWriteItem): Action {
  const { ConditionCheck: check, Put: put, Delete: remove, Update: update } = sent;
  if ([check, put, remove, update].filter(Boolean).length !== 1)
    throw invalid("TransactItems can only contain one of Check, Put, Update or Delete");
  const base = (of: {
    TableName: string;
    ReturnValuesOnConditionCheckFailure?: Action["returnOnFailure"];
  }) => ({
    table: of.TableName,
    returnOnFailure: of.ReturnValuesOnConditionCheckFailure,
  });
  if (put) return { ...base(put), kind: "put", item: checkedPut(put.Item), test: conditionIn(put) };
  if (check) return { ...base(check), kind: "check", item: checkedItem(check.Key), test: conditionIn(check) };
  if (remove)
    return { ...base(remove), kind: "delete", item: checkedItem(remove.Key), test: conditionIn(remove) };
  return { ...base(update!), kind: "update", item: checkedItem(update!.Key), ...updateIn(update!) };
}

/**
 * Checks that no two actions have the same key. Invalid keys are skipped, as they are reported later as an action's
 * cancellation reason; an empty key value fails the whole request.
 */
export function checkDistinct(
  actions: readonly Pick<Action, "kind" | "item">[],
  tables: readonly Table[],
): void {
  const seen = new Set<string>();
  for (const [at, action] of actions.entries()) {
    const table = tables[at]!;
    if (keyFault(table, action)) continue;
    const [number, ...parts] = rowKey(table.number, table.key, action.item);
    const name = [number, ...parts.map((part) => Buffer.from(part as Uint8Array).toString("hex"))].join("/");
    if (seen.has(name)) throw invalid("Transaction request cannot include multiple operations on one item");
    seen.add(name);
  }
}

function keyFault(table: Table, { kind, item }: Pick<Action, "kind" | "item">): AwsError | undefined {
  try {
    if (kind === "put") checkItemKeys(table, item);
    else checkKey(table, item);
    return undefined;
  } catch (error) {
    if (error instanceof AwsError && !isEmptyKey(error)) return error;
    throw error;
  }
}

const validationReason = ({ message }: AwsError): DynamoDB.CancellationReason => ({
  Code: "ValidationError",
  Message: message,
});

/** Performs all actions or none. @throws {AwsError} TransactionCanceledException with a reason for each action */
async function perform(
  tx: Transaction,
  actions: readonly Action[],
  tables: readonly Table[],
  meter: Meter | undefined,
): Promise<Consumption[]> {
  const outcomes: {
    before: Item | undefined;
    after: Item | undefined;
    reason: DynamoDB.CancellationReason;
  }[] = [];
  for (const [at, action] of actions.entries()) outcomes.push(await evaluate(tx, action, tables[at]!));
  checkReasons(outcomes.map(({ reason }) => reason));
  checkBytes(outcomes.reduce((sum, { before, after }) => sum + sizeOr0(after ?? before), 0));
  const used = outcomes.map(({ before, after }, at) => doubled(writeConsumption(tables[at]!, before, after)));
  takeCapacity("write", used, meter);
  const bytes = outcomes.reduce((sum, { before, after }) => sum + sizeOr0(before) + sizeOr0(after), 0);
  for (const [at, { before, after }] of outcomes.entries()) {
    if (actions[at]!.kind === "check") continue;
    try {
      await changeItem(tx, tables[at]!, before, after, { isTight: bytes > TIGHT_FROM_BYTES });
    } catch (error) {
      if (!isCollectionTooLarge(error)) throw error;
      const reason = { Code: "ItemCollectionSizeLimitExceeded", Message: error.message };
      throw cancelled(actions.map((_, other) => (other === at ? reason : { Code: "None" })));
    }
  }
  if (tx.written > MAX_WRITTEN_BYTES) throw tooLarge();
  return used;
}

const sizeOr0 = (item: Item | undefined) => (item ? sizeOfItem(item) : 0);

/** @throws {AwsError} ValidationException */
export function checkBytes(bytes: number): void {
  if (bytes > MAX_BYTES) throw tooLarge();
}

const tooLarge = () => invalid("Collection size of the items in the transaction exceeds the limit of 4 MB");

/** A transaction prepares and commits each change, which doubles its units. */
function doubled({ table, units, indexes }: Consumption): Consumption {
  return {
    table,
    units: 2 * units,
    indexes: new Map([...indexes].map(([name, of]) => [name, 2 * of])),
  };
}

/** Consumes capacity for all actions. @throws {AwsError} TransactionCanceledException if any lacks capacity */
export function takeCapacity(way: Way, used: readonly Consumption[], meter: Meter | undefined): void {
  if (!meter) return;
  checkReasons(
    used.map((one) => {
      const refused = meter.refusal(way, one);
      if (!refused) return { Code: "None" };
      const isProvisioned = one.table.billing === "PROVISIONED";
      return {
        Code: isProvisioned ? "ProvisionedThroughputExceeded" : "ThrottlingError",
        Message: refused.message,
      };
    }),
  );
  for (const one of used) meter.count(way, one);
}

function checkReasons(reasons: DynamoDB.CancellationReason[]): void {
  if (reasons.some(({ Code }) => Code !== "None")) throw cancelled(reasons);
}

async function evaluate(tx: ReadTransaction, action: Action, table: Table) {
  const { item, test, refusal, returnOnFailure } = action;
  const wrong = keyFault(table, action);
  if (wrong) return { before: undefined, after: undefined, reason: validationReason(wrong) };
  const before = await itemAt(tx, table, item);
  if (test && !test(before ?? {})) {
    const Item = returnOnFailure === "ALL_OLD" ? before : undefined;
    const reason = {
      ...(refusal ?? { Code: "ConditionalCheckFailed", Message: "The conditional request failed" }),
      ...(Item && { Item }),
    };
    return { before, after: undefined, reason };
  }
  try {
    return { before, after: outcomeOf(table, action, before), reason: { Code: "None" } };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return { before, after: undefined, reason: validationReason(error) };
  }
}

/** The item after an action. @throws {AwsError} ValidationException */
export function outcomeOf(
  table: Table,
  { kind, item, update }: Action,
  before: Item | undefined,
): Item | undefined {
  switch (kind) {
    case "put":
      if (isTooLarge(table, item, sizeOfItem(item))) throw itemTooLarge();
      return item;
    case "update":
      if (update) checkNoKeyUpdates(table, update);
      return updatedItem(table, item, before, update);
    case "check":
      return before;
    default:
      return undefined;
  }
}

function cancelled(reasons: DynamoDB.CancellationReason[]): AwsError {
  const codes = reasons.map(({ Code }) => Code).join(", ");
  return fault(
    "TransactionCanceledException",
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    { members: { CancellationReasons: reasons } },
  );
}

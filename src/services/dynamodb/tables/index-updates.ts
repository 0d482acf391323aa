import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { AwsError } from "#aws/errors.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import type { Input } from "#kernel/service.ts";
import { firstDuplicate } from "#lib/duplicates.ts";
import { invalid, invalidParameters, limitExceeded, noSuchIndexOf } from "../errors.ts";
import type { Index, Table } from "../store.ts";
import { clear } from "./clear.ts";
import { isEmpty } from "./combinations.ts";
import { fill } from "./fill.ts";
import { withOnDemandMaximums } from "./on-demand-throughput.ts";
import { checkIncluded, definedBy, globalIndex, MAX_GLOBAL_INDEXES, usedDefinitions } from "./schema.ts";
import { checkBounds, provisioned } from "./throughput.ts";
import { type ThroughputOwner, warmed } from "./warm-throughput.ts";

type Request = Input<"dynamodb", "UpdateTable">;

/**
 * Checks the warm throughput of indexes, before anything that depends on the table.
 * @throws {AwsError} ValidationException
 */
export function checkWarmIndexes({ GlobalSecondaryIndexUpdates: updates = [] }: Request): void {
  for (const { Update: { IndexName, WarmThroughput } = {} } of updates)
    if (WarmThroughput && isEmpty(WarmThroughput))
      throw invalidParameters(
        `WarmThroughput must have at least one of ReadUnitsPerSecond or WriteUnitsPerSecond specified for index: ${IndexName}`,
      );
}

/**
 * Checks that each index has at most one update, and that at most one index is created or deleted.
 * @throws {AwsError} ValidationException, LimitExceededException
 */
export function checkIndexUpdates({ GlobalSecondaryIndexUpdates: updates = [] }: Request): void {
  for (const { Create, Update } of updates)
    for (const one of [Create, Update])
      checkBounds(one?.ProvisionedThroughput, ` for index ${one?.IndexName}`);
  const names = updates.map(({ Create, Update, Delete }) => (Create ?? Update ?? Delete)?.IndexName);
  if (names.includes(undefined))
    throw invalidParameters(
      "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null",
    );
  if (updates.some((one) => Object.values(one).filter((action) => action !== undefined).length > 1))
    throw invalidParameters(
      "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object",
    );
  const duplicate = firstDuplicate(names);
  if (duplicate !== undefined)
    throw invalidParameters(
      `Only one global secondary index update per index is allowed simultaneously. Index: ${duplicate}`,
    );
  if (updates.filter(({ Update }) => !Update).length > 1) throw onlyOneIndex();
}

const onlyOneIndex = () =>
  limitExceeded(
    "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
  );

/** Applies the requested index updates to a table, whose billing mode may differ from that of `former`. */
export function withIndexes(
  tx: Transaction,
  former: Table,
  table: Table,
  input: Request,
  region: string,
): Table {
  const updates = input.GlobalSecondaryIndexUpdates ?? [];
  const whose = { billing: table.billing, before: former.billing, region };
  let next = table;
  for (const { Create, Update, Delete } of updates) {
    if (Create) next = withIndex(tx, next, Create, input.AttributeDefinitions, region);
    if (Delete) next = withoutIndex(tx, next, Delete.IndexName);
    if (Update) next = withUpdatedIndex(next, Update, whose, tx.now());
  }
  if (former.billing !== table.billing) next = withBillingOfIndexes(next, updates, whose, tx.now());
  return updates.some(({ Update }) => !Update) ? { ...next, ...usedDefinitions(next) } : next;
}

function withIndex(
  tx: Transaction,
  table: Table,
  sent: DynamoDB.CreateGlobalSecondaryIndexAction,
  sentDefinitions: readonly DynamoDB.AttributeDefinition[] | undefined,
  region: string,
): Table {
  if (!sentDefinitions)
    throw invalidParameters(`AttributeDefinitions is not specified for index: ${sent.IndexName}`);
  if (table.indexes.some(({ name }) => name === sent.IndexName))
    throw invalid("Attempting to create an index which already exists");
  if (table.indexes.some(({ filling }) => filling)) throw onlyOneIndex();
  if (table.indexes.filter(({ kind }) => kind === "global").length >= MAX_GLOBAL_INDEXES)
    throw limitExceeded(
      `Subscriber limit exceeded: Number of global secondary indexes exceeds per-table limit of ${MAX_GLOBAL_INDEXES}`,
    );
  const defined = new Set(table.definitions.map(({ AttributeName }) => AttributeName));
  const definitions = [
    ...table.definitions,
    ...sentDefinitions.filter(({ AttributeName }) => !defined.has(AttributeName)),
  ];
  const index: Index = {
    // The key of a new index must be defined in this request, even if the table already defines the attributes.
    ...globalIndex(sent, definedBy(sentDefinitions), table.billing, region, true),
    number: tx.sequence(),
    filling: true,
  };
  const indexes = [...table.indexes, index];
  checkIncluded(indexes);
  tx.enqueue(fill, { table: table.name, number: table.number, what: { index: index.number } });
  return { ...table, definitions, indexes };
}

function withoutIndex(tx: Transaction, table: Table, name: string): Table {
  const index = globalIndexOf(table, name, "delete");
  if (table.indexes.some((other) => other.filling && other !== index)) throw onlyOneIndex();
  tx.enqueue(clear, { rows: [index.number] });
  const { [name]: _, ...insights } = table.insights ?? {};
  return { ...table, insights, indexes: table.indexes.filter((one) => one !== index) };
}

function withUpdatedIndex(
  table: Table,
  sent: DynamoDB.UpdateGlobalSecondaryIndexAction,
  { billing, before, region }: ThroughputOwner & { before: DynamoDB.BillingMode },
  now: number,
): Table {
  const index = globalIndexOf(table, sent.IndexName, "update");
  const whose = { index: sent.IndexName, billing, region };
  const bounds = sent.OnDemandThroughput ?? {};
  if (
    billing === "PAY_PER_REQUEST" &&
    (sent.ProvisionedThroughput || (!sent.WarmThroughput && isEmpty(bounds)))
  )
    throw invalidParameters(
      `The only Updates for index: ${sent.IndexName} when TableThroughputMode is PAY_PER_REQUEST can be to OnDemandThroughput, WarmThroughput`,
    );
  let next = index;
  if (sent.ProvisionedThroughput)
    next = provisioned(next, { ...whose, before }, sent.ProvisionedThroughput, now);
  next = warmed(withOnDemandMaximums(next, whose, sent.OnDemandThroughput), whose, sent.WarmThroughput);
  return replaced(table, index, next);
}

/** Applies a changed billing mode to the indexes. In provisioned mode, the throughput of each must be specified. */
function withBillingOfIndexes(
  table: Table,
  updates: readonly DynamoDB.GlobalSecondaryIndexUpdate[],
  whose: ThroughputOwner & { before: DynamoDB.BillingMode },
  now: number,
): Table {
  let next = table;
  for (const index of table.indexes.filter(({ kind }) => kind === "global")) {
    const hasOwn = ({ Update, Create }: DynamoDB.GlobalSecondaryIndexUpdate) =>
      (Create ?? (Update?.ProvisionedThroughput && Update))?.IndexName === index.name;
    if (updates.some(hasOwn)) continue;
    if (whose.billing === "PROVISIONED")
      throw invalidParameters(`ProvisionedThroughput must be specified for index: ${index.name}`);
    next = replaced(next, index, provisioned(index, whose, undefined, now));
  }
  return next;
}

const replaced = (table: Table, index: Index, next: Index): Table => ({
  ...table,
  indexes: table.indexes.map((one) => (one === index ? next : one)),
});

function globalIndexOf(table: Table, name: string, verb: "delete" | "update"): Index {
  const index = table.indexes.find((one) => one.name === name);
  if (!index) throw noSuchIndexOf(table.name, name);
  if (index.kind === "local")
    throw new AwsError(
      "ValidationException",
      `Cannot ${verb} an index that is not a GlobalSecondaryIndex: ${name}`,
    );
  return index;
}

import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { AwsError } from "#aws/errors.ts";
import type { Handlers, Input } from "#kernel/service.ts";
import type { Transaction } from "#kernel/transaction.ts";
import { invalid, invalidParameters, noSuchTableIndex } from "../errors.ts";
import { type Index, type Table, tables } from "../store.ts";
import { closeStream, openStream } from "../streams/shards.ts";
import { clear } from "./clear.ts";
import { described } from "./description.ts";
import { fill } from "./fill.ts";
import { namedTable } from "./named.ts";
import { checkBounds, checkIncluded, globalIndex, throughputOf, typesOf } from "./schema.ts";

type Request = Input<"dynamodb", "UpdateTable">;

export const tableUpdate = {
  async UpdateTable(ctx, input) {
    refuseUnimplemented(input);
    checkSaysSomething(input);
    return ctx.transact(async (tx) => {
      const former = await namedTable(tx, input.TableName);
      let table = withBilling(former, input);
      if (table.billing === "PAY_PER_REQUEST" && former.billing !== "PAY_PER_REQUEST")
        table = { ...table, onDemandSince: tx.now() };
      table = await withStream(tx, table, input.StreamSpecification);
      table = withIndexes(tx, table, input);
      table = {
        ...table,
        tableClass: input.TableClass ?? table.tableClass,
        deletionProtection: input.DeletionProtectionEnabled ?? table.deletionProtection,
        onDemand: input.OnDemandThroughput ?? table.onDemand,
        encryption: input.SSESpecification ?? table.encryption,
      };
      tx.put(tables, table);
      return { TableDescription: described(ctx, table, "UPDATING") };
    });
  },
} satisfies Handlers<"dynamodb">;

const UNIMPLEMENTED = [
  "ReplicaUpdates",
  "MultiRegionConsistency",
  "GlobalTableWitnessUpdates",
  "WarmThroughput",
  "GlobalTableSettingsReplicationMode",
] as const satisfies (keyof Request)[];

function refuseUnimplemented(input: Request): void {
  const named = UNIMPLEMENTED.find((member) => input[member] !== undefined);
  if (named)
    throw new AwsError("NotImplemented", `Nube does not implement ${named} of a table yet.`, { status: 501 });
}

function checkSaysSomething(input: Request): void {
  const { TableName: _, AttributeDefinitions: __, GlobalSecondaryIndexUpdates: updates, ...rest } = input;
  if (!updates?.length && Object.values(rest).every((member) => member === undefined))
    throw invalid(
      "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required",
    );
  const names = (input.GlobalSecondaryIndexUpdates ?? []).map(
    ({ Create, Update, Delete }) => (Create ?? Update ?? Delete)?.IndexName,
  );
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined)
    throw invalidParameters(
      `Only one global secondary index update per index is allowed simultaneously. Index: ${twice}`,
    );
  if (names.includes(undefined))
    throw invalidParameters(
      "One of GlobalSecondaryIndexUpdate's Create, Update and Delete must be specified",
    );
  if ((input.GlobalSecondaryIndexUpdates?.length ?? 0) > 1) {
    const made = input.GlobalSecondaryIndexUpdates!.filter(({ Create, Delete }) => Create || Delete);
    if (made.length > 1)
      throw new AwsError(
        "LimitExceededException",
        "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
      );
  }
}

function withBilling(table: Table, { BillingMode: billing, ProvisionedThroughput: sent }: Request): Table {
  if (billing === undefined && sent === undefined) return table;
  checkBounds(sent);
  const mode = billing ?? table.billing;
  const throughput = throughputOf(mode, sent);
  const isSame = table.throughput.read === throughput.read && table.throughput.write === throughput.write;
  if (sent && isSame && mode === table.billing)
    throw invalid(
      `The provisioned throughput for the table will not change. The requested value equals the current value. Current ReadCapacityUnits provisioned for the table: ${throughput.read}. Requested ReadCapacityUnits: ${throughput.read}. Current WriteCapacityUnits provisioned for the table: ${throughput.write}. Requested WriteCapacityUnits: ${throughput.write}. Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.`,
    );
  return { ...table, billing: mode, throughput };
}

async function withStream(
  tx: Transaction,
  table: Table,
  sent: DynamoDB.StreamSpecification | undefined,
): Promise<Table> {
  if (!sent) return table;
  if (!sent.StreamEnabled) {
    if (!table.stream) throw invalidParameters("Table has no stream to disable");
    await closeStream(tx, table.name, table.stream);
    return { ...table, stream: undefined };
  }
  if (table.stream)
    throw new AwsError(
      "ResourceInUseException",
      `Table already has an enabled stream: TableName: ${table.name}`,
    );
  if (!sent.StreamViewType) throw invalidParameters("StreamViewType is required when StreamEnabled is true");
  return { ...table, stream: await openStream(tx, table, sent.StreamViewType) };
}

function withIndexes(tx: Transaction, table: Table, input: Request): Table {
  let { indexes, definitions } = table;
  for (const { Create, Update, Delete } of input.GlobalSecondaryIndexUpdates ?? []) {
    if (Create) {
      const known = new Set(definitions.map(({ AttributeName }) => AttributeName));
      const more = (input.AttributeDefinitions ?? []).filter(
        ({ AttributeName }) => !known.has(AttributeName),
      );
      definitions = [...definitions, ...more];
      if (indexes.some(({ name }) => name === Create.IndexName))
        throw invalidParameters(`Duplicate index name: ${Create.IndexName}`);
      const index: Index = {
        ...globalIndex(Create, definitions, table.billing),
        number: tx.sequence(),
        filling: true,
      };
      indexes = [...indexes, index];
      checkIncluded(indexes);
      tx.enqueue(fill, { table: table.name, number: table.number, what: { index: index.number } });
      continue;
    }
    const name = (Update ?? Delete)!.IndexName;
    const known = indexes.find((one) => one.name === name && one.kind === "global");
    if (!known) {
      throw noSuchTableIndex(table.name, name);
    }
    if (Delete) {
      indexes = indexes.filter((one) => one !== known);
      tx.enqueue(clear, { rows: [known.number] });
    } else {
      const throughput = throughputOf(table.billing, Update!.ProvisionedThroughput);
      indexes = indexes.map((one) => (one === known ? { ...known, throughput } : one));
    }
  }
  const used = new Set(
    [table.key, ...indexes.map(({ key }) => key)].flatMap(({ partition, sort }) => [partition, sort]),
  );
  definitions = definitions.filter(({ AttributeName }) => used.has(AttributeName));
  return {
    ...table,
    indexes,
    definitions,
    types: typesOf(definitions),
  };
}

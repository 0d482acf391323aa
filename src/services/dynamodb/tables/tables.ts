import { AwsError } from "#aws/errors.ts";
import { job } from "#kernel/jobs.ts";
import type { Handlers, Input } from "#kernel/service.ts";
import type { Transaction } from "#kernel/transaction.ts";
import { invalidParameters, limitExceeded, noSuchTableNamed, tableExists } from "../errors.ts";
import { tableName } from "../items/rows.ts";
import { indexRows, itemRows, type Table, tables } from "../store.ts";
import { described } from "./description.ts";
import { schemaOf } from "./schema.ts";

const MOST_TABLES = 2_500;
const PAGE = 500;

export const tableOperations = {
  async CreateTable(ctx, input) {
    refuseUnimplemented(input);
    const schema = schemaOf(input);
    const { StreamSpecification: stream } = input;
    if (stream?.StreamEnabled && !stream.StreamViewType)
      throw invalidParameters("StreamViewType is required when StreamEnabled is true");
    return ctx.transact(async (tx) => {
      const name = tableName(input.TableName);
      if (await tx.get(tables, [name])) throw tableExists(name);
      if ((await tx.list(tables, { limit: 1_000 })).length >= MOST_TABLES) {
        throw limitExceeded("Subscriber limit exceeded: Only 2500 tables can exist simultaneously.");
      }
      const table: Table = {
        ...schema,
        name,
        number: tx.sequence(),
        uuid: tx.uuid(),
        indexes: schema.indexes.map((index) => ({ ...index, number: tx.sequence() })),
        stream: stream?.StreamEnabled
          ? { label: streamLabel(tx.now()), view: stream.StreamViewType! }
          : undefined,
        tableClass: input.TableClass,
        deletionProtection: input.DeletionProtectionEnabled ?? false,
        encryption: input.SSESpecification,
        onDemand: input.OnDemandThroughput,
        policy: input.ResourcePolicy,
        tags: input.Tags ?? [],
        created: tx.now(),
      };
      tx.put(tables, table);
      return { TableDescription: described(ctx, table, "CREATING") };
    });
  },

  async DescribeTable(ctx, { TableName }) {
    const table = await ctx.read((tx) => namedTable(tx, TableName));
    return { Table: described(ctx, table) };
  },

  async DeleteTable(ctx, { TableName }) {
    return ctx.transact(async (tx) => {
      const table = await namedTable(tx, TableName);
      if (table.deletionProtection)
        throw new AwsError(
          "ValidationException",
          `Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.`,
        );
      tx.delete(tables, [table.name]);
      tx.enqueue(clear, { rows: [table.number, ...table.indexes.map(({ number }) => number)] });
      const {
        AttributeDefinitions: _,
        KeySchema: __,
        CreationDateTime: ___,
        ...told
      } = described(ctx, table, "DELETING");
      return { TableDescription: told };
    });
  },

  async ListTables(ctx, { ExclusiveStartTableName, Limit = 100 }) {
    const found = await ctx.read((tx) =>
      tx.list(tables, {
        ...(ExclusiveStartTableName !== undefined && { after: [ExclusiveStartTableName] }),
        limit: Limit + 1,
      }),
    );
    const names = found.slice(0, Limit).map(({ name }) => name);
    return { TableNames: names, LastEvaluatedTableName: found.length > Limit ? names.at(-1) : undefined };
  },
} satisfies Handlers<"dynamodb">;

/** Rows of tables and indexes that are gone, a page at a time: their numbers are never used again. */
export const clear = job<{ rows: number[] }>("dynamodb/clear", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { rows }) {
    const more = await ctx.transact(async (tx) => {
      for (const kind of [itemRows, indexRows]) {
        for (const number of rows) {
          const found = await tx.listBytes(kind, { in: [number], limit: PAGE });
          for (const row of found) tx.deleteRow(row);
          if (found.length === PAGE) return true;
        }
      }
      return false;
    });
    return more ? { again: 0 } : undefined;
  },
});

async function namedTable(tx: Pick<Transaction, "get">, given: string): Promise<Table> {
  const name = tableName(given);
  const table = await tx.get(tables, [name]);
  if (!table) throw noSuchTableNamed(name);
  return table;
}

const streamLabel = (now: number) => new Date(now).toISOString().replace("Z", "");

function refuseUnimplemented(input: Input<"dynamodb", "CreateTable">): void {
  const named = (
    ["WarmThroughput", "GlobalTableSourceArn", "GlobalTableSettingsReplicationMode"] as const
  ).find((member) => input[member] !== undefined);
  if (named)
    throw new AwsError("NotImplemented", `Nube does not implement ${named} of a table yet.`, { status: 501 });
}

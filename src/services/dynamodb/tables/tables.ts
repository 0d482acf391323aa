import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { notImplemented } from "#aws/errors.ts";
import type { Place } from "#kernel/records/collection.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import type { Handlers, Input } from "#kernel/service.ts";
import { MAX_TABLES } from "../account.ts";
import { isCopied } from "../backups/undo.ts";
import {
  indexesAreChanging,
  invalidParameters,
  limitExceeded,
  tableExists,
  tableIsBeingCopied,
  tableIsMade,
  tableIsProtected,
  tableIsUsed,
} from "../errors.ts";
import { tableName } from "../items/rows.ts";
import { canonicalPolicy } from "../policies/document.ts";
import { withReplicaDescriptions } from "../replicas/description.ts";
import { inUse, isProtected, onlyOneDeleted } from "../replicas/errors.ts";
import { checkIdle, checkNoSource } from "../replicas/group.ts";
import { startLeaving } from "../replicas/leave.ts";
import { type Table, tables } from "../store.ts";
import { openStream } from "../streams/shards.ts";
import { deleteTable } from "./delete.ts";
import { described, describedWarmth } from "./description.ts";
import { checkEncryption } from "./encryption.ts";
import { findTable } from "./named.ts";
import { schemaOf } from "./schema.ts";
import { checkTagSet } from "./tag-rules.ts";
import { startCounting, tallies } from "./tally.ts";

export const tableOperations = {
  async CreateTable(ctx, input) {
    refuseUnimplemented(input);
    const { StreamSpecification: stream } = input;
    const schema = schemaOf(input, ctx.region);
    checkStream(stream);
    checkEncryption(ctx, input.SSESpecification);
    const tags = input.Tags ?? [];
    checkTagSet(tags);
    const policy = input.ResourcePolicy === undefined ? undefined : canonicalPolicy(input.ResourcePolicy);
    return ctx.transact(async (tx) => {
      const name = tableName(input.TableName);
      const former = await tx.get(tables, [name]);
      if (former) throw former.restoring ? tableIsMade(name) : tableExists(name);
      if (await areTooMany(tx)) {
        throw limitExceeded("Subscriber limit exceeded: Only 2500 tables can exist simultaneously.");
      }
      const table: Table = {
        ...schema,
        name,
        number: tx.sequence(),
        uuid: tx.uuid(),
        indexes: schema.indexes.map((index) => ({ ...index, number: tx.sequence() })),
        stream: stream?.StreamEnabled
          ? await openStream(tx, { name, key: schema.key }, stream.StreamViewType!)
          : undefined,
        onDemandSince: schema.billing === "PAY_PER_REQUEST" ? tx.now() : undefined,
        tableClass: input.TableClass,
        deletionProtection: input.DeletionProtectionEnabled ?? false,
        encryption: input.SSESpecification,
        policy,
        tags,
        created: tx.now(),
      };
      tx.put(tables, table);
      startCounting(tx, table);
      const description = described(ctx, table, "CREATING");
      return {
        TableDescription: {
          ...description,
          WarmThroughput: input.WarmThroughput && { ...describedWarmth(table, table), Status: "UPDATING" },
        },
      };
    });
  },

  async DescribeTable(ctx, { TableName }) {
    const { table, size } = await ctx.read(async (tx) => {
      const begun = await findTable(tx, TableName);
      return { table: begun, size: await tx.get(tallies, [begun.number]) };
    });
    return { Table: await withReplicaDescriptions(ctx, table, described(ctx, table, undefined, size)) };
  },

  async DeleteTable(ctx, { TableName }) {
    const table = await ctx.transact(async (tx) => {
      const deleted = await findTable(tx, TableName);
      checkDeletable(ctx, deleted, tx.now());
      if (deleted.group) startLeaving(tx, deleted);
      else await deleteTable(tx, deleted);
      return deleted;
    });
    const {
      AttributeDefinitions: _,
      KeySchema: __,
      CreationDateTime: ___,
      ...description
    } = described(ctx, table, "DELETING");
    return { TableDescription: await withReplicaDescriptions(ctx, table, description) };
  },

  async ListTables(ctx, { ExclusiveStartTableName, Limit = 100 }) {
    const page = await ctx.read((tx) =>
      tx.list(tables, {
        ...(ExclusiveStartTableName !== undefined && { after: [ExclusiveStartTableName] }),
        limit: Limit + 1,
      }),
    );
    const names = page.slice(0, Limit).map(({ name }) => name);
    return { TableNames: names, LastEvaluatedTableName: page.length > Limit ? names.at(-1) : undefined };
  },
} satisfies Handlers<"dynamodb">;

/** @throws {AwsError} */
function checkDeletable({ region }: Place, table: Table, now: number): void {
  const { name, group } = table;
  if (table.deletionProtection) throw group ? isProtected(name, region) : tableIsProtected();
  if (table.indexes.some(({ filling }) => filling)) throw indexesAreChanging();
  if (table.leaving) throw inUse();
  if (table.restoring && !table.restored) throw tableIsUsed(name);
  if (table.restoring || isCopied(table)) throw tableIsBeingCopied(name);
  if (!group) return;
  if (group.strong) throw onlyOneDeleted();
  checkNoSource(group, region, now);
  checkIdle(table);
}

/** @throws {AwsError} ValidationException */
function checkStream(sent: DynamoDB.StreamSpecification | undefined): void {
  if (sent?.StreamEnabled && !sent.StreamViewType)
    throw invalidParameters("Table is being created with a stream enabled, UpdateViewType is required");
  if (sent?.StreamEnabled === false && sent.StreamViewType)
    throw invalidParameters(
      "Table is being created with a stream disabled, UpdateViewType should not be specified",
    );
}

async function areTooMany(tx: Transaction): Promise<boolean> {
  let count = 0;
  for (let last: Table | undefined; ; ) {
    const page = await tx.list(tables, { ...(last && { after: [last.name] }), limit: 1_000 });
    count += page.length;
    last = page.at(-1);
    if (count >= MAX_TABLES || page.length < 1_000) return count >= MAX_TABLES;
  }
}

function refuseUnimplemented(input: Input<"dynamodb", "CreateTable">): void {
  const named = (
    ["GlobalTableSourceArn", "GlobalTableSettingsReplicationMode", "VectorIndexes"] as const
  ).find((member) => input[member] !== undefined);
  if (named) throw notImplemented(`${named} of a table`);
}

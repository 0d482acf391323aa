import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import type { Handlers } from "#kernel/service.ts";
import type { Transaction } from "#kernel/transaction.ts";
import { invalid, invalidParameters } from "../errors.ts";
import { tableName } from "../items/rows.ts";
import { backups, type Index, type Table, tableArn, tables } from "../store.ts";
import { described } from "../tables/description.ts";
import { throughputOf } from "../tables/throughput.ts";
import { backupArn, backupAt } from "./backups.ts";
import { copied, startCopy } from "./copy.ts";
import {
  backupInUse,
  notRestorable,
  recoveryUnavailable,
  tableAlreadyExists,
  tableNotFound,
} from "./errors.ts";
import { earliestOf } from "./undo.ts";

export const restoreOperations = {
  async RestoreTableFromBackup(ctx, input) {
    return ctx.transact(async (tx) => {
      const backup = await backupAt(tx, input.BackupArn);
      if (!backup.isReady) throw backupInUse(input.BackupArn);
      const table = await restored(tx, backup.of, input, {
        SourceBackupArn: backupArn(ctx, backup),
        SourceTableArn: tableArn(ctx, backup.of.name),
        at: backup.created,
      });
      tx.put(backups, { ...backup, restores: [...backup.restores, table.number] });
      startCopy(
        tx,
        { type: "backup", number: backup.number },
        { type: "table", name: table.name, number: table.number },
      );
      return { TableDescription: described(ctx, table) };
    });
  },

  async RestoreTableToPointInTime(ctx, input) {
    const given = input.SourceTableName ?? input.SourceTableArn;
    if (given === undefined) throw invalid("SourceTableName or SourceTableArn must be specified");
    if (!input.UseLatestRestorableTime === !input.RestoreDateTime)
      throw invalid("Exactly one of UseLatestRestorableTime and RestoreDateTime must be specified");
    return ctx.transact(async (tx) => {
      const source = await tx.get(tables, [tableName(given)]);
      if (!source) throw tableNotFound(tableName(given));
      if (!source.recovery) throw recoveryUnavailable(source.name);
      const now = tx.now();
      const at = input.RestoreDateTime?.getTime() ?? now;
      const earliest = earliestOf(source.recovery, now);
      if (at < earliest || at > now) throw notRestorable(new Date(earliest), new Date(now));
      const table = await restored(tx, source, input, { SourceTableArn: tableArn(ctx, source.name), at });
      tx.put(tables, copied(source, table.number));
      startCopy(
        tx,
        {
          type: "table",
          name: source.name,
          number: source.number,
          at: at === now ? [at, tx.sequence()] : [at],
        },
        { type: "table", name: table.name, number: table.number },
      );
      return { TableDescription: described(ctx, table) };
    });
  },
} satisfies Handlers<"dynamodb">;

type Overrides = Pick<
  DynamoDB.RestoreTableFromBackupInput,
  | "TargetTableName"
  | "BillingModeOverride"
  | "GlobalSecondaryIndexOverride"
  | "LocalSecondaryIndexOverride"
  | "ProvisionedThroughputOverride"
  | "OnDemandThroughputOverride"
  | "SSESpecificationOverride"
>;

/**
 * A table like another, still without items. Streams, times to live, tags, policies and recovery are to be set up anew.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/backuprestore_HowItWorks.html
 */
async function restored(
  tx: Transaction,
  source: Table,
  asked: Overrides,
  { at, ...from }: { SourceBackupArn?: string; SourceTableArn: string; at: number },
): Promise<Table> {
  const name = tableName(asked.TargetTableName);
  if (await tx.get(tables, [name])) throw tableAlreadyExists(name);
  const billing = asked.BillingModeOverride ?? source.billing;
  const sent = asked.ProvisionedThroughputOverride;
  const isKept = billing === source.billing && !sent;
  const indexes = [
    ...kept(source, "local", asked.LocalSecondaryIndexOverride),
    ...kept(source, "global", asked.GlobalSecondaryIndexOverride),
  ];
  const named = new Set(
    [source.key, ...indexes.map(({ key }) => key)].flatMap(({ partition, sort }) => [partition, sort]),
  );
  const table: Table = {
    name,
    number: tx.sequence(),
    uuid: tx.uuid(),
    key: source.key,
    types: source.types,
    definitions: source.definitions.filter(({ AttributeName }) => named.has(AttributeName)),
    indexes: indexes.map(({ filling: _, ...index }) => ({
      ...index,
      number: tx.sequence(),
      ...(billing === "PAY_PER_REQUEST" && { throughput: { read: 0, write: 0 } }),
    })),
    billing,
    onDemandSince: billing === "PAY_PER_REQUEST" ? tx.now() : undefined,
    throughput: isKept ? source.throughput : throughputOf(billing, sent),
    tableClass: source.tableClass,
    deletionProtection: false,
    encryption: asked.SSESpecificationOverride ?? source.encryption,
    onDemand: asked.OnDemandThroughputOverride ?? source.onDemand,
    tags: [],
    created: tx.now(),
    restored: { ...from, at },
    restoring: true,
  };
  tx.put(tables, table);
  return table;
}

/** Those indexes that are asked for by name; all unless said. */
function kept(
  source: Table,
  kind: Index["kind"],
  asked: readonly { IndexName: string }[] | undefined,
): Index[] {
  const all = source.indexes.filter((index) => index.kind === kind);
  if (!asked) return all;
  return asked.map(({ IndexName }) => {
    const index = all.find(({ name }) => name === IndexName);
    if (!index) throw invalidParameters(`The source has no such index to restore: ${IndexName}`);
    return index;
  });
}

import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { AwsError } from "#aws/errors.ts";
import type { Place } from "#kernel/collection.ts";
import type { Handlers } from "#kernel/service.ts";
import type { Transaction } from "#kernel/transaction.ts";
import { tableName } from "../items/rows.ts";
import { backups, type Table, tableArn, tables } from "../store.ts";
import { described } from "../tables/description.ts";
import { checkEncryption } from "../tables/encryption.ts";
import { backupArn, backupAt } from "./backups.ts";
import { copied, startCopy } from "./copy.ts";
import {
  backupRestoresAnother,
  invalidRequest,
  notRestorable,
  recoveryUnavailable,
  tableAlreadyExists,
  tableIsBeingRestored,
  tableNotFound,
} from "./errors.ts";
import { type Overrides, overridden } from "./overrides.ts";
import { earliestOf } from "./undo.ts";

export const restoreOperations = {
  async RestoreTableFromBackup(ctx, input) {
    return ctx.transact(async (tx) => {
      refuseOtherRegion(ctx, input.BackupArn, input);
      const backup = await backupAt(tx, ctx, input.BackupArn);
      if (!backup.isReady || backup.restores.length > 0) throw backupRestoresAnother(input.BackupArn);
      const table = await restored(tx, ctx, backup.of, input, {
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
    const named = sourceOf(input);
    refuseOtherRegion(ctx, named, input);
    return ctx.transact(async (tx) => {
      const source = await tx.get(tables, [tableName(named)]);
      if (!source) throw tableNotFound(tableName(named));
      if (!source.recovery) throw recoveryUnavailable(source.name);
      const now = tx.now();
      const at = input.RestoreDateTime?.getTime() ?? now;
      const earliest = earliestOf(source.recovery, now);
      if (at < earliest || at > now) throw notRestorable(new Date(at), new Date(earliest), new Date(now));
      const table = await restored(tx, ctx, source, input, {
        SourceTableArn: tableArn(ctx, source.name),
        at,
      });
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

/** Which table is taken back, by its name or its ARN. @throws {AwsError} ValidationException */
function sourceOf(input: DynamoDB.RestoreTableToPointInTimeInput): string {
  const { SourceTableName: name, SourceTableArn: arn, UseLatestRestorableTime, RestoreDateTime } = input;
  if (name !== undefined && arn !== undefined)
    throw invalidRequest("Must provide exactly one of: sourceTableArn, sourceTableName");
  const source = name ?? arn;
  if (source === undefined)
    throw invalidRequest("The parameter 'TableName' is required but was not present in the request");
  if (UseLatestRestorableTime && RestoreDateTime)
    throw invalidRequest(
      "Both RestoreDateTime and UseLatestRestorableTime cannot be set for point-in-time restore request. Please specify only one of them.",
    );
  if (!UseLatestRestorableTime && !RestoreDateTime)
    throw invalidRequest(
      "Either one of RestoreDateTime or UseLatestRestorableTime must be specified, but not both",
    );
  return source;
}

/** @param source the ARN of a backup or a table, or a table's name */
function refuseOtherRegion(
  { region }: Place,
  source: string,
  { SSESpecificationOverride: encryption }: Overrides,
): void {
  const other = source.split(":")[3];
  if (other === region || !other) return;
  if (!encryption)
    throw invalidRequest("sseSpecificationOverride must be provided for cross-region restores");
  throw new AwsError("NotImplemented", "Nube does not restore tables of another Region yet.", {
    status: 501,
  });
}

/**
 * A table like another, still without items. Streams, times to live, tags, policies, classes and recovery are to be set up anew.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/backuprestore_HowItWorks.html
 */
async function restored(
  tx: Transaction,
  place: Place,
  source: Table,
  overrides: Overrides,
  { at, ...from }: { SourceBackupArn?: string; SourceTableArn: string; at: number },
): Promise<Table> {
  const name = tableName(overrides.TargetTableName);
  const like = overridden(source, overrides);
  checkEncryption(place, overrides.SSESpecificationOverride);
  const there = await tx.get(tables, [name]);
  if (there?.restoring && there.restored)
    throw tableIsBeingRestored(name, there.restored.SourceBackupArn ?? there.restored.SourceTableArn);
  if (there) throw tableAlreadyExists(name);
  const table: Table = {
    ...like,
    name,
    number: tx.sequence(),
    uuid: tx.uuid(),
    key: source.key,
    types: source.types,
    indexes: like.indexes.map(({ filling: _, ...index }) => ({ ...index, number: tx.sequence() })),
    onDemandSince: like.billing === "PAY_PER_REQUEST" ? tx.now() : undefined,
    deletionProtection: false,
    encryption: overrides.SSESpecificationOverride ?? source.encryption,
    tags: [],
    created: tx.now(),
    restored: { ...from, at },
    restoring: true,
  };
  tx.put(tables, table);
  return table;
}

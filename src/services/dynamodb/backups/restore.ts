import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { REGIONS } from "#aws/regions.ts";
import type { Context } from "#kernel/context.ts";
import type { Place } from "#kernel/records/collection.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { otherRegion } from "../errors.ts";
import { tableName } from "../items/rows.ts";
import { type Table, tableArn, tables } from "../store.ts";
import { regionOf } from "../table-arn.ts";
import { described } from "../tables/description.ts";
import { checkEncryption } from "../tables/encryption.ts";
import { backupArn, backupAt } from "./backups.ts";
import { type Source, startCopy } from "./copy.ts";
import {
  backupRestoresAnother,
  invalidRequest,
  notRestorable,
  recoveryUnavailable,
  tableAlreadyExists,
  tableIsBeingRestored,
  tableNotFound,
} from "./errors.ts";
import { isInUse } from "./keep.ts";
import { type Overrides, overridden } from "./overrides.ts";
import { markSource } from "./source.ts";
import { earliestOf, type Moment } from "./undo.ts";

export const restoreOperations = {
  /** Restores a backup of this Region or of another. */
  async RestoreTableFromBackup(ctx, input) {
    const home = homeOf(ctx, input.BackupArn, input);
    const fromBackup = async (tx: ReadTransaction): Promise<Restorable> => {
      const backup = await backupAt(tx, home, input.BackupArn);
      if (isInUse(backup)) throw backupRestoresAnother(input.BackupArn);
      return {
        like: backup.of,
        source: { type: "backup", number: backup.number },
        summary: {
          SourceBackupArn: backupArn(home, backup),
          SourceTableArn: tableArn(home, backup.of.name),
          at: backup.created,
        },
      };
    };
    return restore(ctx, home, fromBackup, input);
  },

  async RestoreTableToPointInTime(ctx, input) {
    const named = sourceOf(input);
    const home = homeOf(ctx, named, input);
    const atMoment = async (tx: Transaction): Promise<Restorable> => {
      const table = await tx.get(tables, [tableName(named)]);
      if (!table) throw tableNotFound(tableName(named));
      if (!table.recovery) throw recoveryUnavailable(table.name);
      const now = tx.now();
      const at = input.RestoreDateTime?.getTime() ?? now;
      const earliest = earliestOf(table.recovery, now);
      if (at < earliest || at > now) throw notRestorable(new Date(at), new Date(earliest), new Date(now));
      const moment: Moment = at === now ? [at, tx.sequence()] : [at];
      return {
        like: table,
        source: { type: "table", name: table.name, number: table.number, at: moment },
        summary: { SourceTableArn: tableArn(home, table.name), at },
      };
    };
    return restore(ctx, home, atMoment, input);
  },
} satisfies Handlers<"dynamodb">;

/** A source from which a table can be restored. */
interface Restorable {
  like: Table;
  source: Source;
  summary: NonNullable<Table["restored"]>;
}

/** @param home the source's Region. If it is another one, the source lists the copy when that begins */
async function restore(
  ctx: Context,
  home: Context,
  find: (tx: Transaction) => Promise<Restorable>,
  overrides: Overrides,
) {
  const isHere = home === ctx;
  const elsewhere = isHere ? undefined : await home.transact(find);
  return ctx.transact(async (tx) => {
    const { like, source, summary } = elsewhere ?? (await find(tx));
    const table = await restored(tx, ctx, like, overrides, summary);
    if (isHere) await markSource(tx, source, table.number);
    const { name, number } = table;
    startCopy(tx, isHere ? source : { ...source, region: home.region }, { type: "table", name, number });
    return { TableDescription: described(ctx, table) };
  });
}

/** The name or ARN of the table to restore. @throws {AwsError} ValidationException */
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

/**
 * The Region of a source: this one, unless an ARN names another.
 * @param source the ARN of a backup or a table, or a table's name
 * @throws {AwsError} ValidationException
 */
function homeOf(ctx: Context, source: string, { SSESpecificationOverride: encryption }: Overrides): Context {
  const region = regionOf(source);
  if (region === undefined || region === ctx.region) return ctx;
  if (!encryption)
    throw invalidRequest("sseSpecificationOverride must be provided for cross-region restores");
  if (!REGIONS.includes(region)) throw otherRegion(source);
  return ctx.elsewhere(region);
}

/**
 * Creates a table like its source, without items. As in AWS, it has none of the source's streams, time to live, tags,
 * policies, table class and recovery.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/backuprestore_HowItWorks.html
 */
async function restored(
  tx: Transaction,
  place: Place,
  source: Table,
  overrides: Overrides,
  summary: Restorable["summary"],
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
    restored: summary,
    restoring: true,
  };
  tx.put(tables, table);
  return table;
}

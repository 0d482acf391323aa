import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import type { Place } from "#kernel/records/collection.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import type { Clock } from "#lib/clock.ts";
import { accessDenied, invalidParameters } from "../errors.ts";
import { tableName } from "../items/rows.ts";
import { type Backup, backups, tableArn, tables } from "../store.ts";
import { described, keySchema } from "../tables/description.ts";
import { backupInUse, noBackupArn, noSuchBackup, systemBackup, tableNotFound } from "./errors.ts";
import { backUp, backupId, discard, isInUse } from "./keep.ts";
import { addCopy } from "./source.ts";

const PAGE = 500;
const MAX_LISTED = 100;

export const backupOperations = {
  /** Backs up the table as it is at this moment. Its items are copied in the background. */
  async CreateBackup(ctx, { TableName, BackupName }) {
    return ctx.transact(async (tx) => {
      const name = tableName(TableName);
      const table = await tx.get(tables, [name]);
      if (!table || table.restoring) throw tableNotFound(name);
      const backup = backUp(tx, table, { name: BackupName, id: backupId(tx.now(), tx.uuid().slice(0, 8)) });
      tx.put(tables, addCopy(table, backup.number));
      return { BackupDetails: detailsOf(ctx, backup) };
    });
  },

  async DescribeBackup(ctx, { BackupArn }) {
    const backup = await ctx.read((tx) => backupAt(tx, ctx, BackupArn));
    return { BackupDescription: descriptionOf(ctx, backup) };
  },

  async DeleteBackup(ctx, { BackupArn }) {
    return ctx.transact(async (tx) => {
      const backup = await backupAt(tx, ctx, BackupArn);
      if (backup.expires !== undefined) throw systemBackup(BackupArn, new Date(backup.expires));
      if (isInUse(backup)) throw backupInUse(BackupArn);
      discard(tx, backup);
      return { BackupDescription: descriptionOf(ctx, backup, "DELETED") };
    });
  },

  async ListBackups(ctx, input) {
    const { TableName, Limit = MAX_LISTED, ExclusiveStartBackupArn: start } = input;
    const { TimeRangeLowerBound: from, TimeRangeUpperBound: before } = input;
    if (start !== undefined && !ARN.test(start)) throw noBackupArn();
    if (from && before && from > before)
      throw invalidParameters("Time range lower bound must be less than or equal to upper bound");
    const matching: Backup[] = [];
    let after = start === undefined ? undefined : placeIn(start);
    await ctx.read(async (tx) => {
      for (let isMore = true; isMore && matching.length <= Limit; ) {
        const page: Backup[] = await tx.list(backups, {
          ...(TableName !== undefined && { in: [tableName(TableName)] }),
          ...(after && { after: TableName === undefined ? after : [after[1]] }),
          limit: PAGE,
        });
        matching.push(...page.filter((backup) => matches(backup, input)));
        isMore = page.length === PAGE;
        const last = page.at(-1);
        if (last) after = [last.of.name, last.id];
      }
    });
    const shown = matching.slice(0, Limit);
    return {
      BackupSummaries: shown.map((backup) => ({
        TableName: backup.of.name,
        TableId: backup.of.uuid,
        TableArn: tableArn(ctx, backup.of.name),
        ...detailsOf(ctx, backup),
      })),
      LastEvaluatedBackupArn: matching.length > Limit ? backupArn(ctx, shown.at(-1)!) : undefined,
    };
  },
} satisfies Handlers<"dynamodb">;

function matches(
  { created, expires }: Backup,
  { TimeRangeLowerBound: from, TimeRangeUpperBound: before, BackupType = "USER" }: DynamoDB.ListBackupsInput,
): boolean {
  if (BackupType !== "ALL" && BackupType !== (expires === undefined ? "USER" : "SYSTEM")) return false;
  return (!from || created >= from.getTime()) && (!before || created < before.getTime());
}

const ARN = /^arn:aws[a-z-]*:dynamodb:([a-z0-9-]+):(\d{12}):table\/[^/]+\/backup\/[^/]+$/;
const placeIn = (arn: string) => [tableName(arn), arn.split("/backup/")[1] ?? ""] as const;

/** @throws {AwsError} BackupNotFoundException, ValidationException, AccessDeniedException */
export async function backupAt(tx: ReadTransaction, place: Place, arn: string): Promise<Backup> {
  const [, region, account] = ARN.exec(arn) ?? [];
  if (account === undefined) throw noBackupArn();
  if (account !== place.account) throw accessDenied();
  const backup = region === place.region ? await tx.get(backups, placeIn(arn)) : undefined;
  if (!backup) throw noSuchBackup(arn);
  return backup;
}

export const backupArn = (place: Place, { of, id }: Backup): string =>
  `${tableArn(place, of.name)}/backup/${id}`;

function detailsOf(place: Place, backup: Backup, gone?: "DELETED"): DynamoDB.BackupDetails {
  return {
    BackupArn: backupArn(place, backup),
    BackupName: backup.name,
    BackupSizeBytes: backup.bytes,
    BackupStatus: gone ?? (backup.isReady ? "AVAILABLE" : "CREATING"),
    BackupType: backup.expires === undefined ? "USER" : "SYSTEM",
    BackupCreationDateTime: new Date(backup.created),
    BackupExpiryDateTime: backup.expires === undefined ? undefined : new Date(backup.expires),
  };
}

function descriptionOf(
  place: Place & { clock: Clock },
  backup: Backup,
  gone?: "DELETED",
): DynamoDB.BackupDescription {
  const { of: table } = backup;
  const description = described(place, table);
  const indexes = description.GlobalSecondaryIndexes?.map((index) => ({
    IndexName: index.IndexName!,
    KeySchema: index.KeySchema!,
    Projection: index.Projection!,
    ProvisionedThroughput: throughputOf(index.ProvisionedThroughput!),
  }));
  return {
    BackupDetails: detailsOf(place, backup, gone),
    SourceTableDetails: {
      TableName: table.name,
      TableId: table.uuid,
      TableArn: tableArn(place, table.name),
      TableSizeBytes: backup.bytes,
      ItemCount: backup.items,
      KeySchema: keySchema(table.key),
      TableCreationDateTime: new Date(table.created),
      ProvisionedThroughput: throughputOf(description.ProvisionedThroughput!),
      OnDemandThroughput: table.onDemand,
      BillingMode: table.billing,
    },
    SourceTableFeatureDetails: {
      LocalSecondaryIndexes: description.LocalSecondaryIndexes?.map(
        ({ IndexName, KeySchema, Projection }) => ({
          IndexName: IndexName!,
          KeySchema: KeySchema!,
          Projection: Projection!,
        }),
      ),
      GlobalSecondaryIndexes: indexes,
      StreamDescription: description.StreamSpecification,
      TimeToLiveDescription: table.ttl && {
        TimeToLiveStatus: "ENABLED",
        AttributeName: table.ttl.attribute,
      },
      SSEDescription: description.SSEDescription,
    },
  };
}

const throughputOf = (
  description: DynamoDB.ProvisionedThroughputDescription,
): DynamoDB.ProvisionedThroughput => ({
  ReadCapacityUnits: description.ReadCapacityUnits!,
  WriteCapacityUnits: description.WriteCapacityUnits!,
});

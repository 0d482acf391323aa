import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { tableName } from "../items/rows.ts";
import { type Table, tables } from "../store.ts";
import { isBeingCreated } from "../tables/named.ts";
import { invalidRequest, tableNotFound } from "./errors.ts";
import { earliestOf, MAX_DAYS, startForgetting } from "./undo.ts";

export const continuousBackups = {
  async DescribeContinuousBackups(ctx, { TableName }) {
    const table = await ctx.read((tx) => backedUp(tx, TableName));
    return { ContinuousBackupsDescription: recoveryDescription(table, ctx.clock.now()) };
  },

  /** Undo records are kept from the moment at which recovery is enabled. */
  async UpdateContinuousBackups(ctx, { TableName, PointInTimeRecoverySpecification: specification }) {
    const { PointInTimeRecoveryEnabled: isEnabled, RecoveryPeriodInDays } = specification;
    if (!isEnabled && RecoveryPeriodInDays !== undefined)
      throw invalidRequest("Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery.");
    return ctx.transact(async (tx) => {
      const former = await backedUp(tx, TableName);
      const days = RecoveryPeriodInDays ?? former.recovery?.days ?? MAX_DAYS;
      const recovery = isEnabled ? { since: former.recovery?.since ?? tx.now(), days } : undefined;
      const table = { ...former, recovery };
      tx.put(tables, table);
      if (isEnabled !== (former.recovery !== undefined)) startForgetting(tx, table);
      return { ContinuousBackupsDescription: recoveryDescription(table, tx.now()) };
    });
  },
} satisfies Handlers<"dynamodb">;

/** @throws {AwsError} TableNotFoundException */
async function backedUp(tx: ReadTransaction, nameOrArn: string): Promise<Table> {
  const table = await tx.get(tables, [tableName(nameOrArn)]);
  if (!table || isBeingCreated(table)) throw tableNotFound(tableName(nameOrArn));
  return table;
}

const recoveryDescription = ({ recovery }: Table, now: number): DynamoDB.ContinuousBackupsDescription => ({
  ContinuousBackupsStatus: "ENABLED",
  PointInTimeRecoveryDescription: recovery
    ? {
        PointInTimeRecoveryStatus: "ENABLED",
        RecoveryPeriodInDays: recovery.days,
        EarliestRestorableDateTime: new Date(earliestOf(recovery, now)),
        LatestRestorableDateTime: new Date(now),
      }
    : { PointInTimeRecoveryStatus: "DISABLED" },
});

import type { Transaction } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
import { type Backup, backups, type Table } from "../store.ts";
import { clearBackup } from "./clear.ts";
import { startCopy } from "./copy.ts";

const RETENTION_MS = 35 * 86_400_000;
/** The interval at which an expired backup is checked for being in use. */
const RECHECK_MS = 60_000;
/** The end of a system backup's id, as in AWS, in place of random digits. */
const SYSTEM = "00000000";

/** @param time in milliseconds since 1970 @param distinction distinguishes backups of the same time */
export const backupId = (time: number, distinction: string): string =>
  `${String(time).padStart(14, "0")}-${distinction}`;

/** Starts a backup of a table as it is at this moment. Its items are copied in the background. */
export function backUp(
  tx: Transaction,
  table: Table,
  { name, id, expires }: { name: string; id: string; expires?: number },
): Backup {
  const now = tx.now();
  const backup: Backup = {
    id,
    name,
    number: tx.sequence(),
    of: table,
    created: now,
    isReady: false,
    items: 0,
    bytes: 0,
    restores: [],
    expires,
  };
  tx.put(backups, backup);
  startCopy(
    tx,
    { type: "table", name: table.name, number: table.number, at: [now, tx.sequence()] },
    { type: "backup", table: table.name, id: backup.id, number: backup.number },
  );
  return backup;
}

/**
 * Backs up a table that is deleted while point-in-time recovery is enabled, for 35 days.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html
 */
export async function keepDeleted(tx: Transaction, table: Table): Promise<void> {
  let time = tx.now();
  while (await tx.get(backups, [table.name, backupId(time, SYSTEM)])) time++;
  const id = backupId(time, SYSTEM);
  backUp(tx, table, { name: `${table.name}$DeletedTableBackup`, id, expires: tx.now() + RETENTION_MS });
  tx.enqueue(expireBackup, { table: table.name, id }, { delay: RETENTION_MS });
}

export const expireBackup = job<{ table: string; id: string }>("dynamodb/expire-backup", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { table, id }) {
    return ctx.transact(async (tx) => {
      const backup = await tx.get(backups, [table, id]);
      if (backup && isInUse(backup)) return { again: RECHECK_MS, idle: true };
      if (backup) discard(tx, backup);
      return undefined;
    });
  },
});

/** Whether a backup is being created or restored. */
export const isInUse = ({ isReady, restores }: Backup): boolean => !isReady || restores.length > 0;

export function discard(tx: Transaction, backup: Backup): void {
  tx.delete(backups, [backup.of.name, backup.id]);
  tx.enqueue(clearBackup, { number: backup.number });
}

import { job } from "#kernel/jobs.ts";
import type { Transaction } from "#kernel/transaction.ts";
import { type Backup, backups, type Table } from "../store.ts";
import { clearBackup } from "./clear.ts";
import { startCopy } from "./copy.ts";

const KEPT_MS = 35 * 86_400_000;
/** When it is looked again whether a backup that expired is in use. */
const LOOK_MS = 60_000;
/** In place of chance: AWS's own are named so. */
const SYSTEM = "00000000";

/** The time in milliseconds, and what tells backups of the same time apart. */
export const backupId = (time: number, distinction: string): string =>
  `${String(time).padStart(14, "0")}-${distinction}`;

/** Begins a backup of a table as it is at this moment; its items are copied afterwards. */
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
 * What is left of a deleted table that could be recovered: a backup for 35 days.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html
 */
export async function keepDeleted(tx: Transaction, table: Table): Promise<void> {
  let time = tx.now();
  while (await tx.get(backups, [table.name, backupId(time, SYSTEM)])) time++;
  const id = backupId(time, SYSTEM);
  backUp(tx, table, { name: `${table.name}$DeletedTableBackup`, id, expires: tx.now() + KEPT_MS });
  tx.enqueue(expireBackup, { table: table.name, id }, { delay: KEPT_MS });
}

export const expireBackup = job<{ table: string; id: string }>("dynamodb/expire-backup", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { table, id }) {
    return ctx.transact(async (tx) => {
      const backup = await tx.get(backups, [table, id]);
      if (backup && isInUse(backup)) return { again: LOOK_MS, idle: true };
      if (backup) discard(tx, backup);
      return undefined;
    });
  },
});

/** While it is copied, from its table or to another. */
export const isInUse = ({ isReady, restores }: Backup): boolean => !isReady || restores.length > 0;

export function discard(tx: Transaction, backup: Backup): void {
  tx.delete(backups, [backup.of.name, backup.id]);
  tx.enqueue(clearBackup, { number: backup.number });
}

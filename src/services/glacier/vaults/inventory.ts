import type { Transaction } from "#kernel/records/transaction.ts";
import { type Job, job } from "#kernel/work/jobs.ts";
import { type Archive, archives, type Inventory, type Vault, vaults } from "../store.ts";

export const DAY_MS = 86_400_000;

/**
 * Records that an archive was added or deleted, and schedules an inventory if none is pending. A vault's
 * inventory is taken at most once a day, at the time of day of its creation.
 */
export function recordChange(tx: Transaction, vault: Vault, archivesMore: 1 | -1, bytesMore: number): void {
  tx.put(vaults, {
    ...vault,
    written: true,
    archives: vault.archives + archivesMore,
    bytes: vault.bytes + bytesMore,
  });
  if (vault.written) return;
  const delay = DAY_MS - ((tx.now() - vault.created) % DAY_MS);
  tx.enqueue(takeInventory, { vault: vault.name, id: vault.id }, { delay });
}

export const takeInventory: Job<{ vault: string; id: number }> = job("glacier/take-inventory", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { vault: name, id }) {
    await ctx.transact(async (tx) => {
      const vault = await tx.get(vaults, [name]);
      if (vault?.id !== id) return;
      const mark = tx.sequence();
      const inventory = { date: tx.now(), mark, archives: vault.archives, bytes: vault.bytes };
      tx.put(vaults, { ...vault, inventory, written: false });
      tx.enqueue(forgetDeleted, { vault: id, mark });
    });
  },
});

/**
 * Deletes the records of archives that were deleted before the last inventory,
 * which no inventory lists any longer.
 */
export const forgetDeleted: Job<{ vault: number; mark: number }> = job("glacier/forget-deleted", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { vault, mark }) {
    const more = await ctx.transact(async (tx) => {
      const gone = await tx.listBy(archives, "deletions", { in: [vault], before: [mark], limit: 500 });
      for (const { order } of gone) tx.delete(archives, [vault, order]);
      return gone.length === 500;
    });
    return more ? { again: 0 } : undefined;
  },
});

/** Whether an inventory lists an archive. */
export function isListed({ mark }: Inventory, { order, deleted }: Archive): boolean {
  return order < mark && (deleted === undefined || deleted > mark);
}

import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
import { contents, deduplications, deletions, messages, moveTasks, states } from "./store.ts";

/** The messages that one transaction deletes, and the maximum transactions of one run. */
const PAGE = 1_000;
const MAX_PAGES = 20;

interface Remains {
  queue: number;
  /** The number of the last message. */
  through: number;
  /** The name of the queue, if it was deleted. */
  deleted?: string;
}

/** Deletes the messages of a queue that was purged or deleted; for a deleted one, everything else too. */
export const sweep = job<Remains>("sqs/sweep", {
  async run(ctx, remains) {
    for (let pages = 0; pages < MAX_PAGES; pages++) if (!(await sweepPage(ctx, remains))) return;
    return { again: 0 };
  },
});

/** Deletes a page of rows. @returns whether there are more */
function sweepPage(ctx: Context, { queue, through, deleted }: Remains): Promise<boolean> {
  return ctx.transact(async (tx) => {
    const page = await tx.list(messages, { in: [queue], before: [through + 1], limit: PAGE });
    for (const { seq, content } of page) {
      tx.delete(messages, [queue, seq]);
      tx.delete(states, [queue, seq]);
      if (!content) tx.deleteBytes(contents, [queue, seq]);
    }
    if (page.length === PAGE) return true;
    return deleted !== undefined && sweepQueue(tx, queue, deleted);
  });
}

/** Deletes all other rows of a queue, and frees its name. */
async function sweepQueue(tx: Transaction, queue: number, name: string): Promise<boolean> {
  const page = await tx.list(deduplications, { in: [queue], limit: PAGE });
  for (const { key } of page) tx.delete(deduplications, [queue, key]);
  for (const task of await tx.list(moveTasks, { in: [queue], limit: PAGE }))
    tx.delete(moveTasks, moveTasks.key(task));
  const deletion = await tx.get(deletions, [name]);
  if (deletion && deletion.until <= tx.now()) tx.delete(deletions, [name]);
  return page.length === PAGE;
}

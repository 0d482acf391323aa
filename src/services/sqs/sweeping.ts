import type { Context } from "#kernel/context.ts";
import { job } from "#kernel/jobs.ts";
import { contents, deduplications, messages, states } from "./store.ts";

/** Messages that one transaction deletes, and transactions of one run. */
const PAGE = 1_000;
const MOST_PAGES = 20;

interface Remains {
  queue: number;
  /** The number of the last message. */
  through: number;
  /** The queue itself is no more. */
  isGone: boolean;
}

/** Clears away the messages of a queue that was purged or deleted, and with the queue all else that it had. */
export const sweep = job<Remains>("sqs/sweep", {
  async run(ctx, remains) {
    for (let pages = 0; pages < MOST_PAGES; pages++) if (!(await sweepPage(ctx, remains))) return;
    return { again: 0 };
  },
});

/** Whether there is more. */
function sweepPage(ctx: Context, { queue, through, isGone }: Remains): Promise<boolean> {
  return ctx.transact(async (tx) => {
    const found = await tx.list(messages, { in: [queue], before: [through + 1], limit: PAGE });
    for (const { seq, content } of found) {
      tx.delete(messages, [queue, seq]);
      tx.delete(states, [queue, seq]);
      if (!content) tx.deleteBytes(contents, [queue, seq]);
    }
    const known = isGone ? await tx.list(deduplications, { in: [queue], limit: PAGE }) : [];
    for (const { key } of known) tx.delete(deduplications, [queue, key]);
    return found.length === PAGE || known.length === PAGE;
  });
}

import { job } from "#kernel/jobs.ts";
import { contents, deduplications, messages, states } from "./store.ts";

/** Rows that one run deletes. */
const PAGE = 500;

/** Clears away the messages of a queue that was purged or deleted, and with the queue all else that it had. */
export const sweep = job<{ queue: number; through: number; isGone: boolean }>("sqs/sweep", {
  async run(ctx, { queue, through, isGone }) {
    const isMore = await ctx.transact(async (tx) => {
      const range = { in: [queue], before: [through + 1], limit: PAGE };
      const found = await tx.list(messages, range);
      for (const { seq, content } of found) {
        tx.delete(messages, [queue, seq]);
        tx.delete(states, [queue, seq]);
        if (!content) tx.deleteBytes(contents, [queue, seq]);
      }
      const known = isGone ? await tx.list(deduplications, { in: [queue], limit: PAGE }) : [];
      for (const { key } of known) tx.delete(deduplications, [queue, key]);
      return found.length === PAGE || known.length === PAGE;
    });
    return isMore ? { again: 0 } : undefined;
  },
});

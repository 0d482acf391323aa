import { reconciler } from "#kernel/reconciler.ts";
import { greetings } from "./store.ts";

/** How long it takes to learn a text. */
export const LEARNING_MS = 5_000;

/** Brings a greeting to what its record wants: to be known by heart. */
export const learning = reconciler(greetings, async (ctx, { name, learnedAt }) => {
  const wait = learnedAt - ctx.clock.now();
  if (wait > 0) return { again: wait };
  await ctx.transact(async (tx) => {
    const greeting = await tx.get(greetings, [name]);
    // It may have been deleted, or given another text, since the step looked.
    if (greeting?.learnedAt === learnedAt) tx.put(greetings, { ...greeting, learned: true });
  });
  return "done";
});

import { reconciler } from "#kernel/work/reconciler.ts";
import { greetings } from "./store.ts";

/** How long it takes to learn a text. */
export const LEARNING_MS = 5_000;

/** Marks a greeting as learned once its learning time has passed. */
export const learning = reconciler(greetings, async (ctx, { name, learnedAt }) => {
  const wait = learnedAt - ctx.clock.now();
  if (wait > 0) return { again: wait };
  await ctx.transact(async (tx) => {
    const greeting = await tx.get(greetings, [name]);
    // The greeting may have been deleted or changed since the step was started.
    if (greeting?.learnedAt === learnedAt) tx.put(greetings, { ...greeting, learned: true });
  });
  return "done";
});

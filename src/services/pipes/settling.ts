import type { PipeState } from "#aws/contract/types/pipes.ts";
import { reconciler } from "#kernel/reconciler.ts";
import { flow } from "./flow.ts";
import { pipes } from "./store.ts";

/** Brings a pipe to the state that is wanted: running it is a loop of its own. */
export const settling = reconciler(pipes, async (ctx, { name }) => {
  await ctx.transact(async (tx) => {
    const pipe = await tx.get(pipes, [name]);
    if (!pipe) return;
    if (pipe.desired === "DELETED") return tx.delete(pipes, [name]);
    const current: PipeState = pipe.desired;
    if (pipe.current === current) return;
    tx.put(pipes, { ...pipe, current });
    if (current === "RUNNING") tx.enqueue(flow, { name, revision: pipe.revision });
  });
  return "done";
});

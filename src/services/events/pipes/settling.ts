import type { PipeState } from "#aws/contract/types/pipes.ts";
import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { reconciler } from "#kernel/work/reconciler.ts";
import { BY_USER, cannotBegin } from "./errors.ts";
import { flow } from "./flow.ts";
import { cursorsOf, firstCursors, put, remove } from "./sources/cursors.ts";
import { lookIntoQueue } from "./sources/queue.ts";
import { streamOf } from "./sources/source.ts";
import { type Cursor, type Pipe, pipes } from "./store.ts";

/** The failed state of each transition to running, if the source does not exist. */
const FAILED: Partial<Record<PipeState, PipeState>> = {
  CREATING: "CREATE_FAILED",
  UPDATING: "UPDATE_FAILED",
  STARTING: "START_FAILED",
};

/** Brings a pipe to its desired state. A running pipe has its own loop. */
export const settling = reconciler(pipes, async (ctx, seen) => {
  const { begun = [], fault } = seen.desired === "RUNNING" ? await begin(ctx, seen) : {};
  const read = seen.desired === "DELETED" ? await cursorsOf(ctx, seen) : [];
  await ctx.transact(async (tx) => {
    const pipe = await tx.get(pipes, [seen.name]);
    // The pipe was changed since, which wakes this loop again.
    if (pipe?.revision !== seen.revision) return;
    if (pipe.desired === "DELETED") {
      remove(tx, read);
      return tx.delete(pipes, [pipe.name]);
    }
    const failed = fault === undefined ? undefined : FAILED[pipe.current];
    if (failed) return tx.put(pipes, { ...pipe, current: failed, reason: cannotBegin(fault!) });
    const current: PipeState = pipe.desired;
    if (pipe.current === current || pipe.current.endsWith("_FAILED")) return;
    tx.put(pipes, { ...pipe, current, reason: BY_USER });
    if (current !== "RUNNING") return;
    put(tx, begun);
    tx.enqueue(flow, { name: pipe.name, revision: pipe.revision });
  });
  return "done";
});

/** The starting positions in a stream, or the reason why the source cannot be read. */
async function begin(ctx: Context, pipe: Pipe): Promise<{ begun?: Cursor[]; fault?: string }> {
  try {
    const source = streamOf(ctx, pipe);
    if (source) return { begun: await firstCursors(ctx, pipe, source) };
    await lookIntoQueue(ctx, pipe);
    return {};
  } catch (error) {
    if (error instanceof AwsError && error.status < 500) return { fault: error.message };
    throw error;
  }
}

import type { Context } from "#kernel/context.ts";
import { job } from "#kernel/work/jobs.ts";
import { cursorsOf, newCursors, put, readable, rearranged, remove } from "./sources/cursors.ts";
import { readLane } from "./sources/lane.ts";
import { drainQueue } from "./sources/queue.ts";
import { streamOf } from "./sources/source.ts";
import type { StreamSource } from "./sources/stream.ts";
import { type Pipe, pipes } from "./store.ts";

/** The polling interval of an empty queue, and of new shards of a stream. */
const POLL_INTERVAL_MS = 1_000;

/** Runs a pipe: drains its queue, or starts a loop for each shard of its stream. */
export const flow = job<{ name: string; revision: number }>("pipes/flow", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { name, revision }) {
    const pipe = await ctx.read((tx) => tx.get(pipes, [name]));
    if (pipe?.revision !== revision || pipe.current !== "RUNNING") return undefined;
    const source = streamOf(ctx, pipe);
    if (source) await readShards(ctx, pipe, source);
    else if ((await drainQueue(ctx, pipe)) > 0) return { again: 0, idle: true };
    return { again: POLL_INTERVAL_MS, isPoll: true };
  },
});

/** Starts a loop for each readable shard without one. */
async function readShards(ctx: Context, pipe: Pipe, source: StreamSource): Promise<void> {
  const shards = await source.shards();
  const listed = new Set(shards.map(({ id }) => id));
  const { current = [], past = [] } = Object.groupBy(await cursorsOf(ctx, pipe), ({ shard }) =>
    listed.has(shard) ? "current" : "past",
  );
  const lanes = rearranged(pipe, current);
  const remaining = current.filter((cursor) => !lanes.removed.includes(cursor));
  const added = [...lanes.added, ...newCursors(pipe, shards, current)];
  const started = readable(shards, [...remaining, ...added]).filter(
    ({ revision }) => revision !== pipe.revision,
  );
  const removed = [...past, ...lanes.removed];
  if (removed.length + added.length + started.length === 0) return;
  await ctx.transact(async (tx) => {
    // The pipe may have been stopped or deleted meanwhile. Then nothing is written.
    if ((await tx.get(pipes, [pipe.name]))?.revision !== pipe.revision) return;
    // A shard that is no longer in the stream cannot be read, and its children need not wait for it.
    remove(tx, removed);
    put(tx, added);
    for (const { shard, lane, ...cursor } of started) {
      put(tx, [{ ...cursor, shard, lane, revision: pipe.revision }]);
      const payload = { name: pipe.name, revision: pipe.revision, shard, lane };
      tx.enqueue(readLane, payload, { lane: JSON.stringify([readLane.name, pipe.name, shard, lane]) });
    }
  });
}

import { job } from "#kernel/jobs.ts";
import type { Transaction } from "#kernel/transaction.ts";
import { arrivalOf, deleteRow } from "../records/rows.ts";
import { forgetRoutes } from "../shards/routes.ts";
import {
  horizonOf,
  isExpired,
  recordRows,
  restRows,
  type Shard,
  type Stream,
  shards,
  streams,
} from "../store.ts";

const PAGE = 64;
const LOOK_MS = 3_600_000;

/** Removes records, and closed shards, that are older than the stream keeps them: some shards at a time, so that others have their turn. */
export const trim = job<{ name: string; number: number }>("kinesis/trim", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { name, number }) {
    let removed = 0;
    for (let last: Shard | undefined; ; ) {
      const done = await ctx.transact(async (tx) => {
        const stream = await tx.get(streams, [name]);
        if (stream?.number !== number) return undefined;
        const some = await tx.list(shards, {
          in: [number],
          from: [(last?.index ?? -1) + 1],
          limit: PAGE,
        });
        let rows = 0;
        for (const shard of some) if (rows < PAGE) rows += await trimShard(tx, stream, shard);
        return { rows, last: some.length < PAGE ? undefined : some.at(-1) };
      });
      if (!done) return undefined;
      removed += done.rows;
      if (done.rows >= PAGE) return { again: 0 };
      if (!done.last) return { again: LOOK_MS, idle: removed === 0 };
      last = done.last;
    }
  },
});

/** @returns how many rows were removed */
async function trimShard(tx: Transaction, stream: Stream, shard: Shard): Promise<number> {
  const { number } = stream;
  const oldest = horizonOf(stream, tx.now());
  const rows = await tx.listBytes(recordRows, { in: [number, shard.index], limit: PAGE });
  // In order of arrival: behind one that is kept nothing has to be looked at.
  const kept = rows.findIndex((row) => arrivalOf(row) >= oldest);
  const old = kept < 0 ? rows : rows.slice(0, kept);
  for (const row of old) await deleteRow(tx, shard, row);
  const isEmpty = kept < 0 && rows.length < PAGE;
  if (isEmpty && isExpired(stream, shard, tx.now())) tx.delete(shards, [number, shard.index]);
  return old.length;
}

/** Removes all of a stream that was deleted: its number is never used again. */
export const forget = job<{ number: number }>("kinesis/forget", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { number }) {
    return ctx.transact(async (tx) => {
      for (const kind of [recordRows, restRows]) {
        const rows = await tx.listBytes(kind, { in: [number], limit: PAGE });
        for (const row of rows) tx.deleteRow(row);
        if (rows.length === PAGE) return { again: 0 };
      }
      const left = await tx.list(shards, { in: [number], limit: PAGE });
      for (const { index } of left) tx.delete(shards, [number, index]);
      forgetRoutes(tx, number);
      return left.length === PAGE ? { again: 0 } : undefined;
    });
  },
});

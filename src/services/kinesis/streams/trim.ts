import type { Transaction } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
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

/** Removes expired records and closed shards, a page at a time, so that other calls can run in between. */
export const trim = job<{ name: string; number: number }>("kinesis/trim", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { name, number }) {
    let removed = 0;
    for (let from: number | undefined = 0; from !== undefined; ) {
      const index: number = from;
      const page = await ctx.transact((tx) => trimPage(tx, name, number, index));
      if (!page) return undefined;
      removed += page.removed;
      from = page.next;
      // At most one page waits for the disk.
      await ctx.durable();
      await new Promise(setImmediate);
    }
    return { again: LOOK_MS, idle: removed === 0 };
  },
});

/**
 * @param from the index of the first shard
 * @returns the number of removed rows and the shard to continue with; `undefined` if the stream is gone
 */
async function trimPage(tx: Transaction, name: string, number: number, from: number) {
  const stream = await tx.get(streams, [name]);
  if (stream?.number !== number) return undefined;
  const page = await tx.list(shards, { in: [number], from: [from], limit: PAGE });
  let removed = 0;
  for (const shard of page) {
    if (removed >= PAGE) return { removed, next: shard.index };
    const rows = await trimShard(tx, stream, shard);
    removed += rows;
    // The shard may have more expired rows.
    if (rows === PAGE) return { removed, next: shard.index };
  }
  return { removed, next: page.length < PAGE ? undefined : page.at(-1)!.index + 1 };
}

/** @returns the number of removed rows */
async function trimShard(tx: Transaction, stream: Stream, shard: Shard): Promise<number> {
  const { number } = stream;
  const oldest = horizonOf(stream, tx.now());
  const rows = await tx.listBytes(recordRows, { in: [number, shard.index], limit: PAGE });
  // Rows are in order of arrival: none after a retained one has expired.
  const retained = rows.findIndex((row) => arrivalOf(row) >= oldest);
  const expired = retained < 0 ? rows : rows.slice(0, retained);
  for (const row of expired) await deleteRow(tx, shard, row);
  const isEmpty = retained < 0 && rows.length < PAGE;
  if (isEmpty && isExpired(stream, shard, tx.now())) tx.delete(shards, [number, shard.index]);
  return expired.length;
}

/** Removes the rows of a deleted stream, whose number is never reused. */
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

import { job } from "#kernel/jobs.ts";
import type { ReadTransaction } from "#kernel/transaction.ts";
import { arrivalOf, deleteRow } from "../records/rows.ts";
import { forgetRoutes } from "../shards/routes.ts";
import { isExpired, recordRows, restRows, type Shard, shards, streams } from "../store.ts";

const PAGE = 64;
const SHARDS_PAGE = 1_000;
const LOOK_MS = 3_600_000;

/** Removes records, and closed shards, that are older than the stream keeps them. */
export const trim = job<{ name: string; number: number }>("kinesis/trim", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { name, number }) {
    return ctx.transact(async (tx) => {
      const stream = await tx.get(streams, [name]);
      if (stream?.number !== number) return undefined;
      const oldest = tx.now() - stream.retentionHours * 3_600_000;
      let removed = 0;
      for (const shard of await remembered(tx, number)) {
        const rows = await tx.listBytes(recordRows, { in: [number, shard.index], limit: PAGE });
        // In order of arrival: behind one that is kept nothing has to be looked at.
        const kept = rows.findIndex((row) => arrivalOf(row) >= oldest);
        const old = kept < 0 ? rows : rows.slice(0, kept);
        for (const row of old) await deleteRow(tx, shard, row);
        removed += old.length;
        const isEmpty = kept < 0 && rows.length < PAGE;
        if (isEmpty && isExpired(stream, shard, tx.now())) tx.delete(shards, [number, shard.index]);
        if (removed >= PAGE) return { again: 0 };
      }
      return { again: LOOK_MS, idle: removed === 0 };
    });
  },
});

/** Expired ones as well. */
async function remembered(tx: ReadTransaction, number: number): Promise<Shard[]> {
  const found: Shard[] = [];
  for (;;) {
    const page = await tx.list(shards, {
      in: [number],
      from: [(found.at(-1)?.index ?? -1) + 1],
      limit: SHARDS_PAGE,
    });
    found.push(...page);
    if (page.length < SHARDS_PAGE) return found;
  }
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

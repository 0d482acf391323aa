import { job } from "#kernel/jobs.ts";
import { arrivalOf, deleteRow } from "../records/rows.ts";
import { forgetRoutes } from "../shards/routes.ts";
import { recordRows, restRows, shards, shardsOf, streams } from "../store.ts";

const PAGE = 64;
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
      for (const shard of await shardsOf(tx, stream)) {
        const rows = await tx.listBytes(recordRows, { in: [number, shard.index], limit: PAGE });
        // In order of arrival: behind one that is kept nothing has to be looked at.
        const kept = rows.findIndex((row) => arrivalOf(row) >= oldest);
        const old = kept < 0 ? rows : rows.slice(0, kept);
        for (const row of old) await deleteRow(tx, shard, row);
        removed += old.length;
        const isEmpty = kept < 0 && rows.length < PAGE;
        if (isEmpty && shard.closed !== undefined && shard.closed < oldest)
          tx.delete(shards, [number, shard.index]);
        if (removed >= PAGE) return { again: 0 };
      }
      return { again: LOOK_MS, idle: removed === 0 };
    });
  },
});

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

import { job } from "#kernel/jobs.ts";
import type { Transaction } from "#kernel/transaction.ts";
import { type OpenStream, type Shard, type Stream, streamRows, streams, type Table } from "../store.ts";
import { decodeItem, readAtOnce } from "../values/stored.ts";

/** Records stay for a day. */
const KEPT_MS = 86_400_000;
const TRIM_MS = 3_600_000;
/** A shard with records takes more for so long; then a child goes on. */
const OPEN_MS = 4 * 3_600_000;
/** Of rows that may be large. */
const PAGE = 100;

/** Opens a stream of a table. */
export async function openStream(
  tx: Transaction,
  table: Pick<Table, "name" | "key">,
  view: OpenStream["view"],
): Promise<OpenStream> {
  const now = tx.now();
  const opened: OpenStream = { number: tx.sequence(), label: await newLabel(tx, table.name, now), view };
  const of = { table: table.name, label: opened.label };
  tx.put(streams, { ...opened, table: table.name, key: table.key, created: now, shards: [openShard(tx)] });
  tx.enqueue(trim, of, { delay: KEPT_MS });
  tx.enqueue(roll, of, { delay: OPEN_MS });
  return opened;
}

/** The time, or the next that is free: a clock that stands still may see one stream end and another begin. */
async function newLabel(tx: Transaction, table: string, at: number): Promise<string> {
  const label = new Date(at).toISOString().replace("Z", "");
  return (await tx.get(streams, [table, label])) ? newLabel(tx, table, at + 1) : label;
}

/** It takes no more; what is in it can be read for a day. */
export async function closeStream(tx: Transaction, table: string, { label }: OpenStream): Promise<void> {
  const stream = await tx.get(streams, [table, label]);
  if (stream) tx.put(streams, { ...stream, shards: withLastClosed(tx, stream) });
}

export const isClosed = ({ shards }: Stream): boolean => shards.at(-1)!.last !== undefined;

const openShard = (tx: Transaction): Shard => ({ first: tx.sequence(), opened: tx.now() });

const withLastClosed = (tx: Transaction, { shards }: Stream): Shard[] => [
  ...shards.slice(0, -1),
  { ...shards.at(-1)!, last: tx.sequence(), closed: tx.now() },
];

/** Ids stand in the order of their shards. */
export const shardId = ({ opened, first }: Shard): string =>
  `shardId-${String(opened).padStart(20, "0")}-${first.toString(16).padStart(8, "0")}`;

/** Closes a shard that has been open for long enough, and goes on with a child. One without records stays. */
export const roll = job<{ table: string; label: string }>("dynamodb/roll", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { table, label }) {
    return ctx.transact(async (tx) => {
      const stream = await tx.get(streams, [table, label]);
      if (!stream || isClosed(stream)) return undefined;
      const { number, shards } = stream;
      const open = shards.at(-1)!;
      // After a restart it may be asked too early.
      const left = open.opened + OPEN_MS - tx.now();
      if (left > 0) return { again: left, idle: true };
      const [record] = await tx.listBytes(streamRows, { in: [number], after: [open.first], limit: 1 });
      if (!record) return { again: OPEN_MS, idle: true };
      const closed = withLastClosed(tx, stream);
      tx.put(streams, { ...stream, shards: [...closed, { ...openShard(tx), parent: shardId(open) }] });
      return { again: OPEN_MS };
    });
  },
});

/** Removes records of more than a day ago, and shards that closed then; with the last of them, the stream. */
export const trim = job<{ table: string; label: string }>("dynamodb/trim", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { table, label }) {
    return ctx.transact(async (tx) => {
      const stream = await tx.get(streams, [table, label]);
      if (!stream) return undefined;
      const horizon = tx.now() - KEPT_MS;
      const { count, newest, isMore } = await trimRecords(tx, stream.number, horizon);
      const shards = isMore
        ? stream.shards
        : stream.shards.filter(({ closed = tx.now() }) => closed >= horizon);
      if (shards.length === 0) {
        tx.delete(streams, [table, label]);
        return undefined;
      }
      const isSame = count === 0 && shards.length === stream.shards.length;
      const trimmed = newest ?? stream.trimmed;
      if (!isSame) tx.put(streams, { ...stream, shards, ...(trimmed !== undefined && { trimmed }) });
      return { again: isMore ? 0 : TRIM_MS, idle: isSame };
    });
  },
});

interface Trimmed {
  count: number;
  /** The sequence number of the last one that went. */
  newest: number | undefined;
  /** Whether the next records may be as old. */
  isMore: boolean;
}

/** Removes records from before the horizon, a page of them at most. */
async function trimRecords(tx: Transaction, stream: number, horizon: number): Promise<Trimmed> {
  const page = await tx.listBytes(streamRows, { in: [stream], limit: PAGE });
  const rows = readAtOnce(page);
  let count = 0;
  let newest: number | undefined;
  for (const row of rows) {
    const { at, sequence } = decodeItem(row.value);
    if (Number(at!.N) >= horizon) break;
    newest = Number(sequence!.N);
    tx.deleteRow(row);
    count++;
  }
  const isMore = count > 0 && count === rows.length && (count < page.length || count === PAGE);
  return { count, newest, isMore };
}

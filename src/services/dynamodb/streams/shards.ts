import type { Transaction } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
import { type OpenStream, type Shard, type Stream, streamRows, streams, type Table } from "../store.ts";
import { decodeItem, readAtOnce } from "../values/stored.ts";

/** The retention of records. */
const RETENTION_MS = 86_400_000;
const TRIM_MS = 3_600_000;
/** How long a shard with records stays open, until a child shard replaces it. */
const OPEN_MS = 4 * 3_600_000;
/** Rows per page; each may be large. */
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
  tx.enqueue(trim, of, { delay: RETENTION_MS });
  tx.enqueue(roll, of, { delay: OPEN_MS });
  return opened;
}

/** The current time as a label, or the next unused one: with a stopped clock, two streams may open at the same time. */
async function newLabel(tx: Transaction, table: string, at: number): Promise<string> {
  const label = new Date(at).toISOString().replace("Z", "");
  return (await tx.get(streams, [table, label])) ? newLabel(tx, table, at + 1) : label;
}

/** Closes a stream. Its records can be read for another day. */
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

/** Ids sort in the order of their shards. */
export const shardId = ({ opened, first }: Shard): string =>
  `shardId-${String(opened).padStart(20, "0")}-${first.toString(16).padStart(8, "0")}`;

/** Replaces a shard that has been open for long enough by a child. A shard without records stays open. */
export const roll = job<{ table: string; label: string }>("dynamodb/roll", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { table, label }) {
    return ctx.transact(async (tx) => {
      const stream = await tx.get(streams, [table, label]);
      if (!stream || isClosed(stream)) return undefined;
      const { number, shards } = stream;
      const open = shards.at(-1)!;
      // After a restart, the job may run too early.
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

/** Deletes records older than a day and shards that closed before that; with the last shard, the stream. */
export const trim = job<{ table: string; label: string }>("dynamodb/trim", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { table, label }) {
    return ctx.transact(async (tx) => {
      const stream = await tx.get(streams, [table, label]);
      if (!stream) return undefined;
      const horizon = tx.now() - RETENTION_MS;
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
  /** The sequence number of the last deleted record. */
  newest: number | undefined;
  /** Whether the next records may be expired, too. */
  isMore: boolean;
}

/** Deletes up to a page of records that are older than the horizon. */
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

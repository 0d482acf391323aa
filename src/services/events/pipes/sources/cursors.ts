import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/transaction.ts";
import { type Cursor, cursors, type Pipe, type Position } from "../store.ts";
import { type SourceShard, type StreamSource, streamParameters } from "./stream.ts";

const PAGE = 1_000;

/** How far a pipe has come in each shard of its source. */
export async function cursorsOf(ctx: Context, { name }: Pick<Pipe, "name">): Promise<Cursor[]> {
  const found: Cursor[] = [];
  for (;;) {
    const last = found.at(-1);
    const page = await ctx.read((tx) =>
      tx.list(cursors, { in: [name], limit: PAGE, ...(last && { after: [last.shard, last.lane] }) }),
    );
    found.push(...page);
    if (page.length < PAGE) return found;
  }
}

/** Where a pipe begins in each shard. From the latest record on, closed shards count as read. */
export async function firstCursors(ctx: Context, pipe: Pipe, source: StreamSource): Promise<Cursor[]> {
  if ((await cursorsOf(ctx, pipe)).length > 0) return [];
  const isLatest = streamParameters(pipe).StartingPosition === "LATEST";
  const found: Cursor[] = [];
  for (const shard of await source.shards()) {
    if (isLatest && !shard.isOpen)
      found.push({ ...cursorOf(pipe, shard.id, 0, { type: "TRIM_HORIZON" }), isDone: true });
    else found.push(...lanesOf(pipe, shard.id, await source.beginning(shard)));
  }
  return found;
}

/** For shards that came since. They are read from their beginning. */
export function newCursors(pipe: Pipe, shards: readonly SourceShard[], known: readonly Cursor[]): Cursor[] {
  const seen = new Set(known.map(({ shard }) => shard));
  return shards
    .filter(({ id }) => !seen.has(id))
    .flatMap(({ id }) => lanesOf(pipe, id, { type: "TRIM_HORIZON" }));
}

/** Where the number of lanes was changed, each new lane begins where the rearmost of the former ones is. */
export function rearranged(pipe: Pipe, known: readonly Cursor[]): { gone: Cursor[]; made: Cursor[] } {
  const gone: Cursor[] = [];
  const made: Cursor[] = [];
  for (const lanes of Map.groupBy(known, ({ shard }) => shard).values()) {
    if (lanes.length === laneCount(pipe) || lanes.every(({ isDone }) => isDone)) continue;
    const unread = lanes.filter(({ isDone }) => !isDone).map(({ at }) => at);
    gone.push(...lanes);
    made.push(...lanesOf(pipe, lanes[0]!.shard, unread.reduce(earlier)));
  }
  return { gone, made };
}

/** Shards that may be read: their parents have been read. */
export function readable(shards: readonly SourceShard[], known: readonly Cursor[]): Cursor[] {
  const unread = new Set(known.filter(({ isDone }) => !isDone).map(({ shard }) => shard));
  const parents = new Map(shards.map(({ id, parents }) => [id, parents]));
  return known.filter(
    ({ shard, isDone }) => !isDone && !parents.get(shard)?.some((parent) => unread.has(parent)),
  );
}

export function put(tx: Transaction, changed: readonly Cursor[]): void {
  for (const cursor of changed) tx.put(cursors, cursor);
}

export function remove(tx: Transaction, gone: readonly Cursor[]): void {
  for (const { pipe, shard, lane } of gone) tx.delete(cursors, [pipe, shard, lane]);
}

export const laneCount = (pipe: Pipe): number => streamParameters(pipe).ParallelizationFactor ?? 1;

const lanesOf = (pipe: Pipe, shard: string, at: Position): Cursor[] =>
  Array.from({ length: laneCount(pipe) }, (_, lane) => cursorOf(pipe, shard, lane, at));

const cursorOf = ({ name }: Pipe, shard: string, lane: number, at: Position): Cursor => ({
  pipe: name,
  shard,
  lane,
  at,
  isDone: false,
  failures: 0,
});

function earlier(one: Position, other: Position): Position {
  if (one.type !== "AFTER_SEQUENCE_NUMBER") return one;
  if (other.type !== "AFTER_SEQUENCE_NUMBER") return other;
  return BigInt(one.sequence) <= BigInt(other.sequence) ? one : other;
}

import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { type Cursor, cursors, type Pipe, type Position } from "../store.ts";
import { type SourceShard, type StreamSource, streamParameters } from "./stream.ts";

const PAGE = 1_000;

/** The positions of a pipe in the shards of its source. */
export async function cursorsOf(ctx: Context, { name }: Pick<Pipe, "name">): Promise<Cursor[]> {
  const all: Cursor[] = [];
  for (;;) {
    const last = all.at(-1);
    const page = await ctx.read((tx) =>
      tx.list(cursors, { in: [name], limit: PAGE, ...(last && { after: [last.shard, last.lane] }) }),
    );
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}

/** The starting position in each shard. When starting at the latest record, closed shards count as read. */
export async function firstCursors(ctx: Context, pipe: Pipe, source: StreamSource): Promise<Cursor[]> {
  if ((await cursorsOf(ctx, pipe)).length > 0) return [];
  const isLatest = streamParameters(pipe).StartingPosition === "LATEST";
  const first: Cursor[] = [];
  for (const shard of await source.shards()) {
    if (isLatest && !shard.isOpen)
      first.push({ ...cursorOf(pipe, shard.id, 0, { type: "TRIM_HORIZON" }), isDone: true });
    else first.push(...lanesOf(pipe, shard.id, await source.beginning(shard)));
  }
  return first;
}

/** Cursors for new shards, which are read from their beginning. */
export function newCursors(
  pipe: Pipe,
  shards: readonly SourceShard[],
  existing: readonly Cursor[],
): Cursor[] {
  const seen = new Set(existing.map(({ shard }) => shard));
  return shards
    .filter(({ id }) => !seen.has(id))
    .flatMap(({ id }) => lanesOf(pipe, id, { type: "TRIM_HORIZON" }));
}

/** After a change of the number of lanes, each new lane begins at the earliest position of the former ones. */
export function rearranged(pipe: Pipe, existing: readonly Cursor[]): { removed: Cursor[]; added: Cursor[] } {
  const removed: Cursor[] = [];
  const added: Cursor[] = [];
  for (const lanes of Map.groupBy(existing, ({ shard }) => shard).values()) {
    if (lanes.length === laneCount(pipe) || lanes.every(({ isDone }) => isDone)) continue;
    const unread = lanes.filter(({ isDone }) => !isDone).map(({ at }) => at);
    removed.push(...lanes);
    added.push(...lanesOf(pipe, lanes[0]!.shard, unread.reduce(earlier)));
  }
  return { removed, added };
}

/** Cursors of readable shards: those whose parents have been read. */
export function readable(shards: readonly SourceShard[], existing: readonly Cursor[]): Cursor[] {
  const unread = new Set(existing.filter(({ isDone }) => !isDone).map(({ shard }) => shard));
  const parents = new Map(shards.map(({ id, parents }) => [id, parents]));
  return existing.filter(
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

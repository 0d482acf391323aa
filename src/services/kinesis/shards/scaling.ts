import type { Transaction } from "#kernel/records/transaction.ts";
import { type Job, job } from "#kernel/work/jobs.ts";
import { type Goal, type Shard, type Stream, streams } from "../store.ts";
import { HASHES } from "./ranges.ts";
import { merge, type Reshaping, reshaping, split } from "./reshaping.ts";
import { placeOf, routesOf } from "./routes.ts";

/** The maximum shards that one transaction opens, so that other calls can run in between. */
const MAX_AT_ONCE = 500;

/**
 * Scales a stream to a number of shards with equal ranges, by splitting at the boundaries of the new ranges and merging within
 * them. So each key's old shard is an ancestor of its new one, and consumers that read parents first keep the order.
 * The first step is done at once, and a job does the rest of a large change in steps.
 */
export async function scaleTo(tx: Transaction, stream: Stream, count: number): Promise<Stream> {
  const begun = await scaleOn(tx, stream, { count, done: 0 });
  if (begun.goal) tx.enqueue(scale, { name: stream.name, number: stream.number });
  return begun;
}

export const scale: Job<{ name: string; number: number }> = job("kinesis/scale", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { name, number }) {
    return ctx.transact(async (tx) => {
      const stream = await tx.get(streams, [name]);
      if (stream?.number !== number || !stream.goal) return undefined;
      const { goal } = await scaleOn(tx, stream, stream.goal);
      return goal && { again: 0 };
    });
  },
});

/** Continues a scaling, range by range, in the order of hashes. */
async function scaleOn(tx: Transaction, stream: Stream, { count, done }: Goal): Promise<Stream> {
  const share = HASHES / BigInt(count);
  const startOf = (at: number) => (at === count ? HASHES : share * BigInt(at));
  const present = await routesOf(tx, stream);
  const change = reshaping(tx, stream);
  const hasRoom = () => change.opened < MAX_AT_ONCE;
  let next = placeOf(present, startOf(done));
  /** Upper parts of split shards, the next one last. */
  const parts: Shard[] = [];

  /** The next shard, or the part of it within a target range. */
  function pieceIn(at: number): Shard {
    let piece = parts.pop() ?? present[next++]!.shard;
    while (BigInt(piece.to) >= startOf(at + 1)) {
      const last = Math.min(count - 1, Number(BigInt(piece.to) / share));
      // Splits in the middle first, to keep the chains of ancestors short.
      const [low, high] = split(change, piece, startOf(at + 1 + ((last - at) >> 1)));
      parts.push(high);
      piece = low;
    }
    return piece;
  }

  let at = done;
  while (at < count && hasRoom()) {
    const pieces: Shard[] = [];
    do pieces.push(pieceIn(at));
    while (BigInt(pieces.at(-1)!.to) + 1n < startOf(at + 1));
    joinAll(change, pieces, hasRoom);
    if (pieces.length === 1) at++;
  }
  return change.end(at < count ? { count, done: at } : undefined);
}

/** Merges shards pairwise, to keep the chains of ancestors short. */
function joinAll(change: Reshaping, pieces: Shard[], hasRoom: () => boolean): void {
  for (let at = 0; pieces.length > 1 && hasRoom(); at++) {
    if (at + 1 >= pieces.length) at = 0;
    pieces.splice(at, 2, merge(change, pieces[at]!, pieces[at + 1]!));
  }
}

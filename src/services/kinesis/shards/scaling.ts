import { type Job, job } from "#kernel/jobs.ts";
import type { Transaction } from "#kernel/transaction.ts";
import { type Goal, type Shard, type Stream, streams } from "../store.ts";
import { HASHES } from "./ranges.ts";
import { merge, type Reshaping, reshaping, split } from "./reshaping.ts";
import { placeOf, routesOf } from "./routes.ts";

/** Shards that one transaction opens: others have their turn before more are. */
const MAX_AT_ONCE = 500;

/**
 * Brings a stream to so many shards in equal shares, by splitting wherever a share begins and merging what lies in one:
 * so every record's shard leads to where its key goes from now on, and whoever reads parents first keeps the order.
 * A large change is begun at once, and a job does the rest in steps.
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

/** Share by share, in the order of their hashes, whatever was done before. */
async function scaleOn(tx: Transaction, stream: Stream, { count, done }: Goal): Promise<Stream> {
  const share = HASHES / BigInt(count);
  const startOf = (at: number) => (at === count ? HASHES : share * BigInt(at));
  const present = await routesOf(tx, stream);
  const change = reshaping(tx, stream);
  const hasRoom = () => change.opened < MAX_AT_ONCE;
  let next = placeOf(present, startOf(done));
  /** Upper parts of shards that were split, the next one last. */
  const parts: Shard[] = [];

  /** The next shard, or as much of it as lies in a share. */
  function pieceIn(at: number): Shard {
    let piece = parts.pop() ?? present[next++]!.shard;
    while (BigInt(piece.to) >= startOf(at + 1)) {
      const last = Math.min(count - 1, Number(BigInt(piece.to) / share));
      // In the middle first, so that nobody has more ancestors than need be.
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

/** Two by two, for the same reason. */
function joinAll(change: Reshaping, pieces: Shard[], hasRoom: () => boolean): void {
  for (let at = 0; pieces.length > 1 && hasRoom(); at++) {
    if (at + 1 >= pieces.length) at = 0;
    pieces.splice(at, 2, merge(change, pieces[at]!, pieces[at + 1]!));
  }
}

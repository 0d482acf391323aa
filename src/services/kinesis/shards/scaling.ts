import type { ReadTransaction, Transaction } from "#kernel/transaction.ts";
import { wakeAll } from "../records/waiters.ts";
import { isOpen, type Shard, type Stream, shards, shardsOf, streams } from "../store.ts";
import { evenRanges, type Range } from "./ranges.ts";
import { forgetRoutes } from "./routes.ts";
import { beginBehind } from "./sequence.ts";

export const openShardsOf = async (tx: ReadTransaction, stream: Stream): Promise<Shard[]> =>
  (await shardsOf(tx, stream)).filter(isOpen);

/** Changes which shards a stream has. What it has been given is in the transaction once `end` is called. */
export interface Reshaping {
  open(range: Range, parents?: readonly Shard[]): Shard;
  close(shard: Shard): void;
  /** @returns the stream as it is now */
  end(): Stream;
}

export function reshaping(tx: Transaction, stream: Stream): Reshaping {
  const now = { ...stream };
  return {
    open({ from, to }, parents = []) {
      const [parent, adjacent] = parents;
      const began = beginBehind(tx.now(), parents);
      const shard: Shard = {
        stream: stream.number,
        index: now.nextShard++,
        parent: parent?.index,
        adjacentParent: adjacent?.index,
        from,
        to,
        created: tx.now(),
        ...(began > tx.now() && { began }),
        first: tx.sequence(),
      };
      now.openShards++;
      tx.put(shards, shard);
      return shard;
    },
    close(shard) {
      now.openShards--;
      tx.put(shards, { ...shard, last: tx.sequence(), closed: tx.now() });
    },
    end() {
      forgetRoutes(tx, stream.number);
      wakeAll(tx, stream.number);
      tx.put(streams, now);
      return now;
    },
  };
}

/** At a hash that lies within it. @returns the lower and the upper half */
export function split({ open, close }: Reshaping, shard: Shard, at: bigint): [Shard, Shard] {
  close(shard);
  return [
    open({ from: shard.from, to: (at - 1n).toString() }, [shard]),
    open({ from: at.toString(), to: shard.to }, [shard]),
  ];
}

/** Two neighbours, the lower one first. */
export function merge({ open, close }: Reshaping, low: Shard, high: Shard): Shard {
  close(low);
  close(high);
  return open({ from: low.from, to: high.to }, [low, high]);
}

/**
 * Brings a stream to so many shards in equal shares, by splitting wherever a share begins and merging what lies in one:
 * so every record's shard leads to where its key goes from now on, and whoever reads parents first keeps the order.
 */
export async function scaleTo(tx: Transaction, stream: Stream, count: number): Promise<Stream> {
  const change = reshaping(tx, stream);
  const shares = evenRanges(count);
  const starts = shares.map(({ from }) => BigInt(from));
  const present = (await openShardsOf(tx, stream)).sort((a, b) => (BigInt(a.from) < BigInt(b.from) ? -1 : 1));
  const pieces: Shard[] = [];
  let next = 0;
  for (const shard of present) {
    const [from, to] = [BigInt(shard.from), BigInt(shard.to)];
    const within: bigint[] = [];
    for (; next < count && starts[next]! <= to; next++) if (starts[next]! > from) within.push(starts[next]!);
    pieces.push(...splitAll(change, shard, within));
  }
  for (let share = 0, at = 0; share < count; share++) {
    const end = BigInt(shares[share]!.to);
    let whole = pieces[at++]!;
    while (BigInt(whole.to) < end) whole = merge(change, whole, pieces[at++]!);
  }
  return change.end();
}

/** In the middle first, so that nobody has more ancestors than need be. */
function splitAll(change: Reshaping, shard: Shard, at: readonly bigint[]): Shard[] {
  if (at.length === 0) return [shard];
  const middle = at.length >> 1;
  const [low, high] = split(change, shard, at[middle]!);
  return [...splitAll(change, low, at.slice(0, middle)), ...splitAll(change, high, at.slice(middle + 1))];
}

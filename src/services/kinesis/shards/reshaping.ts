import type { Transaction } from "#kernel/records/transaction.ts";
import { wakeAll } from "../records/waiters.ts";
import { type Shard, type Stream, shards, streams } from "../store.ts";
import type { Range } from "./ranges.ts";
import { changeRoutes } from "./routes.ts";
import { beginBehind } from "./sequence.ts";

/** A change of a stream's shards, which is written to the transaction by `end`. */
export interface Reshaping {
  open(range: Range, parents?: readonly Shard[]): Shard;
  close(shard: Shard): void;
  /** The number of opened shards. */
  readonly opened: number;
  /** @param goal the target of a scaling in progress. @returns the stream as it is now */
  end(goal?: Stream["goal"]): Stream;
}

export function reshaping(tx: Transaction, stream: Stream): Reshaping {
  const now = { ...stream };
  const opened: Shard[] = [];
  const closed = new Set<number>();
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
      opened.push(shard);
      tx.put(shards, shard);
      return shard;
    },
    close(shard) {
      now.openShards--;
      closed.add(shard.index);
      tx.put(shards, { ...shard, last: tx.sequence(), closed: tx.now() });
    },
    get opened() {
      return opened.length;
    },
    end(goal) {
      changeRoutes(tx, stream.number, opened, closed);
      wakeAll(tx, stream.number);
      const { goal: _, ...rest } = now;
      const ended = { ...rest, ...(goal && { goal }) };
      tx.put(streams, ended);
      return ended;
    },
  };
}

/** Splits a shard at a hash within its range. @returns the lower and the upper part */
export function split({ open, close }: Reshaping, shard: Shard, at: bigint): [Shard, Shard] {
  close(shard);
  return [
    open({ from: shard.from, to: (at - 1n).toString() }, [shard]),
    open({ from: at.toString(), to: shard.to }, [shard]),
  ];
}

/** Merges two adjacent shards, the lower one first. */
export function merge({ open, close }: Reshaping, low: Shard, high: Shard): Shard {
  close(low);
  close(high);
  return open({ from: low.from, to: high.to }, [low, high]);
}

import type { Transaction } from "#kernel/transaction.ts";
import { wakeAll } from "../records/waiters.ts";
import { type Shard, type Stream, shards, streams } from "../store.ts";
import type { Range } from "./ranges.ts";
import { changeRoutes } from "./routes.ts";
import { beginBehind } from "./sequence.ts";

/** Changes which shards a stream has. What it has been given is in the transaction once `end` is called. */
export interface Reshaping {
  open(range: Range, parents?: readonly Shard[]): Shard;
  close(shard: Shard): void;
  /** How many were opened. */
  readonly opened: number;
  /** @param goal where the stream is on its way to. @returns the stream as it is now */
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

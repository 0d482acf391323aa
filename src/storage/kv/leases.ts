import { weakCache } from "#lib/weak-cache.ts";
import { FencedError, type Lease, LeaseHeldError } from "./kv.ts";

/** Unreferenced leases that are kept in memory. It is bounded because clients can address any number of partitions. */
const MAX_HELD_LEASES = 2_000;

/**
 * The leases that were granted through one open store: the newest of each partition, and whether a failed commit has
 * ended it. The owner of an ended lease still owns the partition, and only has to acquire the lease again. An
 * unreferenced lease is dropped eventually, since nothing can be written under it.
 */
export function grantedLeases() {
  const granted = weakCache<Lease>(MAX_HELD_LEASES);
  const endings = new WeakMap<Lease, unknown>();

  function add(lease: Lease): Lease {
    granted.set(lease.partition, lease);
    return lease;
  }

  return {
    add,

    newest: (partition: string): Lease | undefined => granted.get(partition),

    /** The lease under which a partition's owner may continue, if it is known. */
    current(partition: string): Lease | undefined {
      const newest = granted.get(partition);
      return newest && !endings.has(newest) ? newest : undefined;
    },

    /** Grants a lease where this is the only store, so that no other process has to be consulted. */
    grant(partition: string, owner: string, nextEpoch: () => number): Lease {
      const newest = granted.get(partition);
      if (newest && newest.owner !== owner)
        throw new LeaseHeldError(`${partition} is held by ${newest.owner}`);
      if (newest && !endings.has(newest)) return newest;
      return add({ partition, owner, epoch: nextEpoch() });
    },

    remove({ partition, epoch }: Lease): void {
      if (granted.get(partition)?.epoch === epoch) granted.delete(partition);
    },

    /** Refuses all further writes under this lease, because of `reason`. */
    end({ partition, epoch }: Lease, reason: unknown): void {
      const newest = granted.get(partition);
      if (newest?.epoch === epoch && !endings.has(newest)) endings.set(newest, reason);
    },

    /** The reason why writes under this lease are refused, if they are. */
    fence({ partition, epoch }: Lease): FencedError | undefined {
      const newest = granted.get(partition);
      if (newest?.epoch !== epoch) {
        return new FencedError(
          `epoch ${epoch} of ${partition} is over, the newest is ${newest?.epoch ?? "released"}`,
        );
      }
      if (endings.has(newest)) {
        return new FencedError(`epoch ${epoch} of ${partition} ended with a failed commit`, {
          cause: endings.get(newest),
        });
      }
    },
  };
}

export type GrantedLeases = ReturnType<typeof grantedLeases>;

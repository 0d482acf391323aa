import { weakCache } from "#lib/weak-cache.ts";
import { FencedError, type Lease, LeaseHeldError } from "./kv.ts";

/** Leases that are held in memory though nobody refers to them: a stranger may call for any number of partitions. */
const MAX_HELD_LEASES = 2_000;

/**
 * The leases that were granted through one open store: the newest of each partition, and whether a failed commit has ended
 * it. An ended one is still its owner's, who only has to take it anew. One that nobody refers to any more is forgotten in the
 * end, since nobody can write under it.
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

    /** The lease that a partition's owner may go on under, if that is known. */
    current(partition: string): Lease | undefined {
      const newest = granted.get(partition);
      return newest && !endings.has(newest) ? newest : undefined;
    },

    /** Grants a lease where this store is the only one there is, so that nobody else need be asked. */
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

    /** From now on nothing may be written under this lease, because of `reason`. */
    end({ partition, epoch }: Lease, reason: unknown): void {
      const newest = granted.get(partition);
      if (newest?.epoch === epoch && !endings.has(newest)) endings.set(newest, reason);
    },

    /** Why nothing may be written under this lease, if so. */
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

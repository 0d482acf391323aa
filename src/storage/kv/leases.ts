import { FencedError, type Lease, LeaseHeldError } from "./kv.ts";

/**
 * The leases that were granted through one open store, as far as it knows: the newest of each partition, and whether a
 * failed commit has ended it. An ended one stays on the list: its owner still owns the partition, and only has to take the
 * lease anew.
 */
export function grantedLeases() {
  const granted = new Map<string, { lease: Lease; ended?: unknown }>();

  return {
    newest: (partition: string) => granted.get(partition),

    add(lease: Lease): Lease {
      granted.set(lease.partition, { lease });
      return lease;
    },

    /** Grants a lease where this store is the only one there is, so that nobody else need be asked. */
    grant(partition: string, owner: string, nextEpoch: () => number): Lease {
      const newest = granted.get(partition);
      if (newest && newest.lease.owner !== owner)
        throw new LeaseHeldError(`${partition} is held by ${newest.lease.owner}`);
      if (newest && !newest.ended) return newest.lease;
      return this.add({ partition, owner, epoch: nextEpoch() });
    },

    remove(lease: Lease): void {
      if (granted.get(lease.partition)?.lease.epoch === lease.epoch) granted.delete(lease.partition);
    },

    /** From now on nothing may be written under this lease, because of `reason`. */
    end(lease: Lease, reason: unknown): void {
      const entry = granted.get(lease.partition);
      if (entry?.lease.epoch === lease.epoch) entry.ended ??= reason;
    },

    /** Why nothing may be written under this lease, if so. */
    fence({ partition, epoch }: Lease): FencedError | undefined {
      const entry = granted.get(partition);
      if (entry?.lease.epoch !== epoch) {
        return new FencedError(
          `epoch ${epoch} of ${partition} is over, the newest is ${entry?.lease.epoch ?? "released"}`,
        );
      }
      if (entry.ended) {
        return new FencedError(`epoch ${epoch} of ${partition} ended with a failed commit`, {
          cause: entry.ended,
        });
      }
    },
  };
}

export type GrantedLeases = ReturnType<typeof grantedLeases>;

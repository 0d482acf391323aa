import { type Fault, groupCommits } from "./group.ts";
import { type Commit, type KeyValueStore, MAX_PAGE_ROWS } from "./kv.ts";
import { grantedLeases } from "./leases.ts";
import { placesOf } from "./places.ts";
import { slabs } from "./slabs.ts";

/**
 * A store in memory, for tests and `--ephemeral`. It copies its input and output, so that a caller that later
 * modifies a buffer causes no harm, as with a disk.
 */
export function openMemory({ fault }: { fault?: Fault } = {}): KeyValueStore {
  const rows = slabs((key, place) => places.set(key, place));
  const places = placesOf(rows);
  const leases = grantedLeases();
  let epoch = 0;

  async function write(group: readonly Commit[]): Promise<undefined> {
    for (const { puts, deletes } of group) {
      for (const key of deletes) free(places.delete(key));
      for (const { key, value } of puts) free(places.set(key, rows.lay(key, value)));
    }
  }

  function free(place: number | undefined): void {
    if (place !== undefined) rows.free(place);
  }

  const group = groupCommits(leases, write, fault);
  return {
    lease: async (partition, owner) => leases.grant(partition, owner, () => ++epoch),
    release: async (lease) => leases.remove(lease),
    get(key) {
      const place = places.get(key);
      return place === undefined ? undefined : rows.value(place);
    },

    range: ({ start, end, limit, reverse }) =>
      places.range(start, end, Math.min(limit, MAX_PAGE_ROWS), reverse).map(rows.row),

    commit: group.commit,
    close: group.settled,
  };
}

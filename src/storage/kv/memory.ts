import { type Fault, groupCommits } from "./group.ts";
import { keyText } from "./key-text.ts";
import { type Commit, type KeyValueStore, MAX_PAGE } from "./kv.ts";
import { grantedLeases } from "./leases.ts";
import { orderedMap } from "./ordered-map.ts";
import { TextRow } from "./text-row.ts";

/**
 * A store that lives as long as its process, for tests and `--ephemeral`. It copies what goes in and out, so that whoever
 * writes into a buffer afterwards is as harmless here as on a disk.
 */
export function openMemory({ fault }: { fault?: Fault } = {}): KeyValueStore {
  const rows = orderedMap<Buffer>();
  const leases = grantedLeases();
  let epoch = 0;

  async function write(group: readonly Commit[]): Promise<undefined> {
    for (const { puts, deletes } of group) {
      for (const key of deletes) rows.delete(keyText(key));
      for (const { key, value, text = keyText(key) } of puts) rows.set(text, copyOf(value));
    }
  }

  function get(key: Uint8Array, text = keyText(key)): Buffer | undefined {
    const value = rows.get(text);
    return value && Buffer.from(value);
  }

  const group = groupCommits(leases, write, fault);
  return {
    lease: async (partition, owner) => leases.grant(partition, owner, () => ++epoch),
    release: async (lease) => leases.remove(lease),
    get,
    getMany: (keys) => keys.map((key) => get(key)),

    range: ({ start, end, limit, reverse }) =>
      rows
        .range(keyText(start), keyText(end), Math.min(limit, MAX_PAGE), reverse)
        .map(({ text, value }) => new TextRow(text, value)),

    commit: group.commit,
    close: group.settled,
  };
}

/** In memory of its own: in Node's pool one row that stays would keep many that went. */
function copyOf(value: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(value.length);
  copy.set(value);
  return copy;
}

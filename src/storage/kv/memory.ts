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
  const rows = orderedMap<Uint8Array>();
  const leases = grantedLeases();
  let epoch = 0;

  async function write(group: readonly Commit[]): Promise<undefined> {
    for (const { puts, deletes } of group) {
      for (const key of deletes) rows.delete(keyText(key));
      for (const { key, value, text = keyText(key) } of puts) rows.set(text, new Uint8Array(value));
    }
  }

  const group = groupCommits(leases, write, fault);
  function get(key: Uint8Array, text = keyText(key)): Buffer | undefined {
    const value = rows.get(text);
    if (!value) return undefined;
    const copy = Buffer.allocUnsafe(value.length);
    copy.set(value);
    return copy;
  }

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

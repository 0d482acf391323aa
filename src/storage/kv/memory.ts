import { type Fault, groupCommits } from "./group.ts";
import { keyText } from "./key-text.ts";
import { type Commit, type KeyValueStore, MAX_PAGE } from "./kv.ts";
import { grantedLeases } from "./leases.ts";
import { orderedMap } from "./ordered-map.ts";
import { type Laid, slabs } from "./slabs.ts";
import { TextRow } from "./text-row.ts";

/**
 * A store that lives as long as its process, for tests and `--ephemeral`. It copies what goes in and out, so that whoever
 * writes into a buffer afterwards is as harmless here as on a disk.
 */
export function openMemory({ fault }: { fault?: Fault } = {}): KeyValueStore {
  const rows = orderedMap<Laid>();
  const values = slabs();
  const leases = grantedLeases();
  let epoch = 0;

  async function write(group: readonly Commit[]): Promise<undefined> {
    for (const { puts, deletes } of group) {
      for (const key of deletes) remove(keyText(key));
      for (const { key, value, text = keyText(key) } of puts) put(text, value);
    }
  }

  function put(text: string, value: Uint8Array): void {
    const former = rows.get(text);
    rows.set(text, values.lay(value));
    if (former) values.free(former);
  }

  function remove(text: string): void {
    const former = rows.get(text);
    if (!former) return;
    rows.delete(text);
    values.free(former);
  }

  function get(key: Uint8Array, text = keyText(key)): Uint8Array | undefined {
    const laid = rows.get(text);
    return laid && new TextRow(text, laid.bytes, laid.start, laid.end).value;
  }

  const group = groupCommits(leases, write, fault);
  return {
    lease: async (partition, owner) => leases.grant(partition, owner, () => ++epoch),
    release: async (lease) => leases.remove(lease),
    get,

    range: ({ start, end, limit, reverse }) =>
      rows
        .range(keyText(start), keyText(end), Math.min(limit, MAX_PAGE), reverse)
        .map(({ text, value: { bytes, start, end } }) => new TextRow(text, bytes, start, end)),

    commit: group.commit,
    close: group.settled,
  };
}

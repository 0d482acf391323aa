import { open as openFile } from "node:fs/promises";
import { dirname } from "node:path";
import { open } from "lmdb";
import { type Fault, groupCommits } from "./group.ts";
import { type Commit, type KeyRange, type KeyValueStore, MAX_KEY, MAX_PAGE, type Row } from "./kv.ts";
import { grantedLeases } from "./leases.ts";

/** Set when the file is made: LMDB's default of 4 KB takes keys of 1,978 bytes only. */
const PAGE_SIZE = 8_192;
/** Leases that one process may take; each opening of the file begins a new series of epochs. */
const EPOCHS = 2 ** 26;

interface Options {
  /** The file; LMDB puts its lock beside it. */
  path: string;
  fault?: Fault;
}

/**
 * A store in one LMDB file, for the one process that owns it.
 *
 * A commit has been fdatasync'ed, data first and then the page that makes them visible, before its promise resolves. The
 * writing is done on a thread of LMDB's own. Reads are page look-ups in mapped memory, and answer at once.
 */
export async function openLmdb({ path, fault }: Options): Promise<KeyValueStore> {
  const root = open({
    path,
    noSubdir: true,
    pageSize: PAGE_SIZE,
    overlappingSync: false,
    // lmdb-js's own batching makes a promise that nobody can catch: on a full disk it would end the process.
    eventTurnBatching: false,
    encoding: "json",
  });
  const rows = root.openDB<Uint8Array, Uint8Array>("rows", { keyEncoding: "binary", encoding: "binary" });
  const openings: number = (root.get("openings") ?? 0) + 1;
  await root.put("openings", openings);
  if (openings === 1) await syncFolder(dirname(path));

  const leases = grantedLeases();
  let epoch = openings * EPOCHS;
  let suspect = false;

  async function write(group: readonly Commit[]): Promise<undefined> {
    // Should LMDB fail to write the page that ends a commit, it refuses all further ones, upon which lmdb-js's own
    // thread would wait for ever. An empty transaction on this thread brings that to light.
    if (suspect) rows.transactionSync(() => {});
    suspect = true;
    await rows
      .batch(() => {
        for (const { puts, deletes } of group) {
          for (const key of deletes) rows.remove(key);
          for (const { key, value } of puts) rows.put(key, value);
        }
      })
      .catch(throwCause);
    suspect = false;
  }

  const group = groupCommits(leases, write, fault);
  const get = (key: Uint8Array) =>
    key.length > 0 && key.length <= MAX_KEY ? rows.getBinary(key) : undefined;

  return {
    lease: async (partition, owner) => leases.grant(partition, owner, () => ++epoch),
    release: async (lease) => leases.remove(lease),
    get,
    getMany: (keys) => keys.map(get),

    range({ start, end, limit, reverse }: KeyRange): Row[] {
      const [low, high] = [cut(start), cut(end)];
      if (Buffer.compare(low, high) >= 0) return [];
      const bounds = reverse
        ? { reverse, start: high, exclusiveStart: true, end: low, inclusiveEnd: true }
        : { start: low, end: high };
      return Array.from(rows.getRange({ ...bounds, limit: Math.min(limit, MAX_PAGE) }));
    },

    commit: group.commit,

    async close() {
      await group.settled();
      await root.close();
    },
  };
}

/** No key lies between a bound's first MAX_KEY + 1 bytes and the whole of it, and LMDB refuses bounds that are much longer. */
const cut = (bound: Uint8Array): Uint8Array => bound.subarray(0, MAX_KEY + 1);

/** lmdb-js rejects with a general error that promises the real one. */
async function throwCause(error: Error & { commitError?: Promise<never> }): Promise<never> {
  await error.commitError;
  throw error;
}

/** A new file is on disk only when its name is. */
async function syncFolder(path: string): Promise<void> {
  await using folder = await openFile(path);
  await folder.sync();
}

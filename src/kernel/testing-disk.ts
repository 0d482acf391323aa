import type { KeyValueStore } from "#storage/kv/kv.ts";
import { openMemory } from "#storage/kv/memory.ts";
import { eraPrefix } from "./records/era.ts";

/** A store whose disk a test controls. */
export interface TestDisk {
  readonly store: KeyValueStore;
  /** The number of commit groups that reached the disk, whether they succeeded or failed. */
  readonly groups: number;
  /** From now on, groups wait. */
  hold(): void;
  release(): void;
  /** From now on, groups fail. */
  break(): void;
  mend(): void;
  /** Fails the groups whose number `fails` selects. */
  failing(fails: (group: number) => boolean): void;
  /** A store with the data that is on disk now, as after a power cut. */
  copy(): Promise<KeyValueStore>;
}

export function testDisk(): TestDisk {
  let held: PromiseWithResolvers<void> | undefined;
  let fails = (_group: number) => false;
  let groups = 0;
  const store = openMemory({
    async fault() {
      const number = groups++;
      await held?.promise;
      if (fails(number)) throw new Error("EIO");
    },
  });
  return {
    store,
    get groups() {
      return groups;
    },
    hold() {
      held ??= Promise.withResolvers();
    },
    release() {
      held?.resolve();
      held = undefined;
    },
    break() {
      fails = () => true;
    },
    mend() {
      fails = () => false;
    },
    failing(picks) {
      fails = picks;
    },
    async copy() {
      const copy = openMemory();
      const lease = await copy.lease("copy", "copy");
      const puts = await store.range({ start: Buffer.alloc(1), end: Buffer.alloc(8, 0xff), limit: 1_000 });
      await copy.commit({ lease, puts, deletes: [] });
      await copy.release(lease);
      return copy;
    },
  };
}

/** The rows of the first era whose values contain `text`. */
export async function countRows(store: KeyValueStore, text: string): Promise<number> {
  const rows = await store.range({ start: eraPrefix(1), end: eraPrefix(2), limit: 1_000 });
  return rows.filter(({ value }) => Buffer.from(value).includes(text)).length;
}

/** A store that keeps what was on its disk when two rows contained `text` for the first time, as after a crash. */
export function crashingStore(text: string) {
  const disk = testDisk();
  let crashed: KeyValueStore | undefined;
  const store: KeyValueStore = {
    ...disk.store,
    async commit(commit) {
      await disk.store.commit(commit);
      if (!crashed && (await countRows(disk.store, text)) === 2) crashed = await disk.copy();
    },
  };
  return { store, crashed: () => crashed! };
}

/**
 * Whether a promise settles without further events; the event loop gets the turns that memory operations
 * need.
 */
export async function settles(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = () => {
    settled = true;
  };
  promise.then(note, note);
  for (let turn = 0; turn < 200 && !settled; turn++) await new Promise(setImmediate);
  return settled;
}

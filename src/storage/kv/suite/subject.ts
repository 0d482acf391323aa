import { type Commit, type KeyValueStore, type Lease, MAX_PAGE_ROWS, type Row } from "../kv.ts";

/** The store under test, created for each test, with helpers that use text. */
export interface Subject {
  store: KeyValueStore;
  /** Called before each group is written; what it throws is treated as a disk error. */
  disk: () => void;
  /** The number of examples per property. */
  examples: number;
  write(lease: Lease, entries: Record<string, string>, deletes?: string[]): Promise<void>;
  contents(start?: string, end?: string): Promise<Record<string, string>>;
}

export function newSubject(examples: number): Subject {
  return {
    store: undefined!,
    disk: sound,
    examples,
    async write(lease, entries, deletes = []) {
      await this.store.commit(change(lease, entries, deletes));
    },
    async contents(start = "", end = "\uffff") {
      const rows = await this.store.range({ start: bytes(start), end: bytes(end), limit: MAX_PAGE_ROWS });
      return Object.fromEntries(rows.map(({ key, value }) => [text(key), text(value)]));
    },
  };
}

export const sound = (): void => {};

export const failing = (error: Error) => (): never => {
  throw error;
};

export const bytes = (string: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(string));
export const text = (value: Uint8Array): string => Buffer.from(value).toString();

export const hexRows = (rows: readonly Row[]): string[] =>
  rows.map(({ key, value }) => `${Buffer.from(key).toString("hex")}=${Buffer.from(value).toString("hex")}`);

function change(lease: Lease, entries: Record<string, string>, deletes: string[]): Commit {
  return {
    lease,
    puts: Object.entries(entries).map(([key, value]) => ({ key: bytes(key), value: bytes(value) })),
    deletes: deletes.map(bytes),
  };
}

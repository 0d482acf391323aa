import { randomBytes } from "node:crypto";
import { type Commit, DamagedFileError, type KeyRange, MAX_PAGE_ROWS, type Row } from "../kv.ts";
import type { TextRow } from "../text-row.ts";
import type { LogFile } from "./disk.ts";
import { beginGeneration, type Generation, newArena, recordBytes, recoverGeneration } from "./generation.ts";
import { SALT_BYTES } from "./layout.ts";
import { mergeRanges } from "./merge.ts";

/** The store below the log, which holds the settled rows. */
export interface Base {
  get(key: Uint8Array): Uint8Array | undefined;
  range(range: KeyRange): TextRow[];
  /** The newest generation that it holds completely. */
  readonly settled: number;
  /**
   * Writes all changes and, if given, the fact that it now holds generation `settled` completely; resolves
   * once they are durable.
   */
  apply(changes: readonly Change[], settled: number | undefined): Promise<void>;
  /** Frees the memory that it can do without until the next read. */
  rest(): void;
  close(): Promise<void>;
}

/** A row to write, or to delete if it has no value. */
export interface Change {
  key: Uint8Array;
  value: Uint8Array | undefined;
}

/**
 * Bytes of a generation: the amount, per file, that a start after a crash has to read and that is held in
 * memory.
 */
export const GENERATION_BYTES = 16 * 1024 * 1024;
/** One takes commits, one is being settled, and one may be left by an earlier process. */
export const LOG_FILES = 3;

/** The maximum size of a write to the base, so that calls are answered in between. */
const SLICE_ROWS = 500;
const SLICE_BYTES = 1024 * 1024;

/**
 * A write-ahead log: a group of commits is one write at its end and one fdatasync. The rows are then in
 * memory, above the base. When a file is full, another takes over, and the final rows of the full one are
 * written to the base in key order, in the background: a row that was deleted meanwhile not at all, one that
 * was written often only once. The file is reused from its beginning only after the base has synced those
 * rows.
 *
 * If the base lags behind, commits wait for it. So memory holds at most the bytes of the files, and of older
 * ones whose rows are still part of a response.
 */
export interface Log {
  append(group: readonly Commit[]): Promise<void>;
  get(key: Uint8Array): Uint8Array | undefined;
  range(range: KeyRange): Row[];
  /** A number larger than that of every earlier opening that wrote something. */
  readonly opening: number;
  /** Frees the memory that is only needed under load: settles everything, unless a write is in progress. */
  rest(): Promise<void>;
  /** Settles everything if the base can take it; otherwise the next opening does. */
  close(): Promise<void>;
}

/** @throws {DamagedFileError} if acknowledged generations are missing */
export async function openLog(
  base: Base,
  files: readonly LogFile[],
  capacity = GENERATION_BYTES,
): Promise<Log> {
  /** Oldest first; the last one is `active`, if there is one. */
  const live = await recover(base, files);
  const opening = Math.max(base.settled, live.at(-1)?.number ?? 0) + 1;
  let active: Generation | undefined;
  let isAppending = false;
  let settling: Promise<void> | undefined;
  let spare: Buffer | undefined;

  /** Starts the next generation, once a file is free. */
  async function begin(bytes: number): Promise<Generation> {
    await live.at(-1)?.eraseRefused();
    // A generation without a complete record on disk is discarded.
    if (active?.records === 0) live.pop();
    active = undefined;
    while (live.length >= files.length) await settleOldest();
    const last = live.at(-1);
    const number = Math.max(base.settled, last?.number ?? 0) + 1;
    const file = files[number % files.length]!;
    const arena = spare && bytes <= spare.length ? spare : newArena(Math.max(capacity, bytes));
    if (arena === spare) spare = undefined;
    active = beginGeneration(
      { number, salt: randomBytes(SALT_BYTES), before: last?.records ?? 0 },
      file,
      arena,
    );
    live.push(active);
    void settleBehind();
    return active;
  }

  function settleOldest(): Promise<void> {
    return (settling ??= settle(live[0]!).finally(() => {
      settling = undefined;
    }));
  }

  async function settleBehind(): Promise<void> {
    try {
      while (live.length > 0 && live[0] !== active) await settleOldest();
    } catch {
      // The next commit that needs the file tries again, and gets the error.
    }
  }

  async function settleAll(): Promise<void> {
    active = undefined;
    await settleBehind();
  }

  async function settle(oldest: Generation): Promise<void> {
    for (const { changes, isLast } of slicesOf(oldest, (key) => isNewer(oldest, key)))
      await base.apply(changes, isLast ? oldest.number : undefined);
    live.shift();
    if (oldest.arena.length === capacity && !oldest.isLent) spare ??= oldest.arena;
  }

  /** Whether a later generation has a row of that key, so that this generation's row need not be settled. */
  function isNewer(than: Generation, key: Uint8Array): boolean {
    for (let i = live.length - 1; live[i] !== than; i--)
      if (live[i]!.rows.get(key) !== undefined) return true;
    return false;
  }

  return {
    opening,

    async append(group) {
      if (group.every(({ puts, deletes }) => puts.length + deletes.length === 0)) return;
      const bytes = recordBytes(group);
      isAppending = true;
      try {
        const into = active?.fits(bytes) ? active : await begin(bytes);
        await into.append(group);
      } finally {
        isAppending = false;
      }
    },

    get(key) {
      for (let i = live.length - 1; i >= 0; i--) {
        const row = live[i]!.rows.get(key);
        if (row === undefined) continue;
        return live[i]!.valueCopy(row);
      }
      return base.get(key);
    },

    range(range) {
      const limit = Math.min(range.limit, MAX_PAGE_ROWS);
      return live.length === 0 ? base.range(range) : mergeRanges(live, base, { ...range, limit });
    },

    async rest() {
      // The commit that is being written would be missing in the base.
      if (isAppending) return;
      const former = active;
      await settleAll();
      // If the base refuses writes, later commits continue to fill this generation.
      if (!isAppending && live.length > 0 && live.at(-1) === former) active = former;
      spare = undefined;
      base.rest();
    },

    close: settleAll,
  };
}

/** The generations that earlier processes left, oldest first. */
async function recover(base: Base, files: readonly LogFile[]): Promise<Generation[]> {
  const recovered = await Promise.all(files.map((file) => recoverGeneration(file, base.settled)));
  const live = recovered.filter((generation) => generation !== undefined);
  live.sort((a, b) => a.number - b.number);
  let expected = base.settled + 1;
  let records: number | undefined;
  for (const { number, before, records: own } of live) {
    if (number !== expected || (records !== undefined && before !== records))
      throw new DamagedFileError(`The store's log is damaged: generation ${expected} is not whole`);
    expected++;
    records = own;
  }
  return live;
}

/** The final rows of a generation in key order, in slices. */
function* slicesOf(generation: Generation, isOutdated: (key: Uint8Array) => boolean) {
  let changes: Change[] = [];
  let bytes = 0;
  for (const row of generation.rows.all()) {
    const key = generation.key(row);
    if (isOutdated(key)) continue;
    const change = { key, value: generation.value(row) };
    changes.push(change);
    bytes += change.value?.length ?? 0;
    if (changes.length < SLICE_ROWS && bytes < SLICE_BYTES) continue;
    yield { changes, isLast: false };
    changes = [];
    bytes = 0;
  }
  yield { changes, isLast: true };
}

import { randomBytes } from "node:crypto";
import { type Commit, type KeyRange, MAX_PAGE, type Row } from "../kv.ts";
import type { TextRow } from "../text-row.ts";
import type { LogFile } from "./disk.ts";
import { beginGeneration, type Generation, newArena, recordBytes, recoverGeneration } from "./generation.ts";
import { SALT } from "./layout.ts";
import { mergeRanges } from "./merge.ts";

/** What lies below the log: rows that are there to stay. */
export interface Base {
  get(key: Uint8Array): Uint8Array | undefined;
  range(range: KeyRange): TextRow[];
  /** The newest generation that it holds whole. */
  readonly settled: number;
  /** Writes all changes, and with them, if it is told, that it now holds generation `settled` whole; resolves once on disk. */
  apply(changes: readonly Change[], settled: number | undefined): Promise<void>;
  /** Gives memory back that it can do without until it is asked again. */
  rest(): void;
  close(): Promise<void>;
}

/** A row to write, or to delete if it has no value. */
export interface Change {
  key: Uint8Array;
  value: Uint8Array | undefined;
}

/** Bytes of a generation: what a start after a crash has to read, for each of the files, and what memory holds. */
export const GENERATION_BYTES = 16 * 1024 * 1024;
/** One takes commits, one goes to the base, and one may be left of a former process. */
export const LOG_FILES = 3;

/** At most so much goes to the base at a time, so that calls are answered in between. */
const SLICE_ROWS = 500;
const SLICE_BYTES = 1024 * 1024;

/**
 * A write-ahead log: a group of commits is one write at its end and one fdatasync. The rows then stand in memory above
 * the base. When a file is full, another takes over, and what the full one came to in the end goes to the base in the
 * order of the keys, in the background. A row that was written and deleted meanwhile never gets there, one that was written
 * often once. Only after the base has synced that, the file is used again, from its beginning.
 *
 * Where the base lags behind, commits wait for it: memory holds the bytes of the files at most,
 * and those of which a row that was found still stands in an answer.
 */
export interface Log {
  append(group: readonly Commit[]): Promise<void>;
  get(key: Uint8Array): Uint8Array | undefined;
  range(range: KeyRange): Row[];
  /** Larger than that of every opening before it that wrote something. */
  readonly opening: number;
  /** Gives back the memory that only work needs: everything goes to the base, unless something is being written. */
  rest(): Promise<void>;
  /** Leaves everything to the base, if that is able to take it; if not, to the next opening. */
  close(): Promise<void>;
}

/** @throws if generations that were acknowledged are missing */
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

  /** Starts the next generation, once its file is free. */
  async function begin(bytes: number): Promise<Generation> {
    await live.at(-1)?.eraseRefused();
    // What never got its first record to the disk is begun anew.
    if (active?.records === 0) live.pop();
    active = undefined;
    while (live.length >= files.length) await settleOldest();
    const last = live.at(-1);
    const number = Math.max(base.settled, last?.number ?? 0) + 1;
    const file = files[number % files.length]!;
    const arena = spare && bytes <= spare.length ? spare : newArena(Math.max(capacity, bytes));
    if (arena === spare) spare = undefined;
    active = beginGeneration({ number, salt: randomBytes(SALT), before: last?.records ?? 0 }, file, arena);
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

  /** Whether a later generation has a row of that key: this one's then need not go to the base. */
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
      const limit = Math.min(range.limit, MAX_PAGE);
      return live.length === 0 ? base.range(range) : mergeRanges(live, base, { ...range, limit });
    },

    async rest() {
      // What is being written would be missing in what goes to the base.
      if (isAppending) return;
      const former = active;
      await settleAll();
      // Where the base takes nothing now, later commits go on to fill the generation.
      if (!isAppending && live.length > 0 && live.at(-1) === former) active = former;
      spare = undefined;
      base.rest();
    },

    close: settleAll,
  };
}

/** What former processes left, oldest first. */
async function recover(base: Base, files: readonly LogFile[]): Promise<Generation[]> {
  const recovered = await Promise.all(files.map((file) => recoverGeneration(file, base.settled)));
  const live = recovered.filter((generation) => generation !== undefined);
  live.sort((a, b) => a.number - b.number);
  let expected = base.settled + 1;
  let records: number | undefined;
  for (const { number, before, records: own } of live) {
    if (number !== expected || (records !== undefined && before !== records))
      throw new Error(`the store's log is damaged: generation ${expected} is not whole`);
    expected++;
    records = own;
  }
  return live;
}

/** What a generation came to, in the order of its keys, in pieces. */
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

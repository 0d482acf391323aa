import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import type { RangeOptions } from "lmdb";
import { keyBytes, keyTextIn } from "./key-text.ts";
import { type KeyRange, MAX_KEY_BYTES, MAX_PAGE_ROWS } from "./kv.ts";
import { checkHeader } from "./lmdb-header.ts";
import type { Base, Change } from "./log/log.ts";
import { TextRow } from "./text-row.ts";

/** The CommonJS version is a single file and loads in two thirds of the time. */
const { open }: typeof import("lmdb") = createRequire(import.meta.url)("lmdb");

/** Takes effect when the file is created: LMDB's default of 4 KB allows keys of 1,978 bytes only. */
const PAGE_SIZE = 8_192;
/**
 * Address space that is reserved for the file; it is not memory. With a smaller map, lmdb-js creates a new
 * one of twice the size again and again, and keeps the old ones, each of which counts the pages read through
 * it as the process's memory.
 */
const MAP_SIZE = 64 * 2 ** 30;

/**
 * The number of generations, with 64 MB of new rows, after which the map is replaced. All pages that were
 * read through a map count as the process's memory until it is unmapped; pages that are needed again are
 * mapped again, from the page cache.
 */
const GENERATIONS_PER_MAP = 4;

/**
 * Rows in one LMDB file, for the one process that owns it.
 *
 * Applied changes have been fdatasync'ed, first the data and then the page that makes them visible. LMDB's own thread
 * does the writing. Reads are page lookups in mapped memory and return synchronously.
 * @throws {DamagedFileError}
 */
export function openLmdb(path: string): Base {
  if (existsSync(path)) checkHeader(path);
  let mapped: Mapped | undefined = mapFile(path);
  // Files of versions without a log have the number of openings instead.
  let newest: number = mapped.root.get("settled") ?? mapped.root.get("openings") ?? 0;
  let generations = 0;
  let suspect = false;
  let isClosed = false;

  function file(): Mapped {
    if (isClosed) throw new Error("the store is closed");
    return (mapped ??= mapFile(path));
  }

  function rest(): void {
    if (!mapped || suspect) return;
    unmap(mapped);
    mapped = undefined;
    generations = 0;
  }

  return {
    get settled() {
      return newest;
    },

    get: (key) => (key.length > 0 && key.length <= MAX_KEY_BYTES ? file().rows.get(key) : undefined),

    range(range) {
      const limit = Math.min(range.limit, MAX_PAGE_ROWS);
      const page: TextRow[] = [];
      const { bounds, entries } = file();
      if (limit <= 0 || !setBounds(bounds, range)) return page;
      for (const { key, value } of entries) if (page.push(new TextRow(key as string, value)) === limit) break;
      return page;
    },

    async apply(changes: readonly Change[], settled = newest) {
      const { root, rows } = file();
      // If LMDB fails to write the page that ends a commit, it refuses all further ones, and lmdb-js's own
      // thread would then wait forever. An empty transaction on this thread reveals that state.
      if (suspect) rows.transactionSync(() => {});
      suspect = true;
      await rows
        .batch(() => {
          for (const { key, value } of changes) {
            if (value) rows.put(key, value);
            else rows.remove(key);
          }
          if (settled !== newest) root.put("settled", settled);
        })
        .catch(throwCause);
      suspect = false;
      if (settled === newest) return;
      newest = settled;
      if (++generations === GENERATIONS_PER_MAP) rest();
    },

    rest,

    async close() {
      isClosed = true;
      const last = mapped;
      mapped = undefined;
      await last?.root.close();
    },
  };
}

type Mapped = ReturnType<typeof mapFile>;

function mapFile(path: string) {
  const root = open({
    path,
    noSubdir: true,
    pageSize: PAGE_SIZE,
    mapSize: MAP_SIZE,
    overlappingSync: false,
    // lmdb-js's own batching creates a promise whose rejection cannot be caught: on a full disk it would end
    // the process.
    eventTurnBatching: false,
    encoding: "json",
  });
  const rows = root.openDB<Uint8Array, Uint8Array | string>("rows", COPIED);
  // One iterable reads all ranges, with different bounds each time: most of what lmdb-js allocates per
  // iterable stays in memory until a full collection, and is copied by the collector meanwhile.
  const bounds: RangeOptions = {};
  return { root, rows, bounds, entries: rows.getRange(bounds) };
}

/** Members of lmdb-js that its types omit. */
interface Inner {
  status: "open" | "closing" | "closed";
  env: { close(): void };
}

/** Must not be called while a write is in progress. */
function unmap({ root }: Mapped): void {
  void root.close();
  const { status, env } = root as unknown as Inner;
  // After writes, lmdb-js would close the file one turn later, when it may be open again.
  if (status !== "closed") env.close();
}

/**
 * Values are copied into Node's buffer pool, where lmdb-js would allocate each separately; keys are read as
 * text.
 */
const COPIED = {
  encoding: "binary" as const,
  encoder: {
    encode: (value: Uint8Array) => value,
    decode(bytes: Buffer, size = bytes.length): Buffer {
      const copy = Buffer.allocUnsafe(size);
      bytes.copy(copy, 0, 0, size);
      return copy;
    },
  },
  keyEncoder: {
    writeKey(key: Uint8Array | string, into: Uint8Array, start: number): number {
      into.set(typeof key === "string" ? keyBytes(key) : key, start);
      return start + key.length;
    },
    readKey: keyTextIn,
  },
};

/** @returns whether the range can contain rows */
function setBounds(bounds: RangeOptions, { start, end, reverse = false }: KeyRange): boolean {
  const [low, high] = [truncated(start), truncated(end)];
  bounds.reverse = reverse;
  bounds.start = reverse ? high : low;
  bounds.end = reverse ? low : high;
  bounds.exclusiveStart = reverse;
  bounds.inclusiveEnd = reverse;
  return Buffer.compare(low, high) < 0;
}

/**
 * No key lies between a bound's first MAX_KEY_BYTES + 1 bytes and the whole bound, and LMDB refuses bounds that are
 * much longer.
 */
const truncated = (bound: Uint8Array): Uint8Array =>
  bound.length <= MAX_KEY_BYTES ? bound : bound.subarray(0, MAX_KEY_BYTES + 1);

/** lmdb-js rejects with a general error that holds a promise of the cause. */
async function throwCause(error: Error & { commitError?: Promise<never> }): Promise<never> {
  await error.commitError;
  throw error;
}

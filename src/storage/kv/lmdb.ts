import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import type { RangeOptions } from "lmdb";
import { keyBytes, keyTextIn } from "./key-text.ts";
import { type KeyRange, MAX_KEY, MAX_PAGE } from "./kv.ts";
import { checkHeader } from "./lmdb-header.ts";
import type { Base, Change } from "./log/log.ts";
import { TextRow } from "./text-row.ts";

/** As CommonJS it is one file, and loads in two thirds of the time. */
const { open }: typeof import("lmdb") = createRequire(import.meta.url)("lmdb");

/** Set when the file is made: LMDB's default of 4 KB takes keys of 1,978 bytes only. */
const PAGE_SIZE = 8_192;
/**
 * Addresses that are set aside for the file, not memory. From less, lmdb-js makes a map of twice the size again and again,
 * and keeps the former ones: each counts what was read through it as memory of the process.
 */
const MAP_SIZE = 64 * 2 ** 30;

/**
 * All that was read through a map counts as memory of the process, until the map goes. It does after so many generations,
 * which is 64 MB of new rows: pages that are needed again are mapped again, from the system's memory.
 */
const GENERATIONS_PER_MAP = 4;

/**
 * Rows in one LMDB file, for the one process that owns it.
 *
 * What was applied has been fdatasync'ed, data first and then the page that makes them visible. The writing is done on a
 * thread of LMDB's own. Reads are page look-ups in mapped memory, and answer at once.
 * @throws {DamagedFileError}
 */
export function openLmdb(path: string): Base {
  if (existsSync(path)) checkHeader(path);
  let mapped: Mapped | undefined = mapFile(path);
  // A file from before there was a log has counted its openings instead.
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

    get: (key) => (key.length > 0 && key.length <= MAX_KEY ? file().rows.get(key) : undefined),

    range(range) {
      const limit = Math.min(range.limit, MAX_PAGE);
      const page: TextRow[] = [];
      const { bounds, entries } = file();
      if (limit <= 0 || !setBounds(bounds, range)) return page;
      for (const { key, value } of entries) if (page.push(new TextRow(key as string, value)) === limit) break;
      return page;
    },

    async apply(changes: readonly Change[], settled = newest) {
      const { root, rows } = file();
      // Should LMDB fail to write the page that ends a commit, it refuses all further ones, upon which lmdb-js's own
      // thread would wait for ever. An empty transaction on this thread brings that to light.
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
    // lmdb-js's own batching makes a promise that nobody can catch: on a full disk it would end the process.
    eventTurnBatching: false,
    encoding: "json",
  });
  const rows = root.openDB<Uint8Array, Uint8Array | string>("rows", COPIED);
  // One iteration reads all ranges, with other bounds each time: much of what lmdb-js makes for each of its own stays in
  // memory until all is collected, and is copied about by the collector meanwhile.
  const bounds: RangeOptions = {};
  return { root, rows, bounds, entries: rows.getRange(bounds) };
}

/** Members of lmdb-js that its types leave out. */
interface Inner {
  status: "open" | "closing" | "closed";
  env: { close(): void };
}

/** Only while nothing is being written. */
function unmap({ root }: Mapped): void {
  void root.close();
  const { status, env } = root as unknown as Inner;
  // Where something was written it would close the file a turn later only, when that may be open again.
  if (status !== "closed") env.close();
}

/** Values are copied into Node's pool, where lmdb-js would make memory for each, and keys are read as texts. */
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

/** @returns whether the range can hold anything */
function setBounds(bounds: RangeOptions, { start, end, reverse = false }: KeyRange): boolean {
  const [low, high] = [truncated(start), truncated(end)];
  bounds.reverse = reverse;
  bounds.start = reverse ? high : low;
  bounds.end = reverse ? low : high;
  bounds.exclusiveStart = reverse;
  bounds.inclusiveEnd = reverse;
  return Buffer.compare(low, high) < 0;
}

/** No key lies between a bound's first MAX_KEY + 1 bytes and the whole of it, and LMDB refuses bounds that are much longer. */
const truncated = (bound: Uint8Array): Uint8Array =>
  bound.length <= MAX_KEY ? bound : bound.subarray(0, MAX_KEY + 1);

/** lmdb-js rejects with a general error that promises the real one. */
async function throwCause(error: Error & { commitError?: Promise<never> }): Promise<never> {
  await error.commitError;
  throw error;
}

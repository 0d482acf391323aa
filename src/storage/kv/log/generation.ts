import type { Commit } from "../kv.ts";
import type { LaidRow } from "../laid-row.ts";
import { type Places, placesOf } from "../places.ts";
import {
  compareKeyAt,
  keyAt,
  keyTextAt,
  nextRow,
  ROW_HEAD_BYTES,
  rowAt,
  valueAt,
  valueCopyAt,
  writeRow,
} from "../row-layout.ts";
import type { LogFile } from "./disk.ts";
import {
  endOfRecord,
  HEAD_BYTES,
  type Head,
  RECORD_HEAD_BYTES,
  readHead,
  recordSeed,
  writeHead,
  writeRecordHead,
} from "./layout.ts";

/**
 * The content of a log file between two reuses: its bytes are in memory as they are in the file, with a table
 * of the position of each key's newest row.
 */
export interface Generation {
  readonly number: number;
  readonly records: number;
  /** The number of records of the previous generation. */
  readonly before: number;
  /** The memory that holds its bytes. It can be reused once the generation is settled, unless it is lent. */
  readonly arena: Buffer;
  /** The position of each key's newest row in the arena. */
  readonly rows: Places;
  /** Whether rows were returned whose values are slices of the arena, which must then not be reused. */
  readonly isLent: boolean;
  /** A slice of the arena. */
  key(row: number): Uint8Array;
  keyText(row: number): string;
  /** A slice of the arena; `undefined` for a deletion. */
  value(row: number): Uint8Array | undefined;
  /** A copy of the value; `undefined` for a deletion. */
  valueCopy(row: number): Buffer | undefined;
  /** The whole row, as slices of the arena. */
  row(row: number): LaidRow | undefined;
  fits(bytes: number): boolean;
  /** Writes a group to the disk, and then makes it visible. If this throws, the group is not stored. */
  append(group: readonly Commit[]): Promise<void>;
  /**
   * Must be called before the next generation begins, whose head records how many records of this one must be
   * recovered.
   */
  eraseRefused(): Promise<void>;
}

/** The maximum number of bytes that a group takes. */
export function recordBytes(group: readonly Commit[]): number {
  let bytes = HEAD_BYTES + RECORD_HEAD_BYTES;
  for (const { puts, deletes } of group) {
    for (const { key, value } of puts) bytes += ROW_HEAD_BYTES + key.length + value.length;
    for (const key of deletes) bytes += ROW_HEAD_BYTES + key.length;
  }
  return bytes;
}

/**
 * From this size on, glibc maps every allocation separately and unmaps it when it is freed. After freeing a
 * smaller one of some megabytes, it would retain as much memory permanently. Unused parts of a mapping only
 * take address space.
 */
const MAPPED_BYTES = 33 * 1024 * 1024;
/** Smaller allocations do not justify that. */
const SMALL_BYTES = 1024 * 1024;

/** The memory of a generation of at least `bytes` bytes. */
export function newArena(bytes: number): Buffer {
  const size = bytes < SMALL_BYTES ? bytes : Math.max(bytes, MAPPED_BYTES);
  return Buffer.allocUnsafeSlow(size).subarray(0, bytes);
}

export function beginGeneration(head: Head, file: LogFile, arena: Buffer): Generation {
  writeHead(arena, head);
  return generation(head, file, arena);
}

/**
 * Reads the generation that an earlier process left in a file; `undefined` if none is newer than `settled`.
 */
export async function recoverGeneration(file: LogFile, settled: number): Promise<Generation | undefined> {
  const first = Buffer.alloc(HEAD_BYTES);
  const head = (await file.read(first)) === HEAD_BYTES ? readHead(first) : undefined;
  if (!head || head.number <= settled) return undefined;
  const arena = newArena(file.size);
  const bytes = arena.subarray(0, await file.read(arena));
  const recovered = generation(head, file, arena);
  recovered.replay(bytes);
  // The data of a killed process may have reached the page cache only.
  if (recovered.records > 0) await file.sync();
  return recovered.records > 0 ? recovered : undefined;
}

function generation({ number, before, salt }: Head, file: LogFile, arena: Buffer) {
  const seed = recordSeed(salt);
  const rows = placesOf({
    compare: (row, key) => compareKeyAt(arena, row, key),
    key: (row) => keyAt(arena, row),
  });
  let end = HEAD_BYTES;
  let records = 0;
  let isLent = false;
  /** The position of a refused record that could not be erased. */
  let refusedAt: number | undefined;

  /** Makes the rows of a group visible, at the positions where `encode` wrote them. */
  function index(group: readonly Commit[], start: number): void {
    let at = start + RECORD_HEAD_BYTES;
    for (const { puts, deletes } of group) {
      for (const key of deletes) {
        rows.set(key, at);
        at += ROW_HEAD_BYTES + key.length;
      }
      for (const { key, value } of puts) {
        rows.set(key, at);
        at += ROW_HEAD_BYTES + key.length + value.length;
      }
    }
  }

  function indexRecovered(start: number, upTo: number): void {
    for (let at = start + RECORD_HEAD_BYTES; at < upTo; at = nextRow(arena, at))
      rows.set(keyAt(arena, at), at);
  }

  function encode(group: readonly Commit[]): number {
    let at = end + RECORD_HEAD_BYTES;
    for (const { puts, deletes } of group) {
      for (const key of deletes) at = writeRow(arena, at, key, undefined);
      for (const { key, value } of puts) at = writeRow(arena, at, key, value);
    }
    writeRecordHead(arena, end, at, seed(records, at - end - RECORD_HEAD_BYTES));
    return at;
  }

  /** Erases a refused record, so that it is not recovered if the process ends before it is overwritten. */
  async function eraseRefused(): Promise<void> {
    if (refusedAt === undefined) return;
    await file.write(NOTHING, refusedAt);
    await file.sync();
    refusedAt = undefined;
  }

  return {
    number,
    before,
    arena,
    rows,
    get records() {
      return records;
    },
    key: (row: number) => keyAt(arena, row),
    keyText: (row: number) => keyTextAt(arena, row),
    value: (row: number) => valueAt(arena, row),
    valueCopy: (row: number) => valueCopyAt(arena, row),
    get isLent() {
      return isLent;
    },
    row(row: number) {
      isLent = true;
      return rowAt(arena, row);
    },
    fits: (bytes: number) => end + bytes <= arena.length,

    async append(group: readonly Commit[]): Promise<void> {
      const upTo = encode(group);
      // The head is written together with the first record.
      const start = records === 0 ? 0 : end;
      try {
        const writing = file.write(arena.subarray(start, upTo), start);
        if (writing) await writing;
        await file.sync();
      } catch (error) {
        refusedAt = start;
        await eraseRefused().catch(() => {});
        throw error;
      }
      refusedAt = undefined;
      index(group, end);
      end = upTo;
      records++;
    },

    eraseRefused,

    /**
     * Makes the complete records visible, up to the first incomplete one, which was being written when the
     * process ended.
     */
    replay(bytes: Buffer): void {
      for (;;) {
        const upTo = endOfRecord(bytes, end, (length) => seed(records, length));
        if (upTo === undefined) return;
        indexRecovered(end, upTo);
        end = upTo;
        records++;
      }
    },
  };
}

const NOTHING = Buffer.alloc(RECORD_HEAD_BYTES);

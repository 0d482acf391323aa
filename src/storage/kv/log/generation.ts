import type { Commit } from "../kv.ts";
import type { LaidRow } from "../laid-row.ts";
import { type Places, placesOf } from "../places.ts";
import {
  compareKeyAt,
  keyAt,
  keyTextAt,
  nextRow,
  ROW_HEAD,
  rowAt,
  valueAt,
  valueCopyAt,
  writeRow,
} from "../row-layout.ts";
import type { LogFile } from "./disk.ts";
import {
  endOfRecord,
  HEAD,
  type Head,
  RECORD_HEAD,
  readHead,
  recordSeed,
  writeHead,
  writeRecordHead,
} from "./layout.ts";

/**
 * One filling of a file of the log: its bytes stand in memory as they do in the file, beside a table that says where
 * the newest row of each key is.
 */
export interface Generation {
  readonly number: number;
  readonly records: number;
  /** Records of the generation before. */
  readonly before: number;
  /** The memory that its bytes stand in. Once the generation is settled it is free for others, unless it is lent. */
  readonly arena: Buffer;
  /** Where in the arena the newest row of each key stands. */
  readonly rows: Places;
  /** Whether rows were handed out whose values stand in the arena: from then on the arena is theirs. */
  readonly isLent: boolean;
  /** In the arena itself. */
  key(row: number): Uint8Array;
  keyText(row: number): string;
  /** In the arena itself; `undefined` for a deletion. */
  value(row: number): Uint8Array | undefined;
  /** The same in bytes of its own. */
  valueCopy(row: number): Buffer | undefined;
  /** The whole row, which stands in the arena. */
  row(row: number): LaidRow | undefined;
  fits(bytes: number): boolean;
  /** Writes a group to the disk, and then shows it. It is not there if this throws. */
  append(group: readonly Commit[]): Promise<void>;
  /** Call it before another generation begins: of this one no more must be recovered than that one says was before it. */
  eraseRefused(): Promise<void>;
}

/** Bytes that a group takes at most. */
export function recordBytes(group: readonly Commit[]): number {
  let bytes = HEAD + RECORD_HEAD;
  for (const { puts, deletes } of group) {
    for (const { key, value } of puts) bytes += ROW_HEAD + key.length + value.length;
    for (const key of deletes) bytes += ROW_HEAD + key.length;
  }
  return bytes;
}

/**
 * From here on glibc always maps memory of its own and gives it back when it is freed. Once it has freed some megabytes
 * less, it keeps as much for good. Of what nobody writes to, only addresses are used.
 */
const MAPPED_BYTES = 33 * 1024 * 1024;
/** What is smaller is not worth that. */
const SMALL_BYTES = 1024 * 1024;

/** The memory of a generation that takes at least so many bytes. */
export function newArena(bytes: number): Buffer {
  const size = bytes < SMALL_BYTES ? bytes : Math.max(bytes, MAPPED_BYTES);
  return Buffer.allocUnsafeSlow(size).subarray(0, bytes);
}

export function beginGeneration(head: Head, file: LogFile, arena: Buffer): Generation {
  writeHead(arena, head);
  return generation(head, file, arena);
}

/** Takes up what a former process left in a file; `undefined` if there is nothing after generation `settled`. */
export async function recoverGeneration(file: LogFile, settled: number): Promise<Generation | undefined> {
  const first = Buffer.alloc(HEAD);
  const head = (await file.read(first)) === HEAD ? readHead(first) : undefined;
  if (!head || head.number <= settled) return undefined;
  const arena = newArena(file.size);
  const bytes = arena.subarray(0, await file.read(arena));
  const recovered = generation(head, file, arena);
  recovered.replay(bytes);
  // What a killed process wrote may have reached no more than the page cache.
  if (recovered.records > 0) await file.sync();
  return recovered.records > 0 ? recovered : undefined;
}

function generation({ number, before, salt }: Head, file: LogFile, arena: Buffer) {
  const seed = recordSeed(salt);
  const rows = placesOf({
    compare: (row, key) => compareKeyAt(arena, row, key),
    key: (row) => keyAt(arena, row),
  });
  let end = HEAD;
  let records = 0;
  let isLent = false;
  /** Where a record stands that was refused and could not be erased. */
  let refusedAt: number | undefined;

  /** Makes the rows of a group visible, in the places where `encode` wrote them. */
  function index(group: readonly Commit[], start: number): void {
    let at = start + RECORD_HEAD;
    for (const { puts, deletes } of group) {
      for (const key of deletes) {
        rows.set(key, at);
        at += ROW_HEAD + key.length;
      }
      for (const { key, value } of puts) {
        rows.set(key, at);
        at += ROW_HEAD + key.length + value.length;
      }
    }
  }

  function indexRecovered(start: number, upTo: number): void {
    for (let at = start + RECORD_HEAD; at < upTo; at = nextRow(arena, at)) rows.set(keyAt(arena, at), at);
  }

  function encode(group: readonly Commit[]): number {
    let at = end + RECORD_HEAD;
    for (const { puts, deletes } of group) {
      for (const key of deletes) at = writeRow(arena, at, key, undefined);
      for (const { key, value } of puts) at = writeRow(arena, at, key, value);
    }
    writeRecordHead(arena, end, at, seed(records, at - end - RECORD_HEAD));
    return at;
  }

  /** A record that was refused must not be recovered, should the process end before the next one is written over it. */
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
      // Its head comes with the first record.
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

    /** Shows the records that are whole, up to the first that is not: it was being written when the process ended. */
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

const NOTHING = Buffer.alloc(RECORD_HEAD);

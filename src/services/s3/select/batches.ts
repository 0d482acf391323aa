import type { Projected } from "#aws/languages/select/rows.ts";
import { monotonicNow } from "#lib/wall.ts";
import type { Reading } from "./input.ts";
import type { RawRecord, Splitter } from "./records.ts";

/** Some results of a query, and the number of uncompressed bytes of the object in which they were found. */
export interface Batch {
  processed: number;
  rows: readonly Projected[];
}

/** Text to search, for formats that consist of lines or values. */
export interface Text {
  bytes: AsyncIterable<Uint8Array>;
  splitter: Splitter;
  /** Whether a record is before, in, or behind the requested range. */
  place: (record: RawRecord) => "before" | "in" | "behind";
  reading: Reading;
}

/** The number of bytes, and of milliseconds, that a query processes before it yields to other work. */
const SLICE_BYTES = 256 * 1024;
const SLICE_MS = 20;

/**
 * Yields the results of a query.
 * @throws {AwsError} for a malformed object, or a query that does not fit it
 */
export async function* batchesOf({ bytes, splitter, place, reading }: Text): AsyncGenerator<Batch> {
  let isOver = false;

  async function* batchesIn(records: readonly RawRecord[], processed: number): AsyncGenerator<Batch> {
    let rows: Projected[] = [];
    let begin = monotonicNow();
    for (const record of records) {
      const where = place(record);
      isOver = where === "behind" || reading.isDone;
      if (isOver) break;
      if (where === "before") continue;
      for (const row of reading.take(record)) rows.push(row);
      if (monotonicNow() - begin < SLICE_MS) continue;
      yield { processed: 0, rows };
      rows = [];
      await turn();
      begin = monotonicNow();
    }
    isOver ||= reading.isDone;
    yield { processed, rows };
  }

  for await (const slice of sliced(bytes)) {
    yield* batchesIn(splitter.push(slice), slice.length);
    if (isOver) break;
    await turn();
  }
  if (!isOver) yield* batchesIn(splitter.end(), 0);
  yield { processed: 0, rows: [...reading.end()] };
}

/** Yields to other work. */
export const turn = () => new Promise(setImmediate);

async function* sliced(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let at = 0; at < bytes.length; at += SLICE_BYTES) yield bytes.subarray(at, at + SLICE_BYTES);
  }
}

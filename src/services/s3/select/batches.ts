import type { Projected } from "#aws/languages/select/rows.ts";
import { monotonicNow } from "#lib/wall.ts";
import type { Reading } from "./input.ts";
import type { RawRecord, Splitter } from "./records.ts";

/** Some results of a query, and in how many bytes of the object, uncompressed, they were found. */
export interface Batch {
  processed: number;
  rows: readonly Projected[];
}

/** Text to search, of which formats of lines or values are made. */
export interface Text {
  bytes: AsyncIterable<Uint8Array>;
  splitter: Splitter;
  /** Whether a record is in the range that is asked for, before it, or behind it. */
  place: (record: RawRecord) => "before" | "in" | "behind";
  reading: Reading;
}

/** How many bytes, or milliseconds, a query runs before it lets others run. */
const SLICE_BYTES = 256 * 1024;
const SLICE_MS = 20;

/** @throws {AwsError} what is wrong with the object, or with the query now that the object is seen */
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

/** Lets others run. */
export const turn = () => new Promise(setImmediate);

async function* sliced(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let at = 0; at < bytes.length; at += SLICE_BYTES) yield bytes.subarray(at, at + SLICE_BYTES);
  }
}

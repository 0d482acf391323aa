import type { SelectObjectContentEventStream } from "#aws/contract/types/s3.ts";
import { monotonicNow } from "#lib/wall.ts";
import type { Reading } from "./input.ts";
import type { WriteRow } from "./output.ts";
import type { RawRecord, Splitter } from "./records.ts";

export type SelectEvent = SelectObjectContentEventStream;

export interface Scan {
  /** The bytes to look through, uncompressed. */
  bytes: AsyncIterable<Uint8Array>;
  /** How many bytes of the object were read so far. */
  scanned: () => number;
  splitter: Splitter;
  /** Whether a record is to be looked at, or stands before the range that is asked for, or behind it. */
  place: (record: RawRecord) => "before" | "in" | "behind";
  reading: Reading;
  write: WriteRow;
  tellsProgress: boolean;
}

/** A message is sent when it has so many characters. */
const MESSAGE_LENGTH = 128 * 1024;
/** How much is looked through at a time, and for how many milliseconds; then others are let run. */
const SLICE_BYTES = 256 * 1024;
const SLICE_MS = 20;
/** After so many bytes without a record the client is told that there is life. */
const SILENCE_BYTES = 16 * 2 ** 20;

/**
 * The answer, event by event; `undefined` when a slice was looked through and there is nothing to tell.
 * @throws {AwsError} what is wrong with the object, or with the query now that the object is seen
 */
export async function* eventsOf(scan: Scan): AsyncGenerator<SelectEvent | undefined> {
  const { splitter, reading, write } = scan;
  const counts = { processed: 0, returned: 0, silent: 0 };
  let isOver = false;
  let message = "";

  const told = () => ({
    BytesScanned: scan.scanned(),
    BytesProcessed: counts.processed,
    BytesReturned: counts.returned,
  });
  function* send(): Generator<SelectEvent> {
    const Payload = Buffer.from(message);
    message = "";
    counts.returned += Payload.length;
    counts.silent = 0;
    yield { Records: { Payload } };
    if (scan.tellsProgress) yield { Progress: { Details: told() } };
  }
  async function* look(records: readonly RawRecord[]): AsyncGenerator<SelectEvent> {
    let begin = monotonicNow();
    for (const record of records) {
      if (monotonicNow() - begin > SLICE_MS) {
        await new Promise(setImmediate);
        begin = monotonicNow();
      }
      const place = scan.place(record);
      isOver = place === "behind" || reading.isDone;
      if (isOver) return;
      if (place === "before") continue;
      for (const row of reading.take(record)) {
        message += write(row);
        if (message.length >= MESSAGE_LENGTH) yield* send();
      }
    }
    isOver = reading.isDone;
  }

  for await (const slice of sliced(scan.bytes)) {
    counts.processed += slice.length;
    counts.silent += slice.length;
    yield* look(splitter.push(slice));
    if (isOver) break;
    if (counts.silent >= SILENCE_BYTES) {
      counts.silent = 0;
      yield scan.tellsProgress ? { Progress: { Details: told() } } : { Cont: {} };
    } else yield undefined;
  }
  if (!isOver) yield* look(splitter.end());
  for (const row of reading.end()) message += write(row);
  if (message !== "") yield* send();
  yield { Stats: { Details: told() } };
  yield { End: {} };
}

async function* sliced(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
      yield bytes.subarray(at, at + SLICE_BYTES);
      await new Promise(setImmediate);
    }
  }
}

/** Sends what there is to tell. What goes wrong before there is anything is an error of the call, later one in the stream. */
export async function begun(
  events: AsyncGenerator<SelectEvent | undefined>,
): Promise<AsyncIterable<SelectEvent>> {
  let first = await events.next();
  while (!first.done && !first.value) first = await events.next();
  return {
    async *[Symbol.asyncIterator]() {
      try {
        if (first.value) yield first.value;
        for await (const event of events) if (event) yield event;
      } finally {
        await events.return(undefined);
      }
    },
  };
}

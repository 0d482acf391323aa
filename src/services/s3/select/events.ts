import type { SelectObjectContentEventStream } from "#aws/contract/types/s3.ts";
import type { Batch } from "./batches.ts";
import type { WriteRow } from "./output.ts";

export type SelectEvent = SelectObjectContentEventStream;

export interface Answer {
  batches: AsyncIterable<Batch>;
  /** Returns the number of bytes of the object that have been read. */
  scanned: () => number;
  write: WriteRow;
  reportsProgress: boolean;
}

/** The number of characters after which a message is sent. */
const MESSAGE_LENGTH = 128 * 1024;
/**
 * The number of bytes without results after which an event tells the client that the query is still running.
 */
const SILENCE_BYTES = 16 * 2 ** 20;

/**
 * Yields the events of the response; `undefined` after a batch without results.
 * @throws {AwsError} for a malformed object, or a query that does not fit it
 */
export async function* eventsOf({
  batches,
  scanned,
  write,
  reportsProgress,
}: Answer): AsyncGenerator<SelectEvent | undefined> {
  let [processed, returned, silent] = [0, 0, 0];
  let message = "";

  const details = () => ({ BytesScanned: scanned(), BytesProcessed: processed, BytesReturned: returned });
  function* send(): Generator<SelectEvent> {
    const Payload = Buffer.from(message);
    message = "";
    returned += Payload.length;
    silent = 0;
    yield { Records: { Payload } };
    if (reportsProgress) yield { Progress: { Details: details() } };
  }

  for await (const batch of batches) {
    processed += batch.processed;
    silent += batch.processed;
    for (const row of batch.rows) {
      message += write(row);
      if (message.length >= MESSAGE_LENGTH) yield* send();
    }
    if (silent < SILENCE_BYTES) yield undefined;
    else {
      silent = 0;
      yield reportsProgress ? { Progress: { Details: details() } } : { Cont: {} };
    }
  }
  if (message !== "") yield* send();
  yield { Stats: { Details: details() } };
  yield { End: {} };
}

/**
 * Waits for the first event: an error before it is an error of the call, while a
 * later error is part of the stream.
 */
export async function awaitFirstEvent(
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

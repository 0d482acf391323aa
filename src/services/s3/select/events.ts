import type { SelectObjectContentEventStream } from "#aws/contract/types/s3.ts";
import type { Batch } from "./batches.ts";
import type { WriteRow } from "./output.ts";

export type SelectEvent = SelectObjectContentEventStream;

export interface Answer {
  batches: AsyncIterable<Batch>;
  /** How many bytes of the object have been read. */
  scanned: () => number;
  write: WriteRow;
  tellsProgress: boolean;
}

/** Characters after which a message is sent. */
const MESSAGE_LENGTH = 128 * 1024;
/** Bytes without a result after which a message shows the client that the query is still running. */
const SILENCE_BYTES = 16 * 2 ** 20;

/**
 * The events of the answer; `undefined` after a batch without results.
 * @throws {AwsError} what is wrong with the object, or with the query now that the object is seen
 */
export async function* eventsOf({
  batches,
  scanned,
  write,
  tellsProgress,
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
    if (tellsProgress) yield { Progress: { Details: details() } };
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
      yield tellsProgress ? { Progress: { Details: details() } } : { Cont: {} };
    }
  }
  if (message !== "") yield* send();
  yield { Stats: { Details: details() } };
  yield { End: {} };
}

/** Sends the events. An error before the first one is an error of the call, a later one is part of the stream. */
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

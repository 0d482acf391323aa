import type { SelectObjectContentEventStream } from "#aws/contract/types/s3.ts";
import type { Batch } from "./batches.ts";
import type { WriteRow } from "./output.ts";

export type SelectEvent = SelectObjectContentEventStream;

export interface Answer {
  batches: AsyncIterable<Batch>;
  /** How many bytes of the object were read so far. */
  scanned: () => number;
  write: WriteRow;
  tellsProgress: boolean;
}

/** A message is sent when it has so many characters. */
const MESSAGE_LENGTH = 128 * 1024;
/** After so many bytes without a record the client is told that there is life. */
const SILENCE_BYTES = 16 * 2 ** 20;

/**
 * The answer, event by event; `undefined` when a batch was looked at and there is nothing to tell.
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

  const told = () => ({ BytesScanned: scanned(), BytesProcessed: processed, BytesReturned: returned });
  function* send(): Generator<SelectEvent> {
    const Payload = Buffer.from(message);
    message = "";
    returned += Payload.length;
    silent = 0;
    yield { Records: { Payload } };
    if (tellsProgress) yield { Progress: { Details: told() } };
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
      yield tellsProgress ? { Progress: { Details: told() } } : { Cont: {} };
    }
  }
  if (message !== "") yield* send();
  yield { Stats: { Details: told() } };
  yield { End: {} };
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

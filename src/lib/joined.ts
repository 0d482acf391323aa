/** Bytes in memory, or as a stream. */
export type Bytes = Uint8Array | AsyncIterable<Uint8Array>;

/** Concatenates byte sequences. The iterator's `return` also ends the streams that have not started. */
export function joined(pieces: readonly Bytes[]): AsyncIterable<Uint8Array> {
  const readers = pieces.map((piece) =>
    piece instanceof Uint8Array ? once(piece) : piece[Symbol.asyncIterator](),
  );
  let at = 0;
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        for (; at < readers.length; at++) {
          const step = await readers[at]!.next();
          if (!step.done) return step;
        }
        return { done: true, value: undefined };
      },
      async return() {
        const rest = readers.slice(at);
        at = readers.length;
        for (const reader of rest) await reader.return?.();
        return { done: true, value: undefined };
      },
    }),
  };
}

async function* once(bytes: Uint8Array) {
  yield bytes;
}

import type { MaybePromise } from "./maybe-promise.ts";

/**
 * The bytes of a request or of an answer, as a stream that is pulled.
 *
 * The first pull tells a waiting client to send (`100 Continue`); the end of the stream is where length, hashes,
 * trailers and chunk signatures are checked, so a consumer may keep what it read only after the end was reached
 * without an exception.
 */
export interface Body extends AsyncIterable<Uint8Array> {
  /** Length in bytes, if the sender said it beforehand. */
  readonly size: number | undefined;
  /** Names of headers that will follow the body, lower-case. */
  readonly announced: readonly string[];
  /** Headers that followed the body, lower-case; complete once the end was reached. */
  readonly trailers: Readonly<Record<string, string>>;
  /**
   * The whole in one piece, at once if it is there: the quick way for small bodies.
   * @throws {BodyTooLargeError} when there are more than `limit` bytes
   */
  bytes(limit: number): MaybePromise<Uint8Array>;
}

export class BodyTooLargeError extends Error {
  override name = "BodyTooLargeError";
}

/** A body of bytes that are already at hand. */
export function bodyOf(data: Uint8Array | string): Body {
  const bytes = typeof data === "string" ? Buffer.from(data) : data;
  return {
    size: bytes.length,
    announced: [],
    trailers: {},
    bytes(limit) {
      if (bytes.length > limit) throw new BodyTooLargeError(`${bytes.length} bytes, over ${limit}`);
      return bytes;
    },
    async *[Symbol.asyncIterator]() {
      if (bytes.length > 0) yield bytes;
    },
  };
}

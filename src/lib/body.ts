import type { MaybePromise } from "./maybe-promise.ts";

/**
 * The bytes of a request or response, as a pull-based stream.
 *
 * The first pull asks a waiting client to send (`100 Continue`). Length, hashes, trailers and chunk
 * signatures are verified at the end of the stream, so a consumer may keep what it has read only after
 * reaching the end without an exception.
 */
export interface Body extends AsyncIterable<Uint8Array> {
  /** Length in bytes, if the sender declared it. */
  readonly size: number | undefined;
  /** Lower-case names of the trailers that the sender announced. */
  readonly announced: readonly string[];
  /** Trailers with lower-case names; complete once the end was reached. */
  readonly trailers: Readonly<Record<string, string>>;
  /**
   * Returns all bytes in one piece, synchronously if they have arrived: the fast way for small bodies.
   * @throws {BodyTooLargeError} if there are more than `limit` bytes
   */
  bytes(limit: number): MaybePromise<Uint8Array>;
}

export class BodyTooLargeError extends Error {
  override name = "BodyTooLargeError";
}

/** A body of bytes that are in memory. */
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

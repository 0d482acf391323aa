import { keyBytes } from "./key-text.ts";
import type { Lent, Row } from "./kv.ts";

/**
 * A row of a page: its key is text (see `key-text.ts`), and its value a slice of a larger buffer, which is
 * copied only for the few callers that need their own bytes.
 */
export class TextRow implements Row, Lent {
  readonly text: string;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  #value: Uint8Array | undefined;

  constructor(text: string, bytes: Uint8Array, start = 0, end = bytes.length) {
    this.text = text;
    this.bytes = bytes;
    this.start = start;
    this.end = end;
  }

  get key(): Buffer {
    return keyBytes(this.text);
  }

  get value(): Uint8Array {
    return (this.#value ??= copyOf(this.bytes, this.start, this.end));
  }

  get lent(): Lent {
    return this;
  }
}

/** A copy of the bytes between two positions. */
export function copyOf(bytes: Uint8Array, start: number, end: number): Buffer {
  const copy = Buffer.allocUnsafe(end - start);
  Buffer.prototype.copy.call(bytes, copy, 0, start, end);
  return copy;
}

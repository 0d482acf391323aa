import { keyTextIn } from "./key-text.ts";
import type { Lent, Row } from "./kv.ts";
import { copyOf } from "./text-row.ts";

/** A row whose key and value are adjacent slices of a larger buffer; they are copied when they are first read. */
export class LaidRow implements Row, Lent {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  private readonly keyStart: number;
  #text: string | undefined;
  #value: Uint8Array | undefined;

  constructor(bytes: Uint8Array, keyStart: number, start: number, end: number) {
    this.bytes = bytes;
    this.keyStart = keyStart;
    this.start = start;
    this.end = end;
  }

  get text(): string {
    return (this.#text ??= keyTextIn(this.bytes, this.keyStart, this.start));
  }

  get key(): Buffer {
    return copyOf(this.bytes, this.keyStart, this.start);
  }

  get value(): Uint8Array {
    return (this.#value ??= copyOf(this.bytes, this.start, this.end));
  }

  get lent(): Lent {
    return this;
  }
}

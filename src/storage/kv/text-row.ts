import { keyBytes } from "./key-text.ts";
import type { Row } from "./kv.ts";

/** A row whose key is a text, as `key-text.ts` makes it, until somebody wants the bytes: few do. */
export class TextRow implements Row {
  readonly text: string;
  readonly value: Uint8Array;

  constructor(text: string, value: Uint8Array) {
    this.text = text;
    this.value = value;
  }

  get key(): Buffer {
    return keyBytes(this.text);
  }
}

/** `toString("latin1")`, which a plain Uint8Array has not, without a Buffer made for it. */
const { latin1Slice } = Buffer.prototype as unknown as {
  latin1Slice(this: Uint8Array, start?: number, end?: number): string;
};

/** A key as a string of a character for each byte: it can be looked up, and the order of strings is that of the bytes. */
export const keyText = (key: Uint8Array): string => latin1Slice.call(key);

/** Of a key that stands among other bytes. */
export const keyTextIn = (bytes: Uint8Array, start: number, end: number): string =>
  latin1Slice.call(bytes, start, end);

export const keyBytes = (text: string): Buffer => Buffer.from(text, "latin1");

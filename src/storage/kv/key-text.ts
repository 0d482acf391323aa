/** `toString("latin1")` for a plain Uint8Array, without the allocation of a Buffer. */
const { latin1Slice } = Buffer.prototype as unknown as {
  latin1Slice(this: Uint8Array, start?: number, end?: number): string;
};

/** A key as a string with one character per byte: it can be used in maps, and strings sort like the bytes. */
export const keyText = (key: Uint8Array): string => latin1Slice.call(key);

/** The text of a key within a larger buffer. */
export const keyTextIn = (bytes: Uint8Array, start: number, end: number): string =>
  latin1Slice.call(bytes, start, end);

export const keyBytes = (text: string): Buffer => Buffer.from(text, "latin1");

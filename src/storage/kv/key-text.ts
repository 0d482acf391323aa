/** `toString("latin1")`, which a plain Uint8Array has not, without a Buffer made for it. */
const { latin1Slice } = Buffer.prototype as unknown as { latin1Slice(this: Uint8Array): string };

/** A key as a string of a character for each byte: it can be looked up, and the order of strings is that of the bytes. */
export const keyText = (key: Uint8Array): string => latin1Slice.call(key);

export const keyBytes = (text: string): Buffer => Buffer.from(text, "latin1");

/**
 * Frees the memory of an unused piece of a cipher's output at once, because every piece is a separate
 * allocation: leaving a hundred megabytes of them to the garbage collector costs more than the encryption. A
 * slice of a larger buffer does not come from the cipher and is not freed.
 */
export function freeMemory({ buffer, length }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === length) buffer.transfer(0);
}

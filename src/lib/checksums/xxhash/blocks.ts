/**
 * Splits input into complete blocks. The end of the input is kept back, even if it is a complete block,
 * because the last block is processed differently.
 */
export function blocks(size: number, take: (bytes: Uint8Array, from: number, to: number) => void) {
  const rest = new Uint8Array(size);
  let filled = 0;
  let length = 0;
  return {
    update(chunk: Uint8Array): void {
      length += chunk.length;
      if (filled + chunk.length <= size) {
        rest.set(chunk, filled);
        filled += chunk.length;
        return;
      }
      let at = 0;
      if (filled > 0) {
        at = size - filled;
        rest.set(chunk.subarray(0, at), filled);
        take(rest, 0, size);
      }
      const whole = at + Math.floor((chunk.length - at - 1) / size) * size;
      if (whole > at) take(chunk, at, whole);
      rest.set(chunk.subarray(whole));
      filled = chunk.length - whole;
    },
    end: () => ({ rest: rest.subarray(0, filled), length: BigInt(length) }),
  };
}

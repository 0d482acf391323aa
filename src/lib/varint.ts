/** Encodes a number with seven bits in each byte, the least significant ones first, as Protocol Buffers do. */
export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.of(...bytes, rest);
}

/** Encodes a number that may be negative, so that small ones are short. */
export const zigzag = (value: number): Buffer => varint(value < 0 ? -value * 2 - 1 : value * 2);

/**
 * The operations that the variants of xxHash share, on 64-bit words, which are BigInts in JavaScript.
 * https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
 */

export const PRIME32 = { first: 0x9e3779b1n, second: 0x85ebca77n, third: 0xc2b2ae3dn } as const;

export const PRIME64 = {
  first: 0x9e3779b185ebca87n,
  second: 0xc2b2ae3d27d4eb4fn,
  third: 0x165667b19e3779f9n,
  fourth: 0x85ebca77c2b2ae63n,
  fifth: 0x27d4eb2f165667c5n,
} as const;

export const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
export const rotated = (word: bigint, bits: bigint): bigint => u64((word << bits) | (word >> (64n - bits)));
export const high = (wide: bigint): bigint => wide >> 64n;

/** The XOR of both halves of a 128-bit product. */
export function folded(left: bigint, right: bigint): bigint {
  const wide = left * right;
  return u64(wide) ^ high(wide);
}

/** A word with its bytes in reverse order. */
export function swapped(word: bigint, bytes: number): bigint {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(word);
  return buffer.readBigUInt64BE() >> BigInt(64 - 8 * bytes);
}

export function avalanche64(word: bigint): bigint {
  let mixed = u64((word ^ (word >> 33n)) * PRIME64.second);
  mixed = u64((mixed ^ (mixed >> 29n)) * PRIME64.third);
  return mixed ^ (mixed >> 32n);
}

/** A view for little-endian reads, as all variants need. */
export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
export const word32 = (view: DataView, at: number): bigint => BigInt(view.getUint32(at, true));
export const word64 = (view: DataView, at: number): bigint => view.getBigUint64(at, true);

/**
 * The high half of the product of two 32-bit numbers; `Math.imul` returns the low half. It is computed from
 * halves of `right`, so that every intermediate result is an exact number.
 */
export function highProduct(left: number, right: number): number {
  const below = Math.floor((left * (right & 0xffff)) / 0x10000);
  return Math.floor((left * (right >>> 16) + below) / 0x10000);
}

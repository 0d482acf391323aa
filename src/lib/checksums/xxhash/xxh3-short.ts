import {
  avalanche64,
  folded,
  high,
  PRIME32,
  PRIME64,
  rotated,
  swapped,
  u64,
  viewOf,
  word32,
  word64,
} from "./words.ts";

/** XXH3 of up to 240 bytes, without a seed. Each range of lengths has its own algorithm. */

export const SHORT = 240;
export const SECRET = viewOf(
  Buffer.from(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f" +
      "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c" +
      "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8" +
      "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364" +
      "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e" +
      "2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e",
    "hex",
  ),
);
export const SECRET_BYTES = SECRET.byteLength;

const MIXERS = { first: 0x165667919e3779f9n, second: 0x9fb21c651e98df25n } as const;

export function avalanche(word: bigint): bigint {
  const mixed = u64((word ^ (word >> 37n)) * MIXERS.first);
  return mixed ^ (mixed >> 32n);
}

/** The XOR of two adjacent words of the secret. */
const secret = (at: number): bigint => word64(SECRET, at) ^ word64(SECRET, at + 8);
const secret32 = (at: number): bigint => word32(SECRET, at) ^ word32(SECRET, at + 4);
const joined = (upper: bigint, lower: bigint): bigint => (upper << 64n) | lower;

export function shortHash(bytes: Uint8Array): bigint {
  const view = viewOf(bytes);
  const length = BigInt(bytes.length);
  if (bytes.length > 16) return mixed(view);
  if (bytes.length > 8) {
    const low = secret(24) ^ word64(view, 0);
    const top = secret(40) ^ word64(view, bytes.length - 8);
    return avalanche(u64(length + swapped(low, 8) + top + folded(low, top)));
  }
  if (bytes.length > 3) {
    const ends = word32(view, bytes.length - 4) | (word32(view, 0) << 32n);
    let word = secret(8) ^ ends;
    word ^= rotated(word, 49n) ^ rotated(word, 24n);
    word = u64(word * MIXERS.second);
    word = u64((word ^ ((word >> 35n) + length)) * MIXERS.second);
    return word ^ (word >> 28n);
  }
  if (bytes.length > 0) return avalanche64(secret32(0) ^ fewBytes(bytes));
  return avalanche64(secret(56));
}

export function shortHash128(bytes: Uint8Array): bigint {
  const view = viewOf(bytes);
  const length = BigInt(bytes.length);
  if (bytes.length > 16) {
    const [low, top] = mixed128(view);
    const upper = u64(low * PRIME64.first + top * PRIME64.fourth + length * PRIME64.second);
    return joined(u64(-avalanche(upper)), avalanche(u64(low + top)));
  }
  if (bytes.length > 8) {
    const last = word64(view, bytes.length - 8);
    const product = (secret(32) ^ word64(view, 0) ^ last) * PRIME64.first;
    const other = secret(48) ^ last;
    const upper = u64(high(product) + other + (other & 0xffff_ffffn) * (PRIME32.second - 1n));
    const lower = u64(product + ((length - 1n) << 54n)) ^ swapped(upper, 8);
    const again = lower * PRIME64.second;
    return joined(avalanche(u64(high(again) + upper * PRIME64.second)), avalanche(u64(again)));
  }
  if (bytes.length > 3) {
    const ends = word32(view, 0) | (word32(view, bytes.length - 4) << 32n);
    const product = (secret(16) ^ ends) * u64(PRIME64.first + (length << 2n));
    const upper = u64(high(product) + (u64(product) << 1n));
    let lower = u64(product) ^ (upper >> 3n);
    lower = u64((lower ^ (lower >> 35n)) * MIXERS.second);
    return joined(avalanche(upper), lower ^ (lower >> 28n));
  }
  if (bytes.length > 0) {
    const few = fewBytes(bytes);
    const turned = swapped(few, 4);
    const upper = ((turned << 13n) | (turned >> 19n)) & 0xffff_ffffn;
    return joined(avalanche64(secret32(8) ^ upper), avalanche64(secret32(0) ^ few));
  }
  return joined(avalanche64(secret(80)), avalanche64(secret(64)));
}

/** One to three bytes combined with their number. */
function fewBytes(bytes: Uint8Array): bigint {
  const { length } = bytes;
  const word = bytes[length - 1]! | (length << 8) | (bytes[0]! << 16) | (bytes[length >> 1]! << 24);
  return BigInt(word >>> 0);
}

function mixStep(view: DataView, at: number, secretAt: number): bigint {
  const left = word64(view, at) ^ word64(SECRET, secretAt);
  return folded(left, word64(view, at + 8) ^ word64(SECRET, secretAt + 8));
}

/** 17 bytes and more. */
function mixed(view: DataView): bigint {
  const { byteLength } = view;
  let sum = u64(BigInt(byteLength) * PRIME64.first);
  if (byteLength <= 128) {
    for (let n = 0; n < pairs(byteLength); n++)
      sum += mixStep(view, n * 16, n * 32) + mixStep(view, byteLength - n * 16 - 16, n * 32 + 16);
    return avalanche(u64(sum));
  }
  for (let n = 0; n < 8; n++) sum += mixStep(view, n * 16, n * 16);
  sum = avalanche(u64(sum));
  for (let n = 8; n < byteLength >> 4; n++) sum += mixStep(view, n * 16, (n - 8) * 16 + 3);
  return avalanche(u64(sum + mixStep(view, byteLength - 16, 119)));
}

function mixed128(view: DataView): [low: bigint, top: bigint] {
  const { byteLength } = view;
  let low = u64(BigInt(byteLength) * PRIME64.first);
  let top = 0n;
  const mix = (one: number, two: number, secretAt: number) => {
    low = u64(low + mixStep(view, one, secretAt)) ^ u64(word64(view, two) + word64(view, two + 8));
    top = u64(top + mixStep(view, two, secretAt + 16)) ^ u64(word64(view, one) + word64(view, one + 8));
  };
  if (byteLength <= 128) {
    for (let n = pairs(byteLength) - 1; n >= 0; n--) mix(n * 16, byteLength - n * 16 - 16, n * 32);
    return [low, top];
  }
  for (let n = 0; n < 4; n++) mix(n * 32, n * 32 + 16, n * 32);
  [low, top] = [avalanche(low), avalanche(top)];
  for (let n = 4; n < byteLength >> 5; n++) mix(n * 32, n * 32 + 16, (n - 4) * 32 + 3);
  mix(byteLength - 16, byteLength - 32, 103);
  return [low, top];
}

/** Pairs of chunks, one from the front and one from the end, that cover the input. */
const pairs = (length: number): number => ((length - 1) >> 5) + 1;

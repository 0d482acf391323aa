import { blocks } from "./blocks.ts";
import { folded, highProduct, PRIME32, PRIME64, u64, viewOf, word64 } from "./words.ts";
import { avalanche, SECRET, SECRET_BYTES, SHORT, shortHash, shortHash128 } from "./xxh3-short.ts";

const STRIPE = 64;
const STRIPES = (SECRET_BYTES - STRIPE) / 8;
const BLOCK = STRIPE * STRIPES;

/** Incremental XXH3: 128 bits. For long input, the lower half is the 64-bit hash. */
export function xxh3(bits: 64 | 128) {
  /** Eight accumulators, low half first. */
  const lanes = new Uint32Array(16);
  const wide = new BigUint64Array(lanes.buffer);
  wide.set([PRIME32.third, PRIME64.first, PRIME64.second, PRIME64.third]);
  wide.set([PRIME64.fourth, PRIME32.second, PRIME64.fifth, PRIME32.first], 4);
  /** The end of the previous block: if the rest is short, the last stripe begins there. */
  const before = new Uint8Array(STRIPE);
  const pieces = blocks(BLOCK, (bytes, from, to) => {
    const view = viewOf(bytes);
    for (let at = from; at < to; at += BLOCK) {
      for (let n = 0; n < STRIPES; n++) accumulate(lanes, view, at + n * STRIPE, n * 8);
      scramble(lanes);
    }
    before.set(bytes.subarray(to - STRIPE, to));
  });
  return {
    update: pieces.update,
    digest(): bigint {
      const { rest, length } = pieces.end();
      if (length <= SHORT) return bits === 64 ? shortHash(rest) : shortHash128(rest);
      const view = viewOf(rest);
      const stripes = Math.floor((rest.length - 1) / STRIPE);
      for (let n = 0; n < stripes; n++) accumulate(lanes, view, n * STRIPE, n * 8);
      const last = Buffer.concat([before, rest]).subarray(-STRIPE);
      accumulate(lanes, viewOf(last), 0, SECRET_BYTES - STRIPE - 7);
      const low = merged(wide, u64(length * PRIME64.first), 11);
      if (bits === 64) return low;
      const above = u64(~u64(length * PRIME64.second));
      return (merged(wide, above, SECRET_BYTES - STRIPE - 11) << 64n) | low;
    },
  };
}

/** In 32-bit halves, because per-byte operations must be fast. */
function accumulate(lanes: Uint32Array, view: DataView, at: number, secretAt: number): void {
  for (let lane = 0; lane < 16; lane += 2) {
    const low = view.getUint32(at + lane * 4, true);
    const high = view.getUint32(at + lane * 4 + 4, true);
    add(lanes, lane ^ 2, low, high);
    const left = (low ^ SECRET.getUint32(secretAt + lane * 4, true)) >>> 0;
    const right = (high ^ SECRET.getUint32(secretAt + lane * 4 + 4, true)) >>> 0;
    add(lanes, lane, Math.imul(left, right) >>> 0, highProduct(left, right));
  }
}

function add(lanes: Uint32Array, lane: number, low: number, high: number): void {
  const sum = lanes[lane]! + low;
  lanes[lane] = sum;
  lanes[lane + 1] = lanes[lane + 1]! + high + (sum > 0xffff_ffff ? 1 : 0);
}

const MULTIPLIER = Number(PRIME32.first);

function scramble(lanes: Uint32Array): void {
  for (let lane = 0; lane < 16; lane += 2) {
    const at = SECRET_BYTES - STRIPE + lane * 4;
    const high = lanes[lane + 1]!;
    const low = (lanes[lane]! ^ (high >>> 15) ^ SECRET.getUint32(at, true)) >>> 0;
    lanes[lane] = Math.imul(low, MULTIPLIER);
    lanes[lane + 1] =
      highProduct(low, MULTIPLIER) + Math.imul(high ^ SECRET.getUint32(at + 4, true), MULTIPLIER);
  }
}

function merged(lanes: BigUint64Array, start: bigint, secretAt: number): bigint {
  let sum = start;
  for (let lane = 0; lane < 8; lane += 2) {
    const at = secretAt + lane * 8;
    sum += folded(lanes[lane]! ^ word64(SECRET, at), lanes[lane + 1]! ^ word64(SECRET, at + 8));
  }
  return avalanche(u64(sum));
}

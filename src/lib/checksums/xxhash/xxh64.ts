import { blocks } from "./blocks.ts";
import { avalanche64, highProduct, PRIME64, rotated, u64, viewOf, word32, word64 } from "./words.ts";

const STRIPE = 32;
const { first, second, third, fourth, fifth } = PRIME64;

/** Incremental XXH64. */
export function xxh64() {
  /** Four accumulators, low half first. */
  const lanes = new Uint32Array(8);
  const wide = new BigUint64Array(lanes.buffer);
  wide.set([u64(first + second), second, 0n, u64(-first)]);
  const pieces = blocks(STRIPE, (bytes, from, to) => {
    const view = viewOf(bytes);
    for (let at = from; at < to; at += STRIPE)
      for (let lane = 0; lane < 4; lane++) accumulate(lanes, lane * 2, view, at + lane * 8);
  });
  return {
    update: pieces.update,
    digest(): bigint {
      const { rest, length } = pieces.end();
      const view = viewOf(rest);
      const full = rest.length === STRIPE;
      if (full) for (let lane = 0; lane < 4; lane++) accumulate(lanes, lane * 2, view, lane * 8);
      const sum = length < STRIPE ? fifth : converged(wide);
      return avalanche64(finished(u64(sum + length), view, full ? STRIPE : 0));
    },
  };
}

const [FIRST_LOW, FIRST_HIGH] = halves(first);
const [SECOND_LOW, SECOND_HIGH] = halves(second);

function halves(word: bigint): [number, number] {
  return [Number(word & 0xffff_ffffn), Number(word >> 32n)];
}

/** `round`, in 32-bit halves, because per-byte operations must be fast. */
function accumulate(lanes: Uint32Array, lane: number, view: DataView, at: number): void {
  const inLow = view.getUint32(at, true);
  const inHigh = view.getUint32(at + 4, true);
  const low = lanes[lane]! + (Math.imul(inLow, SECOND_LOW) >>> 0);
  const high =
    lanes[lane + 1]! +
    highProduct(inLow, SECOND_LOW) +
    (Math.imul(inLow, SECOND_HIGH) >>> 0) +
    (Math.imul(inHigh, SECOND_LOW) >>> 0) +
    (low > 0xffff_ffff ? 1 : 0);
  // A rotation by 31 to the left equals one by 1 to the right with swapped halves.
  const turnedLow = ((high >>> 1) | (low << 31)) >>> 0;
  const turnedHigh = ((low >>> 1) | (high << 31)) >>> 0;
  lanes[lane] = Math.imul(turnedLow, FIRST_LOW);
  lanes[lane + 1] =
    highProduct(turnedLow, FIRST_LOW) + Math.imul(turnedLow, FIRST_HIGH) + Math.imul(turnedHigh, FIRST_LOW);
}

const round = (word: bigint): bigint => u64(rotated(u64(word * second), 31n) * first);

function converged(lanes: BigUint64Array): bigint {
  const [one = 0n, two = 0n, three = 0n, four = 0n] = lanes;
  let sum = u64(rotated(one, 1n) + rotated(two, 7n) + rotated(three, 12n) + rotated(four, 18n));
  for (const lane of lanes) sum = u64((sum ^ round(lane)) * first + fourth);
  return sum;
}

/** Adds the bytes that do not fill a stripe. */
function finished(sum: bigint, view: DataView, from: number): bigint {
  let at = from;
  for (; at + 8 <= view.byteLength; at += 8)
    sum = u64(rotated(sum ^ round(word64(view, at)), 27n) * first + fourth);
  if (at + 4 <= view.byteLength) {
    sum = u64(rotated(sum ^ u64(word32(view, at) * first), 23n) * second + third);
    at += 4;
  }
  for (; at < view.byteLength; at++)
    sum = u64(rotated(sum ^ u64(BigInt(view.getUint8(at)) * fifth), 11n) * first);
  return sum;
}

import type { Shard } from "../store.ts";

/**
 * Sequence numbers as AWS makes them: numbers of 186 bits, written in decimal digits. From the left, as hexadecimal
 * digits: `2`, the second at which its numbers began (9), the last digit of the shard (1), where the record stands in it
 * (16), zeros (2), the second at which the record came (9), the shard (8), and the version `2`.
 */
const MARK = 1n << 185n;
const CREATED = 148n;
const DIGIT = 144n;
const POSITION = 80n;
const SECOND = 36n;
const SHARD = 4n;
const VERSION = 2n;

const WORD = (1n << 32n) - 1n;
const SECONDS = (1n << 36n) - 1n;
const POSITIONS = (1n << 63n) - 1n;
/** A time behind which there are no sequence numbers. */
const LAST_SECOND = 16_025_175_000n;
/** What a number of the first version, of another layout, is less than. */
const FIRST_VERSION_END = 1n << 129n;

type Origin = Pick<Shard, "index" | "created" | "began">;

const beganAt = ({ created, began = created }: Origin) => Math.floor(began / 1_000);
/** From when the numbers of a shard count, so that they are greater than its parents', which may have begun in this second. */
export const beginBehind = (now: number, parents: readonly Origin[]): number =>
  Math.max(now, ...parents.map((parent) => (beganAt(parent) + 1) * 1_000));

/** Those of a shard: of what stands at a position and came at a time. */
export function sequenceNumbers(origin: Origin): (position: number, time: number) => string {
  const shard = BigInt(origin.index);
  const base =
    MARK | (BigInt(beganAt(origin)) << CREATED) | ((shard & 15n) << DIGIT) | (shard << SHARD) | VERSION;
  // Most calls are for records of the same second.
  let second = -1;
  let ofSecond = base;
  return (position, time) => {
    const now = Math.floor(time / 1_000);
    if (now !== second) {
      second = now;
      ofSecond = base | (BigInt(now) << SECOND);
    }
    return (ofSecond | (BigInt(position) << POSITION)).toString();
  };
}

export const sequenceNumber = (shard: Origin, position: number, time: number): string =>
  sequenceNumbers(shard)(position, time);

/** Where a shard begins, and what is behind all that ever came to it. */
export const firstNumber = (shard: Origin): string => sequenceNumber(shard, 0, shard.created);
export const lastNumber = (shard: Origin, closed: number): string =>
  (BigInt(sequenceNumber(shard, 0, closed)) | (POSITIONS << POSITION)).toString();

export interface SequenceNumber {
  version: number;
  shard: number;
  /** In seconds, as the next. */
  created: number;
  time: number;
  position: number;
}

/** `undefined` for what is no sequence number. */
export function parseSequenceNumber(text: string): SequenceNumber | undefined {
  if (!/^\d{1,56}$/.test(text)) return undefined;
  const value = BigInt(text);
  // The oldest ones are known by the shard at their end, and lead nowhere.
  if (value < FIRST_VERSION_END) {
    if (((value >> 88n) & SECONDS) >= LAST_SECOND) return undefined;
    return { version: 0, shard: Number(value & 0xffffn), created: 0, time: 0, position: 0 };
  }
  const version = Number(value & 15n);
  if (value <= MARK || value >= MARK + (MARK >> 1n) || (version !== 1 && version !== 2)) return undefined;
  const position = (value >> POSITION) & ((1n << 64n) - 1n);
  const created = (value >> CREATED) & SECONDS;
  if (version === 2 && (position > POSITIONS || created >= LAST_SECOND)) return undefined;
  return {
    version,
    shard: Number((value >> SHARD) & WORD),
    created: Number(created),
    time: Number((value >> SECOND) & SECONDS),
    position: Math.min(Number(position), Number.MAX_SAFE_INTEGER),
  };
}

/** Whether it is one of that shard's. */
export const isOf = ({ version, shard, created }: SequenceNumber, origin: Origin): boolean =>
  version === 2 && shard === origin.index && created === beganAt(origin);

export const shardId = (index: number) => `shardId-${String(index).padStart(12, "0")}`;

/** Zeros in front, and the word before them, may be left out. */
export function indexOfShard(id: string): number | undefined {
  const digits = /^(?:[^-]*-)?(\d+)$/.exec(id)?.[1];
  const index = digits === undefined ? Number.NaN : Number(digits);
  return index < 2 ** 31 ? index : undefined;
}

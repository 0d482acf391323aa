import type { Shard } from "../store.ts";

/**
 * Sequence numbers in AWS's layout: 186 bits, written in decimal. In hexadecimal digits, from the left: `2`, the second at
 * which the shard's numbers began (9 digits), the last digit of the shard's index (1), the record's position in the shard
 * (16), zeros (2), the second of the record's arrival (9), the shard's index (8), and the version `2`.
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
/** The last second that a sequence number can contain. */
const LAST_SECOND = 16_025_175_000n;
/** The upper bound of numbers of the first version, which have another layout. */
const FIRST_VERSION_END = 1n << 129n;

type Origin = Pick<Shard, "index" | "created" | "began">;

const beganAt = ({ created, began = created }: Origin) => Math.floor(began / 1_000);
/** The second at which a shard's numbers begin: later than its parents', so that its numbers are greater. */
export const beginBehind = (now: number, parents: readonly Origin[]): number =>
  Math.max(now, ...parents.map((parent) => (beganAt(parent) + 1) * 1_000));

/** Makes the sequence numbers of a shard, from a record's position and arrival. */
export function sequenceNumbers(origin: Origin): (position: number, time: number) => string {
  const shard = BigInt(origin.index);
  const base =
    MARK | (BigInt(beganAt(origin)) << CREATED) | ((shard & 15n) << DIGIT) | (shard << SHARD) | VERSION;
  // Caches the part for one second, since records of a call mostly share it.
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

/** The first sequence number of a shard, and one that is greater than all of its records'. */
export const firstNumber = (shard: Origin): string => sequenceNumber(shard, 0, shard.created);
export const lastNumber = (shard: Origin, closed: number): string =>
  (BigInt(sequenceNumber(shard, 0, closed)) | (POSITIONS << POSITION)).toString();

export interface SequenceNumber {
  version: number;
  shard: number;
  /** Seconds since 1970, like the next. */
  created: number;
  time: number;
  position: number;
}

/** @returns `undefined` for an invalid sequence number */
export function parseSequenceNumber(text: string): SequenceNumber | undefined {
  if (!/^\d{1,56}$/.test(text)) return undefined;
  const value = BigInt(text);
  // Numbers of the first version contain their shard at the end, and no position here.
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

/** Whether a sequence number belongs to a shard. */
export const isOf = ({ version, shard, created }: SequenceNumber, origin: Origin): boolean =>
  version === 2 && shard === origin.index && created === beganAt(origin);

export const shardId = (index: number) => `shardId-${String(index).padStart(12, "0")}`;

/** Parses a shard id, in which leading zeros and the prefix are optional. */
export function indexOfShard(id: string): number | undefined {
  const digits = /^(?:[^-]*-)?(\d+)$/.exec(id)?.[1];
  const index = digits === undefined ? Number.NaN : Number(digits);
  return index < 2 ** 31 ? index : undefined;
}

import type { Shard } from "../store.ts";

/**
 * Sequence numbers as AWS's clients expect them: 56 decimal digits that grow within a shard and tell its number. Beneath
 * lies the number that the partition gave the record.
 */
const MARK = 1n << 185n;
const CREATED = 148n;
const NUMBER = 64n;
const SHARD_BITS = 16n;
const NUMBER_BITS = 53n;

/** Those of a shard, by the number that the partition gave a record. */
export function sequenceNumbers({
  index,
  created,
}: Pick<Shard, "index" | "created">): (number: number) => string {
  const seconds = BigInt(Math.floor(created / 1_000));
  const base = MARK | (seconds << CREATED) | BigInt(index % 2 ** Number(SHARD_BITS));
  return (number) => (base | (BigInt(number) << NUMBER)).toString();
}

export const sequenceNumber = (shard: Pick<Shard, "index" | "created">, number: number): string =>
  sequenceNumbers(shard)(number);

export const isSequenceNumber = (text: string): boolean => /^\d{56}$/.test(text) && BigInt(text) >= MARK;

/** Of the shard that a sequence number tells of. */
export const indexIn = (text: string): number => Number(BigInt(text) & ((1n << SHARD_BITS) - 1n));

/** `undefined` for what is no sequence number of that shard. */
export function numberIn({ index }: Pick<Shard, "index">, text: string): number | undefined {
  if (!/^\d{56}$/.test(text)) return undefined;
  const value = BigInt(text);
  if ((value & ((1n << SHARD_BITS) - 1n)) !== BigInt(index % 2 ** Number(SHARD_BITS))) return undefined;
  return Number((value >> NUMBER) & ((1n << NUMBER_BITS) - 1n));
}

export const shardId = (index: number) => `shardId-${String(index).padStart(12, "0")}`;

/** Zeros in front, and the word before them, may be left out. */
export function indexOfShard(id: string): number | undefined {
  const digits = /^(?:[^-]*-)?(\d+)$/.exec(id)?.[1];
  const index = digits === undefined ? Number.NaN : Number(digits);
  return index < 2 ** 31 ? index : undefined;
}

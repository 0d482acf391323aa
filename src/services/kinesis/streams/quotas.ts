import type { Place } from "#kernel/records/collection.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import { changedTooOften, onDemandLimitExceeded, shardLimitExceeded } from "../errors.ts";
import { type Stream, streams } from "../store.ts";

/** Regions with a larger quota of shards: https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html */
const LARGE_REGIONS = new Set(["us-east-1", "us-west-2", "eu-west-1"]);
export const shardLimit = ({ region }: Place): number => (LARGE_REGIONS.has(region) ? 20_000 : 6_000);
export const MAX_ON_DEMAND_STREAMS = 50;
/** The maximum shards to which an on-demand stream grows by itself: 10 GiB or 200 MiB per second. */
export const mostOnDemandShards = ({ region }: Place): number => (LARGE_REGIONS.has(region) ? 10_240 : 200);

const DAY_MS = 24 * 3_600_000;
const PAGE = 1_000;

export interface Counts {
  /** The open shards of provisioned and on-demand streams. */
  openShards: number;
  onDemand: number;
}

export async function countsOf(tx: ReadTransaction): Promise<Counts> {
  const counts: Counts = { openShards: 0, onDemand: 0 };
  for (let last: Stream | undefined; ; ) {
    const page = await tx.list(streams, { ...(last && { after: [last.name] }), limit: PAGE });
    for (const { openShards, goal, mode } of page) {
      // The shards that a scaling in progress will open count already.
      counts.openShards += Math.max(openShards, goal?.count ?? 0);
      if (mode === "ON_DEMAND") counts.onDemand++;
    }
    last = page.at(-1);
    if (page.length < PAGE) return counts;
  }
}

/** @throws {AwsError} LimitExceededException */
export async function checkShards(tx: ReadTransaction, place: Place, additional: number): Promise<void> {
  const { openShards } = await countsOf(tx);
  const limit = shardLimit(place);
  if (openShards + additional > limit) throw shardLimitExceeded(place, openShards, limit, additional);
}

export const hasRoomFor = async (tx: ReadTransaction, place: Place, additional: number): Promise<boolean> =>
  (await countsOf(tx)).openShards + additional <= shardLimit(place);

/** @throws {AwsError} LimitExceededException */
export async function checkOnDemand(tx: ReadTransaction, place: Place): Promise<void> {
  const { onDemand } = await countsOf(tx);
  if (onDemand >= MAX_ON_DEMAND_STREAMS) throw onDemandLimitExceeded(place, onDemand, MAX_ON_DEMAND_STREAMS);
}

/**
 * Checks an action that is limited in any 24 hours. @returns the times of the last 24 hours, with this one
 * @throws {AwsError} LimitExceededException
 */
export function onceMore(lately: readonly number[] | undefined, most: number, now: number, what: string) {
  const ofTheDay = (lately ?? []).filter((time) => time > now - DAY_MS);
  if (ofTheDay.length >= most) throw changedTooOften(what, most);
  return [...ofTheDay, now];
}

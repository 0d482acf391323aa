import type { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { memory } from "#kernel/memory.ts";
import { faultsOf } from "#kernel/service.ts";
import type { ReadTransaction } from "#kernel/transaction.ts";
import type { Used } from "../items/capacity.ts";
import { type Index, type Table, tableArn } from "../store.ts";
import { type Bucket, newBucket, refill } from "./bucket.ts";

export type Way = "read" | "write";

/**
 * Holds callers to what tables are provisioned with, and to the maximum of those that are not. As long as there is
 * anything left a call is let through, whatever it takes; the next ones wait for what it took too much.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html
 */
export interface Throttle {
  /** Counts what a call uses. @throws {AwsError} where there is nothing left */
  take(way: Way, used: Used): void;
  /** Why a call would not be let through, if so. */
  refusal(way: Way, used: Used): AwsError | undefined;
  count(way: Way, used: Used): void;
}

const buckets = memory<Map<string, Bucket>>("dynamodb/throughput", () => new Map());

/** `undefined` where the cloud holds nobody to anything. */
export function throttleOf(ctx: Context, tx: ReadTransaction): Throttle | undefined {
  if (!ctx.isLimited) return undefined;
  const known = tx.memory(buckets);
  const now = tx.now();

  function left(way: Way, { table, index, rate }: Drain): Bucket {
    const key = `${way} ${(index ?? table).number}`;
    let bucket = known.get(key);
    if (!bucket) known.set(key, (bucket = newBucket(rate, table.created)));
    refill(bucket, rate, now);
    return bucket;
  }

  const throttle: Throttle = {
    take(way, used) {
      const refused = throttle.refusal(way, used);
      if (refused) throw refused;
      throttle.count(way, used);
    },
    refusal(way, used) {
      const empty = drainsOf(way, used).find((drain) => left(way, drain).tokens <= 0);
      return empty && refused(ctx, way, empty);
    },
    count(way, used) {
      for (const drain of drainsOf(way, used)) left(way, drain).tokens -= drain.units;
    },
  };
  return throttle;
}

/** What a call takes, and from where: local indexes are fed by their table. */
interface Drain {
  table: Table;
  index?: Index;
  units: number;
  rate: number;
}

function drainsOf(way: Way, { table, units, indexes }: Used): Drain[] {
  const drains: Drain[] = [];
  let own = units;
  for (const index of table.indexes) {
    const used = indexes.get(index.name) ?? 0;
    if (used === 0) continue;
    if (index.kind === "local") own += used;
    else drains.push({ table, index, units: used, rate: rateOf(way, table, index) });
  }
  if (own > 0) drains.unshift({ table, units: own, rate: rateOf(way, table, table) });
  return drains.filter(({ rate }) => rate !== Number.POSITIVE_INFINITY);
}

type Rated = Pick<Table, "throughput" | "onDemand">;

/** Units in a second. */
function rateOf(way: Way, { billing }: Table, { throughput, onDemand }: Rated): number {
  if (billing === "PROVISIONED") return throughput[way];
  const most = way === "read" ? onDemand?.MaxReadRequestUnits : onDemand?.MaxWriteRequestUnits;
  return most === undefined || most < 0 ? Number.POSITIVE_INFINITY : most;
}

const fault = faultsOf<"dynamodb">();

const EXCEEDED = {
  table:
    "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.",
  index:
    "The level of configured provisioned throughput for one or more global secondary indexes of the table was exceeded. Consider increasing your provisioning level for the under-provisioned global secondary indexes with the UpdateTable API",
};
const MAXIMUM = "Throughput exceeds the maximum OnDemandThroughput configured on table or index";

/** With where and why, as https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ThrottlingReason.html says. */
function refused(ctx: Context, way: Way, { table, index }: Drain): AwsError {
  const arn = tableArn(ctx, table.name);
  const reasons = (limit: string) => [
    {
      reason: `${index ? "Index" : "Table"}${way === "read" ? "Read" : "Write"}${limit}`,
      resource: index ? `${arn}/index/${index.name}` : arn,
    },
  ];
  return table.billing === "PROVISIONED"
    ? fault("ProvisionedThroughputExceededException", index ? EXCEEDED.index : EXCEEDED.table, {
        members: { ThrottlingReasons: reasons("ProvisionedThroughputExceeded") },
      })
    : fault("ThrottlingException", MAXIMUM, {
        members: { throttlingReasons: reasons("MaxOnDemandThroughputExceeded") },
      });
}

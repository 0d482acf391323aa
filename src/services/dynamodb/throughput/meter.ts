import type { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { memory } from "#kernel/memory.ts";
import { faultsOf } from "#kernel/service.ts";
import type { ReadTransaction } from "#kernel/transaction.ts";
import type { Used } from "../items/capacity.ts";
import { type Index, type Table, tableArn } from "../store.ts";
import { type Bucket, newBucket, refill } from "./bucket.ts";
import { report } from "./consumption.ts";

export type Way = "read" | "write";

/**
 * Counts what calls use. Where the cloud holds callers to limits, it holds them to what tables are provisioned with, and
 * to the maximum of those that are not: as long as there is anything left a call is let through, whatever it takes; the
 * next ones wait for what it took too much.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html
 */
export interface Meter {
  /** @throws {AwsError} where there is nothing left */
  take(way: Way, used: Used): void;
  /** Why a call would not be let through, if so. */
  refusal(way: Way, used: Used): AwsError | undefined;
  count(way: Way, used: Used): void;
}

/** `undefined` where nobody wants to know. */
export function meterOf(ctx: Context, tx: ReadTransaction): Meter | undefined {
  if (!ctx.isLimited && !ctx.isMeasured) return undefined;
  const limits = ctx.isLimited ? limitsOf(ctx, tx) : undefined;
  const meter: Meter = {
    take(way, used) {
      const refused = meter.refusal(way, used);
      if (refused) throw refused;
      meter.count(way, used);
    },
    refusal: (way, used) => limits?.refusal(way, drainsOf(way, used)),
    count(way, used) {
      const drains = drainsOf(way, used);
      limits?.count(way, drains);
      if (ctx.isMeasured) report(ctx, tx, way, drains);
    },
  };
  return meter;
}

const buckets = memory<Map<string, Bucket>>("dynamodb/throughput", () => new Map());

function limitsOf(ctx: Context, tx: ReadTransaction) {
  const all = tx.memory(buckets);
  const now = tx.now();

  function left(way: Way, { table, index, rate }: Drain): Bucket {
    const key = `${way} ${(index ?? table).number}`;
    let bucket = all.get(key);
    if (!bucket) all.set(key, (bucket = newBucket(rate, table.created)));
    refill(bucket, rate, now);
    return bucket;
  }

  const limited = (drains: readonly Drain[]) => drains.filter(({ rate }) => rate !== NO_LIMIT);
  return {
    refusal(way: Way, drains: readonly Drain[]): AwsError | undefined {
      const empty = limited(drains).find((drain) => left(way, drain).tokens <= 0);
      return empty && refused(ctx, way, empty);
    },
    count(way: Way, drains: readonly Drain[]): void {
      for (const drain of limited(drains)) left(way, drain).tokens -= drain.units;
    },
  };
}

const NO_LIMIT = Number.POSITIVE_INFINITY;

/** What a call takes, and from where: local indexes are fed by their table. */
export interface Drain {
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
  return drains;
}

type Rated = Pick<Table, "throughput" | "onDemand">;

/** Units in a second. */
function rateOf(way: Way, { billing }: Table, { throughput, onDemand }: Rated): number {
  if (billing === "PROVISIONED") return throughput[way];
  const most = way === "read" ? onDemand?.MaxReadRequestUnits : onDemand?.MaxWriteRequestUnits;
  return most === undefined || most < 0 ? NO_LIMIT : most;
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

import type { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { memory } from "#kernel/records/memory.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import { faultsOf } from "#kernel/service.ts";
import type { Consumption } from "../items/capacity.ts";
import { type Index, type Table, tableArn } from "../store.ts";
import { type Bucket, newBucket, refill } from "./bucket.ts";
import { report } from "./consumption.ts";

export type Way = "read" | "write";

/**
 * Counts consumed capacity. If the cloud enforces limits, these are a table's provisioned capacity or its on-demand
 * maximum. A call is allowed as long as any capacity is left, whatever it consumes; the next calls are throttled until the
 * excess is made up.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html
 */
export interface Meter {
  /** Consumes capacity. @throws {AwsError} if none is left */
  take(way: Way, used: Consumption): void;
  /** The error if no capacity is left, without consuming any. */
  refusal(way: Way, used: Consumption): AwsError | undefined;
  count(way: Way, used: Consumption): void;
}

/** `undefined` if capacity is neither limited nor measured. */
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

  function bucketOf(way: Way, { table, index, rate }: Drain): Bucket {
    const key = `${way} ${(index ?? table).number}`;
    let bucket = all.get(key);
    if (!bucket) all.set(key, (bucket = newBucket(rate, table.created)));
    refill(bucket, rate, now);
    return bucket;
  }

  const limited = (drains: readonly Drain[]) => drains.filter(({ rate }) => rate !== NO_LIMIT);
  return {
    refusal(way: Way, drains: readonly Drain[]): AwsError | undefined {
      const empty = limited(drains).find((drain) => bucketOf(way, drain).tokens <= 0);
      return empty && refused(ctx, way, empty);
    },
    count(way: Way, drains: readonly Drain[]): void {
      for (const drain of limited(drains)) bucketOf(way, drain).tokens -= drain.units;
    },
  };
}

const NO_LIMIT = Number.POSITIVE_INFINITY;

/** The units that a call consumes of a table or index. Local indexes use the capacity of their table. */
export interface Drain {
  table: Table;
  index?: Index;
  units: number;
  rate: number;
}

function drainsOf(way: Way, { table, units, indexes }: Consumption): Drain[] {
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

/** The limit in units per second. */
function rateOf(way: Way, { billing }: Table, { throughput, onDemand }: Rated): number {
  if (billing === "PROVISIONED") return throughput[way];
  const max = way === "read" ? onDemand?.MaxReadRequestUnits : onDemand?.MaxWriteRequestUnits;
  return max === undefined || max < 0 ? NO_LIMIT : max;
}

const fault = faultsOf<"dynamodb">();

const EXCEEDED = {
  table:
    "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.",
  index:
    "The level of configured provisioned throughput for one or more global secondary indexes of the table was exceeded. Consider increasing your provisioning level for the under-provisioned global secondary indexes with the UpdateTable API",
};
const MAXIMUM = "Throughput exceeds the maximum OnDemandThroughput configured on table or index";

/**
 * The error with its reason and resource.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ThrottlingReason.html
 */
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

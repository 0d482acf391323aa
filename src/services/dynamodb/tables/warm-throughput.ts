import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { TABLE_UNITS } from "../account.ts";
import { invalidParameters, limitExceeded } from "../errors.ts";
import type { Capacity, Throughput } from "../store.ts";

/** The initial warm throughput of an on-demand table. */
const INITIAL: Throughput = { read: 12_000, write: 4_000 };

/** The owner of a throughput: the table, or the index of this name. */
export interface ThroughputOwner {
  index?: string;
  billing: DynamoDB.BillingMode;
  region: string;
}

/** The warm throughput of a table or index: that of its billing mode, or a higher one that it had before. */
export function warmth(billing: DynamoDB.BillingMode, { throughput, warm }: Capacity): Throughput {
  const { read, write } = billing === "PAY_PER_REQUEST" ? INITIAL : throughput;
  return warm ? { read: Math.max(read, warm.read), write: Math.max(write, warm.write) } : { read, write };
}

/** @throws {AwsError} ValidationException, LimitExceededException */
export function warmed<C extends Capacity>(
  one: C,
  { index, billing, region }: ThroughputOwner,
  sent: DynamoDB.WarmThroughput | undefined,
  isNew = false,
): C {
  if (!sent) return one;
  const whose = index === undefined ? "table" : `index ${index}`;
  const former = warmth(billing, one);
  const { ReadUnitsPerSecond: read = former.read, WriteUnitsPerSecond: write = former.write } = sent;
  for (const [kind, to, from] of [
    ["Read", read, former.read],
    ["Write", write, former.write],
  ] as const) {
    const requested = `Requested ${kind}UnitsPerSecond for WarmThroughput for ${whose}`;
    if (to < from && !isNew)
      throw invalidParameters(
        `${requested} is lower than current WarmThroughput, decreasing WarmThroughput is not supported`,
      );
    if (to < from)
      throw invalidParameters(
        billing === "PAY_PER_REQUEST"
          ? `${requested} is lower than initial throughput for OnDemand. See: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html#on-demand-capacity-mode-initial`
          : `${requested} is lower than ${kind}CapacityUnits of ProvisionedThroughput`,
      );
    checkQuota(requested, kind, to, region);
  }
  return { ...one, warm: { read, write } };
}

/** @throws {AwsError} LimitExceededException beyond the account's quota */
export function checkQuota(requested: string, kind: "Read" | "Write", units: number, region: string): void {
  if (units > TABLE_UNITS)
    throw limitExceeded(
      `Subscriber limit exceeded: ${requested} exceeds TableMax${kind}CapacityUnits of the account in region ${region}`,
    );
}

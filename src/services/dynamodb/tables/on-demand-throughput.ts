import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { invalidParameters } from "../errors.ts";
import type { Capacity } from "../store.ts";
import { checkQuota, type ThroughputOwner } from "./warm-throughput.ts";

const UNLIMITED = -1;

/**
 * Sets maximums of on-demand throughput; `-1` removes one.
 * @throws {AwsError} ValidationException, LimitExceededException
 */
export function withOnDemandMaximums<C extends Capacity>(
  one: C,
  whose: ThroughputOwner,
  sent: DynamoDB.OnDemandThroughput | undefined,
  isNew = false,
): C {
  if (!sent) return one;
  for (const kind of ["Read", "Write"] as const) {
    const units = sent[`Max${kind}RequestUnits`];
    if (units !== undefined) checkBound(kind, units, whose, isNew);
  }
  const bounds = Object.entries({ ...one.onDemand, ...sent }).filter(([, units]) => units !== UNLIMITED);
  return { ...one, onDemand: bounds.length > 0 ? Object.fromEntries(bounds) : undefined };
}

function checkBound(
  kind: "Read" | "Write",
  units: number,
  { index, billing, region }: ThroughputOwner,
  isNew: boolean,
): void {
  const what = `Max${kind}RequestUnits for OnDemandThroughput`;
  if (billing === "PROVISIONED") throw invalidParameters(`${what}${notOnDemand(index, isNew)}`);
  const requested = `Requested ${what} for ${index === undefined ? "table" : `index : ${index}`}`;
  if (units < 1 && (isNew || units !== UNLIMITED))
    throw invalidParameters(`${requested} is outside of valid range`);
  checkQuota(requested, kind, units, region);
}

/** The end of the error message, which differs between new and existing tables. */
function notOnDemand(index: string | undefined, isNew: boolean): string {
  if (isNew)
    return `${index === undefined ? "" : ` for index: ${index}`} cannot be specified when table BillingMode is PROVISIONED.`;
  return `${index === undefined ? "" : ` for index : ${index}`} cannot be specified when the table BillingMode is PROVISIONED`;
}

import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { invalidParameters } from "../errors.ts";
import type { Capacity } from "../store.ts";
import { checkQuota, type Whose } from "./warm-throughput.ts";

const UNLIMITED = -1;

/**
 * Sets maximums of on-demand throughput; `-1` removes one.
 * @throws {AwsError} ValidationException, LimitExceededException
 */
export function bounded<C extends Capacity>(
  one: C,
  { index, billing, region }: Whose,
  sent: DynamoDB.OnDemandThroughput | undefined,
  isNew = false,
): C {
  if (!sent) return one;
  for (const kind of ["Read", "Write"] as const) {
    const units = sent[`Max${kind}RequestUnits`];
    if (units === undefined) continue;
    const what = `Max${kind}RequestUnits for OnDemandThroughput`;
    const whose = index === undefined ? "table" : `index : ${index}`;
    if (billing === "PROVISIONED")
      throw invalidParameters(
        isNew
          ? `${what}${index === undefined ? "" : ` for index: ${index}`} cannot be specified when table BillingMode is PROVISIONED.`
          : `${what}${index === undefined ? "" : ` for ${whose}`} cannot be specified when the table BillingMode is PROVISIONED`,
      );
    if (units < 1 && (isNew || units !== UNLIMITED))
      throw invalidParameters(`Requested ${what} for ${whose} is outside of valid range`);
    checkQuota(`Requested ${what} for ${whose}`, kind, units, region);
  }
  const bounds = Object.entries({ ...one.onDemand, ...sent }).filter(([, units]) => units !== UNLIMITED);
  return { ...one, onDemand: bounds.length > 0 ? Object.fromEntries(bounds) : undefined };
}

import type { Violation } from "#aws/contract/constraints.ts";

const MAX_HOURS = 8_760;

/** The maximum of a year, reported like a constraint of the contract, which lacks it. */
export function judgeRetention(operation: string, input: { RetentionPeriodHours?: number }): Violation[] {
  if (!operation.endsWith("StreamRetentionPeriod")) return [];
  const { RetentionPeriodHours: hours } = input;
  const path = "retentionPeriodHours";
  const violation = (rule: string) => [
    { path, message: `Value '${hours}' at '${path}' failed to satisfy constraint: ${rule}` },
  ];
  if (hours === undefined) return [];
  if (hours > MAX_HOURS) return violation(`Member must have value less than or equal to ${MAX_HOURS}`);
  return hours < 1 ? violation("Member must have value greater than or equal to 1") : [];
}

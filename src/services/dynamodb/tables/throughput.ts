import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { TABLE_UNITS } from "../account.ts";
import { invalid, invalidParameters, limitExceeded } from "../errors.ts";
import type { Capacity, Throughput } from "../store.ts";
import { type ThroughputOwner, warmth } from "./warm-throughput.ts";

const MAX_UNITS = 1_000_000_000_000;
const FREE_DECREASES = 4;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** @throws {AwsError} ValidationException */
export function checkBounds(sent: DynamoDB.ProvisionedThroughput | undefined, where = ""): void {
  for (const member of ["ReadCapacityUnits", "WriteCapacityUnits"] as const) {
    if (sent && sent[member] > MAX_UNITS)
      throw invalid(`Given value ${sent[member]} for ${member} is out of bounds${where}`);
  }
}

/** @throws {AwsError} LimitExceededException */
export function checkTableMaximum({ read, write }: Throughput, region: string): void {
  for (const [member, units] of [
    ["ReadCapacityUnits", read],
    ["WriteCapacityUnits", write],
  ] as const)
    if (units > TABLE_UNITS)
      throw limitExceeded(
        `The requested ${member}, ${units}, is above the per table maximum for the account in ${region}. Per table maximum: ${TABLE_UNITS}. Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.`,
      );
}

/** The throughput of a new or restored table. @throws {AwsError} ValidationException */
export function throughputOf(
  billing: DynamoDB.BillingMode,
  sent: DynamoDB.ProvisionedThroughput | undefined,
): Throughput {
  if (billing === "PAY_PER_REQUEST") {
    if (sent)
      throw invalidParameters(
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
      );
    return { read: 0, write: 0 };
  }
  if (!sent)
    throw invalidParameters(
      "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
    );
  return unitsOf(sent);
}

const unitsOf = ({ ReadCapacityUnits: read, WriteCapacityUnits: write }: DynamoDB.ProvisionedThroughput) => ({
  read,
  write,
});

/** Sets the throughput of a table or index, whose billing mode may have changed. Warm throughput never decreases. */
export function provisioned<C extends Capacity>(
  one: C,
  whose: ThroughputOwner & { before: DynamoDB.BillingMode },
  sent: DynamoDB.ProvisionedThroughput | undefined,
  now: number,
): C {
  const { before, billing } = whose;
  const warm = warmth(before, one);
  if (billing === "PAY_PER_REQUEST") return { ...one, throughput: { read: 0, write: 0 }, warm };
  const throughput = unitsOf(sent!);
  if (whose.index === undefined) checkTableMaximum(throughput, whose.region);
  if (before !== billing) return { ...one, throughput, warm, onDemand: undefined };
  const former = one.throughput;
  if (former.read === throughput.read && former.write === throughput.write)
    throw unchanged(throughput, whose.index);
  const isLowered = throughput.read < former.read || throughput.write < former.write;
  const isRaised = throughput.read > former.read || throughput.write > former.write;
  return {
    ...one,
    throughput,
    warm,
    ...(isRaised && { raised: now }),
    ...(isLowered && { lowered: now, lowerings: nextDecrease(one, now) }),
  };
}

const unchanged = ({ read, write }: Throughput, index: string | undefined) => {
  const whose = index === undefined ? "the table" : `index ${index}`;
  return invalid(
    `The provisioned throughput for the ${index === undefined ? "table" : `index ${index}`} will not change. The requested value equals the current value. Current ReadCapacityUnits provisioned for ${whose}: ${read}. Requested ReadCapacityUnits: ${read}. Current WriteCapacityUnits provisioned for ${whose}: ${write}. Requested WriteCapacityUnits: ${write}. Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.`,
  );
};

/** How often throughput was decreased on the current UTC day. */
export const decreasesOn = ({ lowered, lowerings = 0 }: Capacity, now: number): number =>
  lowered !== undefined && Math.floor(lowered / DAY_MS) === Math.floor(now / DAY_MS) ? lowerings : 0;

function nextDecrease(one: Capacity, now: number): number {
  const made = decreasesOn(one, now);
  if (made >= FREE_DECREASES && now < one.lowered! + HOUR_MS) {
    const midnight = (Math.floor(now / DAY_MS) + 1) * DAY_MS;
    throw limitExceeded(
      `Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. After the first 4 decreases, each subsequent decrease in the same UTC day can be performed at most once every 3600 seconds. Number of decreases today: ${made}. Last decrease at ${inWords(one.lowered!)}. Next decrease can be made at ${inWords(Math.min(one.lowered! + HOUR_MS, midnight))}`,
    );
  }
  return made + 1;
}

/** A time as errors show it: `Friday, October 9, 2026 at 1:21:34 AM Coordinated Universal Time`. */
const inWords = (time: number) =>
  new Intl.DateTimeFormat("en-US", { dateStyle: "full", timeStyle: "full", timeZone: "UTC" })
    .format(time)
    .replaceAll("\u202f", " ");

import { parseArn } from "#aws/arn.ts";
import { REGIONS } from "#aws/regions.ts";
import type { Place } from "#kernel/records/collection.ts";
import type { PlacedCall } from "#kernel/service.ts";
import { invalidParameter } from "./errors.ts";

export const topicArn = ({ account, region }: Place, name: string) =>
  `arn:aws:sns:${region}:${account}:${name}`;

export const subscriptionArn = (place: Place, topic: string, id: string) => `${topicArn(place, topic)}:${id}`;

const MIN_ELEMENTS = 6;

/**
 * The resource that an ARN names in this account and Region.
 * @throws {AwsError} InvalidParameter
 */
export function resourceIn(place: Place, arn: string | undefined, member: string): string {
  const parts = arn === undefined ? undefined : parseArn(arn);
  const { account, region } = place;
  if (
    parts?.partition === "aws" &&
    parts.service === "sns" &&
    parts.region === region &&
    parts.account === account
  )
    return parts.resource;
  const reason = malformed(place, arn ?? "");
  throw invalidParameter(reason === undefined ? member : `${member} Reason: ${reason}`);
}

/** What is wrong with the form of an ARN: its length, or the partition, which follows from the Region. */
function malformed(place: Place, arn: string): string | undefined {
  const elements = arn.split(":");
  if (elements.length < MIN_ELEMENTS)
    return `An ARN must have at least ${MIN_ELEMENTS} elements, not ${elements.length}`;
  const [prefix, partition, , region = ""] = elements;
  const expected = region === place.region || REGIONS.includes(region) ? "aws" : "null";
  if (prefix !== "arn" || partition === expected) return undefined;
  return `A ${region} ARN must begin with arn:${expected}, not ${arn}`;
}

/** @throws {AwsError} InvalidParameter */
export function topicNamed(place: Place, arn: string | undefined, member = "TopicArn"): string {
  const name = resourceIn(place, arn, member);
  if (!/^[\w-]{1,256}(?:\.fifo)?$/.test(name)) throw invalidParameter(member);
  return name;
}

export interface NamedSubscription {
  topic: string;
  id: string;
}

/** @throws {AwsError} InvalidParameter */
export function subscriptionNamed(place: Place, arn: string | undefined): NamedSubscription {
  const [topic, id, ...more] = resourceIn(place, arn, "SubscriptionArn").split(":");
  if (id === undefined) throw invalidParameter("SubscriptionId");
  if (!topic || !id || more.length > 0) throw invalidParameter("SubscriptionArn");
  return { topic, id };
}

const MEMBERS = [
  "TopicArn",
  "SubscriptionArn",
  "TargetArn",
  "ResourceArn",
  "PlatformApplicationArn",
  "EndpointArn",
] as const;

/**
 * A call is handled in the account of what its ARN names. A call without a signature, from inside the cloud or by a
 * link in a message, is also handled in the ARN's Region.
 */
export function placeOf({ input, place, request }: PlacedCall): Place {
  for (const member of MEMBERS) {
    const arn = (input as Record<string, unknown>)[member];
    const parts = typeof arn === "string" ? parseArn(arn) : undefined;
    if (parts?.service === "sns" && parts.account !== "")
      return { account: parts.account, region: request?.headers.authorization ? place.region : parts.region };
  }
  return place;
}

import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { onlyCreates, ownRegion, sameRegion, unsupportedRegions, witnessHere, wrongCount } from "./errors.ts";

/** A table with strong consistency has replicas or witnesses in two other Regions, which are added in one request. */
const OTHERS = 2;

/** https://aws.amazon.com/about-aws/whats-new/2026/09/dynamodb-mrsc-additional-regions/ */
const REGIONS = [
  "us-east-1",
  "us-east-2",
  "us-west-2",
  "ca-central-1",
  "eu-central-1",
  "eu-north-1",
  "eu-south-2",
  "eu-west-1",
  "eu-west-2",
  "eu-west-3",
  "ap-northeast-1",
  "ap-northeast-2",
  "ap-northeast-3",
  "ap-south-1",
  "ap-southeast-1",
];

/**
 * Checks the Regions of a request for multi-Region strong consistency.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html
 * @param home the Region of the table
 * @throws {AwsError} ValidationException
 */
export function checkStrongMembers(
  { ReplicaUpdates: replicas = [], GlobalTableWitnessUpdates: witnesses = [] }: DynamoDB.UpdateTableInput,
  home: string,
): void {
  const updates = [...replicas, ...witnesses];
  if (updates.some(({ Create, ...others }) => !Create || Object.values(others).some(Boolean)))
    throw onlyCreates();
  const added = replicas.map(({ Create }) => Create!.RegionName);
  const watching = witnesses.map(({ Create }) => Create!.RegionName);
  const members = [...added, ...watching];
  if (members.length !== OTHERS) throw wrongCount();
  const unsupported = new Set([home, ...members].filter((region) => !REGIONS.includes(region)));
  if (unsupported.size > 0) throw unsupportedRegions([...unsupported]);
  if (new Set(members).size < OTHERS) throw sameRegion();
  if (added.includes(home)) throw ownRegion();
  if (watching.includes(home)) throw witnessHere();
}

import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { notImplemented } from "#aws/errors.ts";
import { invalid } from "../errors.ts";

/** Three Regions hold a table with the strong consistency: its own, and two that come with one request. */
const OTHERS = 2;

export const noConsistency = () => notImplemented("the strong consistency of a table");

/**
 * What DynamoDB refuses of the strong consistency of Regions is refused as there, and the rest by name.
 * @throws {AwsError} ValidationException, NotImplemented
 */
export function checkConsistency({
  MultiRegionConsistency: consistency,
  GlobalTableWitnessUpdates: witnesses = [],
  ReplicaUpdates: replicas,
}: DynamoDB.UpdateTableInput): void {
  // Neither is a change by itself.
  if (!replicas) return;
  if (consistency !== "STRONG") {
    if (witnesses.length === 0) return;
    throw invalid(
      "MultiRegionConsistency must be set as STRONG when GlobalTableWitnessUpdates parameter is present.",
    );
  }
  if (replicas.some(({ Create }) => !Create))
    throw invalid(
      "Only Replica Create actions are supported when MultiRegionConsistency parameter is provided.",
    );
  if (replicas.length + witnesses.length !== OTHERS)
    throw invalid("Unsupported replica count for global tables with MultiRegionConsistency set to STRONG.");
  throw noConsistency();
}

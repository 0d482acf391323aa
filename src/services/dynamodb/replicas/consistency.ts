import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { notImplemented } from "#aws/errors.ts";
import { invalid } from "../errors.ts";

/** A table with strong consistency has replicas or witnesses in two other Regions, which are added in one request. */
const OTHERS = 2;

export const noConsistency = () => notImplemented("the strong consistency of a table");

/**
 * Rejects requests for multi-Region strong consistency: invalid ones as DynamoDB does, valid ones as not implemented.
 * @throws {AwsError} ValidationException, NotImplemented
 */
export function checkConsistency({
  MultiRegionConsistency: consistency,
  GlobalTableWitnessUpdates: witnesses = [],
  ReplicaUpdates: replicas,
}: DynamoDB.UpdateTableInput): void {
  // Without `ReplicaUpdates`, neither parameter is a change.
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

import type { Violation } from "#aws/contract/constraints.ts";
import { invalid } from "./errors.ts";

interface Sent {
  SSESpecification?: { KMSMasterKeyId?: string } | undefined;
  SSESpecificationOverride?: { KMSMasterKeyId?: string } | undefined;
  ReplicaUpdates?: { Create?: { RegionName?: string } }[] | undefined;
}

/**
 * The violations of constraints, other than those on names, that AWS enforces though the model lacks them.
 * @throws {AwsError} ValidationException for a fault that is reported alone
 */
export function unmodelledViolations(operation: string, input: Sent): Violation[] {
  const found: Violation[] = [];
  for (const member of ["SSESpecification", "SSESpecificationOverride"] as const) {
    if (input[member]?.KMSMasterKeyId !== "") continue;
    const path = `s${member.slice(1)}.kMSMasterKeyId`;
    found.push({
      path,
      message: `Value '' at '${path}' failed to satisfy constraint: Member must have length greater than or equal to 1`,
    });
  }
  const replicas = operation === "UpdateTable" ? (input.ReplicaUpdates ?? []) : [];
  if (replicas.some(({ Create }) => Create && Create.RegionName === undefined))
    throw invalid("One or more parameter values were invalid");
  return found;
}

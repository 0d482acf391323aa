import type { ObjectVersion, ReplicationState } from "../store.ts";

/**
 * Returns the value of `x-amz-replication-status`; `undefined` if no rule ever
 * applied to the version or annotation.
 */
export function replicationStatus({
  replica,
  replication,
}: Pick<ObjectVersion, "replica" | "replication">): ReplicationState | "REPLICA" | undefined {
  const states = Object.values(replication ?? {});
  if (states.length === 0) return replica ? "REPLICA" : undefined;
  if (states.includes("FAILED")) return "FAILED";
  return states.includes("PENDING") ? "PENDING" : "COMPLETED";
}

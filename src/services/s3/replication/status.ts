import type { ObjectVersion, ReplicationState } from "../store.ts";

/** What `x-amz-replication-status` tells of a version; nothing where no rule ever concerned it. */
export function replicationStatus({
  replica,
  replication,
}: ObjectVersion): ReplicationState | "REPLICA" | undefined {
  const states = Object.values(replication ?? {});
  if (states.length === 0) return replica ? "REPLICA" : undefined;
  if (states.includes("FAILED")) return "FAILED";
  return states.includes("PENDING") ? "PENDING" : "COMPLETED";
}

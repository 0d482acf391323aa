import { REGIONS } from "#aws/regions.ts";
import { invalid, invalidParameters, tableIsBusy } from "../errors.ts";

export const notAlone = () =>
  invalidParameters("Replica modification must be the only operation in the request");
export const severalKinds = () =>
  invalid("Update table operation with more than one type of replica actions not allowed");
export const severalActions = () =>
  invalid("Update table operation with more than one create or delete replica actions not allowed");
export const noActions = () =>
  invalid("There are no actions specified in the Replica Update Action of the request.");
export const ownRegion = () =>
  invalid(
    "Cannot add or delete the local region through ReplicaUpdates. Use CreateTable, DeleteTable, or UpdateTable as required.",
  );
export const noSuchRegion = (region: string) =>
  invalid(
    `Region ${region} is not supported. The latest version of global tables are only supported in the following regions: [${REGIONS.join(", ")}]`,
  );
export const notLocal = () =>
  invalid("Only the replica in the Region of the request can be disassociated from its global table.");
export const notInGlobalTable = () =>
  invalidParameters("DisassociationProtectionEnabled applies to the replicas of a global table only");
export const isAssociated = () =>
  invalid(
    "Replica cannot be disassociated as it is currently protected against disassociation. Disable disassociation protection first.",
  );
export const replicaExists = (table: string) =>
  invalid(
    `Failed to create a the new replica of table with name: ‘${table}’ because one or more replicas already existed as tables.`,
  );
/** For a table that is not a global one. */
export const noReplica = () =>
  invalid("Replica specified in the Replica Update or Replica Delete action of the request was not found.");
export const notReplicated = (regions: readonly string[]) =>
  invalid(
    `Update global table operation failed because one or more replicas were not part of the global table. Please retry the request without these replicas: [${regions.join(", ")}].`,
  );
export const beingAdded = (table: string, region: string) =>
  invalid(
    `Create/Update/Delete of replica is not allowed while the replica is being added to table with name: ${table} in region ${region}`,
  );
export const wasSource = () =>
  invalid(
    "Replica cannot be deleted because it has acted as a source region for new replica(s) being added to the table in the last 24 hours.",
  );
export const isProtected = (table: string, region: string) =>
  invalid(
    `Cannot delete table ${table} in region ${region} because it has deletion protection enabled. Disable deletion protection first.`,
  );
export const notScaled = (what: "Table" | "GSI") =>
  invalid(`${what} write capacity should either be Pay-Per-Request or AutoScaled.`);
export const keysDiffer = () => invalidParameters("KMSMasterKeyId must be specified for each replica.");
export const byRequest = () =>
  invalid(
    "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
  );
export const provisioned = () =>
  invalid(
    "MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED",
  );
export const inUse = () => tableIsBusy("The resource which you are attempting to change is in use.");

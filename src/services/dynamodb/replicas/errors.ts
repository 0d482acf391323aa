import { REGIONS } from "#aws/regions.ts";
import { faultsOf } from "#kernel/service.ts";
import { invalid, invalidParameters, tableIsBusy } from "../errors.ts";

const fault = faultsOf<"dynamodb">();
const STRONG = "global tables with MultiRegionConsistency set to STRONG";

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

export const notStrong = () =>
  invalid(
    "MultiRegionConsistency must be set as STRONG when GlobalTableWitnessUpdates parameter is present.",
  );
export const onlyCreates = () =>
  invalid("Only Replica Create actions are supported when MultiRegionConsistency parameter is provided.");
export const wrongCount = () => invalid(`Unsupported replica count for ${STRONG}.`);
export const otherFields = () =>
  invalid("Requests that modify replicas or witnesses must not also modify other fields");
export const sameRegion = () => invalid("Cannot target multiple regions with the same action");
export const witnessHere = () =>
  invalid(
    "Cannot add a witness in the same region as an existing replica when creating a global table with MultiRegionConsistency set to STRONG.",
  );
export const unsupportedRegions = (regions: readonly string[]) =>
  invalid(`Unsupported Region(s) specified for ${STRONG}: [${regions.join(", ")}].`);
export const isGlobalAlready = () =>
  invalid("MultiRegionConsistency parameter is unsupported on existing global table");
export const noMoreReplicas = () =>
  invalid("Cannot add replicas to a global table with strong MultiRegionConsistency");
export const onlyOneDeleted = () =>
  invalid(`Deletion of only one table replica is not supported for ${STRONG}.`);
export const witnessLeft = () => invalid("Update table delete operation does not include all witnesses.");
export const notWitness = (regions: readonly string[]) =>
  invalid(
    `Update global table operation failed because one or more witnesses were not part of the global table. Please retry the request without these witnesses: [${regions.join(", ")}].`,
  );
/** Says that a strongly consistent global table does not have something. AWS's own words for these cases are not known. */
const notSupported = (what: string) => invalid(`${what} not supported for ${STRONG}.`);
export const hasItems = () => notSupported("Tables that contain data are");
export const hasLocalIndexes = () => notSupported("Local secondary indexes are");
export const hasTimeToLive = () => notSupported("Time to Live is");
export const inTransaction = () => notSupported("Transaction operations are");
export const notDisassociable = () => notSupported("Disassociation of a replica is");

export const isBeingModified = () =>
  fault(
    "ReplicatedWriteConflictException",
    "The request was rejected because one or more items in the request are being modified by a request in another Region.",
  );
export const isBeingMoved = () =>
  fault("InternalServerError", "An error occurred on the server side.", { status: 500 });

import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { notImplemented } from "#aws/errors.ts";
import { firstDuplicate } from "#lib/duplicates.ts";
import { invalidParameters } from "../errors.ts";
import type { Capacity, Index, Table, Throughput } from "../store.ts";
import { keySchema } from "../tables/description.ts";
import { usedDefinitions } from "../tables/schema.ts";
import { invalidRequest } from "./errors.ts";

/** The settings in which a restored table may differ from its source. */
export type Overrides = Pick<
  DynamoDB.RestoreTableFromBackupInput,
  | "TargetTableName"
  | "BillingModeOverride"
  | "GlobalSecondaryIndexOverride"
  | "LocalSecondaryIndexOverride"
  | "ProvisionedThroughputOverride"
  | "OnDemandThroughputOverride"
  | "SSESpecificationOverride"
  | "VectorIndexOverride"
>;

const NO_THROUGHPUT: Throughput = { read: 0, write: 0 };

/** @throws {AwsError} ValidationException if overrides contradict each other or the source, NotImplemented */
export function overridden(
  source: Table,
  overrides: Overrides,
): Pick<Table, "billing" | "throughput" | "onDemand" | "indexes" | "definitions"> {
  if (overrides.VectorIndexOverride?.length) throw notImplemented("VectorIndexOverride of a table");
  const billing = overrides.BillingModeOverride ?? source.billing;
  checkThroughput(overrides, billing);
  const indexes = [
    ...chosen(source, "local", overrides.LocalSecondaryIndexOverride, billing),
    ...chosen(source, "global", overrides.GlobalSecondaryIndexOverride, billing),
  ];
  const duplicate = firstDuplicate(indexes.map(({ name }) => name));
  if (duplicate !== undefined) throw invalidParameters(`Duplicate index name: ${duplicate}`);
  return {
    billing,
    ...capacity(source, overrides.ProvisionedThroughputOverride, billing),
    onDemand:
      billing === "PAY_PER_REQUEST" ? (overrides.OnDemandThroughputOverride ?? source.onDemand) : undefined,
    indexes,
    definitions: usedDefinitions({ ...source, indexes }).definitions,
  };
}

function checkThroughput(overrides: Overrides, billing: DynamoDB.BillingMode): void {
  const { BillingModeOverride: override, ProvisionedThroughputOverride: units } = overrides;
  if (units && override === "PAY_PER_REQUEST")
    throw invalidRequest(
      "Cannot override ProvisionedThroughput if BillingMode is overridden to PAY_PER_REQUEST",
    );
  if (units && billing !== "PROVISIONED")
    throw invalidRequest("Cannot override ProvisionedThroughput unless BillingMode is PROVISIONED");
  if (!units && override === "PROVISIONED")
    throw invalidRequest("Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED");
  for (const member of ["MaxReadRequestUnits", "MaxWriteRequestUnits"] as const) {
    const bound = overrides.OnDemandThroughputOverride?.[member];
    if (bound === undefined) continue;
    if (billing !== "PAY_PER_REQUEST")
      throw invalidRequest(
        `Cannot override ${member} for OnDemandThroughput unless BillingModeOverride is PAY_PER_REQUEST`,
      );
    if (bound < 1)
      throw invalidRequest(`Requested ${member} for OnDemandThroughput is outside of valid range`);
  }
}

const capacity = (
  source: Capacity,
  sent: DynamoDB.ProvisionedThroughput | undefined,
  billing: DynamoDB.BillingMode,
): Pick<Capacity, "throughput"> => {
  if (billing === "PAY_PER_REQUEST") return { throughput: NO_THROUGHPUT };
  return {
    throughput: sent ? { read: sent.ReadCapacityUnits, write: sent.WriteCapacityUnits } : source.throughput,
  };
};

type RequestedIndex = Pick<
  DynamoDB.GlobalSecondaryIndex,
  "IndexName" | "KeySchema" | "Projection" | "ProvisionedThroughput"
>;

/** The indexes to restore: all by default, or the requested ones, each of which must match an index of the source. */
function chosen(
  source: Table,
  kind: Index["kind"],
  requested: readonly RequestedIndex[] | undefined,
  billing: DynamoDB.BillingMode,
): Index[] {
  const all = new Set(source.indexes.filter((index) => index.kind === kind));
  if (!requested) return [...all].map((index) => ({ ...index, ...capacity(index, undefined, billing) }));
  return requested.map((one) => {
    const { IndexName: name, ProvisionedThroughput: units } = one;
    const index = [...all].find((candidate) => isLike(candidate, one));
    if (!index)
      throw invalidRequest(
        `Index ${name} does not match a secondary index that existed in the source table and cannot be created during the restore operation`,
      );
    if (units && billing === "PAY_PER_REQUEST")
      throw invalidRequest(
        `Cannot override ProvisionedThroughput if BillingMode is overridden to PAY_PER_REQUEST for index ${name}`,
      );
    if (kind === "global" && !units && billing === "PROVISIONED")
      throw invalidRequest(`Must specify provisioned throughput for index ${name}`);
    // Each source index is used once, so that their number does not grow.
    all.delete(index);
    return { ...index, name, ...capacity(index, units, billing) };
  });
}

function isLike({ key, projection, included }: Index, { KeySchema, Projection }: RequestedIndex): boolean {
  return (
    JSON.stringify(keySchema(key)) ===
      JSON.stringify(KeySchema.map(({ AttributeName, KeyType }) => ({ AttributeName, KeyType }))) &&
    projection === Projection.ProjectionType &&
    included.toSorted().join() === (Projection.NonKeyAttributes ?? []).toSorted().join()
  );
}

import type { Input } from "#kernel/service.ts";
import { invalid, invalidParameters } from "../errors.ts";

type Request = Input<"dynamodb", "UpdateTable">;

/** The settings that UpdateTable changes. The checks below state which may be combined. */
const SETTINGS = [
  "ProvisionedThroughput",
  "BillingMode",
  "StreamSpecification",
  "GlobalSecondaryIndexUpdates",
  "SSESpecification",
  "DeletionProtectionEnabled",
  "DisassociationProtectionEnabled",
  "OnDemandThroughput",
  "WarmThroughput",
  "TableClass",
] as const satisfies (keyof Request)[];
type Setting = (typeof SETTINGS)[number];

/** The settings that cannot be combined with any other, in the order in which errors name them. */
const ALONE: [Setting, string][] = [
  ["SSESpecification", "Server-Side Encryption modification"],
  ["TableClass", "TableClass modification"],
  ["DeletionProtectionEnabled", "DeletionProtection modification"],
  ["DisassociationProtectionEnabled", "DisassociationProtection modification"],
];

/** @throws {AwsError} ValidationException if a request changes nothing, or settings that cannot be combined */
export function checkSettings(input: Request): void {
  const updates = input.GlobalSecondaryIndexUpdates;
  const settings = new Set<Setting>(
    SETTINGS.filter((member) =>
      member === "GlobalSecondaryIndexUpdates" ? updates && updates.length > 0 : input[member] !== undefined,
    ),
  );
  // An empty throughput is ignored in combination with other settings.
  for (const member of ["WarmThroughput", "OnDemandThroughput"] as const)
    if (settings.size > 1 && settings.has(member) && isEmpty(input[member]!)) settings.delete(member);
  if (settings.size === 0)
    throw invalid(
      "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required",
    );
  if (updates?.length === 0) throw invalidParameters("List of GlobalSecondaryIndexUpdates is empty");
  const alone = ALONE.find(([setting]) => settings.has(setting));
  if (alone && settings.size > 1)
    throw invalidParameters(`${alone[1]} must be the only operation in the request`);
  if (settings.has("WarmThroughput")) checkWarm(input, settings);
  if (settings.has("OnDemandThroughput") && settings.size > (settings.has("BillingMode") ? 2 : 1))
    throw invalidParameters(
      "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request",
    );
  checkThroughput(input, settings);
}

export const isEmpty = (sent: object): boolean => Object.values(sent).every((one) => one === undefined);

/** Warm throughput may only be combined with updates of indexes. */
function checkWarm({ GlobalSecondaryIndexUpdates: updates = [] }: Request, settings: Set<Setting>): void {
  if (settings.size === 1) return;
  if (updates.some(({ Create }) => Create))
    throw invalidParameters("Create global secondary index cannot be specified when updating WarmThroughput");
  if (settings.size > 2 || updates.length === 0 || updates.some(({ Delete }) => Delete))
    throw invalidParameters("WarmThroughput must be the only operation in the request");
}

function checkThroughput(input: Request, settings: Set<Setting>): void {
  const isProvisioned = settings.has("ProvisionedThroughput") || input.BillingMode === "PROVISIONED";
  if (isProvisioned && settings.has("StreamSpecification"))
    throw invalidParameters("You cannot modify stream status while updating table IOPS");
  const isIndexMadeOrDeleted = input.GlobalSecondaryIndexUpdates?.some(({ Update }) => !Update);
  if (!isIndexMadeOrDeleted) return;
  if (settings.has("ProvisionedThroughput"))
    throw invalidParameters("You cannot create or delete index while updating table IOPS");
  if (settings.has("StreamSpecification"))
    throw invalidParameters("You cannot create or delete index while changing stream status");
}

import type { Input } from "#kernel/service.ts";
import { invalid, invalidParameters } from "../errors.ts";

type Request = Input<"dynamodb", "UpdateTable">;

/** What UpdateTable changes, each by itself but for what is told below. */
const CONCERNS = [
  "ProvisionedThroughput",
  "BillingMode",
  "StreamSpecification",
  "GlobalSecondaryIndexUpdates",
  "SSESpecification",
  "DeletionProtectionEnabled",
  "OnDemandThroughput",
  "WarmThroughput",
  "TableClass",
] as const satisfies (keyof Request)[];
type Concern = (typeof CONCERNS)[number];

/** Those that come alone, in the order in which they are named. */
const ALONE: [Concern, string][] = [
  ["SSESpecification", "Server-Side Encryption modification"],
  ["TableClass", "TableClass modification"],
  ["DeletionProtectionEnabled", "DeletionProtection modification"],
];

/** @throws {AwsError} ValidationException where nothing is to change, or more than may at a time */
export function checkConcerns(input: Request): void {
  const updates = input.GlobalSecondaryIndexUpdates;
  const concerns = new Set<Concern>(
    CONCERNS.filter((member) =>
      member === "GlobalSecondaryIndexUpdates" ? updates && updates.length > 0 : input[member] !== undefined,
    ),
  );
  // What says nothing of its throughput is passed over beside all else.
  for (const member of ["WarmThroughput", "OnDemandThroughput"] as const)
    if (concerns.size > 1 && concerns.has(member) && isEmpty(input[member]!)) concerns.delete(member);
  if (concerns.size === 0)
    throw invalid(
      "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required",
    );
  if (updates?.length === 0) throw invalidParameters("List of GlobalSecondaryIndexUpdates is empty");
  const alone = ALONE.find(([concern]) => concerns.has(concern));
  if (alone && concerns.size > 1)
    throw invalidParameters(`${alone[1]} must be the only operation in the request`);
  if (concerns.has("WarmThroughput")) checkWarm(input, concerns);
  if (concerns.has("OnDemandThroughput") && concerns.size > (concerns.has("BillingMode") ? 2 : 1))
    throw invalidParameters(
      "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request",
    );
  checkThroughput(input, concerns);
}

export const isEmpty = (sent: object): boolean => Object.values(sent).every((one) => one === undefined);

/** With warm throughput that of indexes may be set too. */
function checkWarm({ GlobalSecondaryIndexUpdates: updates = [] }: Request, concerns: Set<Concern>): void {
  if (concerns.size === 1) return;
  if (updates.some(({ Create }) => Create))
    throw invalidParameters("Create global secondary index cannot be specified when updating WarmThroughput");
  if (concerns.size > 2 || updates.length === 0 || updates.some(({ Delete }) => Delete))
    throw invalidParameters("WarmThroughput must be the only operation in the request");
}

function checkThroughput(input: Request, concerns: Set<Concern>): void {
  const isProvisioned = concerns.has("ProvisionedThroughput") || input.BillingMode === "PROVISIONED";
  if (isProvisioned && concerns.has("StreamSpecification"))
    throw invalidParameters("You cannot modify stream status while updating table IOPS");
  const isIndexMadeOrDeleted = input.GlobalSecondaryIndexUpdates?.some(({ Update }) => !Update);
  if (!isIndexMadeOrDeleted) return;
  if (concerns.has("ProvisionedThroughput"))
    throw invalidParameters("You cannot create or delete index while updating table IOPS");
  if (concerns.has("StreamSpecification"))
    throw invalidParameters("You cannot create or delete index while changing stream status");
}

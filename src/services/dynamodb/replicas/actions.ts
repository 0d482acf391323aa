import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { REGIONS } from "#aws/regions.ts";
import type { Place } from "#kernel/records/collection.ts";
import type { Overrides, Table } from "../store.ts";
import { checkEncryption, describedEncryption } from "../tables/encryption.ts";
import { checkStrongMembers } from "./consistency.ts";
import {
  byRequest,
  keysDiffer,
  noActions,
  noSuchRegion,
  notAlone,
  notLocal,
  notStrong,
  otherFields,
  ownRegion,
  provisioned,
  severalActions,
  severalKinds,
} from "./errors.ts";

interface NewReplica {
  region: string;
  overrides: Overrides | undefined;
  key: string | undefined;
}

interface ReplicaUpdate {
  region: string;
  overrides: Overrides;
  hasKey: boolean;
}

/**
 * A request to create, delete or disassociate one replica, or to change some. All other replicas of a strongly consistent
 * table and its witness are created or deleted together.
 */
export type ReplicaRequest =
  | ({ kind: "create"; consistency: DynamoDB.MultiRegionConsistency | undefined } & NewReplica)
  | { kind: "create strong"; replicas: NewReplica[]; witness: string | undefined }
  | { kind: "delete"; regions: string[]; witness: string | undefined }
  | { kind: "disassociate"; region: string }
  | { kind: "update"; changes: ReplicaUpdate[] };

/** @throws {AwsError} ValidationException */
export function replicaRequestIn(input: DynamoDB.UpdateTableInput, home: string): ReplicaRequest {
  const {
    TableName: _,
    ReplicaUpdates = [],
    MultiRegionConsistency: consistency,
    GlobalTableWitnessUpdates: witnesses = [],
    ...others
  } = input;
  const isAlone = Object.values(others).every((member) => member === undefined);
  if (consistency === "STRONG") {
    checkStrongMembers(input, home);
    if (!isAlone) throw otherFields();
    const replicas = ReplicaUpdates.map(({ Create }) => newReplicaIn(Create!));
    return { kind: "create strong", replicas, witness: witnesses[0]?.Create?.RegionName };
  }
  const isDeletion = ReplicaUpdates.every(({ Delete }) => Delete) && witnesses.every(({ Delete }) => Delete);
  if (witnesses.length > 0 && !isDeletion) throw notStrong();
  if (!isAlone) throw notAlone();
  const kinds = new Set(ReplicaUpdates.map(kindOf));
  if (kinds.size > 1) throw severalKinds();
  const [kind] = kinds;
  const actions = ReplicaUpdates.map(
    ({ Create, Update, Delete, Disassociate }) => (Create ?? Update ?? Delete ?? Disassociate)!,
  );
  const distinct = new Set(actions.map((action) => JSON.stringify(action)));
  if ((kind === "create" || kind === "disassociate") && distinct.size > 1) throw severalActions();
  const region = actions[0]!.RegionName;
  if (kind === "disassociate") {
    if (region !== home) throw notLocal();
    return { kind, region };
  }
  for (const { RegionName } of actions) checkRegion(RegionName, home);
  if (kind === "delete") {
    const regions = [...new Set(actions.map(({ RegionName }) => RegionName))];
    return { kind, regions, witness: witnesses[0]?.Delete?.RegionName };
  }
  if (kind === "create") return { kind, consistency, ...newReplicaIn(ReplicaUpdates[0]!.Create!) };
  return { kind: "update", changes: actions.map(changeIn) };
}

const newReplicaIn = (create: DynamoDB.CreateReplicationGroupMemberAction): NewReplica => ({
  region: create.RegionName,
  overrides: overridesIn(create),
  key: create.KMSMasterKeyId,
});

function changeIn(update: DynamoDB.UpdateReplicationGroupMemberAction): ReplicaUpdate {
  const overrides = overridesIn(update);
  const hasKey = update.KMSMasterKeyId !== undefined;
  if (!overrides && !hasKey) throw noActions();
  return { region: update.RegionName, overrides: overrides ?? {}, hasKey };
}

function kindOf(update: DynamoDB.ReplicationGroupUpdate): ReplicaRequest["kind"] {
  const { Create, Update, Delete, Disassociate } = update;
  if ([Create, Update, Delete, Disassociate].filter(Boolean).length > 1) throw severalKinds();
  if (Create) return "create";
  if (Update) return "update";
  if (Delete) return "delete";
  if (Disassociate) return "disassociate";
  throw noActions();
}

function checkRegion(region: string, home: string): void {
  if (region === home) throw ownRegion();
  if (!REGIONS.includes(region)) throw noSuchRegion(region);
}

function overridesIn(
  action: DynamoDB.CreateReplicationGroupMemberAction | DynamoDB.UpdateReplicationGroupMemberAction,
): Overrides | undefined {
  const indexes = (action.GlobalSecondaryIndexes ?? []).flatMap(
    ({ IndexName, ProvisionedThroughputOverride }) =>
      ProvisionedThroughputOverride?.ReadCapacityUnits === undefined
        ? []
        : [[IndexName, ProvisionedThroughputOverride.ReadCapacityUnits] as const],
  );
  const overrides: Overrides = {
    read: action.ProvisionedThroughputOverride?.ReadCapacityUnits,
    onDemandRead: action.OnDemandThroughputOverride?.MaxReadRequestUnits,
    indexes: indexes.length > 0 ? Object.fromEntries(indexes) : undefined,
    tableClass: action.TableClassOverride,
  };
  return Object.values(overrides).some((value) => value !== undefined) ? overrides : undefined;
}

/** A replica may only have a KMS key if the table has one. @throws {AwsError} ValidationException */
export function checkKey(place: Place, { encryption }: Table, key: string | undefined): void {
  if (key === undefined) return;
  if (!describedEncryption(place, { encryption })) throw keysDiffer();
  checkEncryption(place, { Enabled: true, SSEType: "KMS", KMSMasterKeyId: key });
}

/** Checks changed overrides; a KMS key cannot be changed. @throws {AwsError} ValidationException */
export function checkChange(
  { billing }: Table,
  { read, indexes, onDemandRead }: Overrides,
  hasKey: boolean,
): void {
  if (hasKey) throw keysDiffer();
  if (billing === "PAY_PER_REQUEST" && (read !== undefined || indexes)) throw byRequest();
  if (billing === "PROVISIONED" && onDemandRead !== undefined) throw provisioned();
}

/** A replica's overrides after a change, without values that equal the shared settings. */
export function changedOverrides(table: Table, changes: Overrides): Overrides {
  const own = table.group?.overrides ?? {};
  const differing = <T>(changed: T | undefined, former: T | undefined, shared: T | undefined) => {
    const value = changed ?? former;
    return value === shared ? undefined : value;
  };
  const reads = Object.entries({ ...own.indexes, ...changes.indexes }).filter(
    ([name, read]) => table.indexes.find((index) => index.name === name)?.throughput.read !== read,
  );
  return {
    ...own,
    read: differing(changes.read, own.read, table.throughput.read),
    onDemandRead: differing(changes.onDemandRead, own.onDemandRead, table.onDemand?.MaxReadRequestUnits),
    indexes: reads.length > 0 ? Object.fromEntries(reads) : undefined,
    tableClass: changes.tableClass ?? own.tableClass,
  };
}

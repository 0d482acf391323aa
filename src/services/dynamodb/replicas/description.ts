import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import type { Context } from "#kernel/context.ts";
import { type Strong, type Table, tables } from "../store.ts";
import { describedClass, describedWarmth } from "../tables/description.ts";
import { describedEncryption } from "../tables/encryption.ts";
import { indexRead } from "./overrides.ts";

const VERSION = "2019.11.21";
const MODE = "ENABLED_WITH_OVERRIDES";

/** Adds the replicas of a table to its description. Their overrides are read in their own Regions. */
export async function withReplicaDescriptions(
  ctx: Context,
  table: Table | undefined,
  description: DynamoDB.TableDescription,
): Promise<DynamoDB.TableDescription> {
  if (!table?.group) return description;
  const { name, group } = table;
  const Replicas: DynamoDB.ReplicaDescription[] = [];
  for (const { region, status } of group.replicas) {
    const there = await ctx.elsewhere(region).read((tx) => tx.get(tables, [name]));
    const its = there?.group?.id === group.id ? there : table;
    Replicas.push({
      RegionName: region,
      ReplicaStatus: status,
      KMSMasterKeyId: describedEncryption({ account: ctx.account, region }, its)?.KMSMasterKeyArn,
      WarmThroughput: describedWarmth(its, its),
      GlobalTableSettingsReplicationMode: MODE,
      ...(its !== table && own(its)),
    });
  }
  return {
    ...description,
    GlobalTableVersion: VERSION,
    Replicas,
    GlobalTableSettingsReplicationMode: MODE,
    ...(group.strong
      ? describedStrong(group.strong)
      : { DisassociationProtectionEnabled: !group.isUnprotected }),
  };
}

const describedStrong = ({ witness }: Strong) => ({
  MultiRegionConsistency: "STRONG" as const,
  GlobalTableWitnesses: witness && [{ RegionName: witness.region, WitnessStatus: witness.status }],
});

/** The part of a replica's description that differs between replicas. */
function own(table: Table): DynamoDB.ReplicaDescription {
  const overrides = table.group?.overrides;
  const { read, onDemandRead } = overrides ?? {};
  const global = table.indexes.filter(({ kind }) => kind === "global");
  return {
    ProvisionedThroughputOverride: read === undefined ? undefined : { ReadCapacityUnits: read },
    OnDemandThroughputOverride:
      onDemandRead === undefined ? undefined : { MaxReadRequestUnits: onDemandRead },
    GlobalSecondaryIndexes:
      global.length === 0
        ? undefined
        : global.map((index) => {
            const units = indexRead(overrides, index.name);
            return {
              IndexName: index.name,
              ProvisionedThroughputOverride: units === undefined ? undefined : { ReadCapacityUnits: units },
              WarmThroughput: describedWarmth(table, index),
            };
          }),
    ReplicaTableClassSummary: describedClass(table),
  };
}

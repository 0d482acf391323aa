import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { faultsOf, type Handlers, type Input } from "#kernel/service.ts";
import { duplicates } from "#lib/duplicates.ts";
import { invalid } from "../errors.ts";
import { tableName } from "../items/rows.ts";
import { type Table, tables } from "../store.ts";
import { described } from "../tables/description.ts";
import type { Replicated } from "./group.ts";
import { type Scaled, scale, scalingOf, scalingSettings } from "./scaling.ts";

const fault = faultsOf<"dynamodb">();
type Request = Input<"dynamodb", "UpdateTableReplicaAutoScaling">;

/** A change of the scaling of one capacity. */
interface Change {
  scaled: Scaled;
  sent: DynamoDB.AutoScalingSettingsUpdate;
}

/** The scaling of a global table's capacity, whose state Application Auto Scaling holds in each Region. */
export const replicaScalingOperations = {
  async DescribeTableReplicaAutoScaling(ctx, { TableName }) {
    const table = await globalTable(ctx, TableName);
    return { TableAutoScalingDescription: await describedScaling(ctx, table) };
  },

  /** The response shows the scaling before the update. */
  async UpdateTableReplicaAutoScaling(ctx, input) {
    const table = await globalTable(ctx, input.TableName);
    const changes = changesIn(table, input);
    checkBilling(table, input);
    for (const change of changes) await checkComplete(ctx, change);
    const TableAutoScalingDescription = await describedScaling(ctx, table);
    for (const { scaled, sent } of changes) await scale(ctx, scaled, sent).catch(relayed);
    return { TableAutoScalingDescription };
  },
} satisfies Handlers<"dynamodb">;

async function globalTable(ctx: Context, nameOrArn: string): Promise<Replicated> {
  const name = tableName(nameOrArn);
  const table = await ctx.read((tx) => tx.get(tables, [name]));
  if (!table?.group)
    throw fault("ResourceNotFoundException", `Global table with name: '${name}' does not exist.`);
  return table as Replicated;
}

const regionsOf = ({ group }: Replicated) =>
  [group.region, ...group.replicas.map(({ region }) => region)].toSorted();

async function describedScaling(
  ctx: Context,
  table: Replicated,
): Promise<DynamoDB.TableAutoScalingDescription> {
  const Replicas: DynamoDB.ReplicaAutoScalingDescription[] = [];
  const global = table.indexes.filter(({ kind }) => kind === "global");
  for (const region of regionsOf(table)) {
    const of = (way: Scaled["way"], index?: string) =>
      scalingSettings(ctx, { region, table: table.name, index, way });
    const GlobalSecondaryIndexes = [];
    for (const { name, filling } of global)
      GlobalSecondaryIndexes.push({
        IndexName: name,
        IndexStatus: filling ? ("CREATING" as const) : ("ACTIVE" as const),
        ProvisionedReadCapacityAutoScalingSettings: await of("Read", name),
        ProvisionedWriteCapacityAutoScalingSettings: await of("Write", name),
      });
    Replicas.push({
      RegionName: region,
      GlobalSecondaryIndexes,
      ReplicaProvisionedReadCapacityAutoScalingSettings: await of("Read"),
      ReplicaProvisionedWriteCapacityAutoScalingSettings: await of("Write"),
      ReplicaStatus: table.group.replicas.find((one) => one.region === region)?.status ?? "ACTIVE",
    });
  }
  return { TableName: table.name, TableStatus: described(ctx, table).TableStatus, Replicas };
}

const failed = ({ name }: Pick<Table, "name">, reason: string) =>
  invalid(`Failed to update settings for global table with name: ‘${name}’${reason}`);

/**
 * Write capacity is scaled alike in all Regions, read capacity in each separately.
 * @throws {AwsError} ValidationException
 */
function changesIn(table: Replicated, input: Request): Change[] {
  const regions = regionsOf(table);
  const everywhere = (index: string | undefined, sent: DynamoDB.AutoScalingSettingsUpdate | undefined) =>
    sent
      ? regions.map((region) => ({
          scaled: { region, table: table.name, index, way: "Write" as const },
          sent,
        }))
      : [];
  const changes: Change[] = [
    ...everywhere(undefined, input.ProvisionedWriteCapacityAutoScalingUpdate),
    ...(input.GlobalSecondaryIndexUpdates ?? []).flatMap((one) =>
      everywhere(one.IndexName, one.ProvisionedWriteCapacityAutoScalingUpdate),
    ),
  ];
  const updates = input.ReplicaUpdates ?? [];
  const repeated = new Set(duplicates(updates.map(({ RegionName }) => RegionName)));
  if (repeated.size > 0)
    throw failed(
      table,
      ` because the regions: ‘[${[...repeated].join(", ")}]’ were specified more than once.`,
    );
  for (const update of updates) changes.push(...readChanges(table, regions, update));
  if (changes.length === 0) throw failed(table, " because at least one update parameter must be specified.");
  return changes;
}

function readChanges(
  table: Replicated,
  regions: readonly string[],
  update: DynamoDB.ReplicaAutoScalingUpdate,
): Change[] {
  const { RegionName: region } = update;
  if (!regions.includes(region))
    throw fault(
      "ResourceNotFoundException",
      `Replica with name: '${table.name}' does not exist in region: '${region}'.`,
    );
  const at = (index: string | undefined, sent: DynamoDB.AutoScalingSettingsUpdate | undefined): Change[] =>
    sent ? [{ scaled: { region, table: table.name, index, way: "Read" }, sent }] : [];
  const changes = [
    ...at(undefined, update.ReplicaProvisionedReadCapacityAutoScalingUpdate),
    ...(update.ReplicaGlobalSecondaryIndexUpdates ?? []).flatMap((one) =>
      at(one.IndexName, one.ProvisionedReadCapacityAutoScalingUpdate),
    ),
  ];
  if (changes.length === 0)
    throw failed(table, ` because at least one update parameter must be specified for region: ‘${region}’.`);
  return changes;
}

/** On-demand capacity cannot be scaled; a request that disables scaling is allowed. */
function checkBilling(table: Replicated, input: Request): void {
  if (table.billing !== "PAY_PER_REQUEST") return;
  const isScaling = (sent: DynamoDB.AutoScalingSettingsUpdate | undefined) =>
    sent !== undefined && !sent.AutoScalingDisabled;
  const parameters = [
    isScaling(input.ProvisionedWriteCapacityAutoScalingUpdate) &&
      "GlobalTableProvisionedWriteCapacityAutoScalingSettingsUpdate",
    input.ReplicaUpdates?.some((one) => isScaling(one.ReplicaProvisionedReadCapacityAutoScalingUpdate)) &&
      "ReplicaProvisionedReadCapacityAutoScalingSettingsUpdate",
  ].filter((name) => typeof name === "string");
  if (parameters.length === 0) return;
  const quoted = (names: readonly string[]) => names.map((name) => `'${name}'`).join(", ");
  throw invalid(
    `Failed to update global table with name ‘${table.name}‘. Replicas ${quoted(regionsOf(table).map((region) => region.toUpperCase()))} BillingMode is PayPerRequest. You must convert table's BillingMode to PROVISIONED to set parameters: ${quoted(parameters)}.`,
  );
}

/** A capacity that has no scaling yet needs all parameters. @throws {AwsError} ValidationException */
async function checkComplete(ctx: Context, { scaled, sent }: Change): Promise<void> {
  if (sent.AutoScalingDisabled) return;
  const missing = (["MaximumUnits", "ScalingPolicyUpdate", "MinimumUnits"] as const).filter(
    (member) => sent[member] === undefined,
  );
  if (missing.length === 0) return;
  const { target, policies } = await scalingOf(ctx, scaled);
  if (target && policies.length > 0) return;
  throw failed(
    { name: scaled.table },
    `: Parameters ${missing.map((name) => `'${name}'`).join(", ")} are required unless auto scaling is being disabled.`,
  );
}

/** Throws an error of Application Auto Scaling as DynamoDB reports it. */
function relayed(error: unknown): never {
  if (!(error instanceof AwsError) || error.status >= 500) throw error;
  throw invalid(
    `${error.message} (Service: AWSApplicationAutoScaling; Status Code: ${error.status}; Error Code: ${error.code}; Proxy: null)`,
  );
}

import type * as AutoScaling from "#aws/contract/types/application-autoscaling.ts";
import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { AwsError } from "#aws/errors.ts";
import type { Clients } from "#kernel/calls/clients.ts";
import { rootOf } from "#kernel/calls/principal.ts";
import type { Context } from "#kernel/context.ts";
import { type Table, tables } from "../store.ts";
import { notScaled } from "./errors.ts";

export type Way = "Read" | "Write";

/** A scalable capacity: reads or writes of a table or of one of its indexes, in a Region. */
export interface Scaled {
  region: string;
  table: string;
  index?: string | undefined;
  way: Way;
}

type Scaler = Clients["application-autoscaling"];

/** A client that acts as the account's root, in place of AWS's service-linked role. */
const scalerOf = (ctx: Context, region: string): Scaler =>
  ctx.as(rootOf(ctx.account), undefined, { account: ctx.account, region }).aws["application-autoscaling"];

const placeOf = ({ table, index, way }: Scaled) => ({
  ServiceNamespace: "dynamodb" as const,
  ResourceId: index === undefined ? `table/${table}` : `table/${table}/index/${index}`,
  ScalableDimension:
    index === undefined
      ? (`dynamodb:table:${way}CapacityUnits` as const)
      : (`dynamodb:index:${way}CapacityUnits` as const),
});

interface Scaling {
  target: AutoScaling.ScalableTarget | undefined;
  policies: AutoScaling.ScalingPolicy[];
}

/** The scaling of a capacity; none if Application Auto Scaling is not available. */
export async function scalingOf(ctx: Context, scaled: Scaled): Promise<Scaling> {
  const { ResourceId, ...place } = placeOf(scaled);
  const scaler = scalerOf(ctx, scaled.region);
  try {
    const { ScalableTargets } = await scaler.DescribeScalableTargets({ ...place, ResourceIds: [ResourceId] });
    const { ScalingPolicies } = await scaler.DescribeScalingPolicies({ ...place, ResourceId });
    return { target: ScalableTargets?.[0], policies: ScalingPolicies ?? [] };
  } catch (error) {
    if (error instanceof AwsError && error.status === 501) return { target: undefined, policies: [] };
    throw error;
  }
}

const globalIndexes = ({ indexes }: Table) => indexes.filter(({ kind }) => kind === "global");

/**
 * Checks that write capacity is on-demand or scaled, for the table and each of its indexes, as replicas require.
 * @throws {AwsError} ValidationException
 */
export async function checkScaled(ctx: Context, name: string): Promise<void> {
  const table = await ctx.read((tx) => tx.get(tables, [name]));
  if (table?.billing !== "PROVISIONED") return;
  for (const index of [undefined, ...globalIndexes(table)]) {
    const scaled = { region: ctx.region, table: name, index: index?.name, way: "Write" as const };
    const { policies } = await scalingOf(ctx, scaled);
    if (policies.length === 0) throw notScaled(index ? "GSI" : "Table");
  }
}

/** Gives a new replica the write scaling of the table that it was created from. */
export const scaleLikeSource = (ctx: Context, table: Table, region: string): Promise<void> =>
  copyScaling(ctx, table, region).catch((error) => {
    // The replica is usable without scaling, which can be set again.
    if (!(error instanceof AwsError) || error.status >= 500) throw error;
    ctx.log.warn("a replica is not scaled as its source", { error, table: table.name, region });
  });

async function copyScaling(ctx: Context, table: Table, region: string): Promise<void> {
  if (table.billing !== "PROVISIONED") return;
  for (const index of [undefined, ...globalIndexes(table)]) {
    const scaled = { region: ctx.region, table: table.name, index: index?.name, way: "Write" as const };
    const { target, policies } = await scalingOf(ctx, scaled);
    if (!target) continue;
    const place = placeOf(scaled);
    const scaler = scalerOf(ctx, region);
    const { MinCapacity, MaxCapacity } = target;
    await scaler.RegisterScalableTarget({ ...place, MinCapacity, MaxCapacity });
    for (const { PolicyName, PolicyType, TargetTrackingScalingPolicyConfiguration: config } of policies)
      await scaler.PutScalingPolicy({
        ...place,
        PolicyName,
        PolicyType,
        ...(config && { TargetTrackingScalingPolicyConfiguration: config }),
      });
  }
}

/** Sets, changes or removes the scaling of a capacity. @throws {AwsError} the errors of Application Auto Scaling */
export async function scale(
  ctx: Context,
  scaled: Scaled,
  sent: DynamoDB.AutoScalingSettingsUpdate,
): Promise<void> {
  const place = placeOf(scaled);
  const scaler = scalerOf(ctx, scaled.region);
  if (sent.AutoScalingDisabled) {
    const { target } = await scalingOf(ctx, scaled);
    if (target) await scaler.DeregisterScalableTarget(place);
    return;
  }
  await scaler.RegisterScalableTarget({
    ...place,
    ...(sent.MinimumUnits !== undefined && { MinCapacity: sent.MinimumUnits }),
    ...(sent.MaximumUnits !== undefined && { MaxCapacity: sent.MaximumUnits }),
  });
  if (!sent.ScalingPolicyUpdate) return;
  const { PolicyName, TargetTrackingScalingPolicyConfiguration: config } = sent.ScalingPolicyUpdate;
  const metric = `DynamoDB${scaled.way}CapacityUtilization` as const;
  const name = PolicyName ?? `${metric}:${place.ResourceId}`;
  // A policy is identified by its name, so that a policy with a new name would not replace the former one.
  for (const { PolicyName: former } of (await scalingOf(ctx, scaled)).policies)
    if (former !== name) await scaler.DeleteScalingPolicy({ ...place, PolicyName: former });
  await scaler.PutScalingPolicy({
    ...place,
    PolicyName: name,
    PolicyType: "TargetTrackingScaling",
    TargetTrackingScalingPolicyConfiguration: {
      ...config,
      PredefinedMetricSpecification: { PredefinedMetricType: metric },
    },
  });
}

/** Describes the scaling of a capacity. A target without a policy counts as disabled. */
export async function scalingSettings(
  ctx: Context,
  scaled: Scaled,
): Promise<DynamoDB.AutoScalingSettingsDescription> {
  const { target, policies } = await scalingOf(ctx, scaled);
  if (!target || policies.length === 0) return { AutoScalingDisabled: true, ScalingPolicies: [] };
  return {
    MinimumUnits: target.MinCapacity,
    MaximumUnits: target.MaxCapacity,
    AutoScalingRoleArn: target.RoleARN,
    ScalingPolicies: policies.map(({ PolicyName, TargetTrackingScalingPolicyConfiguration: config }) => {
      const { PredefinedMetricSpecification: _, CustomizedMetricSpecification: __, ...rest } = config!;
      return { PolicyName, TargetTrackingScalingPolicyConfiguration: rest };
    }),
  };
}

import type * as AutoScaling from "#aws/contract/types/application-autoscaling.ts";
import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";
import { invalid, noSuchPolicy, notRegistered, notThere } from "./errors.ts";
import { listed } from "./listing.ts";
import { watchTables } from "./metrics.ts";
import { named, placeOf, scaledIn } from "./resources.ts";
import { type Policy, policies, policyArn, type Scaled } from "./store.ts";
import { MOST_PARTS, targetAt } from "./targets.ts";
import { startTracking } from "./tracking.ts";

/** Percent of the capacity that a table may be wanted to use. */
const LEAST_SHARE = 20;
const MOST_SHARE = 90;

export const policyOperations = {
  async PutScalingPolicy(ctx, input) {
    const scaled = scaledIn(input);
    const policy = await ctx.transact(async (tx) => {
      await targetAt(tx, scaled, () => notRegistered(input));
      const key = [scaled.resource, scaled.dimension];
      const others = await tx.list(policies, { in: key, limit: MOST_PARTS });
      const known = others.find(({ name }) => name === input.PolicyName);
      const config = configOf(scaled, input, known !== undefined);
      // What is tracked says the dimension, so that any two policies would track the same.
      if (!known && others.length > 0)
        throw invalid("Only one TargetTrackingScaling policy for a given metric specification is allowed.");
      const put: Policy = {
        ...scaled,
        name: input.PolicyName,
        id: known?.id ?? tx.uuid(),
        config: config ?? known!.config,
        created: known?.created ?? tx.now(),
        revision: tx.sequence(),
        out: known?.out,
        in: known?.in,
      };
      tx.put(policies, put);
      startTracking(tx, put);
      return put;
    });
    watchTables(ctx);
    return { PolicyARN: policyArn(ctx, policy), Alarms: [] };
  },

  async DescribeScalingPolicies(ctx, input) {
    const { PolicyNames } = input;
    const { records, token } = await listed(ctx, "DescribeScalingPolicies", input, policies, keyOf, {
      only: ({ name }) => !PolicyNames?.length || PolicyNames.includes(name),
    });
    return { ScalingPolicies: records.map((policy) => described(ctx, policy)), NextToken: token };
  },

  async DeleteScalingPolicy(ctx, input) {
    const scaled = scaledIn(input);
    return ctx.transact(async (tx) => {
      const key = [scaled.resource, scaled.dimension, input.PolicyName];
      if (!(await tx.get(policies, key))) throw noSuchPolicy(input, input.PolicyName);
      tx.delete(policies, key);
      return {};
    });
  },
} satisfies Handlers<"application-autoscaling">;

const METRICS = {
  read: "DynamoDBReadCapacityUtilization",
  write: "DynamoDBWriteCapacityUtilization",
} as const;

/** `undefined` where a policy stays as it is. @throws {AwsError} ValidationException */
function configOf(
  scaled: Scaled,
  { PolicyType, ...input }: AutoScaling.PutScalingPolicyRequest,
  isKnown: boolean,
): AutoScaling.TargetTrackingScalingPolicyConfiguration | undefined {
  const config = input.TargetTrackingScalingPolicyConfiguration;
  if (PolicyType === "PredictiveScaling") throw notThere("PredictiveScaling");
  if ((PolicyType ?? (isKnown ? "TargetTrackingScaling" : "StepScaling")) === "StepScaling")
    throw invalid("Step scaling policies are not supported for the service namespace: dynamodb");
  if (input.StepScalingPolicyConfiguration || input.PredictiveScalingPolicyConfiguration)
    throw invalid("The configuration does not match the policy type TargetTrackingScaling");
  if (!config) {
    if (isKnown) return undefined;
    throw invalid("Target tracking scaling policy configuration cannot be null");
  }
  if (config.CustomizedMetricSpecification) throw notThere("CustomizedMetricSpecification");
  const { PredefinedMetricType: metric } = config.PredefinedMetricSpecification ?? {};
  if (metric === undefined) throw invalid("A metric specification is required for a target tracking policy");
  if (metric !== METRICS[placeOf(scaled).way])
    throw invalid(
      `The predefined metric type ${metric} is not supported for the scalable dimension ${scaled.dimension}`,
    );
  if (!(config.TargetValue >= LEAST_SHARE && config.TargetValue <= MOST_SHARE))
    throw invalid(`The target value must be between ${LEAST_SHARE} and ${MOST_SHARE}`);
  for (const seconds of [config.ScaleOutCooldown, config.ScaleInCooldown])
    if (seconds !== undefined && seconds < 0) throw invalid("A cooldown cannot be negative");
  return config;
}

const keyOf = ({ resource, dimension, name }: Policy) => [resource, dimension, name];

const described = (ctx: Context, policy: Policy): AutoScaling.ScalingPolicy => ({
  ...named(policy),
  PolicyARN: policyArn(ctx, policy),
  PolicyName: policy.name,
  PolicyType: "TargetTrackingScaling",
  TargetTrackingScalingPolicyConfiguration: policy.config,
  Alarms: [],
  CreationTime: new Date(policy.created),
});

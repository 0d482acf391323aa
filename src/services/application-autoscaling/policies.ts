import type * as AutoScaling from "#aws/contract/types/application-autoscaling.ts";
import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";
import { invalid, noSuchPolicy, notAuthorized, notRegistered } from "./errors.ts";
import { listPage } from "./listing.ts";
import { watchTables } from "./metrics.ts";
import { outputIdentifiers, placeOf, scaledIn } from "./resources.ts";
import { type Policy, policies, policyArn, type Scaled } from "./store.ts";
import { MAX_PARTS, targetAt } from "./targets.ts";
import { startTracking } from "./tracking.ts";

/** The bounds of a policy's target utilization, in percent. */
const MIN_SHARE = 10;
const MAX_SHARE = 90;
/** The policies of a page: API_DescribeScalingPolicies. */
const MAX_LISTED = 10;

const TRACKING = "TargetTrackingScaling";

export const policyOperations = {
  async PutScalingPolicy(ctx, input) {
    const scaled = scaledIn(input);
    const policy = await ctx.transact(async (tx) => {
      await targetAt(tx, scaled, () => notRegistered(input));
      const key = [scaled.resource, scaled.dimension];
      const others = await tx.list(policies, { in: key, limit: MAX_PARTS });
      const former = others.find(({ name }) => name === input.PolicyName);
      const config = configOf(scaled, input, former !== undefined);
      // The metric follows from the dimension, so that any two policies would track the same metric.
      if (!former && others.length > 0)
        throw invalid("Only one TargetTrackingScaling policy for a given metric specification is allowed.");
      const put: Policy = {
        ...scaled,
        name: input.PolicyName,
        id: former?.id ?? tx.uuid(),
        config: config ?? former!.config,
        created: former?.created ?? tx.now(),
        revision: tx.sequence(),
        out: former?.out,
        in: former?.in,
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
    const { records, token } = await listPage(ctx, "DescribeScalingPolicies", input, policies, keyOf, {
      only: ({ name }) => !PolicyNames?.length || PolicyNames.includes(name),
      most: MAX_LISTED,
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

/**
 * The configuration in a request; `undefined` to keep the former one.
 * @throws {AwsError} ValidationException, AccessDeniedException
 */
function configOf(
  scaled: Scaled,
  input: AutoScaling.PutScalingPolicyRequest,
  isThere: boolean,
): AutoScaling.TargetTrackingScalingPolicyConfiguration | undefined {
  const { PolicyType: type = isThere ? TRACKING : "StepScaling" } = input;
  const types = [TRACKING, "StepScaling", "PredictiveScaling"] as const;
  if (types.filter((one) => input[`${one}PolicyConfiguration`] !== undefined).length > 1)
    throw invalid(
      "You must only provide a single scaling policy configuration, which must match the scaling policy type specified.",
    );
  // Tables support neither step nor predictive scaling.
  if (type !== TRACKING) throw notAuthorized();
  const config = input.TargetTrackingScalingPolicyConfiguration;
  if (config) checkTracking(scaled, config);
  else if (!isThere) throw invalid(`${TRACKING} policy configuration must be specified`);
  return config;
}

function checkTracking(scaled: Scaled, config: AutoScaling.TargetTrackingScalingPolicyConfiguration): void {
  const {
    CustomizedMetricSpecification: own,
    PredefinedMetricSpecification: predefined,
    TargetValue,
  } = config;
  if (own && predefined)
    throw invalid(
      "Only one of PredefinedMetricSpecification or CustomizedMetricSpecification can be set for target tracking scaling.",
    );
  if (own)
    throw invalid(`Scalable dimension ${scaled.dimension} does not support CustomizedMetricSpecification.`);
  if (!predefined)
    throw invalid(
      "PredefinedMetricSpecification or CustomizedMetricSpecification must be set for target tracking scaling.",
    );
  const metric = METRICS[placeOf(scaled).way];
  if (predefined.PredefinedMetricType !== metric)
    throw invalid(
      `Scalable dimension ${scaled.dimension} only supports the following predefined metric types: ${metric}`,
    );
  if (predefined.ResourceLabel !== undefined)
    throw invalid(`Resource label should not be specified for predefined metric type ${metric}`);
  if (!(TargetValue >= MIN_SHARE && TargetValue <= MAX_SHARE))
    throw invalid(
      `For predefined metric type ${metric}, target value must be between '${decimal(MIN_SHARE)}' and '${decimal(MAX_SHARE)}', but was '${decimal(TargetValue)}'.`,
    );
  for (const seconds of [config.ScaleOutCooldown, config.ScaleInCooldown])
    if (seconds !== undefined && seconds < 0) throw invalid("A cooldown cannot be negative");
}

/** A number as Java prints a double. */
const decimal = (value: number) => (Number.isInteger(value) ? value.toFixed(1) : String(value));

const keyOf = ({ resource, dimension, name }: Policy) => [resource, dimension, name];

const described = (ctx: Context, policy: Policy): AutoScaling.ScalingPolicy => ({
  ...outputIdentifiers(policy),
  PolicyARN: policyArn(ctx, policy),
  PolicyName: policy.name,
  PolicyType: TRACKING,
  TargetTrackingScalingPolicyConfiguration: policy.config,
  Alarms: [],
  CreationTime: new Date(policy.created),
});

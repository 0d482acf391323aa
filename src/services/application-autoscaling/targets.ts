import type * as AutoScaling from "#aws/contract/types/application-autoscaling.ts";
import type { Context } from "#kernel/context.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { capacityOf } from "./capacity.ts";
import { invalid, noSuchTable, noSuchTarget, tooMany } from "./errors.ts";
import { listPage } from "./listing.ts";
import { NAMESPACE, outputIdentifiers, scaledIn } from "./resources.ts";
import { fit } from "./scaling.ts";
import { policies, type Scaled, scheduledActions, type Target, targetArn, targets } from "./store.ts";
import { MAX_TAGS } from "./tags.ts";

const MAX_TARGETS = 5_000;
/** The most policies and the most scheduled actions of a target. */
export const MAX_PARTS = 200;

export const targetOperations = {
  async RegisterScalableTarget(ctx, input) {
    const scaled = scaledIn(input);
    if (input.MinCapacity !== undefined && input.MaxCapacity !== undefined)
      checkBounds(input.MinCapacity, input.MaxCapacity);
    if ((await capacityOf(ctx, scaled)) === undefined) throw noSuchTable(scaled.resource);
    return ctx.transact(async (tx) => {
      const former = await tx.get(targets, [scaled.resource, scaled.dimension]);
      const min = input.MinCapacity ?? former?.min;
      const max = input.MaxCapacity ?? former?.max;
      checkBounds(min, max);
      if (!former && (await tx.list(targets, { limit: MAX_TARGETS })).length === MAX_TARGETS)
        throw tooMany("scalable targets");
      if (Object.keys(input.Tags ?? {}).length > MAX_TAGS) throw tooMany("tags");
      const target: Target = {
        ...scaled,
        id: former?.id ?? tx.uuid().replaceAll("-", "").slice(0, 36),
        min: min!,
        max: max!,
        role: roleOf(ctx),
        suspended: { ...NOT_SUSPENDED, ...former?.suspended, ...input.SuspendedState },
        tags: former ? former.tags : (input.Tags ?? {}),
        created: former?.created ?? tx.now(),
      };
      tx.put(targets, target);
      tx.enqueue(fit, { ...scaled });
      return { ScalableTargetARN: targetArn(ctx, target.id) };
    });
  },

  async DescribeScalableTargets(ctx, input) {
    const { records, token } = await listPage(ctx, "DescribeScalableTargets", input, targets, placeKey);
    return { ScalableTargets: records.map((target) => described(ctx, target)), NextToken: token };
  },

  async DeregisterScalableTarget(ctx, input) {
    const scaled = scaledIn(input);
    return ctx.transact(async (tx) => {
      const key = [scaled.resource, scaled.dimension];
      if (!(await tx.get(targets, key))) throw noSuchTarget(input);
      tx.delete(targets, key);
      const parts = { in: key, limit: MAX_PARTS };
      for (const { name } of await tx.list(policies, parts)) tx.delete(policies, [...key, name]);
      for (const { name } of await tx.list(scheduledActions, parts))
        tx.delete(scheduledActions, [...key, name]);
      return {};
    });
  },
} satisfies Handlers<"application-autoscaling">;

/** @throws {AwsError} ValidationException */
export function checkBounds(min: number | undefined, max: number | undefined): void {
  if (min === undefined || max === undefined)
    throw invalid("MinCapacity and MaxCapacity are required when a scalable target is registered");
  if (min < 1) throw invalid("Minimum capacity cannot be less than 1");
  if (min > max) throw invalid("Maximum capacity cannot be less than minimum capacity");
}

/** @throws {AwsError} ObjectNotFoundException */
export async function targetAt(tx: ReadTransaction, scaled: Scaled, missing: () => Error): Promise<Target> {
  const target = await tx.get(targets, [scaled.resource, scaled.dimension]);
  if (!target) throw missing();
  return target;
}

const NOT_SUSPENDED = {
  DynamicScalingInSuspended: false,
  DynamicScalingOutSuspended: false,
  ScheduledScalingSuspended: false,
};

/** The ARN of the service-linked role, which replaces any role in a request. */
const roleOf = ({ account }: Context) =>
  `arn:aws:iam::${account}:role/aws-service-role/${NAMESPACE}.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_DynamoDBTable`;

const placeKey = ({ resource, dimension }: Target) => [resource, dimension];

function described(ctx: Context, target: Target): AutoScaling.ScalableTarget {
  return {
    ...outputIdentifiers(target),
    MinCapacity: target.min,
    MaxCapacity: target.max,
    RoleARN: target.role,
    CreationTime: new Date(target.created),
    SuspendedState: target.suspended,
    ScalableTargetARN: targetArn(ctx, target.id),
  };
}

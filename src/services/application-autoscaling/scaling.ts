import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { job } from "#kernel/work/jobs.ts";
import { capacityOf, setCapacity } from "./capacity.ts";
import { NAMESPACE, placeOf } from "./resources.ts";
import { type Activity, activities, type Scaled, type Target, targets } from "./store.ts";

/**
 * The retention of activities: six weeks.
 * https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalingActivities.html
 */
export const RETENTION_MS = 42 * 86_400_000;
const SWEEP_SIZE = 20;

/**
 * Sets a capacity and records the activity, even if DynamoDB rejects the change.
 */
export async function scaleTo(
  ctx: Context,
  scaled: Scaled,
  units: number,
  cause: string,
): Promise<"scaled" | "refused" | "nothing"> {
  const { way } = placeOf(scaled);
  const current = await capacityOf(ctx, scaled);
  // An on-demand table has no provisioned units.
  if (!current || current[way] === 0 || current[way] === units) return "nothing";
  const start = ctx.clock.now();
  const what = `${way} capacity units to ${units}.`;
  const refusal = await refusalOf(() => setCapacity(ctx, scaled, { ...current, [way]: units }));
  await ctx.transact(async (tx) => {
    const old = await tx.list(activities, { limit: SWEEP_SIZE });
    for (const { number, end } of old) if (end < tx.now() - RETENTION_MS) tx.delete(activities, [number]);
    const activity: Activity = {
      resource: scaled.resource,
      dimension: scaled.dimension,
      id: tx.uuid(),
      number: tx.sequence(),
      description: `Setting ${what}`,
      cause,
      start,
      end: tx.now(),
      ...(refusal
        ? { status: "Failed" as const, message: `Failed to set ${what} Reason: ${refusal.message}` }
        : {
            status: "Successful" as const,
            message: `Successfully set ${what} Change successfully fulfilled by ${NAMESPACE}.`,
          }),
    };
    tx.put(activities, activity);
  });
  return refusal ? "refused" : "scaled";
}

async function refusalOf(change: () => Promise<void>): Promise<AwsError | undefined> {
  try {
    await change();
    return undefined;
  } catch (error) {
    if (error instanceof AwsError && error.status < 500) return error;
    throw error;
  }
}

/** Moves a capacity into the target's bounds after these have changed. */
export const fit = job<Scaled & { cause?: string }>("application-autoscaling/fit", {
  async run(ctx, { cause, ...scaled }) {
    const target = await ctx.read((tx) => tx.get(targets, [scaled.resource, scaled.dimension]));
    const current = target && (await capacityOf(ctx, target));
    if (!target || !current) return;
    const units = within(target, current[placeOf(target).way]);
    const bound =
      units === target.min ? `minimum capacity was set to ${units}` : `maximum capacity was set to ${units}`;
    await scaleTo(ctx, target, units, cause ?? bound);
  },
});

export const within = ({ min, max }: Target, units: number): number => Math.min(max, Math.max(min, units));

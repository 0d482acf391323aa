import type { Transaction } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
import { capacityOf } from "./capacity.ts";
import { unitsUsed, watchTables } from "./metrics.ts";
import { placeOf } from "./resources.ts";
import { scaleTo, within } from "./scaling.ts";
import { type Policy, policies, type Scaled, targets } from "./store.ts";

const MINUTE = 60_000;
/** The delay after the end of a minute until its metrics, which are reported at its end, are evaluated. */
const EVALUATION_DELAY_MS = 5_000;
/** For how many minutes the utilization must be above the target, or far below it. */
const OUT_MINUTES = 2;
const IN_MINUTES = 15;
/** How far below the target the utilization must be, in percentage points. */
const IN_MARGIN = 20;

/**
 * The capacity that a policy requires: more if the utilization was above the target for two minutes, less if it was below
 * the target by 20 percentage points for fifteen minutes. `undefined` for no change, also if no units were consumed.
 * @param share the target utilization in percent
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/AutoScaling.html#AutoScaling.HowItWorks
 * @param used units per second in the preceding minutes, the latest first
 */
export function desiredUnits(
  share: number,
  provisioned: number,
  used: readonly (number | undefined)[],
): { units: number; direction: "out" | "in" } | undefined {
  const enough = (units: number) => Math.max(1, Math.ceil((units * 100) / share - 1e-9));
  const recent = used.slice(0, OUT_MINUTES);
  if (recent.every((units) => units !== undefined && units * 100 > share * provisioned))
    return { units: enough(recent[0]!), direction: "out" };
  const all = used.slice(0, IN_MINUTES);
  if (all.every((units) => units !== undefined && units * 100 < (share - IN_MARGIN) * provisioned))
    return { units: enough(Math.max(...(all as number[]))), direction: "in" };
  return undefined;
}

type Tracked = Scaled & Pick<Policy, "name" | "revision">;

/** Evaluates the consumption every minute, as long as the policy exists. */
export const track = job<Tracked>("application-autoscaling/track", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { resource, dimension, name, revision }) {
    watchTables(ctx);
    const { policy, target } = await ctx.read(async (tx) => ({
      policy: await tx.get(policies, [resource, dimension, name]),
      target: await tx.get(targets, [resource, dimension]),
    }));
    if (policy?.revision !== revision || !target) return undefined;
    const now = ctx.clock.now();
    const again = { again: untilNext(now), idle: true };
    const used = unitsUsed(ctx, target, now, IN_MINUTES);
    if (used[0] === undefined) return again;
    const current = (await capacityOf(ctx, target))?.[placeOf(target).way];
    if (!current) return again;
    const change = desiredUnits(policy.config.TargetValue, current, used);
    if (!change || !mayScale(policy, change.direction, now)) return again;
    const { direction } = change;
    const { DynamicScalingOutSuspended: noOut, DynamicScalingInSuspended: noIn } = target.suspended;
    if (direction === "out" ? noOut : noIn) return again;
    const units = within(target, change.units);
    if (direction === "out" ? units <= current : units >= current) return again;
    const outcome = await scaleTo(ctx, target, units, `policy ${name} was triggered`);
    if (outcome === "scaled")
      await ctx.transact(async (tx) => {
        const latest = await tx.get(policies, [resource, dimension, name]);
        if (latest?.revision === revision) tx.put(policies, { ...latest, [direction]: tx.now() });
      });
    return again;
  },
});

function mayScale({ config, out, in: last }: Policy, direction: "out" | "in", now: number): boolean {
  if (direction === "in" && config.DisableScaleIn) return false;
  const cooldown = (seconds = 0) => now - seconds * 1_000;
  if (direction === "out") return out === undefined || out <= cooldown(config.ScaleOutCooldown);
  const before = Math.max(out ?? 0, last ?? 0);
  return before <= cooldown(config.ScaleInCooldown);
}

const untilNext = (now: number) => MINUTE - (now % MINUTE) + EVALUATION_DELAY_MS;

export function startTracking(tx: Transaction, { resource, dimension, name, revision }: Policy): void {
  tx.enqueue(track, { resource, dimension, name, revision }, { delay: untilNext(tx.now()) });
}

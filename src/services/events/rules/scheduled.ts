import { nextOccurrence, parseSchedule } from "#aws/languages/schedule/schedule.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
import { isoSeconds } from "#lib/iso-seconds.ts";
import { ruleArn } from "../arns.ts";
import { sendToTargets, targetsOf } from "../publishing/publish.ts";
import { type BusEvent, type Rule, rules } from "../store.ts";

interface Timer {
  bus: string;
  rule: string;
  revision: number;
}

/** A rule's schedule: one timer, which sets the next one when it fires. */
export const ring = job<Timer>("events/ring", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { bus, rule: name, revision }) {
    return ctx.transact(async (tx) => {
      const rule = await tx.get(rules, [bus, name]);
      if (!rule || rule.revision !== revision) return undefined;
      const event: BusEvent = {
        version: "0",
        id: tx.uuid(),
        "detail-type": "Scheduled Event",
        source: "aws.events",
        account: ctx.account,
        time: isoSeconds(tx.now()),
        region: ctx.region,
        resources: [ruleArn(ctx, bus, name)],
        detail: {},
      };
      sendToTargets(tx, await targetsOf(tx, bus, name), event, { ingested: ctx.clock.now() });
      const wait = waitOf(rule, tx.now());
      return wait === undefined ? undefined : { again: wait };
    });
  },
});

/** Replaces the timer that the rule had, if any. */
export function startTimer(tx: Transaction, rule: Rule): void {
  if (rule.schedule === undefined || rule.state === "DISABLED") return;
  const delay = waitOf(rule, tx.now());
  if (delay === undefined) return;
  const { bus, name, revision } = rule;
  tx.enqueue(ring, { bus, rule: name, revision }, { delay });
}

function waitOf({ schedule, scheduled }: Rule, now: number): number | undefined {
  const next = nextOccurrence(parseSchedule(schedule!)!, { after: now, start: scheduled });
  return next === undefined ? undefined : next - now;
}

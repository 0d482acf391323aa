import { nextOccurrence, parseSchedule } from "#aws/languages/schedule/schedule.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
import { setTimer, tooEarly } from "#kernel/work/timers.ts";
import { isoSeconds } from "#lib/iso-seconds.ts";
import { ruleArn } from "../arns.ts";
import { sendToTargets, targetsOf } from "../publishing/publish.ts";
import { type BusEvent, type Rule, rules } from "../store.ts";

interface Timer {
  bus: string;
  rule: string;
  revision: number;
  /** Timers of earlier versions are run then, and lack it. */
  due?: number;
}

/** A rule's schedule: one timer, which sets the next one when it fires. */
export const ring = job<Timer>("events/ring", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { bus, rule: name, revision, due = 0 }) {
    return ctx.transact(async (tx) => {
      const rule = await tx.get(rules, [bus, name]);
      if (!rule || rule.revision !== revision) return undefined;
      const early = tooEarly(tx.now(), due);
      if (early) return early;
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
      setNext(tx, rule);
      return undefined;
    });
  },
});

/** Replaces the timer that the rule had, if any. */
export function startTimer(tx: Transaction, rule: Rule): void {
  if (rule.schedule !== undefined && rule.state !== "DISABLED") setNext(tx, rule);
}

function setNext(tx: Transaction, { bus, name, revision, schedule, scheduled }: Rule): void {
  const due = nextOccurrence(parseSchedule(schedule!)!, { after: tx.now(), start: scheduled });
  if (due !== undefined) setTimer(tx, ring, { of: [bus, name], due }, { bus, rule: name, revision, due });
}

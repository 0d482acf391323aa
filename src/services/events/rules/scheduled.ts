import { nextOccurrence, parseSchedule } from "#aws/languages/schedule/schedule.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { untilDueOrCheck } from "#kernel/work/far.ts";
import { job } from "#kernel/work/jobs.ts";
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
      if (tx.now() < due) return { again: untilDueOrCheck(tx.now(), due), idle: true };
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
      setTimer(tx, rule);
      return undefined;
    });
  },
});

/** Replaces the timer that the rule had, if any. */
export function startTimer(tx: Transaction, rule: Rule): void {
  if (rule.schedule !== undefined && rule.state !== "DISABLED") setTimer(tx, rule);
}

function setTimer(tx: Transaction, { bus, name, revision, schedule, scheduled }: Rule): void {
  const due = nextOccurrence(parseSchedule(schedule!)!, { after: tx.now(), start: scheduled });
  if (due === undefined) return;
  tx.enqueue(ring, { bus, rule: name, revision, due }, { delay: untilDueOrCheck(tx.now(), due) });
}

import type { Context } from "#kernel/context.ts";
import { job } from "#kernel/jobs.ts";
import { MOST_RETRIES } from "#kernel/redelivery.ts";
import type { Transaction } from "#kernel/transaction.ts";
import { keepInArchives } from "./archives/archived.ts";
import { type Sending, sendTo } from "./delivery/deliver.ts";
import { rulesMet } from "./rule-book.ts";
import { type BusEvent, targets } from "./store.ts";

/**
 * Shows an event to a bus: what its rules meet is on its way to their targets with the commit.
 * @param only of a replay: the rules that it is for
 */
export async function publish(
  ctx: Context,
  tx: Transaction,
  bus: string,
  event: BusEvent,
  only?: readonly string[],
): Promise<void> {
  if (event["replay-name"] === undefined) await keepInArchives(tx, bus, event);
  for (const rule of await rulesMet(tx, bus, event)) {
    if (only && !only.includes(rule)) continue;
    tx.metric("MatchedEvents", 1, { RuleName: rule });
    await sendToTargets(ctx, tx, bus, rule, event);
  }
}

/** An event on its way to one target: delivered at least once. */
export const send = job<Sending>("events/send", {
  attempts: MOST_RETRIES + 1,
  run: (ctx, sending, { attempt }) =>
    sendTo(ctx, sending, attempt, (bus, event) => ctx.transact((tx) => publish(ctx, tx, bus, event))),
});

/** @param ctx of whoever the rule belongs to */
export async function sendToTargets(
  ctx: Context,
  tx: Transaction,
  bus: string,
  rule: string,
  event: BusEvent,
) {
  const ingested = ctx.clock.now();
  for (const { target } of await tx.list(targets, { in: [bus, rule], limit: 1_000 })) {
    tx.metric("Invocations", 1, { RuleName: rule });
    tx.enqueue(send, { bus, rule, target, event, ingested });
  }
}

import type { Context } from "#kernel/context.ts";
import { job } from "#kernel/jobs.ts";
import { MOST_RETRIES } from "#kernel/redelivery.ts";
import type { Transaction } from "#kernel/transaction.ts";
import { keepInArchives } from "./archives/archived.ts";
import { isBus } from "./arns.ts";
import { busAt } from "./bus.ts";
import { type Sending, sendTo } from "./delivery/deliver.ts";
import { rulesMet } from "./rule-book.ts";
import { type BusEvent, type RuleTarget, targets } from "./store.ts";

/** What of a bus an event is not for all of. */
interface Narrowing {
  /** Of a replay: the rules that it is for. */
  only?: readonly string[] | undefined;
  /** It came from another bus, and goes on to no third one. */
  isForwarded?: boolean;
}

/** Shows an event to a bus: what its rules meet is on its way to their targets with the commit. */
export async function publish(
  ctx: Context,
  tx: Transaction,
  bus: string,
  event: BusEvent,
  { only, isForwarded = false }: Narrowing = {},
): Promise<void> {
  if (event["replay-name"] === undefined) await keepInArchives(tx, bus, event);
  for (const rule of await rulesMet(tx, bus, event)) {
    if (only && !only.includes(rule)) continue;
    tx.metric("MatchedEvents", 1, { RuleName: rule });
    const all = await targetsOf(tx, bus, rule);
    sendToTargets(ctx, tx, isForwarded ? all.filter(({ target }) => !isBus(target.Arn)) : all, event);
  }
}

/** An event on its way to one target: delivered at least once. */
export const send = job<Sending>("events/send", {
  attempts: MOST_RETRIES + 1,
  run: (ctx, sending, { attempt }) =>
    sendTo(ctx, sending, attempt, (bus, event) =>
      ctx.transact(async (tx) => {
        await busAt(tx, bus);
        await publish(ctx, tx, bus, event, { isForwarded: true });
      }),
    ),
});

export const targetsOf = (tx: Transaction, bus: string, rule: string): Promise<RuleTarget[]> =>
  tx.list(targets, { in: [bus, rule], limit: 1_000 });

/** @param ctx of whoever the rule belongs to */
export function sendToTargets(
  ctx: Context,
  tx: Transaction,
  of: readonly RuleTarget[],
  event: BusEvent,
): void {
  const ingested = ctx.clock.now();
  for (const { bus, rule, target } of of) {
    tx.metric("Invocations", 1, { RuleName: rule });
    tx.enqueue(send, { bus, rule, target, event, ingested });
  }
}

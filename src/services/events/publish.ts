import type { Context } from "#kernel/context.ts";
import { job } from "#kernel/jobs.ts";
import { MAX_RETRIES } from "#kernel/redelivery.ts";
import type { Transaction } from "#kernel/transaction.ts";
import { keepInArchives } from "./archives/archived.ts";
import { isBus } from "./arns.ts";
import { busAt } from "./bus.ts";
import { type Sending, sendTo } from "./delivery/deliver.ts";
import { matchingRules } from "./rule-book.ts";
import { type BusEvent, type RuleTarget, targets } from "./store.ts";

/** Restricts which rules and buses an event reaches. */
interface Narrowing {
  /** The rules that a replay is for. */
  only?: readonly string[] | undefined;
  /** Whether it came from another bus, and so is not forwarded to a third one. */
  isForwarded?: boolean;
}

/** Publishes an event on a bus: writes a delivery for each target of each matching rule, in this transaction. */
export async function publish(
  ctx: Context,
  tx: Transaction,
  bus: string,
  event: BusEvent,
  { only, isForwarded = false }: Narrowing = {},
): Promise<void> {
  if (event["replay-name"] === undefined) await keepInArchives(tx, bus, event);
  for (const rule of await matchingRules(tx, bus, event)) {
    if (only && !only.includes(rule)) continue;
    tx.metric("MatchedEvents", 1, { RuleName: rule });
    const all = await targetsOf(tx, bus, rule);
    sendToTargets(ctx, tx, isForwarded ? all.filter(({ target }) => !isBus(target.Arn)) : all, event);
  }
}

/** Delivers an event to one target, at least once. */
export const send = job<Sending>("events/send", {
  attempts: MAX_RETRIES + 1,
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

/** @param ctx the context of the rule's owner */
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

import type { Context } from "#kernel/context.ts";
import { MAX_RETRIES } from "#kernel/delivery/redelivery.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
import { keepInArchives } from "../archives/archived.ts";
import { isBus } from "../arns.ts";
import { busAt } from "../buses/bus.ts";
import { type Arrival, type Sending, sendTo } from "../delivery/deliver.ts";
import { matchingRules } from "../rules/rule-book.ts";
import { type BusEvent, type RuleTarget, targets } from "../store.ts";

/** Restricts which rules and buses an event reaches. */
interface Narrowing {
  /** The rules that a replay is for. */
  only?: readonly string[] | undefined;
  /** Whether it came from another bus, and so is not forwarded to a third one. */
  isForwarded?: boolean;
}

/** How an event is published. */
type Publication = Narrowing & Pick<Arrival, "trace">;

/** Publishes an event on a bus: writes a delivery for each target of each matching rule, in this transaction. */
export async function publish(
  ctx: Context,
  tx: Transaction,
  bus: string,
  event: BusEvent,
  { only, isForwarded = false, trace }: Publication = {},
): Promise<void> {
  if (event["replay-name"] === undefined) await keepInArchives(tx, bus, event);
  const reached: RuleTarget[] = [];
  for (const rule of await matchingRules(tx, bus, event)) {
    if (only && !only.includes(rule)) continue;
    tx.metric("MatchedEvents", 1, { RuleName: rule });
    const all = await targetsOf(tx, bus, rule);
    reached.push(...(isForwarded ? all.filter(({ target }) => !isBus(target.Arn)) : all));
  }
  sendToTargets(tx, reached, event, { ingested: ctx.clock.now(), trace });
}

/** Delivers an event to one target, at least once. */
export const send = job<Sending>("events/send", {
  attempts: MAX_RETRIES + 1,
  run: (ctx, sending, { attempt }) =>
    sendTo(ctx, sending, attempt, (bus, event, trace) =>
      ctx.transact(async (tx) => {
        await busAt(tx, bus);
        await publish(ctx, tx, bus, event, { isForwarded: true, trace });
      }),
    ),
});

export const targetsOf = (tx: Transaction, bus: string, rule: string): Promise<RuleTarget[]> =>
  tx.list(targets, { in: [bus, rule], limit: 1_000 });

/**
 * The bytes of an event's deliveries, each with a copy of the event and of its target, that are written together with the
 * event, of which a call may have ten. A job writes the remaining ones, with more bytes in each transaction.
 */
const MAX_BYTES = 2 ** 20;
const MAX_BYTES_OF_REST = 16 * 2 ** 20;
/** The maximum targets of such a job, whose record also has the event. */
const MAX_TARGETS = 500;

export function sendToTargets(
  tx: Transaction,
  of: readonly RuleTarget[],
  event: BusEvent,
  arrival: Arrival,
  maxBytes = MAX_BYTES,
): void {
  const eventBytes = of.length > 1 ? bytesOf(event) : 0;
  let bytes = 0;
  for (const [at, { bus, rule, target }] of of.entries()) {
    if (bytes > maxBytes) {
      sendLater(tx, of.slice(at), event, arrival);
      return;
    }
    if (of.length > 1) bytes += eventBytes + bytesOf(target);
    tx.metric("Invocations", 1, { RuleName: rule });
    tx.enqueue(send, { bus, rule, target, event, ...arrival });
  }
}

const bytesOf = (value: object) => Buffer.byteLength(JSON.stringify(value));

function sendLater(tx: Transaction, of: readonly RuleTarget[], event: BusEvent, arrival: Arrival): void {
  const keys = of.map(({ bus, rule, target }): TargetKey => [bus, rule, target.Id]);
  for (let from = 0; from < keys.length; from += MAX_TARGETS)
    tx.enqueue(sendRest, { targets: keys.slice(from, from + MAX_TARGETS), event, ...arrival });
}

type TargetKey = [bus: string, rule: string, id: string];

/** Writes the deliveries that were too many for an earlier transaction. Targets that were removed meanwhile get none. */
export const sendRest = job<Arrival & { targets: TargetKey[]; event: BusEvent }>("events/send-rest", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { targets: keys, event, ...arrival }) {
    await ctx.transact(async (tx) => {
      const present: RuleTarget[] = [];
      for (const key of keys) {
        const target = await tx.get(targets, key);
        if (target) present.push(target);
      }
      sendToTargets(tx, present, event, arrival, MAX_BYTES_OF_REST);
    });
  },
});

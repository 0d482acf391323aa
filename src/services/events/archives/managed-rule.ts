import { valueIn } from "#aws/languages/event-pattern/tokens.ts";
import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { archiveArn } from "../arns.ts";
import { forgetRule, rememberRule } from "../rules/rule-book.ts";
import { type Archive, type Rule, rules, targets } from "../store.ts";

/**
 * The rule that EventBridge makes on a bus for each of its archives. It is listed and described, and only EventBridge
 * can change it. The archive is filled without it.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive-event.html
 */
const ruleOf = (archive: string) => `Events-Archive-${archive}`;

const MANAGER = "prod.vhs.events.aws.internal";

export async function putArchiveRule(
  ctx: Context,
  tx: Transaction,
  archive: Archive,
  id: string,
): Promise<void> {
  const name = ruleOf(archive.name);
  const rule: Rule = {
    bus: archive.bus,
    name,
    pattern: patternOf(archive),
    state: "ENABLED",
    createdBy: ctx.account,
    managedBy: MANAGER,
    scheduled: tx.now(),
    revision: tx.sequence(),
  };
  tx.put(rules, rule);
  rememberRule(tx, rule);
  const InputTemplate =
    `{"archive-arn":"${archiveArn(ctx, archive.name)}:${id}",` +
    `"event":<aws.events.event.json>,"ingestion-time":<aws.events.event.ingestion-time>}`;
  tx.put(targets, {
    bus: archive.bus,
    rule: name,
    target: {
      Id: name,
      Arn: `arn:aws:events:${ctx.region}:::`,
      InputTransformer: { InputPathsMap: {}, InputTemplate },
    },
  });
}

export async function changeArchiveRule(tx: Transaction, archive: Archive): Promise<void> {
  const rule = await tx.get(rules, [archive.bus, ruleOf(archive.name)]);
  if (rule) tx.put(rules, { ...rule, pattern: patternOf(archive), revision: tx.sequence() });
}

export function deleteArchiveRule(tx: Transaction, bus: string, archive: string): void {
  const name = ruleOf(archive);
  tx.delete(rules, [bus, name]);
  forgetRule(tx, bus, name);
  tx.delete(targets, [bus, name, name]);
}

/** Replayed events are not archived again. */
const patternOf = ({ pattern }: Archive) =>
  JSON.stringify({ ...(JSON.parse(valueIn(pattern ?? "{}")) as object), "replay-name": [{ exists: false }] });

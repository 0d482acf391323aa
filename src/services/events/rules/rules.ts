import type * as Events from "#aws/contract/types/events.ts";
import { eventPattern, operatorsIn } from "#aws/languages/event-pattern/match.ts";
import { parseSchedule } from "#aws/languages/schedule/schedule.ts";
import type { Context } from "#kernel/context.ts";
import { page } from "#kernel/records/pages.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { busNamed, DEFAULT_BUS, ruleArn } from "../arns.ts";
import { busAt } from "../buses/bus.ts";
import {
  invalidParameter,
  invalidToken,
  limitExceeded,
  noPatternOrSchedule,
  patternTooLong,
  ruleHasTargets,
  scheduleOnCustomBus,
} from "../errors.ts";
import { type Rule, rules, targets } from "../store.ts";
import { checkTags } from "../tags.ts";
import { checkPattern, checkUnmanaged, ruleOn } from "./rule.ts";
import { forgetRule, otherRules, rememberRule } from "./rule-book.ts";
import { startTimer } from "./scheduled.ts";

/** The default maximum rules of a bus: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
const MAX_RULES = 300;
const MAX_RULES_IN: Record<string, number> = { "af-south-1": 100, "eu-south-1": 100 };
/** The maximum rules of a bus with a wildcard in their pattern. */
const MAX_WITH_WILDCARDS = 30;
/** In bytes. AWS grants the contract's 4,096 only on request. */
const MAX_PATTERN_LENGTH = 2_048;

export const ruleOperations = {
  async PutRule(ctx, input) {
    const bus = busNamed(input.EventBusName);
    const schedule = input.ScheduleExpression || undefined;
    const pattern = input.EventPattern || undefined;
    if (pattern === undefined && schedule === undefined) throw noPatternOrSchedule();
    if (schedule !== undefined) {
      if (bus !== DEFAULT_BUS) throw scheduleOnCustomBus();
      const kind = parseSchedule(schedule)?.kind;
      if (kind !== "rate" && kind !== "cron") throw invalidParameter("ScheduleExpression");
    }
    if (pattern !== undefined) {
      if (Buffer.byteLength(pattern) > MAX_PATTERN_LENGTH)
        throw patternTooLong(input.Name, MAX_PATTERN_LENGTH);
      checkPattern(pattern);
    }
    checkTags(input.Tags);
    return ctx.transact(async (tx) => {
      await busAt(tx, bus);
      const former = await tx.get(rules, [bus, input.Name]);
      checkUnmanaged(former);
      await checkRoom(ctx, tx, { bus, name: input.Name, pattern }, former !== undefined);
      putRule(tx, {
        bus,
        name: input.Name,
        pattern,
        schedule,
        state: input.State ?? "ENABLED",
        description: input.Description,
        role: input.RoleArn,
        createdBy: former?.createdBy ?? (ctx.principal.account || ctx.account),
        // PutRule tags a new rule only. TagResource changes the tags of others.
        tags: former ? former.tags : input.Tags,
        scheduled: former && former.schedule === schedule ? former.scheduled : tx.now(),
        revision: tx.sequence(),
      });
      return { RuleArn: ruleArn(ctx, bus, input.Name) };
    });
  },

  async DescribeRule(ctx, { Name, EventBusName }) {
    const rule = await ctx.read((tx) => ruleOn(tx, busNamed(EventBusName), Name));
    return { ...described(ctx, rule), CreatedBy: rule.createdBy };
  },

  /** Deleting a rule that does not exist is not an error. */
  async DeleteRule(ctx, { Name, EventBusName, Force: force = false }) {
    const bus = busNamed(EventBusName);
    return ctx.transact(async (tx) => {
      checkUnmanaged(await tx.get(rules, [bus, Name]), { force });
      if ((await tx.list(targets, { in: [bus, Name], limit: 1 })).length > 0) throw ruleHasTargets();
      tx.delete(rules, [bus, Name]);
      forgetRule(tx, bus, Name);
      return {};
    });
  },

  EnableRule: (ctx, input) => setState(ctx, input, "ENABLED"),
  DisableRule: (ctx, input) => setState(ctx, input, "DISABLED"),

  async ListRules(ctx, { NamePrefix = "", EventBusName, Limit = 100, NextToken }) {
    const bus = busNamed(EventBusName);
    await ctx.read((tx) => busAt(tx, bus));
    const { records, token } = await page<Rule>(ctx, {
      listing: ["events:ListRules", bus, NamePrefix],
      token: NextToken,
      limit: Limit,
      list: (range) => ctx.read((tx) => tx.list(rules, { in: [bus], prefix: NamePrefix, ...range })),
      position: ({ name }) => [name],
      invalidToken,
    });
    return { Rules: records.map((rule) => described(ctx, rule)), NextToken: token };
  },
} satisfies Handlers<"events">;

/** Whether a bus has room for one more rule, or one more with a wildcard. @throws {AwsError} LimitExceededException */
async function checkRoom(
  { region }: Context,
  tx: ReadTransaction,
  { bus, name, pattern }: Pick<Rule, "bus" | "name" | "pattern">,
  isThere: boolean,
): Promise<void> {
  const { count, withWildcards } = await otherRules(tx, bus, name);
  if (!isThere && count >= (MAX_RULES_IN[region] ?? MAX_RULES)) throw limitExceeded();
  if (withWildcards < MAX_WITH_WILDCARDS || pattern === undefined) return;
  if (operatorsIn(eventPattern(pattern)).has("wildcard")) throw limitExceeded();
}

function putRule(tx: Transaction, rule: Rule): void {
  tx.put(rules, rule);
  rememberRule(tx, rule);
  startTimer(tx, rule);
}

function setState(ctx: Context, { Name, EventBusName }: Events.EnableRuleRequest, state: Events.RuleState) {
  return ctx.transact(async (tx) => {
    const rule = await ruleOn(tx, busNamed(EventBusName), Name);
    checkUnmanaged(rule);
    if (rule.state !== state) putRule(tx, { ...rule, state, revision: tx.sequence() });
    return {};
  });
}

function described(ctx: Context, rule: Rule): Events.Rule {
  return {
    Name: rule.name,
    Arn: ruleArn(ctx, rule.bus, rule.name),
    EventPattern: rule.pattern,
    State: rule.state,
    Description: rule.description,
    ScheduleExpression: rule.schedule,
    RoleArn: rule.role,
    ManagedBy: rule.managedBy,
    EventBusName: rule.bus,
  };
}

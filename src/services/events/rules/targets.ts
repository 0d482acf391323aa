import { page } from "#kernel/records/pages.ts";
import type { Handlers } from "#kernel/service.ts";
import { busNamed } from "../arns.ts";
import { busAt } from "../buses/bus.ts";
import { invalidToken, limitExceeded } from "../errors.ts";
import { type RuleTarget, targets } from "../store.ts";
import { checkRoles, checkTargets } from "./check-target.ts";
import { checkUnmanaged, ruleOn } from "./rule.ts";

/** The maximum targets of a rule. */
const MAX_TARGETS = 5;

export const targetOperations = {
  async PutTargets(ctx, { Rule, EventBusName, Targets }) {
    const bus = busNamed(EventBusName);
    checkTargets(Targets, ctx.region);
    return ctx.transact(async (tx) => {
      const rule = await ruleOn(tx, bus, Rule);
      checkUnmanaged(rule);
      checkRoles(rule, Targets);
      const present = await tx.list(targets, { in: [bus, Rule], limit: 1_000 });
      const ids = new Set(
        [...present, ...Targets.map((target) => ({ target }))].map(({ target }) => target.Id),
      );
      if (ids.size > MAX_TARGETS) throw limitExceeded();
      for (const target of Targets) tx.put(targets, { bus, rule: Rule, target });
      return { FailedEntryCount: 0, FailedEntries: [] };
    });
  },

  /** Ids that the rule does not have are ignored. */
  async RemoveTargets(ctx, { Rule, EventBusName, Ids, Force: force = false }) {
    const bus = busNamed(EventBusName);
    return ctx.transact(async (tx) => {
      checkUnmanaged(await ruleOn(tx, bus, Rule), { force });
      for (const id of Ids) tx.delete(targets, [bus, Rule, id]);
      return { FailedEntryCount: 0, FailedEntries: [] };
    });
  },

  async ListTargetsByRule(ctx, { Rule, EventBusName, Limit = 100, NextToken }) {
    const bus = busNamed(EventBusName);
    await ctx.read((tx) => ruleOn(tx, bus, Rule));
    const { records, token } = await page<RuleTarget>(ctx, {
      listing: ["events:ListTargetsByRule", bus, Rule],
      token: NextToken,
      limit: Limit,
      list: (range) => ctx.read((tx) => tx.list(targets, { in: [bus, Rule], ...range })),
      position: ({ target }) => [target.Id],
      invalidToken,
    });
    return { Targets: records.map(({ target }) => target), NextToken: token };
  },

  async ListRuleNamesByTarget(ctx, { TargetArn, EventBusName, Limit = 100, NextToken }) {
    const bus = busNamed(EventBusName);
    await ctx.read((tx) => busAt(tx, bus));
    const { records, token } = await page<RuleTarget>(ctx, {
      listing: ["events:ListRuleNamesByTarget", bus, TargetArn],
      token: NextToken,
      limit: Limit,
      list: (range) => ctx.read((tx) => tx.listBy(targets, "arn", { in: [bus, TargetArn], ...range })),
      position: ({ rule, target }) => [rule, target.Id],
      invalidToken,
    });
    return { RuleNames: [...new Set(records.map(({ rule }) => rule))], NextToken: token };
  },
} satisfies Handlers<"events">;

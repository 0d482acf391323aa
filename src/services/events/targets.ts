import { parseArn } from "#aws/arn.ts";
import type * as Events from "#aws/contract/types/events.ts";
import { AwsError } from "#aws/errors.ts";
import { placeOfFault } from "#aws/languages/event-pattern/tokens.ts";
import { page } from "#kernel/pages.ts";
import type { Handlers } from "#kernel/service.ts";
import { busNamed } from "./arns.ts";
import { busAt } from "./bus.ts";
import { checkTemplate } from "./delivery/input.ts";
import { invalid, invalidParameter, invalidToken, limitExceeded } from "./errors.ts";
import { checkUnmanaged, ruleOn } from "./rule.ts";
import { type RuleTarget, targets } from "./store.ts";

/** Targets of a rule. */
const MOST_TARGETS = 5;

export const targetOperations = {
  async PutTargets(ctx, { Rule, EventBusName, Targets }) {
    const bus = busNamed(EventBusName);
    for (const target of Targets) checkTarget(target);
    return ctx.transact(async (tx) => {
      checkUnmanaged(await ruleOn(tx, bus, Rule));
      const present = await tx.list(targets, { in: [bus, Rule], limit: 1_000 });
      const ids = new Set(
        [...present, ...Targets.map((target) => ({ target }))].map(({ target }) => target.Id),
      );
      if (ids.size > MOST_TARGETS) throw limitExceeded();
      for (const target of Targets) tx.put(targets, { bus, rule: Rule, target });
      return { FailedEntryCount: 0, FailedEntries: [] };
    });
  },

  /** Ids that the rule does not have are passed over. */
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

/** Members for services that are not there yet, by name: nobody is to believe that they were heeded. */
const UNIMPLEMENTED = [
  "RunCommandParameters",
  "EcsParameters",
  "BatchParameters",
  "RedshiftDataParameters",
  "SageMakerPipelineParameters",
  "AppSyncParameters",
] as const satisfies (keyof Events.Target)[];

/** Targets that EventBridge calls with a role of the caller's. */
const NEEDS_ROLE = new Set([
  "states",
  "kinesis",
  "firehose",
  "codebuild",
  "codepipeline",
  "ssm",
  "batch",
  "ecs",
]);

/** @throws {AwsError} ValidationException */
function checkTarget(target: Events.Target): void {
  const { Id: id, Arn: arn } = target;
  const parts = parseArn(arn);
  if (!parts) throw invalidParameter(arn, "Provided Arn is not in correct format.");
  for (const member of UNIMPLEMENTED) {
    if (target[member] === undefined) continue;
    throw new AwsError("NotImplemented", `Nube does not implement ${member} of a target yet.`, {
      status: 501,
    });
  }
  const needsRole = NEEDS_ROLE.has(parts.service) || parts.resource.startsWith("api-destination/");
  if (needsRole && target.RoleArn === undefined) throw invalid(`RoleArn is required for target ${arn}.`);
  if (parts.service === "sqs" && parts.resource.endsWith(".fifo") && target.SqsParameters === undefined)
    throw invalid(`Parameter(s) SqsParameters must be specified for target: ${id}.`);
  const inputs = [target.Input, target.InputPath, target.InputTransformer].filter(
    (input) => input !== undefined,
  );
  if (inputs.length > 1)
    throw invalid(`Only one of Input, InputPath, or InputTransformer must be provided for target ${id}.`);
  if (target.Input !== undefined && !isJson(target.Input))
    throw invalid(`JSON syntax error in input for target ${id}: ${placeOfFault(target.Input)}`);
  if (target.InputPath !== undefined) checkPath(target.InputPath, id);
  if (target.InputTransformer) {
    for (const path of Object.values(target.InputTransformer.InputPathsMap ?? {})) checkPath(path, id);
    checkTemplate(target.InputTransformer, id);
  }
}

function checkPath(path: string, id: string): void {
  if (!/^\$/.test(path)) throw invalid(`Invalid InputPath for target ${id}.`);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

import {
  CreateEventBusCommand,
  DeleteRuleCommand,
  DescribeRuleCommand,
  DisableRuleCommand,
  EnableRuleCommand,
  EventBridgeClient,
  ListRuleNamesByTargetCommand,
  ListRulesCommand,
  ListTagsForResourceCommand,
  ListTargetsByRuleCommand,
  PutRuleCommand,
  type PutRuleCommandInput,
  PutTargetsCommand,
  RemoveTargetsCommand,
  type Target,
} from "@aws-sdk/client-eventbridge";
import { describe, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { ACCOUNT, api, arn, guide, invalid, missing, name, PATTERN, queue, sender } from "./client.ts";

const cloud = conformanceCloud();
const send = sender(cloud);

async function rule(more: Partial<PutRuleCommandInput> = {}) {
  const Name = name("rule");
  await send(new PutRuleCommand({ Name, EventPattern: PATTERN, ...more }));
  return Name;
}

describe("rules", () => {
  behaviour("the ARN of a rule on the default bus omits the bus", api("PutRule"), async () => {
    const Name = name("rule");
    expect((await send(new PutRuleCommand({ Name, EventPattern: PATTERN }))).RuleArn).toBe(
      arn(`rule/${Name}`),
    );
  });
  behaviour("the ARN of a rule on a custom bus includes the bus", api("PutRule"), async () => {
    const EventBusName = name("bus");
    await send(new CreateEventBusCommand({ Name: EventBusName }));
    const { RuleArn } = await send(new PutRuleCommand({ Name: "r", EventBusName, EventPattern: PATTERN }));
    expect(RuleArn).toBe(arn(`rule/${EventBusName}/r`));
  });
  const limit = {
    name: "LimitExceededException",
    message: "The requested resource exceeds the maximum number allowed.",
    $metadata: { httpStatusCode: 400 },
  };
  for (const [region, most] of [
    ["us-east-1", 300],
    ["eu-south-1", 100],
  ] as const)
    behaviour(`a bus in ${region} has at most ${most} rules`, guide("eb-quota"), async () => {
      const client = new EventBridgeClient(cloud.client({ region }));
      const EventBusName = name("bus");
      await client.send(new CreateEventBusCommand({ Name: EventBusName }));
      const put = (n: number) =>
        client.send(new PutRuleCommand({ Name: `r${n}`, EventBusName, EventPattern: PATTERN }));
      for (let n = 0; n < most; n++) await put(n);
      await expect(put(most)).rejects.toMatchObject(limit);
      await put(0);
      await client.send(new DeleteRuleCommand({ Name: "r0", EventBusName }));
      await put(most);
    });
  behaviour("a bus has at most 30 rules with wildcards", guide("eb-quota"), async () => {
    const EventBusName = name("bus");
    await send(new CreateEventBusCommand({ Name: EventBusName }));
    const put = (Name: string, matcher: object | string) =>
      send(new PutRuleCommand({ Name, EventBusName, EventPattern: JSON.stringify({ source: [matcher] }) }));
    for (let n = 0; n < 29; n++) await put(`r${n}`, { wildcard: "a*z" });
    await put("not", { "anything-but": { wildcard: ["a*z"] } });
    await expect(put("more", { wildcard: "b*" })).rejects.toMatchObject(limit);
    await put("r0", { wildcard: "b*" });
    await put("more", "plain");
    await expect(put("more", { wildcard: "b*" })).rejects.toMatchObject(limit);
    await put("r0", "plain");
    await put("more", { wildcard: "b*" });
  });
  behaviour("a rule requires a pattern or a schedule", api("PutRule"), async () => {
    await expect(send(new PutRuleCommand({ Name: "r" }))).rejects.toMatchObject(
      invalid("Parameter(s) EventPattern or ScheduleExpression must be specified."),
    );
  });
  behaviour("a rule may have both a pattern and a schedule", api("PutRule"), async () => {
    const Name = await rule({ ScheduleExpression: "rate(1 day)" });
    expect(await send(new DescribeRuleCommand({ Name }))).toMatchObject({
      EventPattern: PATTERN,
      ScheduleExpression: "rate(1 day)",
    });
  });
  behaviour("DescribeRule returns a rule as it was put, enabled", api("DescribeRule"), async () => {
    const Name = await rule({ Description: "text" });
    expect(await send(new DescribeRuleCommand({ Name }))).toMatchObject({
      Name,
      Arn: arn(`rule/${Name}`),
      EventPattern: PATTERN,
      State: "ENABLED",
      Description: "text",
      EventBusName: "default",
      CreatedBy: ACCOUNT,
    });
  });
  behaviour("DescribeRule of a missing rule fails", api("DescribeRule"), async () => {
    await expect(send(new DescribeRuleCommand({ Name: "none" }))).rejects.toMatchObject(
      missing("Rule none does not exist on EventBus default."),
    );
  });
  behaviour("PutRule on a missing bus fails", api("PutRule"), async () => {
    await expect(
      send(new PutRuleCommand({ Name: "r", EventBusName: "nowhere", EventPattern: PATTERN })),
    ).rejects.toMatchObject(missing("Event bus nowhere does not exist."));
  });
  behaviour("PutRule replaces an existing rule entirely", api("PutRule"), async () => {
    const Name = await rule({ Description: "first" });
    await send(new PutRuleCommand({ Name, EventPattern: '{"source":["other"]}' }));
    const now = await send(new DescribeRuleCommand({ Name }));
    expect(now.EventPattern).toBe('{"source":["other"]}');
    expect(now.Description).toBeUndefined();
  });
  behaviour("PutRule does not change the tags of an existing rule", api("PutRule"), async () => {
    const Name = await rule({ Tags: [{ Key: "a", Value: "1" }] });
    await send(new PutRuleCommand({ Name, EventPattern: PATTERN, Tags: [{ Key: "b", Value: "2" }] }));
    const { Tags } = await send(new ListTagsForResourceCommand({ ResourceARN: arn(`rule/${Name}`) }));
    expect(Tags).toEqual([{ Key: "a", Value: "1" }]);
  });
  for (const expression of [
    "rate(1 minute)",
    "rate(2 hours)",
    "rate(2147483647 days)",
    "cron(0 20 * * ? *)",
    "cron(0/5 8-17 ? * MON-FRI *)",
    "cron(0 9 ? * 2#1 *)",
  ]) {
    behaviour(`${expression} is a valid schedule`, guide("eb-scheduled-rule-pattern"), async () => {
      const Name = name("rule");
      await send(new PutRuleCommand({ Name, ScheduleExpression: expression }));
      expect((await send(new DescribeRuleCommand({ Name }))).ScheduleExpression).toBe(expression);
    });
  }
  for (const expression of [
    "rate(1 minutes)",
    "rate(2 minute)",
    "rate(0 minutes)",
    "rate(10 seconds)",
    "cron(0 20 * * * *)",
    "cron(0 20 * * ?)",
    "cron(61 20 * * ? *)",
    "cron(0 20 ? * ? *)",
    "at(2030-01-01T00:00:00)",
    "every minute",
  ]) {
    behaviour(`${expression} is not a valid schedule`, guide("eb-scheduled-rule-pattern"), async () => {
      await expect(
        send(new PutRuleCommand({ Name: "r", ScheduleExpression: expression })),
      ).rejects.toMatchObject(invalid("Parameter ScheduleExpression is not valid."));
    });
  }
  behaviour("schedules require the default bus", api("PutRule"), async () => {
    const EventBusName = name("bus");
    await send(new CreateEventBusCommand({ Name: EventBusName }));
    await expect(
      send(new PutRuleCommand({ Name: "r", EventBusName, ScheduleExpression: "rate(1 day)" })),
    ).rejects.toMatchObject(invalid("ScheduleExpression is supported only on the default event bus."));
  });
  behaviour("DisableRule and EnableRule change the state", api("DisableRule"), async () => {
    const Name = await rule();
    const state = async () => (await send(new DescribeRuleCommand({ Name }))).State;
    await send(new DisableRuleCommand({ Name }));
    expect(await state()).toBe("DISABLED");
    await send(new EnableRuleCommand({ Name }));
    expect(await state()).toBe("ENABLED");
  });
  behaviour("DisableRule of a missing rule fails", api("DisableRule"), async () => {
    await expect(send(new DisableRuleCommand({ Name: "none" }))).rejects.toMatchObject(
      missing("Rule none does not exist on EventBus default."),
    );
  });
  behaviour("deleting a missing rule succeeds", api("DeleteRule"), async () => {
    expect((await send(new DeleteRuleCommand({ Name: "none" }))).$metadata.httpStatusCode).toBe(200);
  });
  behaviour("a rule with targets cannot be deleted", api("DeleteRule"), async () => {
    const Name = await rule();
    await send(new PutTargetsCommand({ Rule: Name, Targets: [{ Id: "1", Arn: queue("q") }] }));
    await expect(send(new DeleteRuleCommand({ Name }))).rejects.toMatchObject(
      invalid("Rule can't be deleted since it has targets."),
    );
  });
  behaviour("ListRules filters by prefix, and sorts by name", api("ListRules"), async () => {
    for (const Name of ["list-b", "list-a"]) await send(new PutRuleCommand({ Name, EventPattern: PATTERN }));
    const { Rules } = await send(new ListRulesCommand({ NamePrefix: "list-" }));
    expect(Rules!.map((one) => one.Name)).toEqual(["list-a", "list-b"]);
  });
  behaviour("ListRules omits CreatedBy", api("ListRules"), async () => {
    const Name = await rule();
    const { Rules } = await send(new ListRulesCommand({ NamePrefix: Name }));
    expect(Object.keys(Rules![0]!).sort()).toEqual(["Arn", "EventBusName", "EventPattern", "Name", "State"]);
  });
  behaviour("a pattern has at most 2,048 bytes", guide("eb-quota"), async () => {
    const of = (length: number) => `{"source":["${"x".repeat(length - 15)}"]}`;
    await rule({ EventPattern: of(2_048) });
    const Name = name("rule");
    await expect(send(new PutRuleCommand({ Name, EventPattern: of(2_049) }))).rejects.toMatchObject(
      invalid(`Parameter EventPattern for rule ${Name} exceeds limit of 2048.`),
    );
  });
  behaviour("a name has at most 64 characters", api("PutRule"), async () => {
    await expect(
      send(new PutRuleCommand({ Name: "x".repeat(65), EventPattern: PATTERN })),
    ).rejects.toMatchObject(invalid(/Member must have length less than or equal to 64/));
  });
});

describe("targets", () => {
  const put = (Rule: string, ...Targets: Target[]) => send(new PutTargetsCommand({ Rule, Targets }));

  behaviour("targets are put, listed and removed by ID", api("PutTargets"), async () => {
    const Rule = await rule();
    expect(await put(Rule, { Id: "b", Arn: queue("b") }, { Id: "a", Arn: queue("a") })).toMatchObject({
      FailedEntryCount: 0,
      FailedEntries: [],
    });
    const list = async () =>
      (await send(new ListTargetsByRuleCommand({ Rule }))).Targets!.map((one) => one.Id);
    expect(await list()).toEqual(["a", "b"]);
    expect(await send(new RemoveTargetsCommand({ Rule, Ids: ["a"] }))).toMatchObject({ FailedEntryCount: 0 });
    expect(await list()).toEqual(["b"]);
  });
  behaviour("a target replaces another with the same ID", api("PutTargets"), async () => {
    const Rule = await rule();
    await put(Rule, { Id: "a", Arn: queue("one") });
    await put(Rule, { Id: "a", Arn: queue("two") });
    expect((await send(new ListTargetsByRuleCommand({ Rule }))).Targets).toEqual([
      { Id: "a", Arn: queue("two") },
    ]);
  });
  behaviour("a rule has at most five targets", guide("eb-quota"), async () => {
    const Rule = await rule();
    const many = ["1", "2", "3", "4", "5", "6"].map((Id) => ({ Id, Arn: queue("q") }));
    await expect(put(Rule, ...many)).rejects.toMatchObject({
      name: "LimitExceededException",
      message: "The requested resource exceeds the maximum number allowed.",
    });
  });
  behaviour("PutTargets on a missing rule fails", api("PutTargets"), async () => {
    await expect(put("none", { Id: "a", Arn: queue("q") })).rejects.toMatchObject(
      missing("Rule none does not exist on EventBus default."),
    );
  });
  behaviour("a target's ARN must be valid", api("PutTargets"), async () => {
    await expect(put(await rule(), { Id: "a", Arn: "queue" })).rejects.toMatchObject(
      invalid("Parameter queue is not valid. Reason: Provided Arn is not in correct format."),
    );
  });
  behaviour("a FIFO queue requires a message group", api("PutTargets"), async () => {
    await expect(put(await rule(), { Id: "a", Arn: queue("q.fifo") })).rejects.toMatchObject(
      invalid("Parameter(s) SqsParameters must be specified for target: a."),
    );
  });
  behaviour("a state machine requires a role", guide("eb-targets"), async () => {
    const Arn = `arn:aws:states:us-east-1:${ACCOUNT}:stateMachine:m`;
    await expect(put(await rule(), { Id: "a", Arn })).rejects.toMatchObject(
      invalid(`RoleArn is required for target ${Arn}.`),
    );
  });
  behaviour("a target has only one kind of input", api("Target"), async () => {
    await expect(
      put(await rule(), { Id: "a", Arn: queue("q"), Input: "{}", InputPath: "$.detail" }),
    ).rejects.toMatchObject(
      invalid("Only one of Input, InputPath, or InputTransformer must be provided for target a."),
    );
  });
  behaviour("a template may use only declared placeholders", guide("eb-transform-target-input"), async () => {
    const InputTransformer = { InputPathsMap: {}, InputTemplate: '{"x": <unknown>}' };
    await expect(put(await rule(), { Id: "a", Arn: queue("q"), InputTransformer })).rejects.toMatchObject(
      invalid("InputTemplate for target a contains invalid placeholder unknown."),
    );
  });
  const texts: [string, Partial<Target>, string][] = [
    [
      "a constant input that is not JSON is refused",
      { Input: "{'a':1}" },
      `JSON syntax error in input for target a: [Source: (String)"{'a':1}"; line: 1, column: 3]`,
    ],
    [
      "an input template with unquoted text is refused",
      { InputTransformer: { InputPathsMap: { id: "$.id" }, InputTemplate: "Event <id>" } },
      'Invalid InputTemplate for target a : [Source: (String)"Event null"; line: 1, column: 6]',
    ],
  ];
  for (const [what, more, message] of texts) {
    behaviour(what, api("PutTargets"), async () => {
      await expect(put(await rule(), { Id: "a", Arn: queue("q"), ...more })).rejects.toMatchObject(
        invalid(message),
      );
    });
  }
  behaviour("ListRuleNamesByTarget returns the rules of a target", api("ListRuleNamesByTarget"), async () => {
    const Rule = await rule();
    const Arn = queue(name("only"));
    await put(Rule, { Id: "a", Arn }, { Id: "b", Arn });
    expect((await send(new ListRuleNamesByTargetCommand({ TargetArn: Arn }))).RuleNames).toEqual([Rule]);
  });
});

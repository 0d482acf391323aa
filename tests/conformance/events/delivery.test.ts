import {
  CreateEventBusCommand,
  PutEventsCommand,
  type PutEventsRequestEntry,
  PutRuleCommand,
  PutTargetsCommand,
  type Target,
} from "@aws-sdk/client-eventbridge";
import {
  CreateQueueCommand,
  type Message,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { describe, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { ACCOUNT, api, arn, guide, name, queue, sender } from "./client.ts";

const cloud = conformanceCloud();
const send = sender(cloud);
const sqs = ((command: never) => new SQSClient(cloud.client()).send(command)) as SQSClient["send"];

/** Creates a queue to which EventBridge may send. */
async function inbox() {
  const QueueName = name("inbox");
  const { QueueUrl } = await sqs(new CreateQueueCommand({ QueueName }));
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "events.amazonaws.com" },
        Action: "sqs:SendMessage",
        Resource: queue(QueueName),
      },
    ],
  });
  await sqs(new SetQueueAttributesCommand({ QueueUrl: QueueUrl!, Attributes: { Policy } }));
  return {
    arn: queue(QueueName),
    async messages(): Promise<Message[]> {
      await cloud.advance(1_000);
      const { Messages = [] } = await sqs(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          MessageAttributeNames: ["All"],
          MessageSystemAttributeNames: ["AWSTraceHeader"],
        }),
      );
      return Messages;
    },
  };
}

/** Creates a rule with one target, for a source of its own. */
async function route(target: Partial<Target> = {}, EventBusName = "default") {
  const Source = name("source");
  const Name = name("rule");
  const box = await inbox();
  await send(new PutRuleCommand({ Name, EventBusName, EventPattern: JSON.stringify({ source: [Source] }) }));
  await send(
    new PutTargetsCommand({ Rule: Name, EventBusName, Targets: [{ Id: "1", Arn: box.arn, ...target }] }),
  );
  const put = (entry: PutEventsRequestEntry = {}) =>
    send(new PutEventsCommand({ Entries: [{ Source, DetailType: "order", Detail: "{}", ...entry }] }));
  const bodies = async () => (await box.messages()).map(({ Body }) => Body!);
  return { Name, Source, box, put, bodies };
}

describe("delivered events", () => {
  behaviour("an event has its members in this order", guide("eb-events-structure"), async () => {
    const { Source, put, bodies } = await route();
    const { Entries } = await put({ Detail: '{"b":1,"a":[2]}', Resources: ["r1", "r2"] });
    const [body] = await bodies();
    const { id, time, ...event } = JSON.parse(body!);
    expect(id).toBe(Entries![0]!.EventId);
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(event).toEqual({
      version: "0",
      "detail-type": "order",
      source: Source,
      account: ACCOUNT,
      region: "us-east-1",
      resources: ["r1", "r2"],
      detail: { b: 1, a: [2] },
    });
    expect(Object.keys(JSON.parse(body!))).toEqual([
      "version",
      "id",
      "detail-type",
      "source",
      "account",
      "time",
      "region",
      "resources",
      "detail",
    ]);
  });
  behaviour("numbers are delivered verbatim", guide("eb-events-structure"), async () => {
    const numbers = '{"id":12345678901234567890,"price":1.50,"whole":1.0}';
    const { put, bodies } = await route();
    await put({ Detail: numbers });
    expect((await bodies())[0]).toContain(`"detail":${numbers}}`);
  });
  behaviour("numbers of the largest events are delivered verbatim", guide("eb-putevents"), async () => {
    const { put, bodies } = await route({ InputPath: "$.detail.n" });
    for (const [filler, count] of [
      ['""', 349_000],
      ["1e20", 209_000],
      [String.raw`"\\\\\\\\\\\\\\\\"`, 55_000],
    ] as const) {
      const { FailedEntryCount } = await put({ Detail: `{"n":1.0,"a":[${Array(count).fill(filler)}]}` });
      expect(FailedEntryCount).toBe(0);
    }
    expect(await bodies()).toEqual(["1.0", "1.0", "1.0"]);
  });
  behaviour(
    "an event whose detail type has more than 128 characters is accepted but not delivered",
    "https://github.com/segmentio/action-destinations/pull/2828",
    async () => {
      const { put, bodies } = await route();
      expect((await put({ DetailType: "t".repeat(129) })).FailedEntryCount).toBe(0);
      await put({ DetailType: "t".repeat(128) });
      expect((await bodies()).map((body) => JSON.parse(body)["detail-type"])).toEqual(["t".repeat(128)]);
    },
  );
  behaviour("an event has the time that its sender gave it", api("PutEventsRequestEntry"), async () => {
    const { put, bodies } = await route();
    await put({ Time: new Date("2020-02-03T04:05:06.789Z") });
    expect(JSON.parse((await bodies())[0]!).time).toBe("2020-02-03T04:05:06Z");
  });
  behaviour("the trace header is not part of the event", api("PutEventsRequestEntry"), async () => {
    const { put, bodies } = await route();
    const { FailedEntryCount } = await put({ TraceHeader: "Root=1-5759e988-bd862e3fe1be46a994272793" });
    expect(FailedEntryCount).toBe(0);
    expect((await bodies())[0]).not.toContain("Root=");
  });
  behaviour("the bus may be given by name or by ARN", api("PutEventsRequestEntry"), async () => {
    const bus = name("bus");
    await send(new CreateEventBusCommand({ Name: bus }));
    const { put, bodies } = await route({}, bus);
    await put({ EventBusName: bus, Detail: '{"by":"name"}' });
    await put({ EventBusName: arn(`event-bus/${bus}`), Detail: '{"by":"arn"}' });
    await put({ Detail: '{"by":"default"}' });
    const by = (await bodies()).map((body) => JSON.parse(body).detail.by);
    expect(by.sort()).toEqual(["arn", "name"]);
  });
  behaviour("a bus as a target receives the event unchanged", guide("eb-bus-to-bus"), async () => {
    const bus = name("bus");
    await send(new CreateEventBusCommand({ Name: bus }));
    const { Source, put } = await route({
      Arn: arn(`event-bus/${bus}`),
      RoleArn: `arn:aws:iam::${ACCOUNT}:role/bus`,
    });
    const box = await inbox();
    const EventPattern = JSON.stringify({ source: [Source] });
    await send(new PutRuleCommand({ Name: "r", EventBusName: bus, EventPattern }));
    await send(new PutTargetsCommand({ Rule: "r", EventBusName: bus, Targets: [{ Id: "1", Arn: box.arn }] }));
    const { Entries } = await put();
    await cloud.advance(1_000);
    expect(JSON.parse((await box.messages())[0]!.Body!)).toMatchObject({
      id: Entries![0]!.EventId,
      source: Source,
    });
  });
  behaviour(
    "an event that was forwarded to a bus is not forwarded again",
    guide("eb-bus-to-bus"),
    async () => {
      const [second, third] = [name("bus"), name("bus")];
      for (const Name of [second, third]) await send(new CreateEventBusCommand({ Name }));
      const to = (bus: string): Target => ({
        Id: "bus",
        Arn: arn(`event-bus/${bus}`),
        RoleArn: `arn:aws:iam::${ACCOUNT}:role/bus`,
      });
      const { Source, put } = await route(to(second));
      const EventPattern = JSON.stringify({ source: [Source] });
      const boxes = { [second]: await inbox(), [third]: await inbox() };
      for (const [EventBusName, next] of [
        [second, third],
        [third, second],
      ] as const) {
        await send(new PutRuleCommand({ Name: "r", EventBusName, EventPattern }));
        const Targets = [to(next), { Id: "box", Arn: boxes[EventBusName]!.arn }];
        await send(new PutTargetsCommand({ Rule: "r", EventBusName, Targets }));
      }
      await put();
      await cloud.advance(1_000);
      expect(await boxes[second]!.messages()).toHaveLength(1);
      expect(await boxes[third]!.messages()).toEqual([]);
    },
  );
  behaviour("events for a deleted bus are sent to the dead-letter queue", guide("eb-rule-dlq"), async () => {
    const deadLetters = await inbox();
    const Arn = arn("event-bus/gone");
    const { put } = await route({
      Arn,
      RoleArn: `arn:aws:iam::${ACCOUNT}:role/bus`,
      DeadLetterConfig: { Arn: deadLetters.arn },
    });
    await put();
    await cloud.advance(1_000);
    expect((await deadLetters.messages())[0]!.MessageAttributes).toMatchObject({
      TARGET_ARN: { StringValue: Arn },
      ERROR_CODE: { StringValue: "NO_RESOURCE" },
    });
  });
  behaviour("undeliverable events are sent to the dead-letter queue", guide("eb-rule-dlq"), async () => {
    const deadLetters = await inbox();
    const { Name, put } = await route({
      Arn: queue("nowhere"),
      DeadLetterConfig: { Arn: deadLetters.arn },
      RetryPolicy: { MaximumRetryAttempts: 0 },
    });
    await put();
    await cloud.advance(60_000);
    const { MessageAttributes } = (await deadLetters.messages())[0]!;
    expect(MessageAttributes).toMatchObject({
      RULE_ARN: { StringValue: arn(`rule/${Name}`) },
      TARGET_ARN: { StringValue: queue("nowhere") },
      ERROR_CODE: { StringValue: "NO_RESOURCE" },
      ERROR_MESSAGE: { StringValue: expect.any(String) },
    });
  });
  behaviour("a denied delivery is reported in the dead letter", guide("eb-rule-dlq"), async () => {
    const deadLetters = await inbox();
    const QueueName = name("closed");
    await sqs(new CreateQueueCommand({ QueueName }));
    const { put } = await route({ Arn: queue(QueueName), DeadLetterConfig: { Arn: deadLetters.arn } });
    await put();
    await cloud.advance(1_000);
    expect((await deadLetters.messages())[0]!.MessageAttributes).toMatchObject({
      ERROR_CODE: { StringValue: "NO_PERMISSIONS" },
    });
  });
  behaviour(
    "a target that needs a role is not called by a rule that has lost its own",
    guide("eb-use-identity-based"),
    async () => {
      const deadLetters = await inbox();
      const { Name, Source, put } = await route();
      const rule = { Name, EventPattern: JSON.stringify({ source: [Source] }) };
      const Arn = `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/none`;
      const Targets = [{ Id: "1", Arn, DeadLetterConfig: { Arn: deadLetters.arn } }];
      await send(new PutRuleCommand({ ...rule, RoleArn: `arn:aws:iam::${ACCOUNT}:role/stream` }));
      await send(new PutTargetsCommand({ Rule: Name, Targets }));
      const failure = async () => {
        await put();
        await cloud.advance(1_000);
        return (await deadLetters.messages())[0]?.MessageAttributes?.ERROR_CODE?.StringValue;
      };
      expect(await failure()).toBe("NO_RESOURCE");
      await send(new PutRuleCommand(rule));
      expect(await failure()).toBe("NO_PERMISSIONS");
    },
  );
});

describe("inputs of targets", () => {
  const page = guide("eb-transform-target-input");
  const entry = {
    DetailType: "EC2 Instance State-change Notification",
    Detail:
      '{"instance-id":"i-0123456789","state":"RUNNING","tags":["a","b"],"owner":{"name":"n","id":7},"count":2,"serial":12345678901234567890,"parts":[{"size":1},{"size":2},{}]}',
    Resources: ["arn:one", "arn:two"],
  };
  const paths = {
    instance: "$.detail.instance-id",
    state: "$.detail.state",
    tags: "$.detail.tags",
    second: "$.resources[1]",
    owner: "$.detail.owner",
    count: "$.detail.count",
    serial: "$.detail.serial",
    missing: "$.detail.missing",
    every: "$.detail.parts[*].size",
  };
  const inputs: [string, Partial<Target>, string][] = [
    ["a constant", { Input: '{"fixed": true}' }, '{"fixed": true}'],
    ["a part of the event", { InputPath: "$.detail.owner" }, '{"name":"n","id":7}'],
    ["a number with all its digits", { InputPath: "$.detail.serial" }, "12345678901234567890"],
    ["a string of the event as JSON", { InputPath: "$.detail.state" }, '"RUNNING"'],
  ];
  const templates: [string, string, string][] = [
    ["a string template", '"<instance> is in state <state>"', '"i-0123456789 is in state RUNNING"'],
    [
      "a string template with escaped quotes",
      '"<instance> is in state \\"<state>\\""',
      '"i-0123456789 is in state \\"RUNNING\\""',
    ],
    [
      "a template of several strings",
      '"<instance> is in state <state>"\n"see <second>"',
      '"i-0123456789 is in state RUNNING"\n"see arn:two"',
    ],
    [
      "an object template with strings",
      '{"instance": <instance>, "state": "<state>"}',
      '{"instance": "i-0123456789", "state": "RUNNING"}',
    ],
    [
      "an object template with numbers, lists and objects",
      '{"count": <count>, "tags": <tags>, "owner": <owner>}',
      '{"count": 2, "tags": ["a","b"], "owner": {"name":"n","id":7}}',
    ],
    ["a number in a string, with all its digits", '"no. <serial>"', '"no. 12345678901234567890"'],
    ["the values of a member of all list elements", '{"sizes": <every>}', '{"sizes": [1,2]}'],
    ["an empty string for a missing value", '"it is <missing>"', '"it is "'],
    ["an object in a string, without quotes", '"by <owner>"', '"by {name:n,id:7}"'],
  ];
  for (const [what, InputTemplate, expected] of templates)
    inputs.push([what, { InputTransformer: { InputPathsMap: paths, InputTemplate } }, expected]);
  for (const [what, target, expected] of inputs) {
    behaviour(`a target receives ${what}`, page, async () => {
      const { put, bodies } = await route(target);
      await put(entry);
      expect(await bodies()).toEqual([expected]);
    });
  }
  behaviour("a template may use the rule and the ingestion time", page, async () => {
    const { Name, put, bodies } = await route({
      InputTransformer: {
        InputTemplate:
          '{"arn": "<aws.events.rule-arn>", "name": <aws.events.rule-name>, "at": "<aws.events.event.ingestion-time>"}',
      },
    });
    await put();
    expect(JSON.parse((await bodies())[0]!)).toEqual({
      arn: arn(`rule/${Name}`),
      name: Name,
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
  });
  behaviour("a template may use the whole event, with or without its detail", page, async () => {
    const { put, bodies } = await route({
      InputTransformer: { InputTemplate: '{"all": <aws.events.event.json>, "most": <aws.events.event>}' },
    });
    await put(entry);
    const { all, most } = JSON.parse((await bodies())[0]!);
    expect(all).toMatchObject({ "detail-type": entry.DetailType, detail: { state: "RUNNING" } });
    const { "detail-type": detailType, detail: _, ...rest } = all;
    expect(most).toEqual({ ...rest, detailType });
  });
});

describe("X-Ray trace headers", () => {
  const XRAY = guide("eb-related-service-xray");
  const TraceHeader = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1";

  behaviour("a queue gets the trace header beside the event, not in it", XRAY, async () => {
    const { put, box } = await route();
    await put({ TraceHeader });
    const [message] = await box.messages();
    expect(message!.Attributes).toEqual({ AWSTraceHeader: TraceHeader });
    expect(message!.Body).not.toContain("Root=1-");
  });

  for (const invalid of ["Root=1", `${TraceHeader}\u0001`])
    behaviour(
      `the invalid trace header ${JSON.stringify(invalid)} is dropped, and the event delivered`,
      XRAY,
      async () => {
        const { put, box } = await route();
        await put({ TraceHeader: invalid });
        const [message] = await box.messages();
        expect(message!.Body).toBeDefined();
        expect(message!.Attributes).toBeUndefined();
      },
    );

  behaviour("a dead-letter queue gets the trace header", XRAY, async () => {
    const deadLetters = await inbox();
    const { put } = await route({ Arn: queue("none"), DeadLetterConfig: { Arn: deadLetters.arn } });
    await put({ TraceHeader });
    const [message] = await deadLetters.messages();
    expect(message!.Attributes).toEqual({ AWSTraceHeader: TraceHeader });
  });
});

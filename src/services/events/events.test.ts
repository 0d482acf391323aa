import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { AwsError } from "#aws/errors.ts";
import { type Principal, rootOf } from "#kernel/calls/principal.ts";
import { defineService, type Service } from "#kernel/service.ts";
import { type TestCloud, testCloud } from "#kernel/testing.ts";
import { crashingStore } from "#kernel/testing-disk.ts";
import { collect } from "./publishing/sink.ts";
import { events } from "./service.ts";

/** Replaces queues and topics, and records what they receive. */
function receivers() {
  const sent: { queue: string; body: string; caller: Principal; attributes: object | undefined }[] = [];
  let failing: Error | undefined;
  const sqs = defineService({
    id: "sqs",
    operations: [
      {
        async SendMessage(ctx, { QueueUrl, MessageBody, MessageAttributes }) {
          const queue = QueueUrl.slice(QueueUrl.lastIndexOf("/") + 1);
          if (failing && queue !== "dead") throw failing;
          sent.push({ queue, body: MessageBody, caller: ctx.principal, attributes: MessageAttributes });
          return {};
        },
      },
    ],
    access: { SendMessage: () => [] },
  });
  return { sqs, sent, fail: (error: Error | undefined) => (failing = error) };
}

let nube: TestCloud;
let queues: ReturnType<typeof receivers>;
beforeEach(async () => {
  queues = receivers();
  nube = await testCloud([events, queues.sqs]);
});
afterEach(() => nube.close());

const RoleArn = "arn:aws:iam::000000000000:role/events";
const queueArn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
const orders = { Source: "shop", DetailType: "order", Detail: '{"customer":"c1","total":12}' };

test("the first request may have entries for two buses", async () => {
  const entries = [orders, { ...orders, EventBusName: "none" }];
  const { FailedEntryCount } = await nube.aws.events.PutEvents({ Entries: entries });
  expect(FailedEntryCount).toBe(0);
});

test("a scheduled rule has one timer after a crash, too", async () => {
  await nube.close();
  const { store, crashed } = crashingStore("events/ring");
  nube = await testCloud([events, queues.sqs], { store });
  await nube.aws.events.PutRule({ Name: "often", ScheduleExpression: "rate(10 minutes)" });
  await nube.aws.events.PutTargets({ Rule: "often", Targets: [{ Id: "q", Arn: queueArn("q") }] });
  await nube.advance("10m");
  await nube.close();
  nube = await testCloud([events, queues.sqs], { store: crashed() });
  await nube.advance("1m");
  queues.sent.splice(0);
  await nube.advance("30m");
  expect(queues.sent).toHaveLength(3);
});

test("a partner's event goes to all accounts at once", async () => {
  const accounts = ["111111111111", "222222222222"];
  const all = Promise.withResolvers<void>();
  let reached = 0;
  const put = events.operations.get("PutPartnerEvents")!;
  const service: Service = {
    ...events,
    operations: new Map(events.operations).set("PutPartnerEvents", async (ctx, input) => {
      const isHandedOn = accounts.includes(ctx.account);
      if (isHandedOn && ++reached === accounts.length) all.resolve();
      if (isHandedOn) await all.promise;
      return put(ctx, input);
    }),
  };
  const { aws, close } = await testCloud([service]);
  onTestFinished(close);
  const Source = "aws.partner/example.com/source";
  for (const Account of accounts) await aws.events.CreatePartnerEventSource({ Name: Source, Account });
  const { FailedEntryCount } = await aws.events.PutPartnerEvents({ Entries: [{ ...orders, Source }] });
  expect(FailedEntryCount).toBe(0);
});

async function rule(pattern: object, target: object = {}, bus?: string) {
  const on = bus === undefined ? {} : { EventBusName: bus };
  await nube.aws.events.PutRule({ Name: "rule", EventPattern: JSON.stringify(pattern), ...on });
  await nube.aws.events.PutTargets({
    Rule: "rule",
    Targets: [{ Id: "one", Arn: queueArn("orders"), ...target }],
    ...on,
  });
}
const bodies = () => queues.sent.map(({ body }) => JSON.parse(body));

test("an event is delivered to the targets of matching rules by the rule's service principal", async () => {
  await rule({ source: ["shop"], detail: { total: [{ numeric: [">", 10] }] } });
  const { Entries, FailedEntryCount } = await nube.aws.events.PutEvents({
    Entries: [orders, { ...orders, Detail: '{"total":1}' }],
  });
  expect(FailedEntryCount).toBe(0);
  await nube.advance("1s");
  expect(bodies()).toEqual([
    {
      version: "0",
      id: Entries![0]!.EventId,
      "detail-type": "order",
      source: "shop",
      account: "000000000000",
      time: "2026-01-01T00:00:00Z",
      region: "us-east-1",
      resources: [],
      detail: { customer: "c1", total: 12 },
    },
  ]);
  expect(queues.sent[0]!.caller).toMatchObject({
    type: "service",
    arn: "events.amazonaws.com",
    sourceArn: "arn:aws:events:us-east-1:000000000000:rule/rule",
  });
});

test("a large event reaches the targets of many rules, in as many transactions as it takes", async () => {
  const { aws } = nube;
  const Rules = Array.from({ length: 40 }, (_, at) => `rule-${at}`);
  for (const Rule of Rules) {
    await aws.events.PutRule({ Name: Rule, EventPattern: '{"source":["shop"]}' });
    await aws.events.PutTargets({
      Rule,
      Targets: [{ Id: "one", Arn: queueArn(Rule), Input: '"short"' }],
    });
  }
  const Detail = JSON.stringify({ text: "x".repeat(1_000_000) });
  const { FailedEntryCount } = await aws.events.PutEvents({ Entries: [{ ...orders, Detail }] });
  expect(FailedEntryCount).toBe(0);
  await nube.advance("1m");
  expect(queues.sent.map(({ queue }) => queue).sort()).toEqual(Rules.toSorted());
});

test("changing, disabling or deleting a rule takes effect immediately", async () => {
  const put = () => nube.aws.events.PutEvents({ Entries: [orders] });
  await rule({ source: ["shop"] });
  await put();
  await rule({ source: ["other"] });
  await put();
  await rule({ source: ["shop"] });
  await nube.aws.events.DisableRule({ Name: "rule" });
  await put();
  await nube.aws.events.EnableRule({ Name: "rule" });
  await put();
  await nube.aws.events.RemoveTargets({ Rule: "rule", Ids: ["one"] });
  await nube.aws.events.DeleteRule({ Name: "rule" });
  await put();
  await nube.advance("1s");
  expect(queues.sent).toHaveLength(2);
});

describe("the input of a target", () => {
  test.each<[string, object, string]>([
    ["a part", { InputPath: "$.detail.customer" }, '"c1"'],
    ["a constant", { Input: '{"a":1}' }, '{"a":1}'],
    [
      "a document made of it",
      {
        InputTransformer: {
          InputPathsMap: { who: "$.detail.customer", all: "$.detail" },
          InputTemplate:
            '{"who": <who>, "text": "for <who>", "all": <all>, "rule": "<aws.events.rule-name>"}',
        },
      },
      '{"who": "c1", "text": "for c1", "all": {"customer":"c1","total":12}, "rule": "rule"}',
    ],
    [
      "a text made of it",
      { InputTransformer: { InputPathsMap: { sum: "$.detail.total" }, InputTemplate: '"total is <sum>"' } },
      '"total is 12"',
    ],
  ])("%s", async (_, target, expected) => {
    await rule({ source: ["shop"] }, target);
    await nube.aws.events.PutEvents({ Entries: [orders] });
    await nube.advance("1s");
    expect(queues.sent.map(({ body }) => body)).toEqual([expected]);
  });
});

describe("a failing target", () => {
  const RetryPolicy = { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 3_600 };
  const DeadLetterConfig = { Arn: queueArn("dead") };

  test("is retried, and gets the event once it works again", async () => {
    await rule({ source: ["shop"] });
    queues.fail(new AwsError("ServiceUnavailable", "down", { status: 503 }));
    await nube.aws.events.PutEvents({ Entries: [orders] });
    await nube.advance("10s");
    expect(queues.sent).toEqual([]);
    queues.fail(undefined);
    await nube.advance("1m");
    expect(queues.sent).toHaveLength(1);
  });

  test("causes the event to be sent to the dead-letter queue with the reason", async () => {
    await rule({ source: ["shop"] }, { RetryPolicy, DeadLetterConfig });
    queues.fail(new AwsError("ServiceUnavailable", "down", { status: 503 }));
    await nube.aws.events.PutEvents({ Entries: [orders] });
    await nube.advance("1h");
    expect(queues.sent).toMatchObject([
      {
        queue: "dead",
        attributes: {
          ERROR_CODE: { StringValue: "ERROR_FROM_TARGET" },
          RETRY_ATTEMPTS: { StringValue: "3" },
          EXHAUSTED_RETRY_CONDITION: { StringValue: "MaximumRetryAttempts" },
          TARGET_ARN: { StringValue: queueArn("orders") },
        },
      },
    ]);
  });

  test("is not retried after a permanent error", async () => {
    await rule({ source: ["shop"] }, { DeadLetterConfig });
    queues.fail(new AwsError("QueueDoesNotExist", "no such queue"));
    await nube.aws.events.PutEvents({ Entries: [orders] });
    await nube.advance("1s");
    expect(queues.sent).toMatchObject([
      { queue: "dead", attributes: { RETRY_ATTEMPTS: { StringValue: "0" } } },
    ]);
  });
});

test("entries are validated separately", async () => {
  const { Entries, FailedEntryCount } = await nube.aws.events.PutEvents({
    Entries: [
      { ...orders, Source: "" },
      { ...orders, Detail: "{" },
      { ...orders, Detail: "[1]" },
      { ...orders, Source: "aws.s3" },
      orders,
    ],
  });
  expect(FailedEntryCount).toBe(4);
  expect(Entries!.map(({ ErrorCode }) => ErrorCode)).toEqual([
    "InvalidArgument",
    "MalformedDetail",
    "MalformedDetail",
    "NotAuthorizedForSourceException",
    undefined,
  ]);
});

test("the default bus receives events of Nube's own services", async () => {
  await rule({ source: ["aws.hello"] });
  const ctx = {
    aws: nube.as(
      { type: "service", account: "", arn: "hello.amazonaws.com", id: "hello" },
      {
        account: "000000000000",
      },
    ),
  };
  await collect(ctx as never, [
    { source: "aws.hello", detailType: "Said", resources: ["r"], detail: { a: 1 } },
  ]);
  await nube.advance("1s");
  expect(bodies()).toMatchObject([{ source: "aws.hello", account: "000000000000", detail: { a: 1 } }]);
});

test("a scheduled rule is triggered at its times until it is disabled", async () => {
  await nube.aws.events.PutRule({ Name: "rule", ScheduleExpression: "rate(5 minutes)" });
  await nube.aws.events.PutTargets({ Rule: "rule", Targets: [{ Id: "one", Arn: queueArn("orders") }] });
  await nube.advance("16m");
  expect(bodies().map(({ time }) => time)).toEqual([
    "2026-01-01T00:05:00Z",
    "2026-01-01T00:10:00Z",
    "2026-01-01T00:15:00Z",
  ]);
  expect(bodies()[0]).toMatchObject({ "detail-type": "Scheduled Event", source: "aws.events", detail: {} });
  await nube.aws.events.DisableRule({ Name: "rule" });
  await nube.advance("1h");
  expect(queues.sent).toHaveLength(3);
});

test("an event is forwarded to another bus unchanged", async () => {
  await nube.aws.events.CreateEventBus({ Name: "second" });
  await rule({ source: ["shop"] }, {}, "second");
  await nube.aws.events.PutRule({ Name: "forward", EventPattern: '{"source":["shop"]}' });
  await nube.aws.events.PutTargets({
    Rule: "forward",
    Targets: [{ Id: "bus", Arn: "arn:aws:events:us-east-1:000000000000:event-bus/second", RoleArn }],
  });
  const { Entries } = await nube.aws.events.PutEvents({ Entries: [orders] });
  await nube.advance("1s");
  expect(bodies()).toMatchObject([{ id: Entries![0]!.EventId, source: "shop" }]);
});

test("an event is forwarded to another account's bus, with the sender's account, if its policy allows it", async () => {
  const account = "111122223333";
  const other = nube.as(rootOf(account)).events;
  await other.PutRule({ Name: "rule", EventPattern: '{"source":["shop"]}' });
  await other.PutTargets({ Rule: "rule", Targets: [{ Id: "one", Arn: queueArn("theirs") }] });
  await rule(
    { source: ["shop"] },
    {
      Arn: `arn:aws:events:us-east-1:${account}:event-bus/default`,
      RoleArn,
      DeadLetterConfig: { Arn: queueArn("dead") },
    },
  );
  const put = async () => {
    await nube.aws.events.PutEvents({ Entries: [orders] });
    await nube.advance("1s");
  };
  await put();
  await other.PutPermission({ Action: "events:PutEvents", Principal: "000000000000", StatementId: "s" });
  await put();
  expect(queues.sent.map(({ queue }) => queue)).toEqual(["dead", "theirs"]);
  expect(bodies()[1]).toMatchObject({ account: "000000000000", source: "shop" });
});

test("an archive stores matching events, and a replay sends them again", async () => {
  await rule({ source: ["shop"] });
  const EventSourceArn = "arn:aws:events:us-east-1:000000000000:event-bus/default";
  const { ArchiveArn } = await nube.aws.events.CreateArchive({
    ArchiveName: "archive",
    EventSourceArn,
    EventPattern: '{"detail":{"customer":["c1"]}}',
    RetentionDays: 1,
  });
  const Detail = '{"customer": "c1", "total": 12.0}';
  await nube.aws.events.PutEvents({
    Entries: [
      { ...orders, Detail },
      { ...orders, Detail: "{}" },
    ],
  });
  await nube.advance("1m");
  const [{ body: sent } = { body: "" }] = queues.sent;
  expect(await nube.aws.events.DescribeArchive({ ArchiveName: "archive" })).toMatchObject({
    EventCount: 1,
    SizeBytes: sent.length,
  });
  const now = nube.cloud.clock.now();
  await nube.aws.events.StartReplay({
    ReplayName: "replay",
    EventSourceArn: ArchiveArn!,
    EventStartTime: new Date(now - 3_600_000),
    EventEndTime: new Date(now),
    Destination: { Arn: EventSourceArn },
  });
  await nube.advance("1m");
  expect(await nube.aws.events.DescribeReplay({ ReplayName: "replay" })).toMatchObject({
    State: "COMPLETED",
  });
  expect(sent).toMatch(/,"detail":\{"customer":"c1","total":12\.0\}\}$/);
  expect(queues.sent.slice(2).map(({ body }) => body)).toEqual([
    `${sent.slice(0, -1)},"replay-name":"replay"}`,
  ]);
  await nube.advance("3d");
  expect(await nube.aws.events.DescribeArchive({ ArchiveName: "archive" })).toMatchObject({
    EventCount: 0,
    SizeBytes: 0,
  });
});

test("a large event is added to many archives, in as many transactions as it takes", async () => {
  const { aws } = nube;
  const EventSourceArn = "arn:aws:events:us-east-1:000000000000:event-bus/default";
  const names = Array.from({ length: 40 }, (_, at) => `archive-${at}`);
  for (const ArchiveName of names) await aws.events.CreateArchive({ ArchiveName, EventSourceArn });
  const Detail = JSON.stringify({ text: "x".repeat(1_000_000) });
  await aws.events.PutEvents({ Entries: [{ ...orders, Detail }] });
  await nube.advance("1m");
  for (const ArchiveName of names)
    expect(await aws.events.DescribeArchive({ ArchiveName })).toMatchObject({ EventCount: 1 });
});

test("a replay of large events takes as many transactions as they need", async () => {
  const { aws } = nube;
  const EventSourceArn = "arn:aws:events:us-east-1:000000000000:event-bus/default";
  const { ArchiveArn } = await aws.events.CreateArchive({ ArchiveName: "archive", EventSourceArn });
  const Detail = (at: number) => JSON.stringify({ at, text: "x".repeat(1_000_000) });
  const numbers = Array.from({ length: 40 }, (_, at) => at);
  for (const at of numbers) await aws.events.PutEvents({ Entries: [{ ...orders, Detail: Detail(at) }] });
  await rule({ source: ["shop"] }, { InputPath: "$.detail.at" });
  const now = nube.cloud.clock.now();
  await aws.events.StartReplay({
    ReplayName: "replay",
    EventSourceArn: ArchiveArn!,
    EventStartTime: new Date(now - 60_000),
    EventEndTime: new Date(now + 60_000),
    Destination: { Arn: EventSourceArn },
  });
  await nube.advance("1m");
  expect(await aws.events.DescribeReplay({ ReplayName: "replay" })).toMatchObject({ State: "COMPLETED" });
  expect(bodies().sort((a, b) => a - b)).toEqual(numbers);
});

// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_StartReplay.html
test("a replay selects by the event's time, an archive's retention by its arrival", async () => {
  await rule({ source: ["shop"] });
  const EventSourceArn = "arn:aws:events:us-east-1:000000000000:event-bus/default";
  const { ArchiveArn } = await nube.aws.events.CreateArchive({
    ArchiveName: "archive",
    EventSourceArn,
    RetentionDays: 2,
  });
  const at = (time: string) => ({ ...orders, Time: new Date(time), Detail: JSON.stringify({ time }) });
  const times = [
    "2025-06-01T12:00:00Z",
    "1969-06-01T12:00:00Z",
    "2025-06-01T11:00:00Z",
    "2026-03-01T12:00:00Z",
  ];
  await nube.aws.events.PutEvents({ Entries: times.map(at) });
  await nube.advance("1d");
  const replay = async (ReplayName: string) => {
    await nube.aws.events.StartReplay({
      ReplayName,
      EventSourceArn: ArchiveArn!,
      EventStartTime: new Date("2025-06-01T00:00:00Z"),
      EventEndTime: new Date("2025-06-02T00:00:00Z"),
      Destination: { Arn: EventSourceArn },
    });
    await nube.advance("1m");
    return bodies().filter((body) => body["replay-name"] === ReplayName);
  };
  expect(await replay("first")).toMatchObject([{ time: times[2] }, { time: times[0] }]);
  await nube.advance("2d");
  expect(await replay("second")).toEqual([]);
});

test("no response contains a connection's secrets", async () => {
  const AuthParameters = { BasicAuthParameters: { Username: "me", Password: "secret-word" } };
  const made = await nube.aws.events.CreateConnection({
    Name: "c",
    AuthorizationType: "BASIC",
    AuthParameters,
  });
  const description = await nube.aws.events.DescribeConnection({ Name: "c" });
  expect(description.AuthParameters).toEqual({ BasicAuthParameters: { Username: "me" } });
  expect(JSON.stringify([made, description])).not.toContain("secret-word");
});

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AwsError } from "#aws/errors.ts";
import { defineService } from "#kernel/service.ts";
import { type TestCloud, testCloud } from "#kernel/testing.ts";
import { countRows, crashingStore } from "#kernel/testing-disk.ts";
import { openMemory } from "#storage/kv/memory.ts";
import { scheduler } from "./service.ts";

const sent: { at: number; queue: string; body: string }[] = [];
let failing: AwsError | undefined;

/** A stub of SQS that records the messages. */
const sqs = defineService({
  id: "sqs",
  operations: [
    {
      async SendMessage(ctx, { QueueUrl, MessageBody }) {
        const queue = QueueUrl.slice(QueueUrl.lastIndexOf("/") + 1);
        if (failing && queue !== "dead") throw failing;
        sent.push({ at: ctx.clock.now(), queue, body: MessageBody });
        return {};
      },
    },
  ],
  access: { SendMessage: () => [] },
});

let nube: TestCloud;
beforeEach(async () => {
  sent.length = 0;
  failing = undefined;
  nube = await testCloud([scheduler, sqs]);
});
afterEach(() => nube.close());

const RoleArn = "arn:aws:iam::000000000000:role/scheduler";
const queueArn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
const OFF = { Mode: "OFF" } as const;

const create = (ScheduleExpression: string, more: object = {}) =>
  nube.aws.scheduler.CreateSchedule({
    Name: "s",
    ScheduleExpression,
    FlexibleTimeWindow: OFF,
    Target: { Arn: queueArn("q"), RoleArn, Input: "hello" },
    ...more,
  });
const times = () => sent.map(({ at }) => new Date(at).toISOString().slice(0, 16));

test.each([
  ["rate(10 minutes)", {}, ["2026-01-01T00:00", "2026-01-01T00:10", "2026-01-01T00:20"]],
  [
    "rate(10 minutes)",
    { StartDate: new Date("2026-01-01T00:05Z") },
    ["2026-01-01T00:05", "2026-01-01T00:15", "2026-01-01T00:25"],
  ],
  ["rate(10 minutes)", { EndDate: new Date("2026-01-01T00:15Z") }, ["2026-01-01T00:00", "2026-01-01T00:10"]],
  ["at(2026-01-01T00:07:00)", {}, ["2026-01-01T00:07"]],
  ["cron(0/15 * * * ? *)", { ScheduleExpressionTimezone: "Asia/Kolkata" }, ["2026-01-01T00:15"]],
  ["cron(40 5 * * ? *)", { ScheduleExpressionTimezone: "Asia/Kolkata" }, ["2026-01-01T00:10"]],
  ["rate(10 minutes)", { State: "DISABLED" }, []],
])("%s %j", async (expression, more, expected) => {
  await create(expression, more);
  await nube.advance("29m");
  expect(times()).toEqual(expected);
});

test("a flexible window delays an invocation within it", async () => {
  await create("at(2026-01-01T01:00:00)", {
    FlexibleTimeWindow: { Mode: "FLEXIBLE", MaximumWindowInMinutes: 30 },
  });
  await nube.advance("1d");
  const minutes = (sent[0]!.at - Date.parse("2026-01-01T01:00Z")) / 60_000;
  expect(minutes).toBeGreaterThan(0);
  expect(minutes).toBeLessThan(30);
});

// https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-flexible-time-windows.html
test("each invocation has its own window, even if the next time is within it", async () => {
  await create("rate(1 minute)", { FlexibleTimeWindow: { Mode: "FLEXIBLE", MaximumWindowInMinutes: 5 } });
  await nube.advance("2h");
  expect(sent.length).toBeGreaterThanOrEqual(116);
  const late = sent.map(({ at }, n) => (at - Date.parse("2026-01-01T00:00Z")) / 60_000 - n);
  expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...late)).toBeLessThan(5);
});

test("the last update of a schedule applies", async () => {
  await create("rate(10 minutes)", { StartDate: new Date("2026-01-01T00:10Z") });
  await nube.aws.scheduler.UpdateSchedule({
    Name: "s",
    ScheduleExpression: "rate(25 minutes)",
    StartDate: new Date("2026-01-01T00:25Z"),
    FlexibleTimeWindow: OFF,
    Target: { Arn: queueArn("other"), RoleArn },
  });
  await nube.advance("29m");
  expect(sent.map(({ queue }) => queue)).toEqual(["other"]);
  await nube.aws.scheduler.DeleteSchedule({ Name: "s" });
  await nube.advance("1h");
  expect(sent).toHaveLength(1);
});

test("the timer of a schedule in decades fires on time, and does not outlive the schedule by long", async () => {
  await nube.close();
  const store = openMemory();
  nube = await testCloud([scheduler, sqs], { store });
  const timers = () => countRows(store, "scheduler/ring");
  await create("at(2036-05-06T07:08:00)", { Name: "deleted" });
  await create("at(2036-05-06T07:08:00)");
  await nube.advance("100d");
  await nube.aws.scheduler.DeleteSchedule({ Name: "deleted" });
  expect(await timers()).toBe(2);
  await nube.advance("30d");
  expect(await timers()).toBe(1);
  await nube.advance("4000d");
  expect(times()).toEqual(["2036-05-06T07:08"]);
});

test("a schedule has one timer after a crash, too", async () => {
  await nube.close();
  const { store, crashed } = crashingStore("scheduler/ring");
  nube = await testCloud([scheduler, sqs], { store });
  await create("rate(10 minutes)", { StartDate: new Date("2026-01-01T00:05Z") });
  await nube.advance("6m");
  await nube.close();
  sent.length = 0;
  nube = await testCloud([scheduler, sqs], { store: crashed() });
  await nube.advance("30m");
  expect(times().slice(-2)).toEqual(["2026-01-01T00:25", "2026-01-01T00:35"]);
});

test("a schedule with ActionAfterCompletion DELETE is deleted after its last invocation", async () => {
  await create("at(2026-01-01T00:07:00)", { ActionAfterCompletion: "DELETE" });
  await nube.advance("8m");
  expect(sent).toHaveLength(1);
  await expect(nube.aws.scheduler.GetSchedule({ Name: "s" })).rejects.toMatchObject({
    code: "ResourceNotFoundException",
    message: "Schedule s does not exist.",
  });
});

test("an input may use context attributes; without an input, the target gets an event", async () => {
  await create("at(2026-01-01T00:07:00)", {
    Target: {
      Arn: queueArn("q"),
      RoleArn,
      Input: '{"at":"<aws.scheduler.scheduled-time>","no":"<aws.scheduler.attempt-number>"}',
    },
  });
  await create("at(2026-01-01T00:08:00)", { Name: "t", Target: { Arn: queueArn("q"), RoleArn } });
  await nube.advance("10m");
  expect(sent.map(({ body }) => JSON.parse(body))).toMatchObject([
    { at: "2026-01-01T00:07:00Z", no: "1" },
    {
      source: "aws.scheduler",
      "detail-type": "Scheduled Event",
      time: "2026-01-01T00:08:00Z",
      resources: ["arn:aws:scheduler:us-east-1:000000000000:schedule/default/t"],
      detail: "{}",
    },
  ]);
});

test("a universal target calls any operation", async () => {
  await create("at(2026-01-01T00:07:00)", {
    Target: {
      Arn: "arn:aws:scheduler:::aws-sdk:sqs:sendMessage",
      RoleArn,
      Input: '{"QueueUrl":"http://x/000000000000/q","MessageBody":"by operation"}',
    },
  });
  await nube.advance("10m");
  expect(sent.map(({ body }) => body)).toEqual(["by operation"]);
});

test("a failed invocation is retried as configured, and then sent to the dead-letter queue", async () => {
  failing = new AwsError("ServiceUnavailable", "down", { status: 503 });
  const RetryPolicy = { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 3_600 };
  const DeadLetterConfig = { Arn: queueArn("dead") };
  await create("at(2026-01-01T00:07:00)", {
    Target: { Arn: queueArn("q"), RoleArn, Input: "hello", RetryPolicy, DeadLetterConfig },
  });
  await nube.advance("1h");
  expect(sent).toMatchObject([
    { queue: "dead", body: expect.stringMatching(/^{"MessageBody":"hello","QueueUrl":/) },
  ]);
});

describe("groups", () => {
  test("are deleted with all their schedules", async () => {
    await nube.aws.scheduler.CreateScheduleGroup({ Name: "g" });
    await create("rate(1 minute)", { GroupName: "g", StartDate: new Date("2026-01-01T00:01Z") });
    await nube.aws.scheduler.DeleteScheduleGroup({ Name: "g" });
    await nube.advance("5m");
    expect(sent).toEqual([]);
    await expect(nube.aws.scheduler.GetScheduleGroup({ Name: "g" })).rejects.toMatchObject({
      code: "ResourceNotFoundException",
    });
  });

  test("are listed, including the default one", async () => {
    for (const Name of ["a", "z", "d"]) await nube.aws.scheduler.CreateScheduleGroup({ Name });
    const names: (string | undefined)[] = [];
    let NextToken: string | undefined;
    do {
      const answer = await nube.aws.scheduler.ListScheduleGroups({
        MaxResults: 1,
        ...(NextToken && { NextToken }),
      });
      names.push(...answer.ScheduleGroups.map(({ Name }) => Name));
      NextToken = answer.NextToken;
    } while (NextToken);
    expect(names).toEqual(["a", "d", "default", "z"]);
  });
});

test.each<[object, string]>([
  [{ ScheduleExpression: "rate(10 seconds)" }, "Invalid Schedule Expression rate(10 seconds)."],
  [{ ScheduleExpressionTimezone: "Mars/Base" }, "Invalid ScheduleExpressionTimezone Mars/Base."],
  [
    { FlexibleTimeWindow: { Mode: "FLEXIBLE" } },
    "MaximumWindowInMinutes must be provided when FlexibleTimeWindowMode is set to FLEXIBLE.",
  ],
  [{ EndDate: new Date(0) }, "The EndDate you specify must be in the future."],
])("%j is refused", async (more, message) => {
  await expect(create("rate(1 minute)", more)).rejects.toMatchObject({
    code: "ValidationException",
    message,
  });
});

import { DescribeVaultCommand, GlacierClient } from "@aws-sdk/client-glacier";
import { GetScheduleCommand, UpdateScheduleCommand } from "@aws-sdk/client-scheduler";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, arn, guide, queue, RoleArn, scheduling } from "./client.ts";

const cloud = conformanceCloud();
const { send, create, inbox } = scheduling(cloud);
const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;
const TIME = '"<aws.scheduler.scheduled-time>"';

/** The cloud's time, on which schedules depend. */
async function now(): Promise<number> {
  const { Name } = await create({ State: "DISABLED" });
  return (await send(new GetScheduleCommand({ Name }))).CreationDate!.getTime();
}
const at = (time: number) => `at(${new Date(time).toISOString().slice(0, 19)})`;

behaviour("a rate without a start date begins immediately", guide("schedule-types"), async () => {
  const { target, bodies } = await inbox();
  await create({ ScheduleExpression: "rate(10 minutes)", Target: { ...target, Input: "tick" } });
  await cloud.advance(1_000);
  expect(await bodies()).toEqual(["tick"]);
  await cloud.advance(10 * MINUTE);
  expect(await bodies()).toEqual(["tick"]);
});

behaviour("a rate begins at its start date", guide("schedule-types"), async () => {
  const { target, bodies } = await inbox();
  const StartDate = new Date((await now()) + 5 * MINUTE);
  await create({ ScheduleExpression: "rate(10 minutes)", StartDate, Target: { ...target, Input: "tick" } });
  await cloud.advance(4 * MINUTE);
  expect(await bodies()).toEqual([]);
  await cloud.advance(2 * MINUTE);
  expect(await bodies()).toEqual(["tick"]);
});

behaviour("a schedule is not invoked after its end date", guide("schedule-types"), async () => {
  const { target, bodies } = await inbox();
  const EndDate = new Date((await now()) + 5 * MINUTE);
  await create({ ScheduleExpression: "rate(2 minutes)", EndDate, Target: { ...target, Input: "tick" } });
  await cloud.advance(30 * MINUTE);
  expect(await bodies()).toHaveLength(3);
});

behaviour("a one-time schedule is invoked once, and is kept", guide("schedule-types"), async () => {
  const { target, bodies } = await inbox();
  const { Name } = await create({
    ScheduleExpression: at((await now()) + 2 * MINUTE),
    Target: { ...target, Input: "once" },
  });
  await cloud.advance(DAY);
  expect(await bodies()).toEqual(["once"]);
  expect((await send(new GetScheduleCommand({ Name }))).State).toBe("ENABLED");
});

behaviour("a start date is ignored for a one-time schedule", guide("schedule-types"), async () => {
  const { target, bodies } = await inbox();
  const begin = await now();
  await create({
    ScheduleExpression: at(begin + 2 * MINUTE),
    StartDate: new Date(begin + DAY),
    Target: { ...target, Input: "once" },
  });
  await cloud.advance(3 * MINUTE);
  expect(await bodies()).toEqual(["once"]);
});

behaviour("an end date is ignored for a one-time schedule", api("CreateSchedule"), async () => {
  const { target, bodies } = await inbox();
  const begin = await now();
  await create({
    ScheduleExpression: at(begin + 10 * MINUTE),
    EndDate: new Date(begin + 2 * MINUTE),
    Target: { ...target, Input: "once" },
  });
  await create({
    ScheduleExpression: at(begin + 10 * MINUTE),
    EndDate: new Date(begin - DAY),
    Target: { ...target, Input: "once" },
  });
  await cloud.advance(11 * MINUTE);
  expect(await bodies()).toEqual(["once", "once"]);
});

behaviour(
  "ActionAfterCompletion may delete a completed schedule",
  guide("managing-schedule-delete"),
  async () => {
    const { target, bodies } = await inbox();
    const { Name } = await create({
      ScheduleExpression: at((await now()) + 2 * MINUTE),
      ActionAfterCompletion: "DELETE",
      Target: { ...target, Input: "once" },
    });
    await cloud.advance(5 * MINUTE);
    expect(await bodies()).toEqual(["once"]);
    await expect(send(new GetScheduleCommand({ Name }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  },
);

behaviour(
  "a schedule is deleted even if its last invocation failed; without an end date, only a one-time schedule is deleted",
  guide("managing-schedule-delete"),
  async () => {
    const lost = { Arn: queue("nowhere"), RoleArn };
    const begin = await now();
    const shared = { Target: lost, ActionAfterCompletion: "DELETE" } as const;
    const { Name: once } = await create({ ...shared, ScheduleExpression: at(begin + MINUTE) });
    const [year, month, day, hour, minute] = new Date(begin + 2 * MINUTE).toISOString().split(/[-T:]/);
    const ScheduleExpression = `cron(${minute} ${hour} ${day} ${month} ? ${year})`;
    const { Name: byCron } = await create({ ...shared, ScheduleExpression });
    await cloud.advance(5 * MINUTE);
    await expect(send(new GetScheduleCommand({ Name: once }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
    expect(await send(new GetScheduleCommand({ Name: byCron }))).toMatchObject({ Name: byCron });
  },
);

behaviour("a disabled schedule is not invoked", guide("managing-schedule-state"), async () => {
  const { target, bodies } = await inbox();
  const { Name } = await create({
    ScheduleExpression: "rate(1 minute)",
    State: "DISABLED",
    Target: { ...target, Input: "tick" },
  });
  await cloud.advance(5 * MINUTE);
  expect(await bodies()).toEqual([]);
  await send(
    new UpdateScheduleCommand({
      Name,
      ScheduleExpression: "rate(1 minute)",
      FlexibleTimeWindow: { Mode: "OFF" },
      Target: { ...target, Input: "tick" },
    }),
  );
  await cloud.advance(90_000);
  expect((await bodies()).length).toBeGreaterThan(0);
});

behaviour(
  "an invocation with a flexible time window occurs within it",
  guide("managing-schedule-flexible-time-windows"),
  async () => {
    const { target, bodies } = await inbox();
    await create({
      ScheduleExpression: at((await now()) + MINUTE),
      FlexibleTimeWindow: { Mode: "FLEXIBLE", MaximumWindowInMinutes: 15 },
      Target: { ...target, Input: "once" },
    });
    await cloud.advance(17 * MINUTE);
    expect(await bodies()).toEqual(["once"]);
  },
);

behaviour(
  "an input may use the schedule ARN, the scheduled time, the execution ID and the attempt number",
  guide("managing-schedule-context-attributes"),
  async () => {
    const { target, bodies } = await inbox();
    const time = Math.ceil((await now()) / MINUTE) * MINUTE + MINUTE;
    const { Name } = await create({
      ScheduleExpression: at(time),
      Target: {
        ...target,
        Input: `{"arn":"<aws.scheduler.schedule-arn>","time":${TIME},"id":"<aws.scheduler.execution-id>","try":"<aws.scheduler.attempt-number>"}`,
      },
    });
    await cloud.advance(4 * MINUTE);
    expect((await bodies()).map((body) => JSON.parse(body))).toEqual([
      {
        arn: arn(`schedule/default/${Name}`),
        time: new Date(time).toISOString().replace(".000Z", "Z"),
        id: expect.stringMatching(/^[0-9a-z]{16}$/),
        try: "1",
      },
    ]);
  },
);

behaviour(
  "a universal target calls an operation with its input",
  guide("managing-targets-universal"),
  async () => {
    const { target, bodies } = await inbox();
    const QueueUrl = `${cloud.endpoint}/000000000000/${target.Arn.split(":").at(-1)}`;
    await create({
      ScheduleExpression: at((await now()) + MINUTE),
      Target: {
        Arn: "arn:aws:scheduler:::aws-sdk:sqs:sendMessage",
        RoleArn,
        Input: JSON.stringify({ QueueUrl, MessageBody: "by operation" }),
      },
    });
    await cloud.advance(3 * MINUTE);
    expect(await bodies()).toEqual(["by operation"]);
  },
);

behaviour(
  "the input of a universal target has capitalized member names in every protocol",
  guide("managing-targets-universal"),
  async () => {
    await create({
      ScheduleExpression: at((await now()) + MINUTE),
      Target: {
        Arn: "arn:aws:scheduler:::aws-sdk:glacier:createVault",
        RoleArn,
        Input: JSON.stringify({ AccountId: "-", VaultName: "scheduled" }),
      },
    });
    await cloud.advance(3 * MINUTE);
    const glacier = new GlacierClient(cloud.client());
    expect(
      await glacier.send(new DescribeVaultCommand({ accountId: "-", vaultName: "scheduled" })),
    ).toMatchObject({ VaultName: "scheduled" });
  },
);

behaviour(
  "a failed validation of the operation's input sends a message to the dead-letter queue",
  guide("configuring-schedule-dlq"),
  async () => {
    const dead = await inbox();
    const lost: [string, object][] = [
      ["eventbridge:putEvents", { Entries: 5 }],
      ["eventbridge:putEvents", { Entries: [null] }],
      ["eventbridge:putEvents", { Entries: [{ Source: "s", DetailType: "d", Detail: "{}", Time: "never" }] }],
      ["sqs:sendMessage", { QueueUrl: "q", MessageBody: { a: 1 } }],
      ["sqs:createQueue", { QueueName: "q", Attributes: [] }],
      ["kinesis:putRecord", { StreamName: "s", PartitionKey: "p", Data: {} }],
    ];
    for (const [operation, input] of lost) {
      await create({
        ScheduleExpression: at((await now()) + MINUTE),
        Target: {
          Arn: `arn:aws:scheduler:::aws-sdk:${operation}`,
          RoleArn,
          Input: JSON.stringify(input),
          DeadLetterConfig: { Arn: dead.target.Arn },
        },
      });
      await cloud.advance(2 * MINUTE);
      const [letter] = await dead.messages();
      expect(JSON.parse(letter!.Body!)).toEqual(input);
      expect(letter!.MessageAttributes!.ERROR_CODE!.StringValue).toBe("SerializationException");
    }
  },
);

behaviour(
  "a failed invocation sends a message to the dead-letter queue",
  guide("configuring-schedule-dlq"),
  async () => {
    const dead = await inbox();
    const { Name } = await create({
      ScheduleExpression: at((await now()) + MINUTE),
      Target: {
        Arn: queue("nowhere"),
        RoleArn,
        Input: "lost",
        DeadLetterConfig: { Arn: dead.target.Arn },
        RetryPolicy: { MaximumRetryAttempts: 0 },
      },
    });
    await cloud.advance(10 * MINUTE);
    const [letter, ...more] = await dead.messages();
    expect(more).toEqual([]);
    // As recorded from AWS: https://github.com/aws/aws-cdk,
    // aws-scheduler-targets/test/integ.schedule-with-dlq.ts
    const QueueUrl = "https://sqs.us-east-1.amazonaws.com/000000000000/nowhere";
    expect(letter!.Body).toBe(JSON.stringify({ MessageBody: "lost", QueueUrl }));
    expect(letter!.MessageAttributes).toMatchObject({
      SCHEDULE_ARN: { StringValue: arn(`schedule/default/${Name}`) },
      TARGET_ARN: { StringValue: queue("nowhere") },
      SCHEDULED_TIME: { StringValue: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) },
      EXECUTION_ID: { StringValue: expect.stringMatching(/^[0-9a-z]{16}$/) },
      IS_PAYLOAD_TRUNCATED: { StringValue: "false" },
      ERROR_CODE: { StringValue: "AWS.SimpleQueueService.NonExistentQueue" },
      ERROR_MESSAGE: { StringValue: expect.any(String) },
    });
  },
);

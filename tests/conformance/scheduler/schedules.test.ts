import {
  type CreateScheduleCommandInput,
  CreateScheduleGroupCommand,
  DeleteScheduleCommand,
  GetScheduleCommand,
  ListSchedulesCommand,
  UpdateScheduleCommand,
} from "@aws-sdk/client-scheduler";
import { describe, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import {
  ACCOUNT,
  api,
  arn,
  conflict,
  guide,
  invalid,
  missing,
  name,
  queue,
  RoleArn,
  scheduling,
} from "./client.ts";

const cloud = conformanceCloud();
const { send, create } = scheduling(cloud);
const OFF = { Mode: "OFF" } as const;
const Target = { Arn: queue("q"), RoleArn };

describe("schedules", () => {
  behaviour("a schedule's ARN includes its group", api("CreateSchedule"), async () => {
    const { Name, made } = await create();
    expect(made.ScheduleArn).toBe(arn(`schedule/default/${Name}`));
  });
  behaviour("GetSchedule returns defaults for omitted members", api("GetSchedule"), async () => {
    const { Name } = await create();
    const { $metadata: _, ...description } = await send(new GetScheduleCommand({ Name }));
    expect(description).toEqual({
      ActionAfterCompletion: "NONE",
      Arn: arn(`schedule/default/${Name}`),
      CreationDate: expect.any(Date),
      FlexibleTimeWindow: OFF,
      GroupName: "default",
      LastModificationDate: expect.any(Date),
      Name,
      ScheduleExpression: "cron(0 12 * * ? *)",
      ScheduleExpressionTimezone: "UTC",
      State: "ENABLED",
      Target: {
        ...Target,
        RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
      },
    });
  });
  behaviour("GetSchedule returns members as they were given", api("GetSchedule"), async () => {
    const members = {
      ActionAfterCompletion: "DELETE",
      Description: "text",
      EndDate: new Date("2999-01-02T00:00:00Z"),
      FlexibleTimeWindow: { Mode: "FLEXIBLE", MaximumWindowInMinutes: 15 },
      ScheduleExpression: "rate(5 minutes)",
      ScheduleExpressionTimezone: "Europe/Berlin",
      StartDate: new Date("2999-01-01T00:00:00Z"),
      State: "DISABLED",
      Target: {
        ...Target,
        Input: "text",
        DeadLetterConfig: { Arn: queue("dead") },
        RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 0 },
      },
    } as const;
    const { Name } = await create(members);
    expect(await send(new GetScheduleCommand({ Name }))).toMatchObject(members);
  });
  behaviour("a schedule name is unique within a group", api("CreateSchedule"), async () => {
    const { Name } = await create();
    await expect(create({ Name })).rejects.toMatchObject(conflict(`Schedule ${Name} already exists.`));
  });
  behaviour(
    "schedules of different groups may have the same name",
    guide("managing-schedule-group"),
    async () => {
      const { Name } = await create();
      const GroupName = name("group");
      await send(new CreateScheduleGroupCommand({ Name: GroupName }));
      const { made } = await create({ Name, GroupName });
      expect(made.ScheduleArn).toBe(arn(`schedule/${GroupName}/${Name}`));
    },
  );
  behaviour("requests with the same client token are one request", api("CreateSchedule"), async () => {
    const { Name, made } = await create({ ClientToken: "token-1" });
    expect((await create({ Name, ClientToken: "token-1" })).made.ScheduleArn).toBe(made.ScheduleArn);
    await expect(create({ Name, ClientToken: "token-2" })).rejects.toMatchObject({
      name: "ConflictException",
    });
  });
  behaviour("a schedule requires an existing group", api("CreateSchedule"), async () => {
    await expect(create({ GroupName: "none" })).rejects.toMatchObject(
      missing("Schedule group none does not exist."),
    );
  });
  for (const [what, command] of [
    ["found", new GetScheduleCommand({ Name: "none" })],
    ["deleted", new DeleteScheduleCommand({ Name: "none" })],
    [
      "changed",
      new UpdateScheduleCommand({
        Name: "none",
        ScheduleExpression: "rate(1 day)",
        FlexibleTimeWindow: OFF,
        Target,
      }),
    ],
  ] as const) {
    behaviour(`a missing schedule cannot be ${what}`, api("GetSchedule"), async () => {
      await expect(send(command as never)).rejects.toMatchObject(missing("Schedule none does not exist."));
    });
  }
  behaviour("the default group is used if none is given", api("GetSchedule"), async () => {
    const GroupName = name("group");
    await send(new CreateScheduleGroupCommand({ Name: GroupName }));
    const { Name } = await create({ GroupName });
    await expect(send(new GetScheduleCommand({ Name }))).rejects.toMatchObject(
      missing(`Schedule ${Name} does not exist.`),
    );
  });
  behaviour("UpdateSchedule replaces all members", api("UpdateSchedule"), async () => {
    const { Name } = await create({ Description: "text", State: "DISABLED" });
    await send(
      new UpdateScheduleCommand({
        Name,
        ScheduleExpression: "rate(1 day)",
        FlexibleTimeWindow: OFF,
        Target,
      }),
    );
    const now = await send(new GetScheduleCommand({ Name }));
    expect(now).toMatchObject({ ScheduleExpression: "rate(1 day)", State: "ENABLED" });
    expect(now.Description).toBeUndefined();
  });
  behaviour("UpdateSchedule keeps the creation date", api("UpdateSchedule"), async () => {
    const { Name } = await create();
    const before = await send(new GetScheduleCommand({ Name }));
    await cloud.advance(60_000);
    await send(
      new UpdateScheduleCommand({
        Name,
        ScheduleExpression: "rate(1 day)",
        FlexibleTimeWindow: OFF,
        Target,
      }),
    );
    const after = await send(new GetScheduleCommand({ Name }));
    expect(after.CreationDate).toEqual(before.CreationDate);
    expect(after.LastModificationDate!.getTime()).toBeGreaterThan(before.LastModificationDate!.getTime());
  });
  behaviour("a deleted schedule is not found", api("DeleteSchedule"), async () => {
    const { Name } = await create();
    await send(new DeleteScheduleCommand({ Name }));
    await expect(send(new GetScheduleCommand({ Name }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });
});

describe("lists of schedules", () => {
  behaviour("ListSchedules returns only a summary of each schedule", api("ScheduleSummary"), async () => {
    const { Name } = await create({ Description: "text" });
    const { Schedules } = await send(new ListSchedulesCommand({ NamePrefix: Name }));
    expect(Schedules).toEqual([
      {
        Arn: arn(`schedule/default/${Name}`),
        CreationDate: expect.any(Date),
        GroupName: "default",
        LastModificationDate: expect.any(Date),
        Name,
        State: "ENABLED",
        Target: { Arn: Target.Arn },
      },
    ]);
  });
  behaviour("ListSchedules filters by group and by state", api("ListSchedules"), async () => {
    const GroupName = name("group");
    await send(new CreateScheduleGroupCommand({ Name: GroupName }));
    const { Name } = await create({ GroupName, State: "DISABLED" });
    await create({ GroupName });
    const { Schedules } = await send(new ListSchedulesCommand({ GroupName, State: "DISABLED" }));
    expect(Schedules!.map((one) => one.Name)).toEqual([Name]);
  });
  behaviour("ListSchedules pages", api("ListSchedules"), async () => {
    for (const Name of ["page-a", "page-b", "page-c"]) await create({ Name });
    const first = await send(new ListSchedulesCommand({ NamePrefix: "page-", MaxResults: 2 }));
    const second = await send(
      new ListSchedulesCommand({ NamePrefix: "page-", MaxResults: 2, NextToken: first.NextToken! }),
    );
    expect([...first.Schedules!, ...second.Schedules!].map((one) => one.Name)).toEqual([
      "page-a",
      "page-b",
      "page-c",
    ]);
    expect(second.NextToken).toBeUndefined();
  });
  behaviour("a page of ListSchedules is filled with matching schedules", api("ListSchedules"), async () => {
    for (const [n, State] of (["DISABLED", "ENABLED", "ENABLED", "DISABLED"] as const).entries())
      await create({ Name: `state-${n}`, State });
    const filter = { NamePrefix: "state-", State: "DISABLED", MaxResults: 2 } as const;
    const { Schedules, NextToken } = await send(new ListSchedulesCommand(filter));
    expect(Schedules!.map((one) => one.Name)).toEqual(["state-0", "state-3"]);
    expect(NextToken).toBeUndefined();
  });
  behaviour("ListSchedules of a missing group fails", api("ListSchedules"), async () => {
    await expect(send(new ListSchedulesCommand({ GroupName: "none" }))).rejects.toMatchObject(
      missing("Schedule group none does not exist."),
    );
  });
});

describe("schedule expressions", () => {
  for (const expression of [
    "rate(1 minute)",
    "rate(1 minutes)",
    "rate(1 hours)",
    "rate(5 minutes)",
    "rate(7 days)",
    "rate(1minute)",
    "RATE(5 minutes)",
    "cron(0 12 * * ?)",
    "AT(2099-11-20T13:00)",
    "cron(15 10 ? * 6L 2099-2105)",
    "cron(0-15/1 8-8 ? * 2,3,4,5,6,7 *)",
    "cron(0 9 LW * ? *)",
    "cron(0 12 ? * MON#1 *)",
    "at(2099-11-20T13:00:00)",
  ]) {
    behaviour(`${expression} is a valid schedule expression`, guide("schedule-types"), async () => {
      const { Name } = await create({ ScheduleExpression: expression, State: "DISABLED" });
      expect((await send(new GetScheduleCommand({ Name }))).ScheduleExpression).toBe(expression);
    });
  }
  for (const expression of [
    "rate(10 seconds)",
    "rate(0 minutes)",
    "rate(-1 minutes)",
    "rate(minutes)",
    "cron(0 12 * * * *)",
    "cron(0 12 * *)",
    "cron(0 12 * * ? * *)",
    "cron(60 12 * * ? *)",
    "cron(*/60 * * * ? *)",
    "at(2099-02-30T00:00:00)",
    "at(2099-01-01T00:00:00Z)",
    "rate( 1 minute )",
    "at(tomorrow)",
    "every day",
  ]) {
    behaviour(`${expression} is not a valid schedule expression`, guide("schedule-types"), async () => {
      await expect(create({ ScheduleExpression: expression })).rejects.toMatchObject(
        invalid(`Invalid Schedule Expression ${expression}.`),
      );
    });
  }
  behaviour("a time zone must be in the IANA database", guide("schedule-types"), async () => {
    await expect(create({ ScheduleExpressionTimezone: "Mars/Base" })).rejects.toMatchObject({
      name: "ValidationException",
    });
  });
});

describe("validation of a schedule", () => {
  const wrong: [string, Partial<CreateScheduleCommandInput>, string | RegExp, string][] = [
    [
      "a start date more than five minutes ago is refused",
      { StartDate: new Date(Date.now() - 3_600_000) },
      "The StartDate you specify cannot be earlier than 5 minutes ago.",
      "CreateSchedule",
    ],
    [
      "an end date in the past is refused",
      { EndDate: new Date(0) },
      "The EndDate you specify must be in the future.",
      "CreateSchedule",
    ],
    [
      "a start date after the end date is refused",
      { StartDate: new Date("2999-01-02"), EndDate: new Date("2999-01-01") },
      "The StartDate you specify must come before the EndDate.",
      "CreateSchedule",
    ],
    [
      "a flexible time window requires a length",
      { FlexibleTimeWindow: { Mode: "FLEXIBLE" } },
      "MaximumWindowInMinutes must be provided when FlexibleTimeWindowMode is set to FLEXIBLE.",
      "FlexibleTimeWindow",
    ],
    [
      "a length of a time window that is OFF is refused",
      { FlexibleTimeWindow: { Mode: "OFF", MaximumWindowInMinutes: 15 } },
      "MaximumWindowInMinutes must not be provided when FlexibleTimeWindowMode is set to OFF.",
      "FlexibleTimeWindow",
    ],
    [
      "a time window of more than a day is refused",
      { FlexibleTimeWindow: { Mode: "FLEXIBLE", MaximumWindowInMinutes: 1_441 } },
      /at 'flexibleTimeWindow.maximumWindowInMinutes' failed to satisfy constraint: Member must have value less than or equal to 1440/,
      "FlexibleTimeWindow",
    ],
    [
      "a schedule is refused as a target",
      { Target: { Arn: arn("schedule/default/s"), RoleArn } },
      "scheduler is not a supported service for a target.",
      "Target",
    ],
    [
      "an operation with a capital initial is refused",
      { Target: { Arn: "arn:aws:scheduler:::aws-sdk:backup:StartReportJob", RoleArn, Input: "{}" } },
      "backup is not a supported service for a target.",
      "Target",
    ],
    [
      "an input of a function that is not JSON is refused",
      { Target: { Arn: `arn:aws:lambda:us-east-1:${ACCOUNT}:function:f`, RoleArn, Input: "text" } },
      /^JSON syntax error in input for the target/,
      "Target",
    ],
    [
      "a universal target with a Region and an account is refused",
      { Target: { Arn: arn("aws-sdk:sqs:sendMessage"), RoleArn, Input: "{}" } },
      "scheduler is not a supported service for a target.",
      "Target",
    ],
    [
      "a universal target requires an input",
      { Target: { Arn: "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", RoleArn } },
      "You must provide an input to set this target for your schedule.",
      "Target",
    ],
    [
      "a read-only operation is refused as a target",
      { Target: { Arn: "arn:aws:scheduler:::aws-sdk:sqs:listQueues", RoleArn, Input: "{}" } },
      "listQueues API is not supported.",
      "Target",
    ],
    [
      "a batch read is refused as a target",
      { Target: { Arn: "arn:aws:scheduler:::aws-sdk:dynamodb:batchGetItem", RoleArn, Input: "{}" } },
      "batchGetItem API is not supported.",
      "Target",
    ],
    [
      "input members with lower-case initials do not count as required members",
      {
        Target: {
          Arn: "arn:aws:scheduler:::aws-sdk:sfn:startExecution",
          RoleArn,
          Input: '{"stateMachineArn":"arn"}',
        },
      },
      "Invalid RequestJson provided. Reason Request payload is missing the following field(s): StateMachineArn.",
      "Target",
    ],
    [
      "all missing required members of the input are reported",
      { Target: { Arn: "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", RoleArn, Input: "{}" } },
      "Invalid RequestJson provided. Reason Request payload is missing the following field(s): QueueUrl, MessageBody.",
      "Target",
    ],
    [
      "a target in another Region is refused",
      { Target: { Arn: `arn:aws:lambda:us-west-2:${ACCOUNT}:function:f`, RoleArn } },
      "The target ARN provided does not match the current region us-east-1.",
      "Target",
    ],
    [
      "parameters for another type of target are refused",
      {
        Target: {
          Arn: `arn:aws:lambda:us-east-1:${ACCOUNT}:function:f`,
          RoleArn,
          KinesisParameters: { PartitionKey: "k" },
        },
      },
      "Parameters KinesisParameters not supported for the target.",
      "Target",
    ],
    [
      "a FIFO queue requires a message group ID",
      { Target: { Arn: queue("q.fifo"), RoleArn } },
      /^Parameters SqsParameters must be specified/,
      "SqsParameters",
    ],
    [
      "a message group ID is refused for a standard queue",
      { Target: { ...Target, SqsParameters: { MessageGroupId: "g" } } },
      /^Parameters MessageGroupId not valid for the target/,
      "SqsParameters",
    ],
    [
      "a bus requires a source and a detail type",
      { Target: { Arn: `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/default`, RoleArn } },
      /EventBridgeParameters/,
      "EventBridgeParameters",
    ],
    [
      "a stream requires a partition key",
      { Target: { Arn: `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/s`, RoleArn } },
      /KinesisParameters/,
      "KinesisParameters",
    ],
    [
      "a role ARN that is not a role's is refused",
      { Target: { Arn: queue("q"), RoleArn: "role" } },
      /at 'target.roleArn' failed to satisfy constraint: Member must satisfy regular expression pattern/,
      "Target",
    ],
    [
      "a FIFO queue is refused as a dead-letter queue",
      { Target: { ...Target, DeadLetterConfig: { Arn: queue("dead.fifo") } } },
      /at 'target.deadLetterConfig.arn' failed to satisfy constraint: Member must satisfy regular expression pattern/,
      "DeadLetterConfig",
    ],
    [
      "more than 185 retries are refused",
      { Target: { ...Target, RetryPolicy: { MaximumRetryAttempts: 186 } } },
      /Member must have value less than or equal to 185/,
      "RetryPolicy",
    ],
    [
      "a maximum event age of less than a minute is refused",
      { Target: { ...Target, RetryPolicy: { MaximumEventAgeInSeconds: 59 } } },
      /Member must have value greater than or equal to 60/,
      "RetryPolicy",
    ],
    [
      "a name of more than 64 characters is refused",
      { Name: "x".repeat(65) },
      /less than or equal to 64/,
      "CreateSchedule",
    ],
    [
      "a name with a space is refused",
      { Name: "a b" },
      /at 'name' failed to satisfy constraint/,
      "CreateSchedule",
    ],
  ];
  for (const [what, more, message, page] of wrong) {
    behaviour(what, api(page), async () => {
      await expect(create(more)).rejects.toMatchObject(invalid(message));
    });
  }
});

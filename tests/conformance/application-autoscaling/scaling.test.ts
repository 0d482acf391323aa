import {
  CreateTableCommand,
  DescribeTableCommand,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { dynamodbOn, S } from "../dynamodb/client.ts";
import { api, autoScalingOn, DYNAMODB, OBSERVED } from "./client.ts";

const cloud = conformanceCloud();
const { send } = dynamodbOn(cloud);
const { call, refusals } = autoScalingOn(cloud);

const MINUTE = 60_000;
// Starts early in a minute, so that two calls of `use` consume capacity in two different minutes.
beforeAll(async () => {
  await cloud.freeze();
  await cloud.advance(MINUTE - (Date.now() % MINUTE) + 1_000);
});

let made = 0;

/** Creates a table with 5 read and 5 write units, and registers one of the two as a target from 5 to 50. */
async function scaled({ dimension = "dynamodb:table:WriteCapacityUnits", MinCapacity = 5 } = {}) {
  const TableName = `scaled-${++made}`;
  await send(
    new CreateTableCommand({
      TableName,
      AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
      ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 },
    }),
  );
  const target = {
    ServiceNamespace: "dynamodb",
    ResourceId: `table/${TableName}`,
    ScalableDimension: dimension,
  };
  await call("RegisterScalableTarget", { ...target, MinCapacity, MaxCapacity: 50 });
  const policy = (more: object = {}) =>
    call<{ PolicyARN: string }>("PutScalingPolicy", {
      ...target,
      PolicyName: "share",
      PolicyType: "TargetTrackingScaling",
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 50,
        PredefinedMetricSpecification: { PredefinedMetricType: "DynamoDBWriteCapacityUtilization" },
        ...more,
      },
    });
  /** Writes the given number of units in each of the given number of minutes. */
  const use = async (units: number, minutes: number) => {
    for (let minute = 0; minute < minutes; minute++) {
      // An item of one kilobyte consumes one unit.
      const kilobytes = Math.min(units, 300);
      await send(
        new PutItemCommand({ TableName, Item: { p: S("a"), x: S("x".repeat(kilobytes * 1_024 - 10)) } }),
      );
      await cloud.advance(MINUTE);
    }
  };
  const capacity = async () => {
    const { Table } = await send(new DescribeTableCommand({ TableName }));
    const { ReadCapacityUnits, WriteCapacityUnits } = Table!.ProvisionedThroughput!;
    return { read: ReadCapacityUnits, write: WriteCapacityUnits };
  };
  return { TableName, target, policy, use, capacity };
}

const settled = () => cloud.advance(10_000);

behaviour("a policy scales out after two minutes above its target", DYNAMODB, async () => {
  const { policy, use, capacity, target } = await scaled();
  await policy();
  await use(240, 1);
  await settled();
  expect(await capacity()).toEqual({ read: 5, write: 5 });
  await use(240, 1);
  await settled();
  expect(await capacity()).toEqual({ read: 5, write: 8 });
  const { ScalingActivities } = await call<{ ScalingActivities: object[] }>(
    "DescribeScalingActivities",
    target,
  );
  expect(ScalingActivities).toMatchObject([
    { Description: "Setting write capacity units to 8.", StatusCode: "Successful" },
  ]);
});

behaviour("a policy scales out to at most the maximum capacity", DYNAMODB, async () => {
  const { policy, use, capacity, target } = await scaled();
  await policy();
  await call("RegisterScalableTarget", { ...target, MaxCapacity: 6 });
  await use(300, 2);
  await settled();
  expect(await capacity()).toEqual({ read: 5, write: 6 });
});

behaviour("a policy scales in after fifteen minutes far below its target", DYNAMODB, async () => {
  const { policy, use, capacity } = await scaled({ MinCapacity: 1 });
  await policy();
  await use(60, 14);
  await settled();
  expect(await capacity()).toEqual({ read: 5, write: 5 });
  await use(60, 1);
  await settled();
  expect(await capacity()).toEqual({ read: 5, write: 2 });
});

behaviour("DisableScaleIn prevents scaling in", api("TargetTrackingScalingPolicyConfiguration"), async () => {
  const { policy, use, capacity } = await scaled({ MinCapacity: 1 });
  await policy({ DisableScaleIn: true });
  await use(60, 16);
  await settled();
  expect(await capacity()).toEqual({ read: 5, write: 5 });
});

behaviour("a policy does not scale in an unused table", DYNAMODB, async () => {
  const { policy, capacity } = await scaled({ MinCapacity: 1 });
  await policy();
  await cloud.advance(30 * MINUTE);
  expect(await capacity()).toEqual({ read: 5, write: 5 });
});

behaviour(
  "ScaleOutCooldown delays the next scale-out",
  api("TargetTrackingScalingPolicyConfiguration"),
  async () => {
    const { policy, use, capacity } = await scaled();
    await policy({ ScaleOutCooldown: 600 });
    await use(240, 2);
    await settled();
    expect(await capacity()).toEqual({ read: 5, write: 8 });
    await use(300, 3);
    expect(await capacity()).toEqual({ read: 5, write: 8 });
    await use(300, 10);
    await settled();
    expect(await capacity()).toEqual({ read: 5, write: 10 });
  },
);

behaviour("a suspended target does not scale", api("SuspendedState"), async () => {
  const { policy, use, capacity, target } = await scaled();
  await policy();
  await call("RegisterScalableTarget", { ...target, SuspendedState: { DynamicScalingOutSuspended: true } });
  await use(300, 3);
  await settled();
  expect(await capacity()).toEqual({ read: 5, write: 5 });
});

behaviour("a policy scales reads by the read utilization", DYNAMODB, async () => {
  const { TableName, target, capacity } = await scaled({ dimension: "dynamodb:table:ReadCapacityUnits" });
  await call("PutScalingPolicy", {
    ...target,
    PolicyName: "reads",
    PolicyType: "TargetTrackingScaling",
    TargetTrackingScalingPolicyConfiguration: {
      TargetValue: 50,
      PredefinedMetricSpecification: { PredefinedMetricType: "DynamoDBReadCapacityUtilization" },
    },
  });
  await send(new PutItemCommand({ TableName, Item: { p: S("a"), x: S("x".repeat(320 * 1_024)) } }));
  for (let minute = 0; minute < 2; minute++) {
    for (let n = 0; n < 3; n++)
      await send(new GetItemCommand({ TableName, Key: { p: S("a") }, ConsistentRead: true }));
    await cloud.advance(MINUTE);
  }
  await settled();
  expect(await capacity()).toEqual({ read: 9, write: 5 });
});

behaviour("a deleted policy does not scale", api("DeleteScalingPolicy"), async () => {
  const { policy, use, capacity, target } = await scaled();
  await policy();
  await call("DeleteScalingPolicy", { ...target, PolicyName: "share" });
  await use(300, 2);
  await settled();
  expect(await capacity()).toEqual({ read: 5, write: 5 });
  await expect(call("DeleteScalingPolicy", { ...target, PolicyName: "share" })).rejects.toMatchObject({
    name: "ObjectNotFoundException",
  });
});

behaviour(
  "DescribeScalingPolicies returns the settings of a policy",
  api("DescribeScalingPolicies"),
  async () => {
    const { policy, target } = await scaled();
    const { PolicyARN } = await policy({ ScaleInCooldown: 60 });
    expect(PolicyARN).toMatch(
      new RegExp(
        `^arn:aws:autoscaling:us-east-1:000000000000:scalingPolicy:[0-9a-f-]{36}:resource/dynamodb/${target.ResourceId}:policyName/share$`,
      ),
    );
    const { ScalingPolicies } = await call<{ ScalingPolicies: object[] }>("DescribeScalingPolicies", target);
    expect(ScalingPolicies).toMatchObject([
      {
        ...target,
        PolicyARN,
        PolicyName: "share",
        PolicyType: "TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration: {
          TargetValue: 50,
          PredefinedMetricSpecification: { PredefinedMetricType: "DynamoDBWriteCapacityUtilization" },
          ScaleInCooldown: 60,
        },
        Alarms: [],
      },
    ]);
  },
);

refusals(api("DescribeScalingPolicies"), [
  ["DescribeScalingPolicies", { ServiceNamespace: "dynamodb", MaxResults: 11 }, "ValidationException"],
]);

behaviour("a second target tracking policy for a metric is refused", api("PutScalingPolicy"), async () => {
  const { policy, target } = await scaled();
  await policy();
  await expect(
    call("PutScalingPolicy", {
      ...target,
      PolicyName: "other",
      PolicyType: "TargetTrackingScaling",
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 70,
        PredefinedMetricSpecification: { PredefinedMetricType: "DynamoDBWriteCapacityUtilization" },
      },
    }),
  ).rejects.toMatchObject({
    name: "ValidationException",
    message: "Only one TargetTrackingScaling policy for a given metric specification is allowed.",
  });
});

behaviour("a policy requires a supported metric and target value", OBSERVED, async () => {
  const { policy, target } = await scaled();
  const metric = "DynamoDBWriteCapacityUtilization";
  const dimension = "dynamodb:table:WriteCapacityUnits";
  const PredefinedMetricSpecification = { PredefinedMetricType: metric };
  for (const [more, message] of [
    [
      { TargetValue: 9.9 },
      `For predefined metric type ${metric}, target value must be between '10.0' and '90.0', but was '9.9'.`,
    ],
    [
      { TargetValue: 91 },
      `For predefined metric type ${metric}, target value must be between '10.0' and '90.0', but was '91.0'.`,
    ],
    [
      { PredefinedMetricSpecification: { PredefinedMetricType: "DynamoDBReadCapacityUtilization" } },
      `Scalable dimension ${dimension} only supports the following predefined metric types: ${metric}`,
    ],
    [
      { PredefinedMetricSpecification: { ...PredefinedMetricSpecification, ResourceLabel: "app/a/b" } },
      `Resource label should not be specified for predefined metric type ${metric}`,
    ],
    [
      { CustomizedMetricSpecification: {} },
      "Only one of PredefinedMetricSpecification or CustomizedMetricSpecification can be set for target tracking scaling.",
    ],
    [
      { PredefinedMetricSpecification: undefined, CustomizedMetricSpecification: {} },
      `Scalable dimension ${dimension} does not support CustomizedMetricSpecification.`,
    ],
    [
      { PredefinedMetricSpecification: undefined },
      "PredefinedMetricSpecification or CustomizedMetricSpecification must be set for target tracking scaling.",
    ],
  ] as const)
    await expect(policy(more)).rejects.toMatchObject({ name: "ValidationException", message });
  for (const TargetValue of [10, 90]) await policy({ TargetValue });
  const put = (more: object) => call("PutScalingPolicy", { ...target, PolicyName: "other", ...more });
  await expect(put({ PolicyType: "TargetTrackingScaling" })).rejects.toMatchObject({
    message: "TargetTrackingScaling policy configuration must be specified",
  });
  const both = {
    StepScalingPolicyConfiguration: {},
    TargetTrackingScalingPolicyConfiguration: { TargetValue: 50, PredefinedMetricSpecification },
  };
  await expect(put({ PolicyType: "StepScaling", ...both })).rejects.toMatchObject({
    message:
      "You must only provide a single scaling policy configuration, which must match the scaling policy type specified.",
  });
  for (const PolicyType of ["StepScaling", "PredictiveScaling", undefined])
    await expect(put({ PolicyType })).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: "Account is not authorized",
    });
});

behaviour("a scheduled action sets the bounds at its time", api("PutScheduledAction"), async () => {
  const { target, capacity } = await scaled();
  await call("PutScheduledAction", {
    ...target,
    ScheduledActionName: "hourly",
    Schedule: "rate(1 hour)",
    ScalableTargetAction: { MinCapacity: 20 },
  });
  await cloud.advance(59 * MINUTE);
  expect(await capacity()).toEqual({ read: 5, write: 5 });
  await cloud.advance(2 * MINUTE);
  expect(await capacity()).toEqual({ read: 5, write: 20 });
  const { ScalingActivities } = await call<{ ScalingActivities: object[] }>(
    "DescribeScalingActivities",
    target,
  );
  expect(ScalingActivities).toMatchObject([{ Cause: "scheduled action name hourly was triggered" }]);
  const { ScheduledActions } = await call<{ ScheduledActions: object[] }>("DescribeScheduledActions", target);
  expect(ScheduledActions).toMatchObject([
    {
      ...target,
      ScheduledActionName: "hourly",
      Schedule: "rate(1 hour)",
      ScalableTargetAction: { MinCapacity: 20 },
    },
  ]);
});

behaviour("a deleted scheduled action does not run", api("DeleteScheduledAction"), async () => {
  const { target, capacity } = await scaled();
  const ScheduledActionName = "hourly";
  await call("PutScheduledAction", {
    ...target,
    ScheduledActionName,
    Schedule: "rate(1 hour)",
    ScalableTargetAction: { MinCapacity: 20 },
  });
  await call("DeleteScheduledAction", { ...target, ScheduledActionName });
  await cloud.advance(61 * MINUTE);
  expect(await capacity()).toEqual({ read: 5, write: 5 });
});

behaviour(
  "an update of a scheduled action keeps the settings that it omits, except the start and end time",
  api("PutScheduledAction"),
  async () => {
    const { target } = await scaled();
    const put = (more: object) =>
      call("PutScheduledAction", { ...target, ScheduledActionName: "a", ...more });
    const settings = {
      Schedule: "cron(0 9 * * ? *)",
      Timezone: "Asia/Tokyo",
      ScalableTargetAction: { MinCapacity: 20 },
    };
    await put({ ...settings, StartTime: 4_000_000_000, EndTime: 4_100_000_000 });
    await put({ Schedule: "cron(0 10 * * ? *)" });
    const { ScheduledActions } = await call<{ ScheduledActions: object[] }>(
      "DescribeScheduledActions",
      target,
    );
    expect(ScheduledActions).toMatchObject([{ ...settings, Schedule: "cron(0 10 * * ? *)" }]);
    for (const member of ["StartTime", "EndTime"]) expect(ScheduledActions[0]).not.toHaveProperty(member);
  },
);

const action = (more: object) => ({
  ServiceNamespace: "dynamodb",
  ResourceId: "table/scaled-1",
  ScalableDimension: "dynamodb:table:WriteCapacityUnits",
  ScheduledActionName: "wrong",
  Schedule: "rate(1 hour)",
  ScalableTargetAction: { MinCapacity: 6 },
  ...more,
});
const INVALID = "Invalid schedule expression. Details:";
const SYNTAX = `${INVALID} Schedule expressions must have the following syntax: rate(<number>\\s?(minutes?|hours?|days?)), cron(<cron_expression>) or at(yyyy-MM-dd'T'HH:mm:ss).`;
refusals(
  OBSERVED,
  (
    [
      [{ Schedule: "0 8 1 * ? *" }, SYNTAX],
      [{ Schedule: "rate(5 seconds)" }, SYNTAX],
      [{ Schedule: "rate(-1 minutes)" }, SYNTAX],
      [
        { Schedule: "rate(0 minutes)" },
        "Invalid schedule frequency. Run for '1970-01-01T00:00:00.000Z' and '1970-01-01T00:00:00.000Z' are less than 60 seconds apart",
      ],
      [
        { Schedule: "at(2035-01-01)" },
        `${INVALID} Invalid schedule at DateTime expression: Invalid format: "2035-01-01" is too short`,
      ],
      [
        { Schedule: "cron(0 8 * * * *)" },
        `${INVALID} Invalid CRON expression: error at position 1, details: '?' can only be specified for Day-of-Month or Day-of-Week.`,
      ],
      [{ Schedule: undefined }, undefined],
      [{ Timezone: "JST" }, "Invalid schedule timezone: JST"],
      [{ Timezone: "Not/A_Zone" }, "Invalid schedule timezone: Not/A_Zone"],
      [{ Timezone: "GMT+9" }, "Invalid schedule timezone: GMT+9"],
      [{ StartTime: 2_000_000_001, EndTime: 2_000_000_000 }, "StartTime must be before EndTime"],
      [{ ScalableTargetAction: undefined }, "ScalableTargetAction must be set"],
    ] as const
  ).map(([more, message]) => ["PutScheduledAction", action(more), "ValidationException", message] as never),
);

behaviour("a scheduled action accepts old zone names and short forms of rates", OBSERVED, async () => {
  const { target } = await scaled();
  for (const [Timezone, Schedule] of [
    ["US/Pacific", "rate(1 minute)"],
    ["Etc/GMT+9", "rate(2days)"],
    ["Asia/Tokyo", "cron(0 9 ? * 2 *)"],
  ])
    await call("PutScheduledAction", { ...action({ Timezone, Schedule }), ...target });
});
refusals("https://github.com/aws-cloudformation/community-registry-extensions/issues/255", [
  [
    "PutScheduledAction",
    action({ ScalableTargetAction: {} }),
    "ValidationException",
    "At least one of minimum capacity and maximum capacity should be provided",
  ],
]);
refusals("https://github.com/hashicorp/terraform-provider-aws/pull/8777", [
  [
    "PutScheduledAction",
    action({ ScalableTargetAction: { MinCapacity: 6, MaxCapacity: 5 } }),
    "ValidationException",
    "Maximum capacity cannot be less than minimum capacity",
  ],
]);

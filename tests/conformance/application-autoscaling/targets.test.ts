import { CreateTableCommand, DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { dynamodbOn } from "../dynamodb/client.ts";
import { api, autoScalingOn } from "./client.ts";

const cloud = conformanceCloud();
const { send } = dynamodbOn(cloud);
const { call, refusals } = autoScalingOn(cloud);

const units = { ReadCapacityUnits: 5, WriteCapacityUnits: 5 };
const target = (ResourceId: string, ScalableDimension = "dynamodb:table:ReadCapacityUnits") => ({
  ServiceNamespace: "dynamodb",
  ResourceId,
  ScalableDimension,
});
const bounds = { MinCapacity: 5, MaxCapacity: 50 };
const SECOND = 1_000;

async function table(TableName: string): Promise<string> {
  await send(
    new CreateTableCommand({
      TableName,
      AttributeDefinitions: ["p", "g"].map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
      KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
      ProvisionedThroughput: units,
      GlobalSecondaryIndexes: [
        {
          IndexName: "by-g",
          KeySchema: [{ AttributeName: "g", KeyType: "HASH" }],
          Projection: { ProjectionType: "ALL" },
          ProvisionedThroughput: units,
        },
      ],
    }),
  );
  return `table/${TableName}`;
}

beforeAll(() => cloud.freeze());
beforeAll(async () => {
  await table("music");
  await call("RegisterScalableTarget", { ...target("table/music"), ...bounds });
});

const UNSUPPORTED = "Unsupported service namespace, resource type or scalable dimension";
const where = (resource: string, dimension = "dynamodb:table:WriteCapacityUnits") =>
  `service namespace: dynamodb, resource ID: ${resource}, scalable dimension: ${dimension}`;
const write = target("table/music", "dynamodb:table:WriteCapacityUnits");

refusals(api("RegisterScalableTarget"), [
  ["RegisterScalableTarget", { ...target("music"), ...bounds }, "ValidationException", UNSUPPORTED],
  [
    "RegisterScalableTarget",
    { ...target("table/music/index/by-g"), ...bounds },
    "ValidationException",
    UNSUPPORTED,
  ],
  [
    "RegisterScalableTarget",
    { ...target("table/music", "dynamodb:index:ReadCapacityUnits"), ...bounds },
    "ValidationException",
    UNSUPPORTED,
  ],
  [
    "RegisterScalableTarget",
    { ...target("table/music", "ecs:service:DesiredCount"), ...bounds },
    "AccessDeniedException",
    "Account is not authorized",
  ],
  [
    "RegisterScalableTarget",
    { ...target("table/none"), ...bounds },
    "ValidationException",
    "DynamoDB table does not exist: table/none",
  ],
  ["RegisterScalableTarget", write, "ValidationException"],
  ["RegisterScalableTarget", { ...write, MinCapacity: 5 }, "ValidationException"],
  [
    "RegisterScalableTarget",
    { ...target("table/none"), MinCapacity: 5, MaxCapacity: 4 },
    "ValidationException",
    "Maximum capacity cannot be less than minimum capacity",
  ],
  [
    "RegisterScalableTarget",
    { ...write, MinCapacity: 0, MaxCapacity: 4 },
    "ValidationException",
    "Minimum capacity cannot be less than 1",
  ],
  [
    "RegisterScalableTarget",
    {
      ServiceNamespace: "ecs",
      ResourceId: "service/a/b",
      ScalableDimension: "ecs:service:DesiredCount",
      ...bounds,
    },
    "NotImplemented",
    "Nube does not implement the service namespace ecs of Application Auto Scaling yet.",
  ],
]);
refusals(api("DeregisterScalableTarget"), [
  [
    "DeregisterScalableTarget",
    write,
    "ObjectNotFoundException",
    `No scalable target found for ${where("table/music")}`,
  ],
]);
refusals(api("PutScalingPolicy"), [
  [
    "PutScalingPolicy",
    { ...write, PolicyName: "half" },
    "ObjectNotFoundException",
    `No scalable target registered for ${where("table/music")}`,
  ],
]);
refusals(api("PutScheduledAction"), [
  [
    "PutScheduledAction",
    { ...write, ScheduledActionName: "morning", Schedule: "rate(1 day)" },
    "ObjectNotFoundException",
    `No scalable target registered for ${where("table/music")}`,
  ],
]);

interface Targets {
  ScalableTargets: Record<string, unknown>[];
  NextToken?: string;
}
const targetsOf = (more: object) =>
  call<Targets>("DescribeScalableTargets", { ServiceNamespace: "dynamodb", ...more });

behaviour(
  "DescribeScalableTargets returns the settings of a target",
  api("DescribeScalableTargets"),
  async () => {
    const { ScalableTargets } = await targetsOf({ ResourceIds: ["table/music"] });
    expect(ScalableTargets).toMatchObject([
      {
        ...target("table/music"),
        ...bounds,
        RoleARN:
          "arn:aws:iam::000000000000:role/aws-service-role/dynamodb.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_DynamoDBTable",
        SuspendedState: {
          DynamicScalingInSuspended: false,
          DynamicScalingOutSuspended: false,
          ScheduledScalingSuspended: false,
        },
        ScalableTargetARN: expect.stringMatching(
          /^arn:aws:application-autoscaling:us-east-1:000000000000:scalable-target\/[a-z0-9]+$/,
        ),
      },
    ]);
  },
);

behaviour(
  "an update of a target keeps the settings that it omits",
  api("RegisterScalableTarget"),
  async () => {
    const resource = await table("again");
    const first = await call("RegisterScalableTarget", { ...target(resource), ...bounds });
    const second = await call("RegisterScalableTarget", { ...target(resource), MaxCapacity: 60 });
    expect(second).toEqual(first);
    const { ScalableTargets } = await targetsOf({ ResourceIds: [resource] });
    expect(ScalableTargets).toMatchObject([{ MinCapacity: 5, MaxCapacity: 60 }]);
  },
);

behaviour("DescribeScalableTargets returns targets in pages", api("DescribeScalableTargets"), async () => {
  const resource = await table("paged");
  for (const dimension of ["Read", "Write"])
    await call("RegisterScalableTarget", {
      ...target(resource, `dynamodb:table:${dimension}CapacityUnits`),
      ...bounds,
    });
  const first = await targetsOf({ ResourceIds: [resource], MaxResults: 1 });
  const second = await targetsOf({ ResourceIds: [resource], MaxResults: 1, NextToken: first.NextToken });
  expect([...first.ScalableTargets, ...second.ScalableTargets].map((one) => one.ScalableDimension)).toEqual([
    "dynamodb:table:ReadCapacityUnits",
    "dynamodb:table:WriteCapacityUnits",
  ]);
  expect(second.NextToken).toBeUndefined();
});
refusals(api("DescribeScalableTargets"), [
  [
    "DescribeScalableTargets",
    { ServiceNamespace: "dynamodb", NextToken: "made up" },
    "InvalidNextTokenException",
  ],
  ["DescribeScalableTargets", { ServiceNamespace: "dynamodb", MaxResults: 51 }, "ValidationException"],
]);

behaviour("other namespaces have no targets", api("DescribeScalableTargets"), async () => {
  expect(await call<Targets>("DescribeScalableTargets", { ServiceNamespace: "ecs" })).toEqual({
    ScalableTargets: [],
  });
});

behaviour(
  "registering a target scales its capacity to the bounds",
  api("DescribeScalingActivities"),
  async () => {
    const resource = await table("narrow");
    await call("RegisterScalableTarget", { ...target(resource), MinCapacity: 10, MaxCapacity: 20 });
    await cloud.advance(SECOND);
    const { Table } = await send(new DescribeTableCommand({ TableName: "narrow" }));
    expect(Table!.ProvisionedThroughput).toMatchObject({ ReadCapacityUnits: 10, WriteCapacityUnits: 5 });
    const { ScalingActivities } = await call<{ ScalingActivities: object[] }>("DescribeScalingActivities", {
      ServiceNamespace: "dynamodb",
      ResourceId: resource,
    });
    expect(ScalingActivities).toMatchObject([
      {
        ...target(resource),
        Description: "Setting read capacity units to 10.",
        Cause: "minimum capacity was set to 10",
        StatusCode: "Successful",
        StatusMessage:
          "Successfully set read capacity units to 10. Change successfully fulfilled by dynamodb.",
      },
    ]);
  },
);

behaviour("an index is a separate target", api("RegisterScalableTarget"), async () => {
  const resource = `${await table("indexed")}/index/by-g`;
  await call("RegisterScalableTarget", {
    ...target(resource, "dynamodb:index:WriteCapacityUnits"),
    MinCapacity: 7,
    MaxCapacity: 9,
  });
  await cloud.advance(SECOND);
  const { Table } = await send(new DescribeTableCommand({ TableName: "indexed" }));
  expect(Table!.GlobalSecondaryIndexes![0]!.ProvisionedThroughput).toMatchObject({
    ReadCapacityUnits: 5,
    WriteCapacityUnits: 7,
  });
  expect(Table!.ProvisionedThroughput).toMatchObject(units);
});

behaviour(
  "deregistering a target deletes its scheduled actions",
  api("DeregisterScalableTarget"),
  async () => {
    const resource = await table("gone");
    await call("RegisterScalableTarget", { ...target(resource), ...bounds });
    await call("PutScheduledAction", {
      ...target(resource),
      ScheduledActionName: "daily",
      Schedule: "rate(1 day)",
      ScalableTargetAction: { MinCapacity: 6 },
    });
    await call("DeregisterScalableTarget", target(resource));
    await call("RegisterScalableTarget", { ...target(resource), ...bounds });
    expect(
      await call("DescribeScheduledActions", { ServiceNamespace: "dynamodb", ResourceId: resource }),
    ).toEqual({ ScheduledActions: [] });
  },
);

behaviour("a target is tagged and untagged", api("TagResource"), async () => {
  const resource = await table("tagged");
  const { ScalableTargetARN: ResourceARN } = await call<{ ScalableTargetARN: string }>(
    "RegisterScalableTarget",
    {
      ...target(resource),
      ...bounds,
      Tags: { a: "1" },
    },
  );
  await call("TagResource", { ResourceARN, Tags: { b: "2", c: "3" } });
  await call("UntagResource", { ResourceARN, TagKeys: ["a", "b"] });
  expect(await call("ListTagsForResource", { ResourceARN })).toEqual({ Tags: { c: "3" } });
});
behaviour("a target has at most 50 tags and is tagged in its own Region", api("TagResource"), async () => {
  const resource = await table("tagged-here");
  const many = Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, "v"]));
  await expect(
    call("RegisterScalableTarget", { ...target(resource), ...bounds, Tags: many }),
  ).rejects.toMatchObject({ name: "LimitExceededException" });
  const { ScalableTargetARN: ResourceARN } = await call<{ ScalableTargetARN: string }>(
    "RegisterScalableTarget",
    { ...target(resource), ...bounds },
  );
  await expect(call("TagResource", { ResourceARN, Tags: many })).rejects.toMatchObject({
    name: "TooManyTagsException",
  });
  const elsewhere = ResourceARN.replace("us-east-1", "eu-west-1");
  await expect(call("TagResource", { ResourceARN: elsewhere, Tags: { a: "1" } })).rejects.toMatchObject({
    name: "ResourceNotFoundException",
  });
});
refusals(api("ListTagsForResource"), [
  [
    "ListTagsForResource",
    { ResourceARN: "arn:aws:application-autoscaling:us-east-1:000000000000:scalable-target/0abc" },
    "ResourceNotFoundException",
  ],
]);
refusals(api("GetPredictiveScalingForecast"), [
  [
    "GetPredictiveScalingForecast",
    { ...target("table/music"), PolicyName: "p", StartTime: 1, EndTime: 2 },
    "NotImplemented",
  ],
]);

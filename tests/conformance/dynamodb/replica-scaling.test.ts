import {
  type AutoScalingSettingsUpdate,
  DescribeTableReplicaAutoScalingCommand,
  UpdateTableReplicaAutoScalingCommand,
  type UpdateTableReplicaAutoScalingCommandInput,
} from "@aws-sdk/client-dynamodb";
import { beforeAll, expect } from "vitest";
import { autoScalingOn } from "../application-autoscaling/client.ts";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, guide } from "./client.ts";
import { AWAY, HOME, invalid, outcome, regionsOn } from "./replicas.ts";

const cloud = conformanceCloud();
const TableName = "scaled";
const { at, create, change, add, drop, describe, settle } = regionsOn(cloud, TableName);
const PROVISIONED = {
  BillingMode: "PROVISIONED",
  ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 },
};

const scaler = (region: string) => autoScalingOn(cloud, { region }).call;
const writes = {
  ServiceNamespace: "dynamodb",
  ResourceId: `table/${TableName}`,
  ScalableDimension: "dynamodb:table:WriteCapacityUnits",
} as const;
const registerWrites = () =>
  scaler(HOME)("RegisterScalableTarget", { ...writes, MinCapacity: 5, MaxCapacity: 10 });

beforeAll(async () => {
  await create(TableName, HOME, PROVISIONED);
  await create("on-demand");
  await add(AWAY, "on-demand");
  await settle();
});

const how = guide("V2globaltables_reqs_bestpractices");
const describing = api("DescribeTableReplicaAutoScaling");
const updating = api("UpdateTableReplicaAutoScaling");
const notScaled = invalid("Table write capacity should either be Pay-Per-Request or AutoScaled.");

const describeScaling = async (name = TableName, region = HOME) =>
  (await at(region).send(new DescribeTableReplicaAutoScalingCommand({ TableName: name })))
    .TableAutoScalingDescription!;
const update = (input: Partial<UpdateTableReplicaAutoScalingCommandInput>, name = TableName) =>
  at(HOME).send(new UpdateTableReplicaAutoScalingCommand({ TableName: name, ...input }));
const settings = (more: AutoScalingSettingsUpdate = {}): AutoScalingSettingsUpdate => ({
  MinimumUnits: 5,
  MaximumUnits: 20,
  ScalingPolicyUpdate: { TargetTrackingScalingPolicyConfiguration: { TargetValue: 70 } },
  ...more,
});
const reads = (RegionName: string, sent?: AutoScalingSettingsUpdate) => ({
  ReplicaUpdates: [{ RegionName, ...(sent && { ReplicaProvisionedReadCapacityAutoScalingUpdate: sent }) }],
});

behaviour("a scalable target without a policy is not sufficient for a replica", how, async () => {
  expect(await outcome(add(AWAY))).toEqual(notScaled);
  await registerWrites();
  expect(await outcome(add(AWAY))).toEqual(notScaled);
});

behaviour("DescribeTableReplicaAutoScaling refuses a table in one Region", describing, async () => {
  expect(await outcome(describeScaling())).toEqual([
    "ResourceNotFoundException",
    `Global table with name: '${TableName}' does not exist.`,
  ]);
});

behaviour("a provisioned table with a scaling policy for writes can have replicas", how, async () => {
  await scaler(HOME)("PutScalingPolicy", {
    ...writes,
    PolicyName: "writes",
    PolicyType: "TargetTrackingScaling",
    TargetTrackingScalingPolicyConfiguration: {
      TargetValue: 55,
      PredefinedMetricSpecification: { PredefinedMetricType: "DynamoDBWriteCapacityUtilization" },
    },
  });
  await add(AWAY);
  await settle();
  expect((await describe(TableName, AWAY)).ProvisionedThroughput).toMatchObject({
    ReadCapacityUnits: 5,
    WriteCapacityUnits: 5,
  });
});

behaviour("a new replica has the write scaling of its source", how, async () => {
  const ServiceNamespace = "dynamodb";
  const away = scaler(AWAY);
  expect(await away("DescribeScalableTargets", { ServiceNamespace })).toMatchObject({
    ScalableTargets: [{ ...writes, MinCapacity: 5, MaxCapacity: 10 }],
  });
  expect(await away("DescribeScalingPolicies", { ServiceNamespace })).toMatchObject({
    ScalingPolicies: [
      { PolicyName: "writes", TargetTrackingScalingPolicyConfiguration: { TargetValue: 55 } },
    ],
  });
});

behaviour("the scaling of all replicas is described, ordered by Region", describing, async () => {
  const { Replicas, TableStatus } = await describeScaling();
  expect([TableStatus, Replicas!.map(({ RegionName }) => RegionName)]).toEqual(["ACTIVE", [AWAY, HOME]]);
  for (const replica of Replicas!)
    expect(replica).toMatchObject({
      ReplicaStatus: "ACTIVE",
      GlobalSecondaryIndexes: [],
      ReplicaProvisionedReadCapacityAutoScalingSettings: { AutoScalingDisabled: true, ScalingPolicies: [] },
      ReplicaProvisionedWriteCapacityAutoScalingSettings: {
        MinimumUnits: 5,
        MaximumUnits: 10,
        ScalingPolicies: [
          { PolicyName: "writes", TargetTrackingScalingPolicyConfiguration: { TargetValue: 55 } },
        ],
      },
    });
});

behaviour("the description is the same in every Region", describing, async () => {
  expect((await describeScaling(TableName, AWAY)).Replicas).toEqual((await describeScaling()).Replicas);
});

behaviour("write scaling is set for all replicas", updating, async () => {
  await update({ ProvisionedWriteCapacityAutoScalingUpdate: settings({ MaximumUnits: 30 }) });
  for (const { ReplicaProvisionedWriteCapacityAutoScalingSettings: writing } of (await describeScaling())
    .Replicas!)
    expect(writing).toMatchObject({
      MaximumUnits: 30,
      ScalingPolicies: [
        {
          PolicyName: `DynamoDBWriteCapacityUtilization:table/${TableName}`,
          TargetTrackingScalingPolicyConfiguration: { TargetValue: 70 },
        },
      ],
    });
});

behaviour("read scaling is set for one replica", updating, async () => {
  await update(reads(AWAY, settings()));
  const [away, home] = (await describeScaling()).Replicas!;
  expect(away!.ReplicaProvisionedReadCapacityAutoScalingSettings).toMatchObject({
    MinimumUnits: 5,
    MaximumUnits: 20,
  });
  expect(home!.ReplicaProvisionedReadCapacityAutoScalingSettings).toEqual({
    AutoScalingDisabled: true,
    ScalingPolicies: [],
  });
});

behaviour("existing scaling settings can be updated in part", updating, async () => {
  await update(reads(AWAY, { MaximumUnits: 25 }));
  const [away] = (await describeScaling()).Replicas!;
  expect(away!.ReplicaProvisionedReadCapacityAutoScalingSettings).toMatchObject({
    MinimumUnits: 5,
    MaximumUnits: 25,
  });
});

behaviour("scaling can be disabled", updating, async () => {
  await update(reads(AWAY, { AutoScalingDisabled: true }));
  const [away] = (await describeScaling()).Replicas!;
  expect(away!.ReplicaProvisionedReadCapacityAutoScalingSettings).toEqual({
    AutoScalingDisabled: true,
    ScalingPolicies: [],
  });
});

behaviour("throughput set in one Region is set in all", how, async () => {
  const ProvisionedThroughput = { ReadCapacityUnits: 7, WriteCapacityUnits: 8 };
  await change({ ProvisionedThroughput }, TableName, AWAY);
  await settle();
  expect((await describe()).ProvisionedThroughput).toMatchObject(ProvisionedThroughput);
});

behaviour("a replica can have its own read capacity, and the table's again", how, async () => {
  const override = (ReadCapacityUnits: number) => ({
    ReplicaUpdates: [{ Update: { RegionName: AWAY, ProvisionedThroughputOverride: { ReadCapacityUnits } } }],
  });
  await change(override(9));
  await settle();
  const shown = async () => (await describe()).Replicas![0]!.ProvisionedThroughputOverride;
  expect(await shown()).toEqual({ ReadCapacityUnits: 9 });
  expect((await describe(TableName, AWAY)).ProvisionedThroughput).toMatchObject({
    ReadCapacityUnits: 9,
    WriteCapacityUnits: 8,
  });
  expect((await describe()).ProvisionedThroughput).toMatchObject({ ReadCapacityUnits: 7 });
  await change(override(7));
  await settle();
  expect(await shown()).toBeUndefined();
});

behaviour("on-demand throughput is refused for a provisioned replica", api("UpdateTable"), async () => {
  const Update = { RegionName: AWAY, OnDemandThroughputOverride: { MaxReadRequestUnits: 100 } };
  expect(await outcome(change({ ReplicaUpdates: [{ Update }] }))).toEqual(
    invalid(
      "MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED",
    ),
  );
});

const failed = (reason: string) =>
  invalid(`Failed to update settings for global table with name: ‘${TableName}’${reason}`);
const REFUSED: [
  what: string,
  input: Partial<UpdateTableReplicaAutoScalingCommandInput>,
  describeScaling: string[],
][] = [
  ["nothing", {}, failed(" because at least one update parameter must be specified.")],
  [
    "a Region alone",
    reads(HOME),
    failed(` because at least one update parameter must be specified for region: ‘${HOME}’.`),
  ],
  [
    "a Region twice",
    {
      ReplicaUpdates: [...reads(HOME, settings()).ReplicaUpdates, ...reads(HOME, settings()).ReplicaUpdates],
    },
    failed(` because the regions: ‘[${HOME}]’ were specified more than once.`),
  ],
  [
    "bounds without a policy",
    reads(HOME, { MinimumUnits: 1, MaximumUnits: 5 }),
    failed(": Parameters 'ScalingPolicyUpdate' are required unless auto scaling is being disabled."),
  ],
  [
    "a policy without bounds",
    reads(HOME, { ScalingPolicyUpdate: settings().ScalingPolicyUpdate! }),
    failed(": Parameters 'MaximumUnits', 'MinimumUnits' are required unless auto scaling is being disabled."),
  ],
  [
    "settings without content",
    reads(HOME, {}),
    failed(
      ": Parameters 'MaximumUnits', 'ScalingPolicyUpdate', 'MinimumUnits' are required unless auto scaling is being disabled.",
    ),
  ],
];
for (const [what, input, expected] of REFUSED)
  behaviour(`UpdateTableReplicaAutoScaling refuses ${what}`, updating, async () => {
    expect(await outcome(update(input))).toEqual(expected);
  });

behaviour("scaling of an on-demand table is refused, except for disabling it", updating, async () => {
  const refused = (parameter: string) =>
    invalid(
      `Failed to update global table with name ‘on-demand‘. Replicas 'EU-WEST-1', 'US-EAST-1' BillingMode is PayPerRequest. You must convert table's BillingMode to PROVISIONED to set parameters: '${parameter}'.`,
    );
  expect(
    await outcome(update({ ProvisionedWriteCapacityAutoScalingUpdate: settings() }, "on-demand")),
  ).toEqual(refused("GlobalTableProvisionedWriteCapacityAutoScalingSettingsUpdate"));
  expect(await outcome(update(reads(HOME, settings()), "on-demand"))).toEqual(
    refused("ReplicaProvisionedReadCapacityAutoScalingSettingsUpdate"),
  );
  const disabled = { ProvisionedWriteCapacityAutoScalingUpdate: { AutoScalingDisabled: true } };
  expect((await update(disabled, "on-demand")).TableAutoScalingDescription).toBeDefined();
});

behaviour("UpdateTableReplicaAutoScaling refuses a table that does not exist", updating, async () => {
  expect(await outcome(update({}, "nowhere"))).toEqual([
    "ResourceNotFoundException",
    "Global table with name: 'nowhere' does not exist.",
  ]);
});

behaviour("a table whose last replica was deleted has no replica scaling", describing, async () => {
  await drop(AWAY);
  await settle();
  expect((await outcome(describeScaling()))[0]).toBe("ResourceNotFoundException");
});

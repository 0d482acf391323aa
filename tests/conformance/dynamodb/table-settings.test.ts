import {
  CreateTableCommand,
  DescribeContinuousBackupsCommand,
  DescribeTimeToLiveCommand,
  UpdateContinuousBackupsCommand,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { dynamodbOn, measured, type Refusal } from "./client.ts";

const cloud = conformanceCloud();
const { send, refusals, withTable } = dynamodbOn(cloud);
const TableName = "settled";
withTable(TableName);

const source = measured("table-subresources");
const missing = (path: string) =>
  `Value null at '${path}' failed to satisfy constraint: Member must not be null`;
const one = (violation: string) => `1 validation error detected: ${violation}`;

const ttl = (TimeToLiveSpecification: object, message: string): Refusal => [
  "UpdateTimeToLive",
  { TableName, TimeToLiveSpecification },
  message,
];
const long = "a".repeat(256);
refusals(source, [
  ttl({ Enabled: true }, one(missing("timeToLiveSpecification.attributeName"))),
  ttl({ Enabled: false }, one(missing("timeToLiveSpecification.attributeName"))),
  ttl({ AttributeName: "e" }, one(missing("timeToLiveSpecification.enabled"))),
  ttl(
    { Enabled: true, AttributeName: long },
    one(
      `Value '${long}' at 'timeToLiveSpecification.attributeName' failed to satisfy constraint: Member must have length less than or equal to 255`,
    ),
  ),
  ttl(
    { Enabled: true, AttributeName: "" },
    one(
      "Value '' at 'timeToLiveSpecification.attributeName' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ),
  ),
  ttl({ Enabled: false, AttributeName: "x" }, "TimeToLive is already disabled"),
  ...["DescribeTimeToLive", "UpdateTimeToLive"].map(
    (operation): Refusal => [
      operation,
      { TableName: "nowhere", TimeToLiveSpecification: { Enabled: true, AttributeName: "e" } },
      "Requested resource not found: Table: nowhere not found",
      "ResourceNotFoundException",
    ],
  ),
]);

const setTtl = (Enabled: boolean, AttributeName: string) =>
  send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: { Enabled, AttributeName } }));
const describeTtl = async () =>
  (await send(new DescribeTimeToLiveCommand({ TableName }))).TimeToLiveDescription;
const refused = (message: string) => ({ name: "ValidationException", message });
const ANOTHER = "TimeToLive is active on a different AttributeName: current AttributeName is p";

behaviour(
  "time to live can use a key attribute, and the response returns the specification",
  source,
  async () => {
    expect(await describeTtl()).toEqual({ TimeToLiveStatus: "DISABLED" });
    const output = await setTtl(true, "p");
    expect(output.TimeToLiveSpecification).toEqual({ Enabled: true, AttributeName: "p" });
    expect(await describeTtl()).toEqual({ TimeToLiveStatus: "ENABLED", AttributeName: "p" });
  },
);
behaviour("other faults are reported before a change too soon after the last one", source, async () => {
  await expect(setTtl(true, "p")).rejects.toMatchObject(refused("TimeToLive is already enabled"));
  await expect(setTtl(true, "other")).rejects.toMatchObject(refused(ANOTHER));
  await expect(setTtl(false, "other")).rejects.toMatchObject(refused(ANOTHER));
});
behaviour("time to live can be changed again after 31 minutes", source, async () => {
  const soon = refused("Time to live has been modified multiple times within a fixed interval");
  await cloud.advance(1_800_000);
  await expect(setTtl(false, "p")).rejects.toMatchObject(soon);
  await cloud.advance(72_000);
  await setTtl(false, "p");
  await expect(setTtl(true, "p")).rejects.toMatchObject(soon);
});
behaviour("a disabled time to live is described without its attribute", source, async () => {
  expect(await describeTtl()).toEqual({ TimeToLiveStatus: "DISABLED" });
});

const recovery = (PointInTimeRecoverySpecification: object, message: string): Refusal => [
  "UpdateContinuousBackups",
  { TableName, PointInTimeRecoverySpecification },
  message,
];
const days = (value: number, bound: string) =>
  one(
    `Value '${value}' at 'pointInTimeRecoverySpecification.recoveryPeriodInDays' failed to satisfy constraint: Member must have value ${bound}`,
  );
refusals(source, [
  recovery({}, one(missing("pointInTimeRecoverySpecification.pointInTimeRecoveryEnabled"))),
  ...[true, false].map((PointInTimeRecoveryEnabled) =>
    recovery({ PointInTimeRecoveryEnabled, RecoveryPeriodInDays: 0 }, days(0, "greater than or equal to 1")),
  ),
  recovery(
    { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: -1 },
    days(-1, "greater than or equal to 1"),
  ),
  recovery(
    { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 36 },
    days(36, "less than or equal to 35"),
  ),
  ...[7, 35].map((RecoveryPeriodInDays) =>
    recovery(
      { PointInTimeRecoveryEnabled: false, RecoveryPeriodInDays },
      "Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery.",
    ),
  ),
  ...["DescribeContinuousBackups", "UpdateContinuousBackups"].map(
    (operation): Refusal => [
      operation,
      { TableName: "nowhere", PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } },
      "Table not found: nowhere",
      "TableNotFoundException",
    ],
  ),
]);

const setRecovery = async (PointInTimeRecoveryEnabled: boolean, RecoveryPeriodInDays?: number) =>
  (
    await send(
      new UpdateContinuousBackupsCommand({
        TableName,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled, RecoveryPeriodInDays },
      }),
    )
  ).ContinuousBackupsDescription!;
const DISABLED = {
  ContinuousBackupsStatus: "ENABLED",
  PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: "DISABLED" },
};
behaviour("recovery is disabled by default, without further settings", source, async () => {
  const { ContinuousBackupsDescription } = await send(new DescribeContinuousBackupsCommand({ TableName }));
  expect(ContinuousBackupsDescription).toEqual(DISABLED);
  expect(await setRecovery(false)).toEqual(DISABLED);
});
behaviour("recovery is enabled for 35 days, and enabling it again changes nothing", source, async () => {
  const { PointInTimeRecoveryDescription: first } = await setRecovery(true);
  expect(first).toMatchObject({ PointInTimeRecoveryStatus: "ENABLED", RecoveryPeriodInDays: 35 });
  await cloud.advance(10_000);
  const { PointInTimeRecoveryDescription: again } = await setRecovery(true);
  expect(again!.EarliestRestorableDateTime).toEqual(first!.EarliestRestorableDateTime);
});
behaviour("the recovery period can be changed, and is reset when recovery is disabled", source, async () => {
  for (const period of [7, 1])
    expect((await setRecovery(true, period)).PointInTimeRecoveryDescription!.RecoveryPeriodInDays).toBe(
      period,
    );
  expect(await setRecovery(false)).toEqual(DISABLED);
  expect((await setRecovery(true)).PointInTimeRecoveryDescription!.RecoveryPeriodInDays).toBe(35);
});
behaviour("recovery that is disabled and enabled starts again", source, async () => {
  const { PointInTimeRecoveryDescription: before } = await setRecovery(true);
  await cloud.advance(20_000);
  await setRecovery(false);
  const { PointInTimeRecoveryDescription: after } = await setRecovery(true);
  expect(+after!.EarliestRestorableDateTime! - +before!.EarliestRestorableDateTime!).toBeGreaterThanOrEqual(
    20_000,
  );
});

const create = (name: string, more: object = {}) =>
  send(
    new CreateTableCommand({
      TableName: name,
      AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
      BillingMode: "PAY_PER_REQUEST",
      ...more,
    }),
  );
const p = { AttributeName: "p", AttributeType: "S" };
const HASH = [{ AttributeName: "p", KeyType: "HASH" }];
const projecting = (NonKeyAttributes: string[]) => ({
  AttributeDefinitions: [p, { AttributeName: "g", AttributeType: "S" }],
  GlobalSecondaryIndexes: [
    {
      IndexName: "included",
      KeySchema: [{ AttributeName: "g", KeyType: "HASH" }],
      Projection: { ProjectionType: "INCLUDE", NonKeyAttributes },
    },
  ],
});
const creation = (more: object, message: string, code?: string): Refusal =>
  [
    "CreateTable",
    {
      TableName: "not-made",
      AttributeDefinitions: [p],
      KeySchema: HASH,
      BillingMode: "PAY_PER_REQUEST",
      ...more,
    },
    message,
    ...(code === undefined ? [] : [code]),
  ] as unknown as Refusal;
const INVALID = "One or more parameter values were invalid: ";
const tooMuch = (member: string) =>
  `The requested ${member}, 40001, is above the per table maximum for the account in us-east-1. Per table maximum: 40000. Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.`;
const provisioned = (ReadCapacityUnits: number, WriteCapacityUnits: number) => ({
  BillingMode: "PROVISIONED",
  ProvisionedThroughput: { ReadCapacityUnits, WriteCapacityUnits },
});
const CLASS =
  "Invalid table-class parameter provided. Please try again with a valid table-class value: [STANDARD, STANDARD_INFREQUENT_ACCESS].";
refusals(measured("details/DDB-TABLE-042"), [
  ...["S", "N"].map((AttributeType) =>
    creation(
      { AttributeDefinitions: [p, { AttributeName: "p", AttributeType }] },
      "Attribute Name is duplicated: p",
    ),
  ),
  creation({ AttributeDefinitions: [] }, "Invalid KeySchema: Some index key attribute have no definition"),
  creation(
    { AttributeDefinitions: [{ AttributeName: "P", AttributeType: "S" }] },
    `${INVALID}Some index key attributes are not defined in AttributeDefinitions. Keys: [p], AttributeDefinitions: [P]`,
  ),
]);
refusals(measured("details/DDB-TABLE-442"), [
  creation({ TableClass: "GLACIER" }, CLASS),
  ["UpdateTable", { TableName, TableClass: "GLACIER" }, CLASS],
  creation(projecting(["x", "y", "x"]), `${INVALID}Duplicate element in NonKeyAttributes: x`),
]);
refusals(measured("details/DDB-TABLE-443"), [
  creation(provisioned(40_001, 1), tooMuch("ReadCapacityUnits"), "LimitExceededException"),
  creation(provisioned(1, 40_001), tooMuch("WriteCapacityUnits"), "LimitExceededException"),
]);

behaviour("CreateTable refuses an existing name, whatever the definition", measured("table"), async () => {
  for (const more of [{}, { AttributeDefinitions: [{ AttributeName: "p", AttributeType: "N" }] }])
    await expect(create(TableName, more)).rejects.toMatchObject({
      name: "ResourceInUseException",
      message: `Table already exists: ${TableName}`,
    });
  await expect(
    create(TableName, { KeySchema: [{ AttributeName: "p", KeyType: "RANGE" }] }),
  ).rejects.toMatchObject({ name: "ValidationException" });
});
behaviour("table names are case-sensitive", measured("table"), async () => {
  expect((await create(TableName.toUpperCase())).TableDescription!.TableName).toBe(TableName.toUpperCase());
});

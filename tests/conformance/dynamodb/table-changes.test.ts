import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DeleteTableCommand,
  DescribeTableCommand,
  type TableDescription,
  UpdateTableCommand,
  type UpdateTableCommandInput,
} from "@aws-sdk/client-dynamodb";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, dynamodbOn, guide } from "./client.ts";
import {
  attribute,
  base,
  INDEXES,
  index,
  indexed,
  onDemand,
  PROVISIONED,
  SETTINGS,
  THROUGHPUT,
  units,
} from "./table-shapes.ts";

const cloud = conformanceCloud();
const { send } = dynamodbOn(cloud);

const warm = (ReadUnitsPerSecond: number, WriteUnitsPerSecond: number, Status = "ACTIVE") => ({
  ReadUnitsPerSecond,
  WriteUnitsPerSecond,
  Status,
});
const create = async (TableName: string, more: Partial<CreateTableCommandInput> = {}) =>
  (await send(new CreateTableCommand({ TableName, ...base, ...more }))).TableDescription!;
const update = async (TableName: string, more: Partial<UpdateTableCommandInput>) =>
  (await send(new UpdateTableCommand({ TableName, ...more }))).TableDescription!;
const describe = async (TableName: string) => (await send(new DescribeTableCommand({ TableName }))).Table!;
const capacityOf = ({ ProvisionedThroughput: one }: TableDescription) => [
  one!.ReadCapacityUnits,
  one!.WriteCapacityUnits,
  one!.NumberOfDecreasesToday,
];

behaviour(
  "an active table describes its warm throughput, a table being created does not",
  THROUGHPUT,
  async () => {
    expect((await create("bears")).WarmThroughput).toBeUndefined();
    expect((await describe("bears")).WarmThroughput).toEqual(warm(12_000, 4_000));
    await create("bears-little", PROVISIONED);
    expect((await describe("bears-little")).WarmThroughput).toEqual(warm(5, 5));
  },
);

behaviour("a table created with warm throughput describes it as UPDATING", THROUGHPUT, async () => {
  const made = await create("warm", { WarmThroughput: { ReadUnitsPerSecond: 12_345 } });
  expect(made.WarmThroughput).toEqual(warm(12_345, 4_000, "UPDATING"));
  expect((await describe("warm")).WarmThroughput).toEqual(warm(12_345, 4_000));
});

behaviour("raising the warm throughput keeps the table ACTIVE", guide("update-warm-throughput"), async () => {
  await create("raised");
  const { TableStatus, WarmThroughput } = await update("raised", {
    WarmThroughput: { ReadUnitsPerSecond: 13_000, WriteUnitsPerSecond: 5_000 },
  });
  expect([TableStatus, WarmThroughput]).toEqual(["ACTIVE", warm(12_000, 4_000, "UPDATING")]);
  expect((await describe("raised")).WarmThroughput).toEqual(warm(13_000, 5_000));
});

behaviour("the warm throughput never decreases", THROUGHPUT, async () => {
  await create("lowered", PROVISIONED);
  await update("lowered", { ProvisionedThroughput: units(7) });
  await update("lowered", { ProvisionedThroughput: units(1) });
  expect((await describe("lowered")).WarmThroughput).toEqual(warm(7, 7));
  await update("lowered", { BillingMode: "PAY_PER_REQUEST" });
  await update("lowered", PROVISIONED);
  expect((await describe("lowered")).WarmThroughput).toEqual(warm(12_000, 4_000));
});

behaviour(
  "UpdateTable returns the previous throughput as UPDATING, with the time of the change",
  THROUGHPUT,
  async () => {
    await create("throughput", PROVISIONED);
    const answer = await update("throughput", { ProvisionedThroughput: units(6, 5) });
    expect([answer.TableStatus, capacityOf(answer)]).toEqual(["UPDATING", [5, 5, 0]]);
    expect(answer.ProvisionedThroughput!.LastIncreaseDateTime).toBeInstanceOf(Date);
    const { ProvisionedThroughput: after } = await describe("throughput");
    expect(after).toMatchObject({ ReadCapacityUnits: 6, WriteCapacityUnits: 5 });
    expect(after!.LastDecreaseDateTime).toBeUndefined();
  },
);

behaviour("throughput can be decreased four times a day, then once an hour", THROUGHPUT, async () => {
  await create("decreases", { ...PROVISIONED, ProvisionedThroughput: units(10) });
  for (const read of [9, 8, 7, 6]) await update("decreases", { ProvisionedThroughput: units(read, 10) });
  expect(capacityOf(await describe("decreases"))).toEqual([6, 10, 4]);
  const lower = () => update("decreases", { ProvisionedThroughput: units(5, 10) });
  await expect(lower()).rejects.toMatchObject({
    name: "LimitExceededException",
    message: expect.stringMatching(
      /^Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day\. After the first 4 decreases, each subsequent decrease in the same UTC day can be performed at most once every 3600 seconds\. Number of decreases today: 4\. Last decrease at \w+, \w+ \d+, \d{4} at \d+:\d\d:\d\d [AP]M Coordinated Universal Time\. Next decrease can be made at \w+, .+ Coordinated Universal Time$/,
    ),
  });
  await cloud.advance(3_600_000);
  expect((await lower()).TableStatus).toBe("UPDATING");
});

behaviour("on-demand limits are set and removed separately", THROUGHPUT, async () => {
  await create("bounds");
  const set = async (OnDemandThroughput: object) =>
    (await update("bounds", { OnDemandThroughput })).TableStatus;
  const bounds = async () => (await describe("bounds")).OnDemandThroughput;
  expect(await set(onDemand(1_000, 500))).toBe("ACTIVE");
  await set({ MaxReadRequestUnits: 2_000 });
  expect(await bounds()).toEqual(onDemand(2_000, 500));
  await set({ MaxReadRequestUnits: -1 });
  expect(await bounds()).toEqual({ MaxWriteRequestUnits: 500 });
  await set({ MaxWriteRequestUnits: -1 });
  expect(await bounds()).toBeUndefined();
});

behaviour("a table switched to PROVISIONED loses its on-demand limits", INDEXES, async () => {
  await create("switched", { OnDemandThroughput: onDemand(100, 100) });
  const answer = await update("switched", PROVISIONED);
  expect([answer.TableStatus, capacityOf(answer)]).toEqual(["UPDATING", [5, 5, 0]]);
  const { BillingModeSummary, OnDemandThroughput } = await describe("switched");
  expect(BillingModeSummary).toEqual({
    BillingMode: "PROVISIONED",
    LastUpdateToPayPerRequestDateTime: expect.any(Date),
  });
  expect(OnDemandThroughput).toBeUndefined();
});

behaviour("a table switched to on-demand describes the time of the switch", THROUGHPUT, async () => {
  await create("to-demand", PROVISIONED);
  const { BillingModeSummary } = await update("to-demand", { BillingMode: "PAY_PER_REQUEST" });
  expect(BillingModeSummary).toEqual({ BillingMode: "PAY_PER_REQUEST" });
  expect((await describe("to-demand")).BillingModeSummary).toEqual({
    BillingMode: "PAY_PER_REQUEST",
    LastUpdateToPayPerRequestDateTime: expect.any(Date),
  });
});

behaviour("indexes switch with their table, each with its throughput", INDEXES, async () => {
  await create("both", { ...indexed, GlobalSecondaryIndexes: [index("by-b")] });
  await update("both", {
    ...PROVISIONED,
    GlobalSecondaryIndexUpdates: [{ Update: { IndexName: "by-b", ProvisionedThroughput: units(3) } }],
  });
  const [one] = (await describe("both")).GlobalSecondaryIndexes!;
  expect(one!.ProvisionedThroughput).toMatchObject(units(3));
  expect(one!.WarmThroughput).toEqual(warm(12_000, 4_000));
});

behaviour("an index is UPDATING while its table is ACTIVE", INDEXES, async () => {
  await create("index-units", {
    ...indexed,
    ...PROVISIONED,
    GlobalSecondaryIndexes: [index("by-b", { ProvisionedThroughput: units(2) })],
  });
  const answer = await update("index-units", {
    GlobalSecondaryIndexUpdates: [{ Update: { IndexName: "by-b", ProvisionedThroughput: units(4) } }],
  });
  const [one] = answer.GlobalSecondaryIndexes!;
  expect([answer.TableStatus, one!.IndexStatus]).toEqual(["ACTIVE", "UPDATING"]);
  expect(one!.ProvisionedThroughput).toMatchObject(units(2));
  const [after] = (await describe("index-units")).GlobalSecondaryIndexes!;
  expect(after).toMatchObject({ IndexStatus: "ACTIVE", ProvisionedThroughput: units(4) });
});

behaviour("UpdateTable returns a deleted index as DELETING", INDEXES, async () => {
  await create("unindexed", { ...indexed, GlobalSecondaryIndexes: [index("by-b")] });
  const answer = await update("unindexed", {
    GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: "by-b" } }],
  });
  expect(answer.TableStatus).toBe("UPDATING");
  expect(answer.GlobalSecondaryIndexes).toMatchObject([{ IndexName: "by-b", IndexStatus: "DELETING" }]);
  const { GlobalSecondaryIndexes, AttributeDefinitions } = await describe("unindexed");
  expect([GlobalSecondaryIndexes, AttributeDefinitions]).toEqual([undefined, [attribute("a")]]);
});

behaviour("attributes are returned in order of their names", INDEXES, async () => {
  const made = await create("sorted", {
    ...indexed,
    GlobalSecondaryIndexes: [
      index("by-b", { Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: ["z", "c"] } }),
    ],
  });
  expect(made.AttributeDefinitions!.map(({ AttributeName }) => AttributeName)).toEqual(["a", "b"]);
  expect(made.GlobalSecondaryIndexes![0]!.Projection!.NonKeyAttributes).toEqual(["c", "z"]);
});

behaviour("deletion protection is set immediately", SETTINGS, async () => {
  await create("protected");
  const answer = await update("protected", { DeletionProtectionEnabled: true });
  expect([answer.TableStatus, answer.DeletionProtectionEnabled]).toEqual(["ACTIVE", true]);
  await expect(send(new DeleteTableCommand({ TableName: "protected" }))).rejects.toThrow(
    "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.",
  );
});

behaviour("a table describes the ARN of its disabled stream", SETTINGS, async () => {
  const { LatestStreamArn } = await create("streamed", {
    StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_IMAGE" },
  });
  await update("streamed", { StreamSpecification: { StreamEnabled: false } });
  const after = await describe("streamed");
  expect([after.StreamSpecification, after.LatestStreamArn]).toEqual([undefined, LatestStreamArn]);
  await expect(update("streamed", { StreamSpecification: { StreamEnabled: false } })).rejects.toThrow(
    "Table has no stream to disable: TableName: streamed",
  );
});

behaviour("an enabled stream cannot be enabled again", SETTINGS, async () => {
  const StreamSpecification = { StreamEnabled: true, StreamViewType: "NEW_IMAGE" as const };
  await create("open", { StreamSpecification });
  await expect(update("open", { StreamSpecification })).rejects.toMatchObject({
    name: "ValidationException",
    message: "Table already has an enabled stream: TableName: open",
  });
});

behaviour(
  "a table class is described after its first change, and changes at most twice in 30 days",
  SETTINGS,
  async () => {
    await create("class");
    await update("class", { TableClass: "STANDARD" });
    expect((await describe("class")).TableClassSummary).toBeUndefined();
    const answer = await update("class", { TableClass: "STANDARD_INFREQUENT_ACCESS" });
    expect([answer.TableStatus, answer.TableClassSummary]).toEqual(["UPDATING", undefined]);
    expect((await describe("class")).TableClassSummary).toEqual({
      TableClass: "STANDARD_INFREQUENT_ACCESS",
      LastUpdateDateTime: expect.any(Date),
    });
    await update("class", { TableClass: "STANDARD" });
    await expect(update("class", { TableClass: "STANDARD" })).rejects.toMatchObject({
      name: "LimitExceededException",
      message: "Subscriber limit exceeded: Updates to TableClass are limited to 2 times in 30 day(s).",
    });
  },
);

behaviour(
  "encryption with a KMS key is described, encryption with an AWS owned key is not",
  SETTINGS,
  async () => {
    expect((await create("encrypted")).SSEDescription).toBeUndefined();
    const answer = await update("encrypted", { SSESpecification: { Enabled: true } });
    expect([answer.TableStatus, answer.SSEDescription]).toEqual(["ACTIVE", { Status: "UPDATING" }]);
    const { SSEDescription } = await describe("encrypted");
    expect(SSEDescription).toEqual({
      Status: "ENABLED",
      SSEType: "KMS",
      KMSMasterKeyArn: expect.stringMatching(/^arn:aws:kms:us-east-1:\d{12}:key\/[0-9a-f-]{36}$/),
    });
    await update("encrypted", { SSESpecification: { Enabled: false } });
    expect((await describe("encrypted")).SSEDescription).toBeUndefined();
  },
);

behaviour("a KMS key that does not exist is refused", api("SSESpecification"), async () => {
  const SSESpecification = { Enabled: true, SSEType: "KMS" as const, KMSMasterKeyId: "alias/mine" };
  await expect(create("keyless", { SSESpecification })).rejects.toThrow(
    /^KMS validation error: com\.amazonaws\.services\.kms\.model\.NotFoundException: Alias arn:aws:kms:us-east-1:\d{12}:alias\/mine is not found\./,
  );
});

import {
  DescribeKinesisStreamingDestinationCommand,
  DescribeTableCommand,
  DisableKinesisStreamingDestinationCommand,
  EnableKinesisStreamingDestinationCommand,
  UpdateKinesisStreamingDestinationCommand,
} from "@aws-sdk/client-dynamodb";
import { CreateStreamCommand, DeleteStreamCommand, KinesisClient } from "@aws-sdk/client-kinesis";
import { afterAll, beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { dynamodbOn, measured, type Refusal } from "./client.ts";

const cloud = conformanceCloud();
const { send, refusals, withTable } = dynamodbOn(cloud);
const TableName = "states";
withTable(TableName);

const source = measured("table-policy-kinesis-autoscaling");
const streamArn = (name: string, region = "us-east-1", account = "000000000000") =>
  `arn:aws:kinesis:${region}:${account}:stream/${name}`;
const first = streamArn("states-1");
const second = streamArn("states-2");
let kinesis: KinesisClient;
beforeAll(async () => {
  kinesis = new KinesisClient(cloud.client());
  for (const StreamName of ["states-1", "states-2"])
    await kinesis.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
  await cloud.advance(1_000);
});
afterAll(() => kinesis.destroy());

const enable = (StreamArn: string) =>
  send(new EnableKinesisStreamingDestinationCommand({ TableName, StreamArn }));
const disable = (StreamArn: string) =>
  send(new DisableKinesisStreamingDestinationCommand({ TableName, StreamArn }));
const update = (
  StreamArn: string,
  ApproximateCreationDateTimePrecision: "MILLISECOND" | "MICROSECOND" = "MICROSECOND",
) =>
  send(
    new UpdateKinesisStreamingDestinationCommand({
      TableName,
      StreamArn,
      UpdateKinesisStreamingConfiguration: { ApproximateCreationDateTimePrecision },
    }),
  );
const destinations = async () =>
  (await send(new DescribeKinesisStreamingDestinationCommand({ TableName }))).KinesisDataStreamDestinations!;

const STATE = "Table is not in a valid state to enable Kinesis Streaming Destination: ";
const IS_ENABLED = `${STATE}EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED to perform ENABLE operation.`;
const IS_NOT_ENABLED = `${STATE}KinesisStreamingDestination must be ACTIVE to perform DISABLE operation.`;
const isNotActive = (arn: string) =>
  `${STATE}Kinesis streaming is not in ACTIVE state. Updates are only allowed in ACTIVE state. TableName: ${TableName}, kdsArn: ${arn}`;
const refused = (message: string) => ({ name: "ValidationException", message });
const ON_NO_TABLE = { TableName: "nowhere", StreamArn: first };

refusals(
  source,
  ["Enable", "Disable", "Describe"].map(
    (verb): Refusal => [
      `${verb}KinesisStreamingDestination`,
      ON_NO_TABLE,
      "Requested resource not found: Table: nowhere not found",
      "ResourceNotFoundException",
    ],
  ),
);
refusals(source, [
  ["DisableKinesisStreamingDestination", { TableName, StreamArn: first }, IS_NOT_ENABLED],
  ...[undefined, {}].map(
    (UpdateKinesisStreamingConfiguration): Refusal => [
      "UpdateKinesisStreamingDestination",
      { TableName, StreamArn: first, UpdateKinesisStreamingConfiguration },
      "Streaming destination cannot be updated with given parameters: UpdateKinesisStreamingConfiguration cannot be null or contain only null values",
    ],
  ),
  [
    "DisableKinesisStreamingDestination",
    {
      TableName,
      StreamArn: first,
      EnableKinesisStreamingConfiguration: { ApproximateCreationDateTimePrecision: "MICROSECOND" },
    },
    "Stream cannot be disabled using EnableKinesisStreamingConfiguration parameters",
  ],
]);

const NO_PERMISSION = "User does not have a permission to use kinesis stream";
const streamIsNotIn = (how: string) =>
  `The kinesis Arn used to enable kinesis replication belongs to a stream which is not in ${how}`;
for (const [what, arn, why] of [
  ["that does not exist", streamArn("none"), NO_PERMISSION],
  ["whose name differs in case", streamArn("STATES-1"), NO_PERMISSION],
  ["that is a table", `arn:aws:dynamodb:us-east-1:000000000000:table/${TableName}`, NO_PERMISSION],
  ["of another Region", streamArn("states-1", "eu-west-1"), streamIsNotIn("the current region")],
  ["of another account", streamArn("states-1", "us-east-1", "111122223333"), streamIsNotIn("Active state")],
] as const)
  behaviour(`a stream ${what} ends as ENABLE_FAILED`, source, async () => {
    expect((await enable(arn)).DestinationStatus).toBe("ENABLING");
    expect((await destinations())[0]).toEqual({
      StreamArn: arn,
      DestinationStatus: "ENABLE_FAILED",
      DestinationStatusDescription: why,
    });
  });
behaviour("a failed destination can be enabled again, without a second entry", source, async () => {
  const before = await destinations();
  await enable(streamArn("none"));
  expect(await destinations()).toHaveLength(before.length);
});
behaviour("a failed destination can be neither updated nor disabled", source, async () => {
  await expect(update(streamArn("none"))).rejects.toMatchObject(refused(isNotActive(streamArn("none"))));
  await expect(disable(streamArn("none"))).rejects.toMatchObject(refused(IS_NOT_ENABLED));
});

behaviour("EnableKinesisStreamingDestination returns an empty configuration by default", source, async () => {
  const { $metadata: _, ...output } = await enable(first);
  expect(output).toEqual({
    TableName,
    StreamArn: first,
    DestinationStatus: "ENABLING",
    EnableKinesisStreamingConfiguration: {},
  });
});
behaviour("an active destination describes its stream without a precision", source, async () => {
  expect((await destinations())[0]).toEqual({ StreamArn: first, DestinationStatus: "ACTIVE" });
});
for (const [what, arn] of [
  ["the same stream", first],
  ["a second stream", second],
  ["a stream that does not exist", streamArn("none")],
] as const)
  behaviour(`a table with an active destination refuses to enable ${what}`, source, async () => {
    await expect(enable(arn)).rejects.toMatchObject(refused(IS_ENABLED));
  });
behaviour("the default precision is milliseconds", source, async () => {
  const { Table } = await send(new DescribeTableCommand({ TableName }));
  await expect(update(first, "MILLISECOND")).rejects.toMatchObject(
    refused(
      `Invalid Request: Precision is already set to the desired value of MILLISECOND for tableId: ${Table!.TableId}, kdsArn: ${first}`,
    ),
  );
});
behaviour("DescribeTable does not return the destination", source, async () => {
  const { Table } = await send(new DescribeTableCommand({ TableName }));
  expect([Table!.StreamSpecification, Table!.LatestStreamArn]).toEqual([undefined, undefined]);
});
behaviour("a destination of a deleted stream can be updated", source, async () => {
  await kinesis.send(new DeleteStreamCommand({ StreamName: "states-1" }));
  await cloud.advance(60_000);
  expect((await update(first)).DestinationStatus).toBe("UPDATING");
  expect((await destinations())[0]).toEqual({
    StreamArn: first,
    DestinationStatus: "ACTIVE",
    ApproximateCreationDateTimePrecision: "MICROSECOND",
  });
});
behaviour("a disabled destination is described, and refuses changes", source, async () => {
  expect((await disable(first)).DestinationStatus).toBe("DISABLING");
  expect((await destinations())[0]).toMatchObject({ StreamArn: first, DestinationStatus: "DISABLED" });
  await expect(update(first)).rejects.toMatchObject(refused(isNotActive(first)));
  await expect(disable(first)).rejects.toMatchObject(refused(IS_NOT_ENABLED));
});
behaviour("a destination that is enabled again has no precision", source, async () => {
  await enable(second);
  await update(second);
  await disable(second);
  await enable(second);
  expect((await destinations())[0]).toEqual({ StreamArn: second, DestinationStatus: "ACTIVE" });
});

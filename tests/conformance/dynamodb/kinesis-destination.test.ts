import {
  DeleteItemCommand,
  DescribeKinesisStreamingDestinationCommand,
  DisableKinesisStreamingDestinationCommand,
  EnableKinesisStreamingDestinationCommand,
  PutItemCommand,
  UpdateKinesisStreamingDestinationCommand,
} from "@aws-sdk/client-dynamodb";
import {
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
} from "@aws-sdk/client-kinesis";
import { afterAll, beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, dynamodbOn, guide, N, S } from "./client.ts";

const cloud = conformanceCloud();
const { send, withTable } = dynamodbOn(cloud);
const TableName = "changes";
withTable(TableName);

const StreamArn = "arn:aws:kinesis:us-east-1:000000000000:stream/changes";
let kinesis: KinesisClient;
beforeAll(async () => {
  kinesis = new KinesisClient(cloud.client());
  await kinesis.send(new CreateStreamCommand({ StreamName: "changes", ShardCount: 1 }));
});
afterAll(() => kinesis.destroy());

async function records(): Promise<Record<string, unknown>[]> {
  await cloud.advance(1_000);
  const { ShardIterator } = await kinesis.send(
    new GetShardIteratorCommand({
      StreamName: "changes",
      ShardId: "shardId-000000000000",
      ShardIteratorType: "TRIM_HORIZON",
    }),
  );
  const { Records } = await kinesis.send(new GetRecordsCommand({ ShardIterator }));
  return Records!.map(({ Data }) => JSON.parse(Buffer.from(Data!).toString()));
}
const nameOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "accepted",
    (error: Error) => error.name,
  );

behaviour("a new table has no destination", api("DescribeKinesisStreamingDestination"), async () => {
  const output = await send(new DescribeKinesisStreamingDestinationCommand({ TableName }));
  expect(output.KinesisDataStreamDestinations).toEqual([]);
});

behaviour(
  "an enabled destination is ENABLING, then ACTIVE",
  api("EnableKinesisStreamingDestination"),
  async () => {
    const begun = await send(new EnableKinesisStreamingDestinationCommand({ TableName, StreamArn }));
    expect(begun).toMatchObject({ TableName, StreamArn, DestinationStatus: "ENABLING" });
    const output = await send(new DescribeKinesisStreamingDestinationCommand({ TableName }));
    expect(output.KinesisDataStreamDestinations).toMatchObject([{ StreamArn, DestinationStatus: "ACTIVE" }]);
  },
);

behaviour(
  "an enabled destination cannot be enabled again",
  api("EnableKinesisStreamingDestination"),
  async () => {
    expect(await nameOf(send(new EnableKinesisStreamingDestinationCommand({ TableName, StreamArn })))).toBe(
      "ValidationException",
    );
  },
);

behaviour(
  "each change is delivered as a JSON record with its images, in order",
  guide("kds_gettingstarted"),
  async () => {
    const key = { p: S("a"), s: N(1) };
    await send(new PutItemCommand({ TableName, Item: { ...key, b: { B: Buffer.from("z") } } }));
    await send(new PutItemCommand({ TableName, Item: { ...key, x: N(2) } }));
    await send(new DeleteItemCommand({ TableName, Key: key }));
    expect(await records()).toMatchObject([
      {
        awsRegion: "us-east-1",
        eventName: "INSERT",
        eventSource: "aws:dynamodb",
        recordFormat: "application/json",
        tableName: TableName,
        userIdentity: null,
        dynamodb: { Keys: key, NewImage: { ...key, b: { B: "eg==" } } },
      },
      { eventName: "MODIFY", dynamodb: { NewImage: { ...key, x: N(2) }, OldImage: { ...key } } },
      { eventName: "REMOVE", dynamodb: { OldImage: { ...key, x: N(2) } } },
    ]);
  },
);

behaviour(
  "the precision of timestamps can be updated",
  api("UpdateKinesisStreamingDestination"),
  async () => {
    const UpdateKinesisStreamingConfiguration = {
      ApproximateCreationDateTimePrecision: "MICROSECOND" as const,
    };
    const begun = await send(
      new UpdateKinesisStreamingDestinationCommand({
        TableName,
        StreamArn,
        UpdateKinesisStreamingConfiguration,
      }),
    );
    expect(begun).toMatchObject({ DestinationStatus: "UPDATING", UpdateKinesisStreamingConfiguration });
    await send(new PutItemCommand({ TableName, Item: { p: S("micro"), s: N(1) } }));
    const last = (await records()).at(-1)!.dynamodb as Record<string, unknown>;
    expect(last.ApproximateCreationDateTimePrecision).toBe("MICROSECOND");
    expect(Number(last.ApproximateCreationDateTime)).toBeGreaterThan(1e15);
  },
);

behaviour(
  "a disabled destination receives no records",
  api("DisableKinesisStreamingDestination"),
  async () => {
    const begun = await send(new DisableKinesisStreamingDestinationCommand({ TableName, StreamArn }));
    expect(begun.DestinationStatus).toBe("DISABLING");
    const before = await records();
    await send(new PutItemCommand({ TableName, Item: { p: S("late"), s: N(1) } }));
    expect(await records()).toHaveLength(before.length);
    const output = await send(new DescribeKinesisStreamingDestinationCommand({ TableName }));
    expect(output.KinesisDataStreamDestinations).toMatchObject([{ DestinationStatus: "DISABLED" }]);
  },
);

behaviour(
  "an inactive destination cannot be disabled",
  api("DisableKinesisStreamingDestination"),
  async () => {
    expect(await nameOf(send(new DisableKinesisStreamingDestinationCommand({ TableName, StreamArn })))).toBe(
      "ValidationException",
    );
  },
);

behaviour(
  "DescribeKinesisStreamingDestination refuses a table that does not exist",
  api("DescribeKinesisStreamingDestination"),
  async () => {
    expect(await nameOf(send(new DescribeKinesisStreamingDestinationCommand({ TableName: "nowhere" })))).toBe(
      "ResourceNotFoundException",
    );
  },
);

import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import {
  CreateStreamCommand,
  KinesisClient,
  MergeShardsCommand,
  PutRecordCommand,
} from "@aws-sdk/client-kinesis";
import { CreatePipeCommand, StartPipeCommand, StopPipeCommand } from "@aws-sdk/client-pipes";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { ACCOUNT, name } from "./client.ts";
import { api, endOf, pipesOf, RoleArn } from "./piping.ts";

// A separate cloud, since advancing days with a running pipe would poll its source many times.

const cloud = conformanceCloud();
const pipes = pipesOf(cloud);
const dynamodb = new Proxy({} as DynamoDBClient, {
  get: () => (command: never) => new DynamoDBClient(cloud.client()).send(command),
});
const kinesis = new Proxy({} as KinesisClient, {
  get: () => (command: never) =>
    new KinesisClient({ ...cloud.client(), requestHandler: new NodeHttpHandler() }).send(command),
});
const TWO_DAYS = 2 * 86_400_000;

/** Creates a pipe and stops it after it has delivered the existing records. */
async function stoppedPipe(source: object, InputTemplate: string) {
  const Name = name("pipe");
  const to = await endOf(cloud);
  const TargetParameters = { InputTemplate };
  await pipes(new CreatePipeCommand({ Name, RoleArn, Target: to.arn, TargetParameters, ...source } as never));
  const first = await to.taken();
  const stop = async () => {
    await pipes(new StopPipeCommand({ Name }));
    await cloud.advance(1_000);
  };
  await stop();
  return { to, first, stop, start: () => pipes(new StartPipeCommand({ Name })) };
}

behaviour(
  "a pipe that was stopped for longer than a table stream's retention continues with the remaining records",
  api("StartPipe"),
  async () => {
    const TableName = name("table");
    await dynamodb.send(
      new CreateTableCommand({
        TableName,
        AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
        KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
        BillingMode: "PAY_PER_REQUEST",
        StreamSpecification: { StreamEnabled: true, StreamViewType: "KEYS_ONLY" },
      }),
    );
    await cloud.advance(1_000);
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }));
    const put = (id: string) => dynamodb.send(new PutItemCommand({ TableName, Item: { id: { S: id } } }));
    await put("before");
    const DynamoDBStreamParameters = { StartingPosition: "TRIM_HORIZON" };
    const source = { Source: Table!.LatestStreamArn!, SourceParameters: { DynamoDBStreamParameters } };
    const { to, first, start, stop } = await stoppedPipe(source, '"<$.dynamodb.Keys.id.S>"');
    expect(first).toEqual(["before"]);
    await put("lost");
    await cloud.advance(TWO_DAYS);
    await put("after");
    await start();
    expect(await to.taken(30_000)).toEqual(["after"]);
    await stop();
  },
);

behaviour(
  "a pipe that was stopped continues even if shards that it had not read are gone",
  api("StartPipe"),
  async () => {
    const StreamName = name("stream");
    await kinesis.send(new CreateStreamCommand({ StreamName, ShardCount: 2 }));
    await cloud.advance(1_000);
    const put = (data: string) =>
      kinesis.send(new PutRecordCommand({ StreamName, PartitionKey: "key", Data: Buffer.from(data) }));
    await put("1");
    const KinesisStreamParameters = { StartingPosition: "TRIM_HORIZON" };
    const Source = `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/${StreamName}`;
    const { to, first, start } = await stoppedPipe(
      { Source, SourceParameters: { KinesisStreamParameters } },
      "<$.data>",
    );
    expect(first).toEqual([1]);
    await put("2");
    await kinesis.send(
      new MergeShardsCommand({
        StreamName,
        ShardToMerge: "shardId-000000000000",
        AdjacentShardToMerge: "shardId-000000000001",
      }),
    );
    await cloud.advance(TWO_DAYS);
    await put("3");
    await start();
    expect(await to.taken(30_000)).toEqual([3]);
  },
);

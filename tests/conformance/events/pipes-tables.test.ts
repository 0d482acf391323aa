import {
  CreateTableCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { CreatePipeCommand, type CreatePipeCommandInput } from "@aws-sdk/client-pipes";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { name } from "./client.ts";
import { api, endOf, guide, pipesOf, RoleArn } from "./piping.ts";

const cloud = conformanceCloud();
const pipes = pipesOf(cloud);
const dynamodb = {
  send: ((command: never) => new DynamoDBClient(cloud.client()).send(command)) as DynamoDBClient["send"],
};

async function newTable() {
  const TableName = name("table");
  await dynamodb.send(
    new CreateTableCommand({
      TableName,
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      BillingMode: "PAY_PER_REQUEST",
      StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
    }),
  );
  await cloud.advance(1_000);
  const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }));
  return {
    TableName,
    arn: Table!.LatestStreamArn!,
    put: (id: string, bytes = "x") =>
      dynamodb.send(
        new PutItemCommand({ TableName, Item: { id: { S: id }, bytes: { B: Buffer.from(bytes) } } }),
      ),
  };
}

async function fromTable(
  Source: string,
  StartingPosition: "TRIM_HORIZON" | "LATEST",
  { SourceParameters, ...more }: Partial<CreatePipeCommandInput> = {},
) {
  const to = await endOf(cloud);
  await pipes(
    new CreatePipeCommand({
      Name: name("pipe"),
      RoleArn,
      Source,
      SourceParameters: { DynamoDBStreamParameters: { StartingPosition }, ...SourceParameters },
      Target: to.arn,
      ...more,
    }),
  );
  await cloud.advance(1_000);
  return to;
}

behaviour(
  "a change of a table has the same form as in Lambda events",
  guide("eb-pipes-dynamodb"),
  async () => {
    const { arn, put, TableName } = await newTable();
    const to = await fromTable(arn, "TRIM_HORIZON");
    await put("one", "x");
    await dynamodb.send(
      new UpdateItemCommand({
        TableName,
        Key: { id: { S: "one" } },
        UpdateExpression: "SET n = :n",
        ExpressionAttributeValues: { ":n": { N: "1" } },
      }),
    );
    await dynamodb.send(new DeleteItemCommand({ TableName, Key: { id: { S: "one" } } }));
    const bytes = { B: Buffer.from("x").toString("base64") };
    const id = { S: "one" };
    const change = (eventName: string, images: object) => ({
      eventID: expect.any(String),
      eventName,
      eventVersion: "1.1",
      eventSource: "aws:dynamodb",
      awsRegion: "us-east-1",
      dynamodb: {
        ApproximateCreationDateTime: expect.any(Number),
        Keys: { id },
        ...images,
        SequenceNumber: expect.stringMatching(/^\d{21}$/),
        SizeBytes: expect.any(Number),
        StreamViewType: "NEW_AND_OLD_IMAGES",
      },
      eventSourceARN: arn,
    });
    expect(await to.taken()).toEqual([
      change("INSERT", { NewImage: { id, bytes } }),
      change("MODIFY", { NewImage: { id, bytes, n: { N: "1" } }, OldImage: { id, bytes } }),
      change("REMOVE", { OldImage: { id, bytes, n: { N: "1" } } }),
    ]);
  },
);

const ID = { TargetParameters: { InputTemplate: '"<$.dynamodb.Keys.id.S>"' } };

behaviour(
  "LATEST skips changes before the start of the pipe",
  api("PipeSourceDynamoDBStreamParameters"),
  async () => {
    const { arn, put } = await newTable();
    for (const id of ["1", "2"]) await put(id);
    const to = await fromTable(arn, "LATEST", ID);
    await put("3");
    expect(await to.taken()).toEqual(["3"]);
  },
);

behaviour("filters apply to the changes of a table", guide("eb-pipes-event-filtering"), async () => {
  const { arn, put } = await newTable();
  const Filters = [{ Pattern: '{"eventName":["INSERT"],"dynamodb":{"Keys":{"id":{"S":[{"prefix":"a"}]}}}}' }];
  const to = await fromTable(arn, "TRIM_HORIZON", {
    ...ID,
    SourceParameters: { FilterCriteria: { Filters } },
  });
  for (const id of ["a1", "b1", "a2", "a1"]) await put(id, `${id}-`);
  expect(await to.taken()).toEqual(["a1", "a2"]);
});

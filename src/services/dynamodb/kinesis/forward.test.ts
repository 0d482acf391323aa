import { expect, test } from "vitest";
import { AwsError } from "#aws/errors.ts";
import { defineService } from "#kernel/service.ts";
import { testCloud } from "#kernel/testing.ts";
import { dynamodb } from "../service.ts";
import { N, S } from "../testing.ts";
import type { Item, Value } from "../values/value.ts";

const TableName = "things";
const StreamArn = "arn:aws:kinesis:us-east-1:000000000000:stream/changes";
const MAX_BYTES = 2 ** 20;

/** A stream that rejects records of more than a megabyte. */
function stream() {
  const taken: { Keys: Item; NewImage?: Item; OldImage?: Item }[] = [];
  const kinesis = defineService({
    id: "kinesis",
    operations: [
      {
        async DescribeStreamSummary() {
          return {
            StreamDescriptionSummary: {
              StreamName: "changes",
              StreamARN: StreamArn,
              StreamStatus: "ACTIVE" as const,
              RetentionPeriodHours: 24,
              StreamCreationTimestamp: new Date(0),
              EnhancedMonitoring: [],
              OpenShardCount: 1,
            },
          };
        },
        async PutRecords(_, { Records }) {
          if (Records.some(({ Data }) => Data.length > MAX_BYTES))
            throw new AwsError("ValidationException", "too large");
          for (const { Data } of Records) taken.push(JSON.parse(Buffer.from(Data).toString()).dynamodb);
          return { Records: Records.map(() => ({ SequenceNumber: "1", ShardId: "shardId-0" })) };
        },
      },
    ],
    access: { DescribeStreamSummary: () => [], PutRecords: () => [] },
  });
  return { taken, kinesis };
}

test("an item whose JSON is larger than a record is sent without its images, and does not block later ones", async () => {
  const { taken, kinesis } = stream();
  const nube = await testCloud([dynamodb, kinesis]);
  const { dynamodb: db } = nube.aws;
  await db.CreateTable({
    TableName,
    AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
    BillingMode: "PAY_PER_REQUEST",
  });
  await db.EnableKinesisStreamingDestination({ TableName, StreamArn });
  const put = (p: string, x: Value) => db.PutItem({ TableName, Item: { p: S(p), x } });
  const list = (length: number): Value => ({ L: Array.from({ length }, () => N(1)) });
  await put("large", list(130_000));
  await put("large", list(70_000));
  await put("large", list(71_000));
  await put("small", N(1));
  await nube.advance("1m");
  const shown = taken.map(({ Keys, NewImage, OldImage }) => [Keys.p!.S, NewImage?.x, OldImage?.x]);
  expect(shown).toEqual([
    ["large", undefined, undefined],
    ["large", list(70_000), undefined],
    ["large", list(71_000), undefined],
    ["small", N(1), undefined],
  ]);
  await nube.close();
});

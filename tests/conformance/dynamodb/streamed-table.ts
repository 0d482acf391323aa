import {
  CreateTableCommand,
  DeleteItemCommand,
  PutItemCommand,
  UpdateTableCommand,
} from "@aws-sdk/client-dynamodb";
import {
  type _Record,
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type Shard,
  type ShardIteratorType,
} from "@aws-sdk/client-dynamodb-streams";
import type { ConformanceCloud } from "../cloud.ts";
import { dynamodbOn, N, S } from "./client.ts";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** The values of `x` in the new images of records. */
export const xs = (records: readonly _Record[]) =>
  records.map(({ dynamodb }) => Number(dynamodb!.NewImage!.x!.N));
export const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => "accepted",
    (error: Error) => error.name,
  );

/** Returns the helpers of the stream tests. */
export function streamsOn(cloud: ConformanceCloud) {
  const { send } = dynamodbOn(cloud);
  let known: DynamoDBStreamsClient | undefined;
  const streams = () => (known ??= new DynamoDBStreamsClient(cloud.client()));

  let tables = 0;
  /** Creates a table with a stream, and returns the helpers that use it. */
  async function withStream(StreamViewType: "NEW_AND_OLD_IMAGES" | "KEYS_ONLY" | "NEW_IMAGE" | "OLD_IMAGE") {
    const TableName = `streamed-${tables++}`;
    const { TableDescription } = await send(
      new CreateTableCommand({
        TableName,
        AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }],
        KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
        BillingMode: "PAY_PER_REQUEST",
        StreamSpecification: { StreamEnabled: true, StreamViewType },
      }),
    );
    const StreamArn = TableDescription!.LatestStreamArn!;

    const described = async (more: Partial<ConstructorParameters<typeof DescribeStreamCommand>[0]> = {}) =>
      (await streams().send(new DescribeStreamCommand({ StreamArn, ...more }))).StreamDescription!;
    const shards = async () => (await described()).Shards!;
    const iterator = async (
      { ShardId }: Shard,
      ShardIteratorType: ShardIteratorType = "TRIM_HORIZON",
      SequenceNumber?: string,
    ) => {
      const input = { StreamArn, ShardId, ShardIteratorType, SequenceNumber };
      return (await streams().send(new GetShardIteratorCommand(input))).ShardIterator!;
    };
    const get = (ShardIterator: string, Limit?: number) =>
      streams().send(new GetRecordsCommand({ ShardIterator, Limit }));
    const all = async (shard: Shard) => (await get(await iterator(shard))).Records!;

    return {
      TableName,
      StreamArn,
      described,
      shards,
      iterator,
      get,
      all,
      put: (p: string, x: number) => send(new PutItemCommand({ TableName, Item: { p: S(p), x: N(x) } })),
      remove: (p: string) => send(new DeleteItemCommand({ TableName, Key: { p: S(p) } })),
      enable: (StreamEnabled: boolean) =>
        send(
          new UpdateTableCommand({
            TableName,
            StreamSpecification: { StreamEnabled, ...(StreamEnabled && { StreamViewType }) },
          }),
        ),
    };
  }

  return { send, streams, withStream };
}

import { DeleteTableCommand, TransactWriteItemsCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import {
  DescribeStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListStreamsCommand,
} from "@aws-sdk/client-dynamodb-streams";
import { describe, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { guide, N, S } from "./client.ts";
import { codeOf, HOUR, MINUTE, streamsOn, xs } from "./streamed-table.ts";

const cloud = conformanceCloud();
const { send, streams, withStream } = streamsOn(cloud);
const api = (name: string) => doc(`amazondynamodb/latest/APIReference/API_streams_${name}.html`);
const GUIDE = guide("Streams");

describe("a shard", () => {
  behaviour("is open until it has an EndingSequenceNumber", api("DescribeStream"), async () => {
    const [shard] = await (await withStream("KEYS_ONLY")).shards();
    expect(shard!.SequenceNumberRange!.StartingSequenceNumber).toMatch(/^\d{21,40}$/);
    expect(shard!.SequenceNumberRange!.EndingSequenceNumber).toBeUndefined();
    expect(shard!.ParentShardId).toBeUndefined();
  });

  behaviour("closes after four hours, and a child receives later records", GUIDE, async () => {
    const { put, shards, all } = await withStream("NEW_IMAGE");
    await put("a", 1);
    await cloud.advance(5 * HOUR);
    await put("a", 2);
    const [parent, child, ...more] = await shards();
    expect(more).toEqual([]);
    expect(child!.ParentShardId).toBe(parent!.ShardId);
    const end = BigInt(parent!.SequenceNumberRange!.EndingSequenceNumber!);
    expect(BigInt(child!.SequenceNumberRange!.StartingSequenceNumber!)).toBeGreaterThan(end);
    expect(child!.SequenceNumberRange!.EndingSequenceNumber).toBeUndefined();
    expect([xs(await all(parent!)), xs(await all(child!))]).toEqual([[1], [2]]);
  });

  behaviour("that is closed has no next iterator after its last record", api("GetRecords"), async () => {
    const { put, shards, iterator, get } = await withStream("NEW_IMAGE");
    await put("a", 1);
    await cloud.advance(4 * HOUR - 5 * MINUTE);
    const [open] = await shards();
    const first = await get(await iterator(open!));
    await put("a", 2);
    await cloud.advance(10 * MINUTE);
    await put("a", 3);
    // An iterator of an open shard continues after the shard closes, up to its end.
    const rest = await get(first.NextShardIterator!);
    expect([xs(rest.Records!), rest.NextShardIterator]).toEqual([[2], undefined]);
    const page = await get(await iterator(open!), 1);
    expect(xs(page.Records!)).toEqual([1]);
    expect(page.NextShardIterator).toBeDefined();
  });

  behaviour(
    "read after its parent returns all changes of an item in order",
    `${GUIDE}#Streams.Processing`,
    async () => {
      const { put, shards, all } = await withStream("NEW_IMAGE");
      for (let hour = 0; hour < 20; hour++) {
        await put("a", hour);
        await cloud.advance(HOUR);
      }
      const found = await shards();
      expect(found.length).toBeGreaterThanOrEqual(4);
      expect(found.map(({ ParentShardId }) => ParentShardId)).toEqual([
        undefined,
        ...found.slice(0, -1).map(({ ShardId }) => ShardId),
      ]);
      const values: number[] = [];
      for (const shard of found) values.push(...xs(await all(shard)));
      expect(values).toEqual(Array.from({ length: 20 }, (_, hour) => hour));
    },
  );

  behaviour("without records stays open", GUIDE, async () => {
    const { shards } = await withStream("KEYS_ONLY");
    await cloud.advance(30 * HOUR);
    expect(await shards()).toHaveLength(1);
  });

  behaviour("of a disabled stream closes, and is readable for 24 hours", GUIDE, async () => {
    const { put, enable, described, all, shards } = await withStream("NEW_IMAGE");
    await put("a", 1);
    await enable(false);
    const { StreamStatus, Shards } = await described();
    expect([StreamStatus, Shards!.length]).toEqual(["DISABLED", 1]);
    expect(Shards![0]!.SequenceNumberRange!.EndingSequenceNumber).toBeDefined();
    await cloud.advance(23 * HOUR);
    expect(xs(await all((await shards())[0]!))).toEqual([1]);
    await cloud.advance(3 * HOUR);
    expect(await codeOf(described())).toBe("ResourceNotFoundException");
  });

  behaviour("closes when its table is deleted", GUIDE, async () => {
    const { TableName, put, described, all } = await withStream("NEW_IMAGE");
    await put("a", 1);
    await send(new DeleteTableCommand({ TableName }));
    const { StreamStatus, Shards } = await described();
    expect(StreamStatus).toBe("DISABLED");
    expect(xs(await all(Shards![0]!))).toEqual([1]);
  });

  behaviour("is removed when all its records are older than 24 hours", GUIDE, async () => {
    const { put, shards } = await withStream("NEW_IMAGE");
    await put("a", 1);
    await cloud.advance(5 * HOUR);
    await put("a", 2);
    const [first] = await shards();
    await cloud.advance(27 * HOUR);
    const left = await shards();
    expect(left.map(({ ShardId }) => ShardId)).not.toContain(first!.ShardId);
    expect(left.length).toBeGreaterThan(0);
  });
});

describe("DescribeStream", () => {
  behaviour("returns shards in pages", api("DescribeStream"), async () => {
    const { put, described } = await withStream("KEYS_ONLY");
    for (let at = 0; at < 3; at++) {
      await put("a", at);
      await cloud.advance(5 * HOUR);
    }
    const ids: string[] = [];
    let ExclusiveStartShardId: string | undefined;
    do {
      const page = await described({ Limit: 1, ExclusiveStartShardId });
      expect(page.Shards!.length).toBeLessThanOrEqual(1);
      ids.push(...page.Shards!.map(({ ShardId }) => ShardId!));
      ExclusiveStartShardId = page.LastEvaluatedShardId;
    } while (ExclusiveStartShardId !== undefined);
    expect(ids).toEqual((await described()).Shards!.map(({ ShardId }) => ShardId));
    expect(ids.length).toBeGreaterThanOrEqual(3);
  });

  behaviour("returns the children of a shard", api("ShardFilter"), async () => {
    const { put, described } = await withStream("KEYS_ONLY");
    await put("a", 1);
    await cloud.advance(5 * HOUR);
    const [parent, child] = (await described()).Shards!;
    const children = (ShardId: string) =>
      described({ ShardFilter: { Type: "CHILD_SHARDS", ShardId } }).then(({ Shards }) =>
        Shards!.map((shard) => shard.ShardId),
      );
    expect(await children(parent!.ShardId!)).toEqual([child!.ShardId]);
    expect(await children(child!.ShardId!)).toEqual([]);
  });

  behaviour("returns the table and settings of the stream", api("StreamDescription"), async () => {
    const { TableName, StreamArn, described } = await withStream("OLD_IMAGE");
    const values = await described();
    expect(values).toMatchObject({
      StreamArn,
      TableName,
      StreamLabel: StreamArn.split("/").at(-1),
      StreamStatus: "ENABLED",
      StreamViewType: "OLD_IMAGE",
      KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
    });
  });

  for (const [name, call] of Object.entries({
    DescribeStream: (StreamArn: string) => new DescribeStreamCommand({ StreamArn }),
    GetShardIterator: (StreamArn: string) =>
      new GetShardIteratorCommand({
        StreamArn,
        ShardId: "shardId-00000000000000000000-00000000",
        ShardIteratorType: "LATEST",
      }),
  }))
    behaviour(`${name} refuses a stream that does not exist`, api(name), async () => {
      const arn = "arn:aws:dynamodb:us-east-1:000000000000:table/none/stream/2020-01-01T00:00:00.000";
      await expect(streams().send(call(arn) as DescribeStreamCommand)).rejects.toMatchObject({
        name: "ResourceNotFoundException",
        message: `Requested resource not found: Stream: ${arn} not found`,
      });
    });

  // The SDK for JavaScript's own tests send `fake-stream` to DynamoDB.
  for (const arn of [
    "fake-stream",
    "arn:aws:dynamodb:us-east-1:000000000000:table/none",
    "arn:aws:kinesis:us-east-1:000000000000:stream/none/stream/none",
  ])
    behaviour(
      `${arn} is an invalid stream ARN`,
      "https://github.com/aws/aws-sdk-js/blob/master/test/browser.spec.coffee",
      async () => {
        for (const command of [
          new DescribeStreamCommand({ StreamArn: arn }),
          new ListStreamsCommand({ ExclusiveStartStreamArn: arn }),
        ])
          await expect(streams().send(command as DescribeStreamCommand)).rejects.toMatchObject({
            name: "ValidationException",
            message: "Invalid StreamArn",
          });
      },
    );

  for (const [name, maximum, command] of [
    [
      "DescribeStream",
      100,
      (arn: string, Limit: number) => new DescribeStreamCommand({ StreamArn: arn, Limit }),
    ],
    ["ListStreams", 100, (_: string, Limit: number) => new ListStreamsCommand({ Limit })],
    ["GetRecords", 1_000, (_: string, Limit: number) => new GetRecordsCommand({ ShardIterator: "x", Limit })],
  ] as const)
    behaviour(`${name} refuses a limit greater than ${maximum}`, api(name), async () => {
      const { StreamArn } = await withStream("KEYS_ONLY");
      await expect(
        streams().send(command(StreamArn, maximum + 1) as DescribeStreamCommand),
      ).rejects.toMatchObject({ name: "ValidationException" });
    });
});

describe("records", () => {
  behaviour("are removed after 24 hours", GUIDE, async () => {
    const { put, shards, all } = await withStream("NEW_IMAGE");
    await put("a", 1);
    await cloud.advance(23 * HOUR);
    await put("a", 2);
    expect((await Promise.all((await shards()).map(all))).flatMap(xs)).toEqual([1, 2]);
    await cloud.advance(3 * HOUR);
    expect((await Promise.all((await shards()).map(all))).flatMap(xs)).toEqual([2]);
  });

  for (const [view, shown] of [
    ["KEYS_ONLY", []],
    ["NEW_IMAGE", ["NewImage"]],
    ["OLD_IMAGE", ["OldImage"]],
    ["NEW_AND_OLD_IMAGES", ["NewImage", "OldImage"]],
  ] as const)
    behaviour(`of a ${view} stream contain the images of that view`, api("StreamRecord"), async () => {
      const { put, shards, all } = await withStream(view);
      await put("a", 1);
      await put("a", 2);
      const change = (await all((await shards())[0]!))[1]!.dynamodb!;
      expect(Object.keys(change).filter((member) => member.endsWith("Image"))).toEqual([...shown]);
      expect(change.Keys).toEqual({ p: S("a") });
      expect(change.StreamViewType).toBe(view);
    });

  behaviour("have the event names INSERT, MODIFY and REMOVE", api("Record"), async () => {
    const { put, remove, shards, all } = await withStream("KEYS_ONLY");
    await put("a", 1);
    await put("a", 2);
    await remove("a");
    await remove("a");
    const values = await all((await shards())[0]!);
    expect(values.map(({ eventName }) => eventName)).toEqual(["INSERT", "MODIFY", "REMOVE"]);
    expect(new Set(values.map(({ eventID }) => eventID)).size).toBe(3);
    for (const one of values)
      expect(one).toMatchObject({ eventSource: "aws:dynamodb", awsRegion: "us-east-1", eventVersion: "1.1" });
  });

  behaviour("are not written for a write that changes nothing", GUIDE, async () => {
    const { TableName, put, shards, all } = await withStream("KEYS_ONLY");
    await put("a", 1);
    await put("a", 1);
    await send(
      new UpdateItemCommand({
        TableName,
        Key: { p: S("a") },
        UpdateExpression: "SET x = :x",
        ExpressionAttributeValues: { ":x": N(1) },
      }),
    );
    expect(await all((await shards())[0]!)).toHaveLength(1);
  });

  behaviour("are written for each item of a transaction", GUIDE, async () => {
    const { TableName, shards, all } = await withStream("NEW_IMAGE");
    const Item = (p: string, x: number) => ({ Put: { TableName, Item: { p: S(p), x: N(x) } } });
    await send(new TransactWriteItemsCommand({ TransactItems: [Item("a", 1), Item("b", 2)] }));
    expect(xs(await all((await shards())[0]!)).toSorted()).toEqual([1, 2]);
  });

  behaviour("have the size of their keys and images", api("StreamRecord"), async () => {
    const { put, shards, all } = await withStream("KEYS_ONLY");
    await put("abc", 1);
    const [one] = await all((await shards())[0]!);
    expect(one!.dynamodb!.SizeBytes).toBe(4);
  });
});

describe("ListStreams", () => {
  behaviour("returns the ended and the new stream of a table", GUIDE, async () => {
    const { TableName, StreamArn, enable } = await withStream("KEYS_ONLY");
    await enable(false);
    await enable(true);
    const { Streams } = await streams().send(new ListStreamsCommand({ TableName }));
    const arns = Streams!.map((one) => one.StreamArn);
    expect(arns).toHaveLength(2);
    expect(arns).toContain(StreamArn);
    const statuses = await Promise.all(
      arns.map(async (arn) => {
        const values = await streams().send(new DescribeStreamCommand({ StreamArn: arn }));
        return values.StreamDescription!.StreamStatus;
      }),
    );
    expect(statuses.toSorted()).toEqual(["DISABLED", "ENABLED"]);
  });

  behaviour("returns streams in pages", api("ListStreams"), async () => {
    const { StreamArn } = await withStream("KEYS_ONLY");
    const found: string[] = [];
    let ExclusiveStartStreamArn: string | undefined;
    do {
      const page = await streams().send(new ListStreamsCommand({ Limit: 2, ExclusiveStartStreamArn }));
      expect(page.Streams!.length).toBeLessThanOrEqual(2);
      found.push(...page.Streams!.map((one) => one.StreamArn!));
      ExclusiveStartStreamArn = page.LastEvaluatedStreamArn;
    } while (ExclusiveStartStreamArn !== undefined);
    expect(found).toContain(StreamArn);
    expect(new Set(found).size).toBe(found.length);
  });
});

import { CreateStreamCommand, DescribeStreamCommand, ListStreamsCommand } from "@aws-sdk/client-kinesis";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, arn, kinesisOf } from "./kinesis.ts";

const cloud = conformanceCloud();
const { send, stream } = kinesisOf(cloud);

behaviour("ListStreams returns streams in order of name, in pages", api("ListStreams"), async () => {
  for (const StreamName of ["0-a", "0-c", "0-b"])
    await send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
  const first = await send(new ListStreamsCommand({ Limit: 2 }));
  expect(first).toMatchObject({ StreamNames: ["0-a", "0-b"], HasMoreStreams: true });
  expect(first.StreamSummaries![0]).toMatchObject({
    StreamName: "0-a",
    StreamARN: arn("0-a"),
    StreamStatus: "ACTIVE",
    StreamModeDetails: { StreamMode: "PROVISIONED" },
  });
  const byToken = await send(new ListStreamsCommand({ NextToken: first.NextToken!, Limit: 1 }));
  expect(byToken.StreamNames).toEqual(["0-c"]);
  const byName = await send(new ListStreamsCommand({ ExclusiveStartStreamName: "0-a", Limit: 1 }));
  expect(byName.StreamNames).toEqual(["0-b"]);
});

behaviour(
  "ListStreams refuses a token that it did not issue, or issued five minutes ago",
  api("ListStreams"),
  async () => {
    await expect(send(new ListStreamsCommand({ NextToken: "made-up" }))).rejects.toMatchObject({
      name: "InvalidArgumentException",
    });
    for (const _ of "ab") await stream();
    const { NextToken } = await send(new ListStreamsCommand({ Limit: 1 }));
    await cloud.advance(301_000);
    await expect(send(new ListStreamsCommand({ NextToken: NextToken! }))).rejects.toMatchObject({
      name: "ExpiredNextTokenException",
    });
  },
);

behaviour("DescribeStream returns shards in pages", api("DescribeStream"), async () => {
  const { StreamName } = await stream({ ShardCount: 3 });
  const { StreamDescription: first } = await send(new DescribeStreamCommand({ StreamName, Limit: 2 }));
  expect(first).toMatchObject({ HasMoreShards: true });
  const { StreamDescription: rest } = await send(
    new DescribeStreamCommand({ StreamName, ExclusiveStartShardId: first!.Shards![1]!.ShardId! }),
  );
  expect(rest!.Shards!.map(({ ShardId }) => ShardId)).toEqual(["shardId-000000000002"]);
  expect(rest!.HasMoreShards).toBe(false);
});

behaviour("DescribeStream returns at most 100 shards", api("DescribeStream"), async () => {
  const { StreamName } = await stream({ ShardCount: 101 });
  const { StreamDescription } = await send(new DescribeStreamCommand({ StreamName, Limit: 10_000 }));
  expect(StreamDescription!.Shards).toHaveLength(100);
  expect(StreamDescription!.HasMoreShards).toBe(true);
});

behaviour("ListStreams returns at most 100 streams", api("ListStreams"), async () => {
  for (let at = 0; at < 101; at++)
    await send(new CreateStreamCommand({ StreamName: `many-${at}`, ShardCount: 1 }));
  const page = await send(new ListStreamsCommand({ Limit: 10_000 }));
  expect(page.StreamNames).toHaveLength(100);
  expect(page).toMatchObject({ HasMoreStreams: true, NextToken: expect.any(String) });
});

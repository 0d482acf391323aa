import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  type PutRecordCommandInput,
  PutRecordsCommand,
  UpdateStreamModeCommand,
  UpdateStreamRecordDistributionStrategyCommand,
} from "@aws-sdk/client-kinesis";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, guide, invalid, kinesisOf, refusal } from "./kinesis.ts";

const cloud = conformanceCloud();
const { send, stream } = kinesisOf(cloud);

const PRODUCING = guide("service-managed-pk-producing-behavior");
const AUTO = {
  StreamModeDetails: { StreamMode: "ON_DEMAND" },
  RecordDistributionStrategy: "AUTO",
} as const;
const keyless = { PartitionKey: undefined } as unknown as Partial<PutRecordCommandInput>;

const strategy = async (StreamName: string) =>
  (await send(new DescribeStreamSummaryCommand({ StreamName }))).StreamDescriptionSummary!
    .RecordDistributionStrategy;
const distribute = (StreamARN: string, RecordDistributionStrategy: "AUTO" | "USER_PARTITION_KEY") =>
  send(new UpdateStreamRecordDistributionStrategyCommand({ StreamARN, RecordDistributionStrategy }));

behaviour(
  "only on-demand streams describe a record distribution strategy",
  api("StreamDescriptionSummary"),
  async () => {
    const { StreamName, StreamARN } = await stream({});
    expect(await strategy(StreamName)).toBe("USER_PARTITION_KEY");
    await distribute(StreamARN, "AUTO");
    expect(await strategy(StreamName)).toBe("AUTO");
    await send(new UpdateStreamModeCommand({ StreamARN, StreamModeDetails: { StreamMode: "PROVISIONED" } }));
    expect(await strategy(StreamName)).toBeUndefined();
    expect(await strategy((await stream({ ShardCount: 1 })).StreamName)).toBeUndefined();
  },
);

behaviour("AUTO distributes records over all shards, whatever their keys", PRODUCING, async () => {
  const { StreamName } = await stream(AUTO);
  const Records = Array.from({ length: 40 }, () => ({
    Data: Buffer.from("x"),
    PartitionKey: "k",
    ExplicitHashKey: "0",
  }));
  const { Records: results } = await send(new PutRecordsCommand({ StreamName, Records }));
  const count = (id: string) => results!.filter(({ ShardId }) => ShardId === id).length;
  expect([0, 1, 2, 3].map((at) => count(`shardId-00000000000${at}`))).toEqual([10, 10, 10, 10]);
});

behaviour("a record put without a key is returned without one", api("Record"), async () => {
  const { put, iterator } = await stream(AUTO);
  const { ShardId } = await put("without", keyless);
  let last = ShardId;
  do last = (await put("with")).ShardId;
  while (last !== ShardId);
  const ShardIterator = await iterator({ ShardId: ShardId! });
  const { Records } = await send(new GetRecordsCommand({ ShardIterator }));
  expect(Records!.map(({ PartitionKey }) => PartitionKey)).toEqual([undefined, "k"]);
});

behaviour("USER_PARTITION_KEY requires a partition key for each record", api("PutRecord"), async () => {
  const { StreamName, StreamARN, put } = await stream({});
  const missing = (path: string) =>
    refusal(
      "ValidationException",
      `1 validation error detected: Value null at '${path}' failed to satisfy constraint: Member must not be null`,
    );
  const Records = [{ Data: Buffer.from("x"), PartitionKey: "k" }, { Data: Buffer.from("y") }];
  await expect(put("x", keyless)).rejects.toMatchObject(missing("partitionKey"));
  await expect(send(new PutRecordsCommand({ StreamName, Records }))).rejects.toMatchObject(
    missing("records.2.member.partitionKey"),
  );
  await distribute(StreamARN, "AUTO");
  await put("x", keyless);
  await distribute(StreamARN, "USER_PARTITION_KEY");
  await expect(put("x", keyless)).rejects.toMatchObject(missing("partitionKey"));
});

behaviour("AUTO refuses SequenceNumberForOrdering", PRODUCING, async () => {
  const { put } = await stream(AUTO);
  const { SequenceNumber: SequenceNumberForOrdering } = await put("x");
  await expect(put("y", { SequenceNumberForOrdering })).rejects.toMatchObject(invalid(expect.any(String)));
});

behaviour("a provisioned stream refuses AUTO", api("UpdateStreamRecordDistributionStrategy"), async () => {
  const { StreamARN } = await stream({ ShardCount: 1 });
  await expect(distribute(StreamARN, "AUTO")).rejects.toMatchObject(invalid(expect.any(String)));
  await distribute(StreamARN, "USER_PARTITION_KEY");
  await expect(stream({ ShardCount: 1, RecordDistributionStrategy: "AUTO" })).rejects.toMatchObject(
    invalid(expect.any(String)),
  );
});

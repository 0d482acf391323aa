import { beforeEach, expect, test } from "vitest";
import { type TestCloud, testCloud } from "#kernel/testing.ts";
import { kinesis } from "../service.ts";

const StreamName = "s";
let nube: TestCloud;
beforeEach(async () => {
  nube = await testCloud([kinesis]);
});

/** Writes records in calls of 500. */
async function write(records: number) {
  const Records = Array.from({ length: 500 }, () => ({ Data: Buffer.from("x"), PartitionKey: "k" }));
  for (let left = records; left > 0; left -= 500) await nube.aws.kinesis.PutRecords({ StreamName, Records });
  await nube.advance("1ms");
}
const openShards = async () =>
  (await nube.aws.kinesis.DescribeStreamSummary({ StreamName })).StreamDescriptionSummary.OpenShardCount;

test("an on-demand stream doubles its shards if a minute of writes exceeds half of their capacity", async () => {
  await nube.aws.kinesis.CreateStream({ StreamName, StreamModeDetails: { StreamMode: "ON_DEMAND" } });
  await write(120_000);
  expect(await openShards()).toBe(4);
  await write(500);
  expect(await openShards()).toBe(8);
  const { Shards = [] } = await nube.aws.kinesis.ListShards({ StreamName });
  expect(Shards.filter(({ ParentShardId }) => ParentShardId)).toHaveLength(8);
  // Records of a past minute do not count.
  await nube.advance("1m");
  await write(500);
  expect(await openShards()).toBe(8);
});

test("a provisioned stream keeps its shards", async () => {
  await nube.aws.kinesis.CreateStream({ StreamName, ShardCount: 1 });
  await write(31_000);
  expect(await openShards()).toBe(1);
});

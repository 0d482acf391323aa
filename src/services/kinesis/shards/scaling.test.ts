import { beforeEach, expect, test } from "vitest";
import { type TestCloud, testCloud } from "#kernel/testing.ts";
import { kinesis } from "../service.ts";

const StreamName = "s";
let nube: TestCloud;
beforeEach(async () => {
  nube = await testCloud([kinesis]);
});

const summary = async () =>
  (await nube.aws.kinesis.DescribeStreamSummary({ StreamName })).StreamDescriptionSummary;
const scale = (TargetShardCount: number) =>
  nube.aws.kinesis.UpdateShardCount({ StreamName, TargetShardCount, ScalingType: "UNIFORM_SCALING" });

async function openShards() {
  const found = [];
  for (let NextToken: string | undefined; ; ) {
    const page = await nube.aws.kinesis.ListShards(
      NextToken === undefined ? { StreamName, ShardFilter: { Type: "AT_LATEST" } } : { NextToken },
    );
    found.push(...page.Shards!);
    NextToken = page.NextToken;
    if (NextToken === undefined) break;
  }
  return found
    .map(({ ShardId, HashKeyRange: range }) => ({
      ShardId,
      from: BigInt(range.StartingHashKey),
      to: BigInt(range.EndingHashKey),
    }))
    .sort((a, b) => (a.from < b.from ? -1 : 1));
}

test.each([
  [700, 1_400],
  [1_400, 700],
  [1_000, 1_501],
])(
  "a stream of %i shards accepts records while it scales to %i, and has that number afterwards",
  async (from, to) => {
    await nube.aws.kinesis.CreateStream({ StreamName, ShardCount: from });
    const put = (PartitionKey: string, more: { ExplicitHashKey?: string } = {}) =>
      nube.aws.kinesis.PutRecord({ StreamName, PartitionKey, Data: Buffer.from("x"), ...more });
    // All at once, so that these calls arrive directly after the first one.
    const [, told, refused, taken] = await Promise.all([
      scale(to),
      summary(),
      scale(from).catch((error: Error) => error.message),
      put("a"),
    ]);
    expect(told).toMatchObject({ StreamStatus: "UPDATING" });
    expect(refused).toBe(
      `Stream ${StreamName} under account 000000000000 not ACTIVE, instead in state UPDATING`,
    );
    expect(taken.SequenceNumber).toMatch(/^\d{56}$/);
    await nube.advance("1ms");
    expect(await summary()).toMatchObject({ StreamStatus: "ACTIVE", OpenShardCount: to });
    const open = await openShards();
    const share = 2n ** 128n / BigInt(to);
    expect(open.map((shard) => shard.from)).toEqual(
      Array.from({ length: to }, (_, at) => share * BigInt(at)),
    );
    expect(open.at(-1)!.to).toBe(2n ** 128n - 1n);
    const { ShardId } = await put("k", { ExplicitHashKey: String(share) });
    expect(ShardId).toBe(open[1]!.ShardId);
  },
);

test("a stream can be deleted while it scales", async () => {
  await nube.aws.kinesis.CreateStream({ StreamName, ShardCount: 700 });
  await scale(1_400);
  await nube.aws.kinesis.DeleteStream({ StreamName });
  await nube.aws.kinesis.CreateStream({ StreamName, ShardCount: 1 });
  await nube.advance("1ms");
  expect(await summary()).toMatchObject({ StreamStatus: "ACTIVE", OpenShardCount: 1 });
});

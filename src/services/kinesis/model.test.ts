import fc from "fast-check";
import { expect, test } from "vitest";
import { type TestCloud, testCloud } from "#kernel/testing.ts";
import { openMemory } from "#storage/kv/memory.ts";
import { kinesis } from "./service.ts";

const StreamName = "s";
const TOP = 2n ** 128n - 1n;

type Step =
  | { do: "put"; keys: string[] }
  | { do: "split" | "merge"; which: number }
  | { do: "scale"; by: number }
  | { do: "advance"; ms: number }
  | { do: "restart" };
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("put" as const),
      keys: fc.array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 6 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom("split" as const, "merge" as const), which: fc.nat(99) }),
  },
  fc.record({ do: fc.constant("scale" as const), by: fc.constantFrom(0.5, 1.5, 2) }),
  fc.record({ do: fc.constant("advance" as const), ms: fc.constantFrom(1, 999, 60_000) }),
  fc.record({ do: fc.constant("restart" as const) }),
);

/** The records put with each key, in order, with their sequence numbers. */
type Put = Map<string, { text: string; number: bigint }[]>;

async function take(nube: TestCloud, step: Exclude<Step, { do: "restart" }>, put: Put): Promise<void> {
  const { aws } = nube;
  if (step.do === "advance") return nube.advance(`${step.ms}ms`);
  if (step.do === "put") {
    const texts = step.keys.map((key, n) => `${key}${put.get(key)?.length ?? 0}.${n}`);
    const { Records } = await aws.kinesis.PutRecords({
      StreamName,
      Records: step.keys.map((PartitionKey, n) => ({ PartitionKey, Data: Buffer.from(texts[n]!) })),
    });
    for (const [n, key] of step.keys.entries())
      put.set(key, [
        ...(put.get(key) ?? []),
        { text: texts[n]!, number: BigInt(Records[n]!.SequenceNumber!) },
      ]);
    return;
  }
  const open = await openShards(nube);
  if (step.do === "scale") {
    const TargetShardCount = Math.ceil(open.length * step.by);
    if (TargetShardCount > 24) return;
    // Ten times a day.
    await aws.kinesis
      .UpdateShardCount({ StreamName, TargetShardCount, ScalingType: "UNIFORM_SCALING" })
      .catch((error) => expect(error).toMatchObject({ code: "LimitExceededException" }));
    return;
  }
  const at = step.which % open.length;
  const { ShardId, HashKeyRange } = open[at]!;
  const [from, to] = [BigInt(HashKeyRange.StartingHashKey), BigInt(HashKeyRange.EndingHashKey)];
  if (step.do === "split" && to - from > 9n)
    await aws.kinesis.SplitShard({
      StreamName,
      ShardToSplit: ShardId,
      NewStartingHashKey: String((from + to) / 2n),
    });
  if (step.do === "merge" && open[at + 1])
    await aws.kinesis.MergeShards({
      StreamName,
      ShardToMerge: ShardId,
      AdjacentShardToMerge: open[at + 1]!.ShardId,
    });
}

const shardsOf = async ({ aws }: TestCloud) => (await aws.kinesis.ListShards({ StreamName })).Shards!;

/** The open shards, whose hash ranges must cover each hash exactly once. */
async function openShards(nube: TestCloud) {
  const open = (await shardsOf(nube)).filter((one) => !one.SequenceNumberRange.EndingSequenceNumber);
  open.sort((a, b) =>
    BigInt(a.HashKeyRange.StartingHashKey) < BigInt(b.HashKeyRange.StartingHashKey) ? -1 : 1,
  );
  let next = 0n;
  for (const { HashKeyRange } of open) {
    expect(BigInt(HashKeyRange.StartingHashKey)).toBe(next);
    next = BigInt(HashKeyRange.EndingHashKey) + 1n;
  }
  expect(next).toBe(TOP + 1n);
  return open;
}

/** All records by key; parent shards are read before their children. */
async function readAll(nube: TestCloud, Limit: number): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  // Parents are listed before their children.
  for (const { ShardId } of await shardsOf(nube)) {
    const type = "TRIM_HORIZON";
    let it = (await nube.aws.kinesis.GetShardIterator({ StreamName, ShardId, ShardIteratorType: type }))
      .ShardIterator;
    while (it !== undefined) {
      const answer = await nube.aws.kinesis.GetRecords({ ShardIterator: it, Limit });
      for (const { PartitionKey, Data } of answer.Records)
        found.set(PartitionKey!, [...(found.get(PartitionKey!) ?? []), Buffer.from(Data).toString()]);
      it = answer.Records.length === 0 ? undefined : answer.NextShardIterator;
    }
  }
  return found;
}

test("across any resharding, the sequence numbers of a key increase, and each record is returned once and in order", async () => {
  const steps = fc.array(step, { minLength: 1, maxLength: 40 });
  const run = fc.asyncProperty(steps, fc.integer({ min: 1, max: 9 }), async (all, limit) => {
    const store = openMemory();
    const put: Put = new Map();
    let nube = await testCloud([kinesis], { store });
    try {
      await nube.aws.kinesis.CreateStream({ StreamName, ShardCount: 3 });
      for (const one of all) {
        if (one.do !== "restart") await take(nube, one, put);
        else {
          await nube.close();
          nube = await testCloud([kinesis], { store });
        }
      }
      const found = await readAll(nube, limit);
      expect(found.size).toBe(put.size);
      for (const [key, told] of put) {
        expect(found.get(key)).toEqual(told.map(({ text }) => text));
        for (const [n, { number }] of told.entries()) expect(number > (told[n - 1]?.number ?? 0n)).toBe(true);
      }
    } finally {
      await nube.close();
    }
  });
  await fc.assert(run, { numRuns: Number(process.env.NUBE_MODEL_RUNS ?? 60) });
}, 120_000);

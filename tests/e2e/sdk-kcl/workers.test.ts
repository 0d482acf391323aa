import { setTimeout as sleep } from "node:timers/promises";
import {
  CreateStreamCommand,
  KinesisClient,
  MergeShardsCommand,
  PutRecordCommand,
  SplitShardCommand,
} from "@aws-sdk/client-kinesis";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { sdkProgram } from "../../../tools/sdks.ts";
import { startServer, temporaryFolder } from "../harness.ts";
import { type OutputLine, startWorker } from "./worker.ts";

const KEYS = Array.from({ length: 12 }, (_, n) => `customer-${n}`);
const shard = (index: number) => `shardId-${String(index).padStart(12, "0")}`;
const program = sdkProgram("kcl");
const missing = typeof program === "string" ? ` (${program})` : "";

describe.skipIf(missing !== "")(`workers of the Kinesis Client Library${missing}`, () => {
  test.each(["polling", "fan-out"])(
    "%s: every record is processed despite a split, a merge, a second worker, a crash and a restart of the cloud",
    { timeout: 300_000 },
    processesAll,
  );
});

async function processesAll(retrieval: string): Promise<void> {
  const data = await temporaryFolder();
  const first = await startServer("--data", data);
  const { endpoint, port } = first;
  const kinesis = new KinesisClient({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
  });
  onTestFinished(() => kinesis.destroy());
  const StreamName = "orders";
  await kinesis.send(new CreateStreamCommand({ StreamName, ShardCount: 3 }));

  const sent = new Set<string>();
  async function produce(round: number): Promise<void> {
    for (const key of KEYS) {
      const text = `${key}/${round}`;
      const { ShardId, SequenceNumber } = await kinesis.send(
        new PutRecordCommand({ StreamName, PartitionKey: key, Data: Buffer.from(text) }),
      );
      sent.add([ShardId, SequenceNumber, key, text].join(" "));
    }
  }

  const output: OutputLine[] = [];
  const start = (name: string) => {
    const worker = startWorker(endpoint, output, [retrieval, "application", StreamName, name]);
    onTestFinished(() => void worker.process.kill("SIGKILL"));
    return worker;
  };
  const indexOf = (what: string, index: number) =>
    output.findIndex((each) => each.what === what && each.shard === shard(index));
  const records = () => output.filter(({ what }) => what === "record");
  const lineOf = ({ shard, rest }: OutputLine) => [shard, ...rest].join(" ");
  const allCame = () =>
    vi.waitFor(() => expect(new Set(records().map(lineOf))).toEqual(sent), {
      timeout: 120_000,
      interval: 200,
    });

  await produce(0);
  const one = start("one");
  await allCame();

  await kinesis.send(
    new SplitShardCommand({ StreamName, ShardToSplit: shard(0), NewStartingHashKey: String(2n ** 125n) }),
  );
  await kinesis.send(
    new MergeShardsCommand({ StreamName, ShardToMerge: shard(1), AdjacentShardToMerge: shard(2) }),
  );
  await produce(1);
  await allCame();
  for (const [parent, child] of [
    [0, 3],
    [0, 4],
    [1, 5],
    [2, 5],
  ] as const) {
    expect(indexOf("ended", parent)).toBeGreaterThan(-1);
    expect(indexOf("ended", parent)).toBeLessThan(indexOf("began", child));
  }

  const two = start("two");
  let round = 2;
  // Leases are balanced by the throughput of their shards, so that records must be sent meanwhile.
  for (const until = Date.now() + 60_000; !output.some(({ worker }) => worker === "two"); round++) {
    expect(Date.now()).toBeLessThan(until);
    await produce(round);
    await sleep(500);
  }
  expect(await first.end("SIGKILL")).toBe("SIGKILL");
  await sleep(1_000);
  await startServer("--data", data, "--port", String(port));
  await produce(round);
  await allCame();
  await Promise.all([one.stop(), two.stop()]);

  const before = output.length;
  await produce(round + 1);
  const three = start("three");
  await allCame();
  await three.stop();
  const after = output.slice(before).filter(({ what }) => what === "record");
  // No processed record is processed again, since both workers stored their checkpoints before.
  expect(after.map(({ rest }) => rest.at(-1)!.split("/")[1])).toEqual(KEYS.map(() => String(round + 1)));
  expectInOrder(records());
}

/** Checks that the first deliveries of each shard are in order. */
function expectInOrder(records: readonly OutputLine[]): void {
  const last = new Map<string, bigint>();
  const seen = new Set<string>();
  for (const { shard, rest } of records) {
    const number = rest[0]!;
    if (seen.has(number)) continue;
    seen.add(number);
    expect(BigInt(number)).toBeGreaterThan(last.get(shard) ?? 0n);
    last.set(shard, BigInt(number));
  }
}

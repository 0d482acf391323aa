import { beforeEach, expect, test } from "vitest";
import type * as Kinesis from "#aws/contract/types/kinesis.ts";
import { bytesOf, type RawJson } from "#aws/protocols/json/raw.ts";
import { rootOf } from "#kernel/calls/principal.ts";
import { TEST_PLACE, type TestCloud, testCloud } from "#kernel/testing.ts";
import { kinesis } from "../service.ts";

const StreamName = "s";
let nube: TestCloud;
beforeEach(async () => {
  nube = await testCloud([kinesis]);
  await nube.aws.kinesis.CreateStream({ StreamName, ShardCount: 1 });
});

const put = (Records: { Data: Uint8Array; PartitionKey: string }[]) =>
  nube.aws.kinesis.PutRecords({ StreamName, Records });
const text = (data: string, PartitionKey = "k") => ({ Data: Buffer.from(data), PartitionKey });
const from = async (more: object = { ShardIteratorType: "TRIM_HORIZON" }) =>
  (await nube.aws.kinesis.GetShardIterator({ StreamName, ShardId: "0", ...more } as never)).ShardIterator!;
const read = (ShardIterator: string, Limit?: number) =>
  nube.aws.kinesis.GetRecords({ ShardIterator, ...(Limit && { Limit }) });
const textsOf = (answer: { Records: { Data: Uint8Array }[] }) =>
  answer.Records.map(({ Data }) => Buffer.from(Data).toString());

test("GetRecords can stop and continue within the records of one call", async () => {
  await put(["a", "b", "c", "d", "e"].map((one) => text(one)));
  await put([text("f")]);
  const seen: string[][] = [];
  for (let at: string | undefined = await from(); at !== undefined && seen.length < 4; ) {
    const answer = await read(at, 2);
    seen.push(textsOf(answer));
    at = answer.NextShardIterator;
  }
  expect(seen).toEqual([["a", "b"], ["c", "d"], ["e", "f"], []]);
});

test("an iterator can start at or after each record of one call", async () => {
  const { Records } = await put(["a", "b", "c"].map((one) => text(one)));
  for (const [at, { SequenceNumber: StartingSequenceNumber }] of Records.entries()) {
    const left = async (ShardIteratorType: string) =>
      textsOf(await read(await from({ ShardIteratorType, StartingSequenceNumber })));
    expect(await left("AT_SEQUENCE_NUMBER")).toEqual(["a", "b", "c"].slice(at));
    expect(await left("AFTER_SEQUENCE_NUMBER")).toEqual(["a", "b", "c"].slice(at + 1));
  }
});

test("large records are stored in rows of their own, encrypted or not", async () => {
  await nube.aws.kinesis.UpdateMaxRecordSize({ StreamARN: arn, MaxRecordSizeInKiB: 10_240 });
  const sizes = [10, 900_000, 900_000, 4_000_000, 20];
  const records = sizes.map((size, at) => ({ Data: Buffer.alloc(size, at), PartitionKey: `k${at}` }));
  await put(records);
  await nube.aws.kinesis.StartStreamEncryption({
    StreamName,
    EncryptionType: "KMS",
    KeyId: "alias/aws/kinesis",
  });
  await put(records);
  const seen: { Data: Uint8Array; PartitionKey?: string; EncryptionType?: string }[] = [];
  for (let at = await from(); seen.length < 10; ) {
    const answer = await read(at);
    seen.push(...answer.Records);
    at = answer.NextShardIterator!;
  }
  expect(seen.map(({ PartitionKey }) => PartitionKey)).toEqual(
    [0, 1, 2, 3, 4, 0, 1, 2, 3, 4].map((n) => `k${n}`),
  );
  expect(seen.every(({ Data }, at) => Buffer.from(records[at % 5]!.Data).equals(Data))).toBe(true);
  expect(seen.map(({ EncryptionType }) => EncryptionType)).toEqual([
    ...Array(5).fill(undefined),
    ...Array(5).fill("KMS"),
  ]);
});

const arn = "arn:aws:kinesis:us-east-1:000000000000:stream/s";

test("AT_TIMESTAMP starts at the first record from that time on", async () => {
  const start = Date.parse("2026-01-01T00:00:00Z");
  for (let at = 0; at < 9; at++) {
    await put([text(`${at}a`), text(`${at}b`)]);
    await nube.advance("10s");
  }
  for (let at = 0; at < 9; at++) {
    const Timestamp = new Date(start + at * 10_000 - 1);
    const first = await read(await from({ ShardIteratorType: "AT_TIMESTAMP", Timestamp }), 1);
    expect(textsOf(first)).toEqual([`${at}a`]);
  }
});

test("the printed JSON of records equals their values", async () => {
  await put([text('"a"\n', 'schlüssel "\\\u0001'), text("")]);
  const { Records } = (await nube.cloud.invoke({
    service: kinesis,
    operation: kinesis.contract.operation("GetRecords")!,
    input: { ShardIterator: await from() },
    principal: rootOf(TEST_PLACE.account),
    place: TEST_PLACE,
    requestId: "",
  })) as { Records: RawJson<Kinesis.Record[]> };
  const values = Records.value();
  expect(JSON.parse(bytesOf(Records.print()).toString())).toEqual(
    values.map((one) => ({
      SequenceNumber: one.SequenceNumber,
      ApproximateArrivalTimestamp: one.ApproximateArrivalTimestamp!.getTime() / 1_000,
      Data: Buffer.from(one.Data).toString("base64"),
      PartitionKey: one.PartitionKey,
    })),
  );
  expect(values[0]!.PartitionKey).toBe('schlüssel "\\\u0001');
});

import { GetShardIteratorCommand, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { ACCOUNT, api, FIRST, guide, kinesisOf, MIDDLE, refusal, SECOND } from "./kinesis.ts";

const cloud = conformanceCloud({ limits: ["kinesis"] });
const { send, stream } = kinesisOf(cloud);

beforeAll(() => cloud.freeze());

const exceeded = (message: string) => refusal("ProvisionedThroughputExceededException", message);
const writtenToo = (StreamName: string, shard = FIRST) =>
  `Rate exceeded for shard ${shard} in stream ${StreamName} under account ${ACCOUNT}.`;
const readToo = (StreamName: string) => `Rate exceeded for Shard - ${ACCOUNT}/${StreamName}/${FIRST}`;
const half = Buffer.alloc(500 * 1_024);

behaviour("a shard takes 1 MiB in a second", guide("service-sizes-and-limits"), async () => {
  const { StreamName, put } = await stream();
  await put(half);
  await put(half);
  await expect(put(half)).rejects.toMatchObject(exceeded(writtenToo(StreamName)));
  await cloud.advance(1_000);
  await put(half);
});

behaviour("a shard takes 1,000 records in a second", guide("service-sizes-and-limits"), async () => {
  const { StreamName, put } = await stream();
  const Records = Array.from({ length: 500 }, () => ({ Data: Buffer.from("x"), PartitionKey: "k" }));
  for (let calls = 0; calls < 2; calls++)
    expect((await send(new PutRecordsCommand({ StreamName, Records }))).FailedRecordCount).toBe(0);
  await expect(put("x")).rejects.toMatchObject(exceeded(writtenToo(StreamName)));
});

behaviour("records of a batch fail one by one", api("PutRecords"), async () => {
  const { StreamName, texts } = await stream({ ShardCount: 2 });
  const to = (ExplicitHashKey: string) => ({ Data: half, PartitionKey: "k", ExplicitHashKey });
  const answer = await send(
    new PutRecordsCommand({ StreamName, Records: [to("0"), to("0"), to("0"), to(MIDDLE)] }),
  );
  expect(answer.FailedRecordCount).toBe(1);
  const told = { SequenceNumber: expect.any(String), ShardId: FIRST };
  expect(answer.Records).toEqual([
    told,
    told,
    { ErrorCode: "ProvisionedThroughputExceededException", ErrorMessage: writtenToo(StreamName) },
    { ...told, ShardId: SECOND },
  ]);
  expect(await texts()).toHaveLength(2);
});

behaviour("shards have their own limits", guide("service-sizes-and-limits"), async () => {
  const { put } = await stream({ ShardCount: 2 });
  for (const ExplicitHashKey of ["0", MIDDLE, "0", MIDDLE]) await put(half, { ExplicitHashKey });
});

behaviour("a shard is read five times in a second", api("GetRecords"), async () => {
  const { StreamName, read, iterator } = await stream();
  const at = await iterator();
  for (let calls = 0; calls < 5; calls++) await read(at);
  await expect(read(at)).rejects.toMatchObject(exceeded(readToo(StreamName)));
  await cloud.advance(1_000);
  await read(at);
});

behaviour("after 10 MiB a shard is not read for five seconds", api("GetRecords"), async () => {
  const { StreamName, put, read, iterator } = await stream();
  await cloud.freeze();
  for (let count = 0; count < 20; count++) {
    await put(Buffer.alloc(1_000 * 1_024));
    await cloud.advance(1_000);
  }
  const at = await iterator();
  expect((await read(at)).Records!.length).toBe(10);
  await cloud.advance(4_800);
  await expect(read(at)).rejects.toMatchObject(exceeded(readToo(StreamName)));
  await cloud.advance(200);
  await read(at);
});

behaviour("a stream is called on trial once in a second", guide("kds-dryrun-validation"), async () => {
  const { StreamName, put } = await stream();
  const onTrial = () => put("x", { DryRun: true });
  const iterator = { StreamName, ShardId: FIRST, ShardIteratorType: "LATEST", DryRun: true } as const;
  const throttled = { name: "ThrottlingException", $metadata: { httpStatusCode: 400 } };
  const succeeded = { name: "DryRunOperationException" };
  await expect(onTrial()).rejects.toMatchObject(succeeded);
  await expect(onTrial()).rejects.toMatchObject(throttled);
  await expect(send(new GetShardIteratorCommand(iterator))).rejects.toMatchObject(throttled);
  await put("x");
  await cloud.advance(1_000);
  await expect(send(new GetShardIteratorCommand(iterator))).rejects.toMatchObject(succeeded);
});

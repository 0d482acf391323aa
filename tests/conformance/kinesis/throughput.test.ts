import { GetShardIteratorCommand, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { ACCOUNT, api, FIRST, guide, kinesisOf, MIDDLE, refusal, SECOND } from "./kinesis.ts";

const cloud = conformanceCloud({ limits: ["kinesis"] });
const { send, stream } = kinesisOf(cloud);

beforeAll(() => cloud.freeze());

const exceeded = (message: string) => refusal("ProvisionedThroughputExceededException", message);
const writeExceeded = (StreamName: string, shard = FIRST) =>
  `Rate exceeded for shard ${shard} in stream ${StreamName} under account ${ACCOUNT}.`;
const readExceeded = (StreamName: string) => `Rate exceeded for Shard - ${ACCOUNT}/${StreamName}/${FIRST}`;
const half = Buffer.alloc(500 * 1_024);

behaviour("a shard accepts 1 MiB per second", guide("service-sizes-and-limits"), async () => {
  const { StreamName, put } = await stream();
  await put(half);
  await put(half);
  await expect(put(half)).rejects.toMatchObject(exceeded(writeExceeded(StreamName)));
  await cloud.advance(1_000);
  await put(half);
});

behaviour("a shard accepts 1,000 records per second", guide("service-sizes-and-limits"), async () => {
  const { StreamName, put } = await stream();
  const Records = Array.from({ length: 500 }, () => ({ Data: Buffer.from("x"), PartitionKey: "k" }));
  for (let calls = 0; calls < 2; calls++)
    expect((await send(new PutRecordsCommand({ StreamName, Records }))).FailedRecordCount).toBe(0);
  await expect(put("x")).rejects.toMatchObject(exceeded(writeExceeded(StreamName)));
});

behaviour("PutRecords throttles records individually", api("PutRecords"), async () => {
  const { StreamName, texts } = await stream({ ShardCount: 2 });
  const to = (ExplicitHashKey: string) => ({ Data: half, PartitionKey: "k", ExplicitHashKey });
  const output = await send(
    new PutRecordsCommand({ StreamName, Records: [to("0"), to("0"), to("0"), to(MIDDLE)] }),
  );
  expect(output.FailedRecordCount).toBe(1);
  const written = { SequenceNumber: expect.any(String), ShardId: FIRST };
  expect(output.Records).toEqual([
    written,
    written,
    { ErrorCode: "ProvisionedThroughputExceededException", ErrorMessage: writeExceeded(StreamName) },
    { ...written, ShardId: SECOND },
  ]);
  expect(await texts()).toHaveLength(2);
});

behaviour("each shard has its own limits", guide("service-sizes-and-limits"), async () => {
  const { put } = await stream({ ShardCount: 2 });
  for (const ExplicitHashKey of ["0", MIDDLE, "0", MIDDLE]) await put(half, { ExplicitHashKey });
});

behaviour("a shard can be read five times per second", api("GetRecords"), async () => {
  const { StreamName, read, iterator } = await stream();
  const at = await iterator();
  for (let calls = 0; calls < 5; calls++) await read(at);
  await expect(read(at)).rejects.toMatchObject(exceeded(readExceeded(StreamName)));
  await cloud.advance(1_000);
  await read(at);
});

behaviour("a shard cannot be read for five seconds after 10 MiB", api("GetRecords"), async () => {
  const { StreamName, put, read, iterator } = await stream();
  await cloud.freeze();
  for (let count = 0; count < 20; count++) {
    await put(Buffer.alloc(1_000 * 1_024));
    await cloud.advance(1_000);
  }
  const at = await iterator();
  expect((await read(at)).Records!.length).toBe(10);
  await cloud.advance(4_800);
  await expect(read(at)).rejects.toMatchObject(exceeded(readExceeded(StreamName)));
  await cloud.advance(200);
  await read(at);
});

behaviour("a stream accepts one dry run per second", guide("kds-dryrun-validation"), async () => {
  const { StreamName, put } = await stream();
  const dryRun = () => put("x", { DryRun: true });
  const iterator = { StreamName, ShardId: FIRST, ShardIteratorType: "LATEST", DryRun: true } as const;
  const throttled = { name: "ThrottlingException", $metadata: { httpStatusCode: 400 } };
  const succeeded = { name: "DryRunOperationException" };
  await expect(dryRun()).rejects.toMatchObject(succeeded);
  await expect(dryRun()).rejects.toMatchObject(throttled);
  await expect(send(new GetShardIteratorCommand(iterator))).rejects.toMatchObject(throttled);
  await put("x");
  await cloud.advance(1_000);
  await expect(send(new GetShardIteratorCommand(iterator))).rejects.toMatchObject(succeeded);
});

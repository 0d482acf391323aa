import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  PutRecordCommand,
  PutRecordsCommand,
  RegisterStreamConsumerCommand,
  SubscribeToShardCommand,
} from "@aws-sdk/client-kinesis";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { identities } from "../identities.ts";
import { ACCOUNT, FIRST, guide, kinesisOf, noStream, refusal } from "./kinesis.ts";

const cloud = conformanceCloud();
const { send, stream } = kinesisOf(cloud);

const DRY_RUN = guide("kds-dryrun-validation");
const wouldSucceed = refusal(
  "DryRunOperationException",
  "The request was rejected because the DryRun parameter was specified.",
);
const Data = Buffer.from("x");
const DryRun = true;

behaviour("a dry run of PutRecord or PutRecords writes nothing", DRY_RUN, async () => {
  const { StreamName, texts } = await stream();
  const record = { Data, PartitionKey: "k" };
  await expect(send(new PutRecordCommand({ StreamName, DryRun, ...record }))).rejects.toMatchObject(
    wouldSucceed,
  );
  await expect(
    send(new PutRecordsCommand({ StreamName, DryRun, Records: [record, record] })),
  ).rejects.toMatchObject(wouldSucceed);
  expect(await texts()).toEqual([]);
  await send(new PutRecordCommand({ StreamName, DryRun: false, ...record }));
  expect(await texts()).toEqual(["x"]);
});

behaviour("a dry run of GetShardIterator or GetRecords returns nothing", DRY_RUN, async () => {
  const { StreamName, iterator } = await stream();
  const position = { StreamName, ShardId: FIRST, ShardIteratorType: "LATEST" } as const;
  await expect(send(new GetShardIteratorCommand({ ...position, DryRun }))).rejects.toMatchObject(
    wouldSucceed,
  );
  const ShardIterator = await iterator();
  await expect(send(new GetRecordsCommand({ ShardIterator, DryRun }))).rejects.toMatchObject(wouldSucceed);
});

behaviour("a dry run of SubscribeToShard does not block another subscription", DRY_RUN, async () => {
  const { StreamARN } = await stream();
  const { Consumer } = await send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: "c" }));
  const subscription = {
    ConsumerARN: Consumer!.ConsumerARN!,
    ShardId: FIRST,
    StartingPosition: { Type: "LATEST" },
  } as const;
  await expect(send(new SubscribeToShardCommand({ ...subscription, DryRun }))).rejects.toMatchObject(
    wouldSucceed,
  );
  const { EventStream } = await send(new SubscribeToShardCommand(subscription));
  expect(EventStream).toBeDefined();
});

behaviour("a dry run fails with the error of the operation", DRY_RUN, async () => {
  const record = { Data, PartitionKey: "k", DryRun };
  await expect(send(new PutRecordCommand({ StreamName: "no", ...record }))).rejects.toMatchObject(
    noStream("no"),
  );
  const { StreamName } = await stream();
  await expect(send(new PutRecordCommand({ StreamName, ...record, PartitionKey: "" }))).rejects.toMatchObject(
    { name: "ValidationException" },
  );
  const client = new KinesisClient(identities(cloud).user("nobody", { account: ACCOUNT, allows: [] }));
  await expect(client.send(new PutRecordCommand({ StreamName, ...record }))).rejects.toMatchObject({
    name: "AccessDeniedException",
  });
  client.destroy();
});

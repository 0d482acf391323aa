import {
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  IncreaseStreamRetentionPeriodCommand,
  MergeShardsCommand,
  PutRecordsCommand,
  SplitShardCommand,
} from "@aws-sdk/client-kinesis";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import {
  ACCOUNT,
  api,
  FIRST,
  guide,
  invalid,
  kinesisOf,
  LAST_HASH,
  MIDDLE,
  missing,
  refusal,
  SECOND,
} from "./kinesis.ts";

const cloud = conformanceCloud();
const { send, stream } = kinesisOf(cloud);
/** A number too large for the first layout of sequence numbers and too small for the later ones. */
const NO_NUMBER = `2${"0".repeat(50)}`;

behaviour("PutRecord returns the shard and the sequence number", api("PutRecord"), async () => {
  const { put } = await stream();
  expect(await put("x")).toMatchObject({
    ShardId: FIRST,
    SequenceNumber: expect.stringMatching(/^49\d{54}$/),
  });
});

behaviour("sequence numbers increase", api("PutRecord"), async () => {
  const { put } = await stream();
  const one = BigInt((await put("a")).SequenceNumber!);
  expect(BigInt((await put("b")).SequenceNumber!) > one).toBe(true);
});

behaviour("GetRecords returns records as they were put", api("Record"), async () => {
  const { put, read, iterator } = await stream();
  const { SequenceNumber } = await put(Buffer.from([0, 255, 128]), { PartitionKey: "schlüssel" });
  const { Records } = await read(await iterator());
  expect(Records).toEqual([
    {
      SequenceNumber,
      PartitionKey: "schlüssel",
      Data: new Uint8Array([0, 255, 128]),
      ApproximateArrivalTimestamp: expect.any(Date),
    },
  ]);
});

behaviour("the MD5 hash of the partition key determines the shard", guide("key-concepts"), async () => {
  const { put } = await stream({ ShardCount: 2 });
  // 0cc175b9… and 92eb5ffe…
  expect((await put("x", { PartitionKey: "a" })).ShardId).toBe(FIRST);
  expect((await put("x", { PartitionKey: "b" })).ShardId).toBe(SECOND);
});

behaviour("an explicit hash key overrides the partition key", api("PutRecord"), async () => {
  const { put } = await stream({ ShardCount: 2 });
  expect((await put("x", { PartitionKey: "a", ExplicitHashKey: MIDDLE })).ShardId).toBe(SECOND);
  expect((await put("x", { PartitionKey: "b", ExplicitHashKey: "0" })).ShardId).toBe(FIRST);
});

behaviour("an explicit hash key is limited to 128 bits", api("PutRecord"), async () => {
  const { put } = await stream();
  const ExplicitHashKey = String(BigInt(LAST_HASH) + 1n);
  await expect(put("x", { ExplicitHashKey })).rejects.toMatchObject(
    invalid(
      `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was ${ExplicitHashKey}`,
    ),
  );
});

behaviour("SequenceNumberForOrdering must be a sequence number", api("PutRecord"), async () => {
  const { StreamName, put } = await stream();
  const { SequenceNumber } = await put("a");
  expect((await put("b", { SequenceNumberForOrdering: SequenceNumber })).ShardId).toBe(FIRST);
  await expect(put("c", { SequenceNumberForOrdering: NO_NUMBER })).rejects.toMatchObject(
    invalid(
      `ExclusiveMinimumSequenceNumber ${NO_NUMBER} used in PutRecord on stream ${StreamName} under account ${ACCOUNT} is invalid.`,
    ),
  );
});

behaviour("SequenceNumberForOrdering must not be in the future", api("PutRecord"), async () => {
  const { put } = await stream();
  const { SequenceNumber } = await put("a");
  const SequenceNumberForOrdering = String(BigInt(SequenceNumber!) + (3_600n << 36n));
  await expect(put("b", { SequenceNumberForOrdering })).rejects.toMatchObject(
    invalid(
      expect.stringMatching(
        /^ExclusiveMinimumSequenceNumber \d+ used in PutRecord on stream .* is invalid\.$/,
      ),
    ),
  );
});

const constraint = (text: string) => refusal("ValidationException", expect.stringContaining(text));
for (const [what, more, message] of [
  [
    "a partition key",
    { PartitionKey: "" },
    "at 'partitionKey' failed to satisfy constraint: Member must have length greater than or equal to 1",
  ],
  [
    "a partition key of at most 256 characters",
    { PartitionKey: "k".repeat(257) },
    "at 'partitionKey' failed to satisfy constraint: Member must have length less than or equal to 256",
  ],
  [
    "a hash key of digits",
    { ExplicitHashKey: "x" },
    "at 'explicitHashKey' failed to satisfy constraint: Member must satisfy regular expression pattern: 0|([1-9]\\d{0,38})",
  ],
] as const) {
  behaviour(`PutRecord requires ${what}`, api("PutRecord"), async () => {
    const { put } = await stream();
    await expect(put("x", more)).rejects.toMatchObject(constraint(message));
  });
}

behaviour("the partition key counts toward the size of a record", api("PutRecord"), async () => {
  const { put } = await stream();
  await put(Buffer.alloc(2 ** 20 - 3), { PartitionKey: "key" });
  await expect(put(Buffer.alloc(2 ** 20 - 2), { PartitionKey: "key" })).rejects.toMatchObject(
    invalid(expect.any(String)),
  );
});

behaviour("PutRecords returns a result per record, in order", api("PutRecords"), async () => {
  const { StreamName, texts } = await stream();
  const output = await send(
    new PutRecordsCommand({
      StreamName,
      Records: ["a", "b", "c"].map((text) => ({ Data: Buffer.from(text), PartitionKey: text })),
    }),
  );
  expect(output.FailedRecordCount).toBe(0);
  expect(output.EncryptionType).toBeUndefined();
  const numbers = output.Records!.map(({ SequenceNumber }) => BigInt(SequenceNumber!));
  expect(numbers.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(numbers);
  expect(await texts()).toEqual(["a", "b", "c"]);
});

/** The message that https://jangseongwoo.github.io quotes, with the members of an entry in order of their names. */
behaviour("PutRecords refuses more than 500 records and quotes them all", api("PutRecords"), async () => {
  const entry = (lim: number) =>
    `PutRecordsRequestEntry(data=java.nio.HeapByteBuffer[pos=0 lim=${lim} cap=${lim}], explicitHashKey=null, partitionKey=key)`;
  const Records = Array.from({ length: 501 }, (_, at) => ({
    Data: Buffer.alloc(1 + (at % 3)),
    PartitionKey: "key",
  }));
  await expect(send(new PutRecordsCommand({ StreamName: "nowhere", Records }))).rejects.toMatchObject({
    name: "ValidationException",
    message: `1 validation error detected: Value '[${Records.map(({ Data }) => entry(Data.length)).join(", ")}]' at 'records' failed to satisfy constraint: Member must have length less than or equal to 500`,
  });
});

behaviour(
  "PutRecords names the records that are too large",
  "https://github.com/awslabs/amazon-kinesis-producer/issues/680",
  async () => {
    const { StreamName, texts } = await stream();
    const of = (size: number) => ({ Data: Buffer.alloc(size), PartitionKey: "k" });
    await expect(
      send(new PutRecordsCommand({ StreamName, Records: [of(1), of(1_048_577), of(2_000_000)] })),
    ).rejects.toMatchObject(
      refusal(
        "ValidationException",
        "2 validation errors detected: Value at 'records.2.member.data' failed to satisfy constraint: Member must have length less than or equal to 1048576; Value at 'records.3.member.data' failed to satisfy constraint: Member must have length less than or equal to 1048576",
      ),
    );
    expect(await texts()).toEqual([]);
  },
);

behaviour("PutRecords refuses more than 10 MiB", api("PutRecords"), async () => {
  const { StreamName } = await stream();
  const Records = Array.from({ length: 11 }, () => ({ Data: Buffer.alloc(1_000_000), PartitionKey: "k" }));
  await expect(send(new PutRecordsCommand({ StreamName, Records }))).rejects.toMatchObject(
    invalid("Records size exceeds 10 MB limit"),
  );
});

behaviour("GetRecords continues at the next iterator", api("GetRecords"), async () => {
  const { put, read, iterator } = await stream();
  for (const text of ["a", "b", "c"]) await put(text);
  const first = await read(await iterator(), 2);
  expect(first.texts).toEqual(["a", "b"]);
  const next = await read(first.NextShardIterator!);
  expect(next.texts).toEqual(["c"]);
  expect((await read(next.NextShardIterator!)).texts).toEqual([]);
});

behaviour("MillisBehindLatest is zero after the last record", api("GetRecords"), async () => {
  const { put, read, iterator } = await stream();
  for (const text of ["a", "b"]) await put(text);
  await cloud.advance(5_000);
  const first = await read(await iterator(), 1);
  expect(first.MillisBehindLatest).toBeGreaterThan(0);
  expect((await read(first.NextShardIterator!)).MillisBehindLatest).toBe(0);
});

behaviour("TRIM_HORIZON starts at the oldest record", api("GetShardIterator"), async () => {
  const { put, texts } = await stream();
  await put("a");
  expect(await texts({ ShardIteratorType: "TRIM_HORIZON" })).toEqual(["a"]);
});

behaviour("LATEST starts after the latest record", api("GetShardIterator"), async () => {
  const { put, read, iterator } = await stream();
  await put("a");
  const latest = await iterator({ ShardIteratorType: "LATEST" });
  await put("b");
  expect((await read(latest)).texts).toEqual(["b"]);
});

behaviour("an iterator starts at or after a sequence number", api("GetShardIterator"), async () => {
  const { put, texts } = await stream();
  const { SequenceNumber: StartingSequenceNumber } = await put("a");
  await put("b");
  const from = (ShardIteratorType: "AT_SEQUENCE_NUMBER" | "AFTER_SEQUENCE_NUMBER") =>
    texts({ ShardIteratorType, StartingSequenceNumber });
  expect(await from("AT_SEQUENCE_NUMBER")).toEqual(["a", "b"]);
  expect(await from("AFTER_SEQUENCE_NUMBER")).toEqual(["b"]);
});

behaviour(
  "an iterator starts at the starting sequence number of a shard",
  api("GetShardIterator"),
  async () => {
    const { put, texts, shards } = await stream();
    await put("a");
    const [shard] = await shards();
    const { StartingSequenceNumber } = shard!.SequenceNumberRange!;
    expect(await texts({ ShardIteratorType: "AT_SEQUENCE_NUMBER", StartingSequenceNumber })).toEqual(["a"]);
  },
);

behaviour("AT_TIMESTAMP starts at a time", api("GetShardIterator"), async () => {
  const { put, texts, read, iterator } = await stream();
  await put("a");
  await cloud.advance(10_000);
  await put("b");
  const { Records } = await read(await iterator());
  const Timestamp = new Date(Records![0]!.ApproximateArrivalTimestamp!.getTime() + 5_000);
  expect(await texts({ ShardIteratorType: "AT_TIMESTAMP", Timestamp })).toEqual(["b"]);
});

const MUST =
  "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified ";
for (const [type, number, ending] of [
  ["AT_SEQUENCE_NUMBER", undefined, "AT_SEQUENCE_NUMBER and no StartingSequenceNumber."],
  ["AFTER_SEQUENCE_NUMBER", undefined, "AFTER_SEQUENCE_NUMBER and no StartingSequenceNumber."],
  ["TRIM_HORIZON", "0", "TRIM_HORIZON and also a StartingSequenceNumber."],
  ["LATEST", "0", "LATEST and also a StartingSequenceNumber."],
] as const) {
  behaviour(`${type} with ${number ?? "no"} number is refused`, api("GetShardIterator"), async () => {
    const { iterator } = await stream();
    await expect(
      iterator({ ShardIteratorType: type, ...(number && { StartingSequenceNumber: number }) }),
    ).rejects.toMatchObject(invalid(MUST + ending));
  });
}

behaviour("AT_TIMESTAMP requires a timestamp", api("GetShardIterator"), async () => {
  const { iterator } = await stream();
  await expect(iterator({ ShardIteratorType: "AT_TIMESTAMP" })).rejects.toMatchObject(
    invalid(
      "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter.",
    ),
  );
});

behaviour("AT_TIMESTAMP refuses a timestamp in the future", api("GetShardIterator"), async () => {
  const { iterator } = await stream();
  const Timestamp = new Date("2100-01-01");
  await expect(iterator({ ShardIteratorType: "AT_TIMESTAMP", Timestamp })).rejects.toMatchObject(
    invalid(
      expect.stringMatching(
        /^The timestampInMillis parameter cannot be greater than the currentTimestampInMillis\. timestampInMillis: 4102444800000, currentTimestampInMillis: \d+$/,
      ),
    ),
  );
});

const used = (number: string, StreamName: string) =>
  `StartingSequenceNumber ${number} used in GetShardIterator on shard ${FIRST} in stream ${StreamName} under account ${ACCOUNT} is invalid`;

behaviour("an invalid sequence number is refused", api("GetShardIterator"), async () => {
  const { StreamName, iterator } = await stream();
  await expect(
    iterator({ ShardIteratorType: "AT_SEQUENCE_NUMBER", StartingSequenceNumber: NO_NUMBER }),
  ).rejects.toMatchObject(invalid(`${used(NO_NUMBER, StreamName)}.`));
});

behaviour("a sequence number of another shard is refused", api("GetShardIterator"), async () => {
  const { put, iterator } = await stream({ ShardCount: 2 });
  const { SequenceNumber } = await put("x", { ExplicitHashKey: MIDDLE });
  await expect(
    iterator({ ShardIteratorType: "AT_SEQUENCE_NUMBER", StartingSequenceNumber: SequenceNumber }),
  ).rejects.toMatchObject(
    invalid(`Invalid StartingSequenceNumber. It encodes ${SECOND}, while it was used in a call to ${FIRST}`),
  );
});

behaviour("a sequence number of another stream is refused", api("GetShardIterator"), async () => {
  const { put } = await stream();
  const { SequenceNumber } = await put("x");
  await cloud.advance(2_000);
  const { StreamName, iterator } = await stream();
  await expect(
    iterator({ ShardIteratorType: "AT_SEQUENCE_NUMBER", StartingSequenceNumber: SequenceNumber }),
  ).rejects.toMatchObject(
    invalid(`${used(SequenceNumber!, StreamName)} because it did not come from this stream.`),
  );
});

behaviour("GetShardIterator refuses a shard that does not exist", api("GetShardIterator"), async () => {
  const { StreamName, iterator } = await stream();
  const id = "shardId-000000000007";
  await expect(iterator({ ShardId: id })).rejects.toMatchObject(
    missing(`Shard ${id} in stream ${StreamName} under account ${ACCOUNT} does not exist`),
  );
});

behaviour("GetShardIterator refuses an invalid shard id", api("GetShardIterator"), async () => {
  const { StreamName, iterator } = await stream();
  await expect(iterator({ ShardId: "first" })).rejects.toMatchObject(
    missing(`Could not find shard first in stream ${StreamName} under account ${ACCOUNT}.`),
  );
});

behaviour("an unknown iterator type is refused", api("GetShardIterator"), async () => {
  const { iterator } = await stream();
  await expect(iterator({ ShardIteratorType: "FIRST" as never })).rejects.toMatchObject(
    constraint(
      "Value 'FIRST' at 'shardIteratorType' failed to satisfy constraint: Member must satisfy enum value set",
    ),
  );
});

behaviour("an iterator expires after five minutes", api("GetRecords"), async () => {
  const { read, iterator } = await stream();
  const held = await iterator();
  await cloud.advance(301_000);
  const time = "[A-Z][a-z]{2} [A-Z][a-z]{2} \\d\\d \\d\\d:\\d\\d:\\d\\d UTC \\d{4}";
  await expect(read(held)).rejects.toMatchObject(
    refusal(
      "ExpiredIteratorException",
      expect.stringMatching(
        new RegExp(
          `^Iterator expired\\. The iterator was created at time ${time} while right now it is ${time} which is further in the future than the tolerated delay of 300000 milliseconds\\.$`,
        ),
      ),
    ),
  );
});

behaviour(
  "the length of an iterator depends on the length of the stream name",
  api("GetShardIterator"),
  async () => {
    for (const StreamName of ["i", "iterator-of-16-x", "i".repeat(128)]) {
      await send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
      const { ShardIterator } = await send(
        new GetShardIteratorCommand({ StreamName, ShardId: FIRST, ShardIteratorType: "TRIM_HORIZON" }),
      );
      const bytes = Buffer.from(ShardIterator!, "base64");
      expect(bytes.toString("base64")).toBe(ShardIterator);
      expect(bytes.subarray(0, 8).toString("hex")).toBe("0000000000000001");
      expect(bytes.length).toBe(152 + 16 * Math.floor((StreamName.length + 2) / 16));
    }
  },
);

behaviour("an iterator in quotes is accepted", api("GetRecords"), async () => {
  const { put, read, iterator } = await stream();
  await put("a");
  expect((await read(`"${await iterator()}"`)).texts).toEqual(["a"]);
});

behaviour("GetRecords refuses an invalid iterator", api("GetRecords"), async () => {
  await expect(send(new GetRecordsCommand({ ShardIterator: "made-up" }))).rejects.toMatchObject(
    invalid("Invalid ShardIterator."),
  );
});

behaviour("GetRecords refuses the ARN of another stream", api("GetRecords"), async () => {
  const { iterator, StreamARN } = await stream();
  const other = await stream();
  const ShardIterator = await iterator();
  await send(new GetRecordsCommand({ ShardIterator, StreamARN }));
  await expect(
    send(new GetRecordsCommand({ ShardIterator, StreamARN: other.StreamARN })),
  ).rejects.toMatchObject(invalid(expect.any(String)));
});

behaviour("GetRecords returns at most 10,000 records", api("GetRecords"), async () => {
  const { iterator, read } = await stream();
  await expect(read(await iterator(), 10_001)).rejects.toMatchObject(
    constraint(
      "Value '10001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000",
    ),
  );
});

behaviour("GetRecords of a closed shard ends with its child shards", api("GetRecords"), async () => {
  const { StreamName, put, read, iterator } = await stream();
  await put("a");
  await send(new SplitShardCommand({ StreamName, ShardToSplit: FIRST, NewStartingHashKey: MIDDLE }));
  const { texts, NextShardIterator, ChildShards } = await read(await iterator());
  expect(texts).toEqual(["a"]);
  expect(NextShardIterator).toBeUndefined();
  expect(ChildShards).toEqual([
    {
      ShardId: SECOND,
      ParentShards: [FIRST],
      HashKeyRange: { StartingHashKey: "0", EndingHashKey: String(BigInt(MIDDLE) - 1n) },
    },
    {
      ShardId: "shardId-000000000002",
      ParentShards: [FIRST],
      HashKeyRange: { StartingHashKey: MIDDLE, EndingHashKey: LAST_HASH },
    },
  ]);
});

behaviour("new records go to the merged shard", api("MergeShards"), async () => {
  const { StreamName, put, texts } = await stream({ ShardCount: 2 });
  await put("old");
  await send(new MergeShardsCommand({ StreamName, ShardToMerge: FIRST, AdjacentShardToMerge: SECOND }));
  expect((await put("new")).ShardId).toBe("shardId-000000000002");
  expect(await texts({ ShardId: "shardId-000000000002" })).toEqual(["new"]);
});

behaviour("a record is kept for 24 hours by default", guide("kinesis-extended-retention"), async () => {
  const { put, texts } = await stream();
  await put("a");
  await cloud.advance(23.9 * 3_600_000);
  expect(await texts()).toEqual(["a"]);
  await cloud.advance(0.2 * 3_600_000);
  expect(await texts()).toEqual([]);
});

behaviour(
  "a longer retention period does not restore expired records",
  api("IncreaseStreamRetentionPeriod"),
  async () => {
    const { StreamName, put, texts } = await stream();
    await put("a");
    await cloud.advance(24.1 * 3_600_000);
    await put("b");
    await send(new IncreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours: 48 }));
    expect(await texts()).toEqual(["b"]);
    await cloud.advance(47 * 3_600_000);
    expect(await texts()).toEqual(["b"]);
  },
);

behaviour(
  "a record is kept for the retention period of the stream",
  guide("kinesis-extended-retention"),
  async () => {
    const { StreamName, put, texts } = await stream();
    await send(new IncreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours: 48 }));
    await put("a");
    await cloud.advance(47 * 3_600_000);
    expect(await texts()).toEqual(["a"]);
    await cloud.advance(2 * 3_600_000);
    expect(await texts()).toEqual([]);
  },
);

import {
  DeleteStreamCommand,
  DescribeStreamCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  PutResourcePolicyCommand,
  type Shard,
  SplitShardCommand,
  UpdateShardCountCommand,
} from "@aws-sdk/client-kinesis";
import { expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { identities } from "../identities.ts";
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
  noStream,
  refusal,
  SECOND,
} from "./kinesis.ts";

const cloud = conformanceCloud();
const { send, stream } = kinesisOf(cloud);

/** The issue in which a client of a large stream was refused. */
const TOKENS = "https://github.com/apache/beam/issues/33478";

const split = (StreamName: string, ShardToSplit = FIRST, NewStartingHashKey = MIDDLE) =>
  send(new SplitShardCommand({ StreamName, ShardToSplit, NewStartingHashKey }));
const merge = (StreamName: string, ShardToMerge = FIRST, AdjacentShardToMerge = SECOND) =>
  send(new MergeShardsCommand({ StreamName, ShardToMerge, AdjacentShardToMerge }));
const scale = (StreamName: string, TargetShardCount: number) =>
  send(new UpdateShardCountCommand({ StreamName, TargetShardCount, ScalingType: "UNIFORM_SCALING" }));

behaviour("the shards of a new stream divide the hash key range evenly", api("Shard"), async () => {
  const { shards } = await stream({ ShardCount: 2 });
  expect((await shards()).map(({ HashKeyRange }) => HashKeyRange)).toEqual([
    { StartingHashKey: "0", EndingHashKey: String(BigInt(MIDDLE) - 1n) },
    { StartingHashKey: MIDDLE, EndingHashKey: LAST_HASH },
  ]);
});

behaviour("sequence numbers have 56 digits", api("SequenceNumberRange"), async () => {
  const { shards, put } = await stream();
  const [{ SequenceNumberRange: range }] = (await shards()) as [never];
  expect(range).toEqual({ StartingSequenceNumber: expect.stringMatching(/^49\d{54}$/) });
  expect((await put("x")).SequenceNumber).toMatch(/^49\d{54}$/);
});

behaviour("SplitShard creates two children of the shard", api("SplitShard"), async () => {
  const { StreamName, shards } = await stream();
  await split(StreamName);
  const [parent, low, high] = await shards();
  expect(parent!.SequenceNumberRange!.EndingSequenceNumber).toMatch(/^49\d{54}$/);
  expect(low).toMatchObject({
    ShardId: SECOND,
    ParentShardId: FIRST,
    HashKeyRange: { StartingHashKey: "0", EndingHashKey: String(BigInt(MIDDLE) - 1n) },
  });
  expect(high).toMatchObject({
    ParentShardId: FIRST,
    HashKeyRange: { StartingHashKey: MIDDLE, EndingHashKey: LAST_HASH },
  });
  expect(low!.SequenceNumberRange!.EndingSequenceNumber).toBeUndefined();
});

behaviour(
  "the sequence numbers of a key increase from a shard to its children, however soon they follow",
  doc("streams/latest/dev/key-concepts.html"),
  async () => {
    const { StreamName, shards, put } = await stream({ ShardCount: 16 });
    const { StartingHashKey } = (await shards())[1]!.HashKeyRange!;
    const numbers: bigint[] = [];
    for (const at of [10n, 5n, 2n]) {
      const { SequenceNumber, ShardId } = await put("x", { ExplicitHashKey: StartingHashKey });
      numbers.push(BigInt(SequenceNumber!));
      await split(StreamName, ShardId, String(BigInt(StartingHashKey!) + at));
    }
    expect(numbers).toEqual([...numbers].sort((a, b) => (a < b ? -1 : 1)));
  },
);

for (const [what, key] of [
  ["at its starting hash key", "0"],
  ["at its second hash key", "1"],
  ["at its ending hash key", LAST_HASH],
] as const) {
  behaviour(`a shard is not split ${what}`, api("SplitShard"), async () => {
    const { StreamName } = await stream();
    await expect(split(StreamName, FIRST, key)).rejects.toMatchObject(
      invalid(
        `NewStartingHashKey ${key} used in SplitShard() on shard ${FIRST} in stream ${StreamName} under account ${ACCOUNT} is not both greater than one plus the shard's StartingHashKey 0 and less than the shard's EndingHashKey ${LAST_HASH}.`,
      ),
    );
  });
}

const closed = (StreamName: string) =>
  invalid(
    `Shard ${FIRST} in stream ${StreamName} under account ${ACCOUNT} has already been merged or split, and thus is not eligible for merging or splitting.`,
  );

behaviour("a shard cannot be split twice", api("SplitShard"), async () => {
  const { StreamName } = await stream();
  await split(StreamName);
  await expect(split(StreamName)).rejects.toMatchObject(closed(StreamName));
});

behaviour("a shard that was split cannot be merged", api("MergeShards"), async () => {
  const { StreamName } = await stream({ ShardCount: 2 });
  await split(StreamName, FIRST, "100");
  await expect(merge(StreamName)).rejects.toMatchObject(closed(StreamName));
});

for (const id of ["shardId-000000000009", "shardId-9"]) {
  behaviour(`SplitShard refuses the missing shard ${id}`, api("SplitShard"), async () => {
    const { StreamName } = await stream();
    await expect(split(StreamName, id)).rejects.toMatchObject(
      missing(`Could not find shard shardId-000000000009 in stream ${StreamName} under account ${ACCOUNT}.`),
    );
  });
}

behaviour("MergeShards creates a child of both adjacent shards", api("MergeShards"), async () => {
  const { StreamName, shards } = await stream({ ShardCount: 2 });
  await merge(StreamName);
  expect((await shards())[2]).toMatchObject({
    ParentShardId: FIRST,
    AdjacentParentShardId: SECOND,
    HashKeyRange: { StartingHashKey: "0", EndingHashKey: LAST_HASH },
  });
});

behaviour("adjacent shards are merged in the order of their hash keys", api("MergeShards"), async () => {
  const { StreamName } = await stream({ ShardCount: 2 });
  await expect(merge(StreamName, SECOND, FIRST)).rejects.toMatchObject(
    invalid(
      `Shards ${SECOND} and ${FIRST} in stream ${StreamName} under account ${ACCOUNT} are not an adjacent pair of shards eligible for merging`,
    ),
  );
});

behaviour("ListShards requires a stream or a token", api("ListShards"), async () => {
  await expect(send(new ListShardsCommand({}))).rejects.toMatchObject(
    invalid("Either NextToken or StreamName should be provided."),
  );
});

behaviour("an invalid shard id is refused before the stream is looked up", api("SplitShard"), async () => {
  const StreamName = "nowhere";
  const refused = missing(`Could not find shard first in stream ${StreamName} under account ${ACCOUNT}.`);
  await expect(split(StreamName, "first", "10")).rejects.toMatchObject(refused);
  await expect(merge(StreamName, FIRST, "first")).rejects.toMatchObject(refused);
});

behaviour("MergeShards refuses shards that are not adjacent", api("MergeShards"), async () => {
  const { StreamName } = await stream({ ShardCount: 3 });
  await expect(merge(StreamName, FIRST, "shardId-000000000002")).rejects.toMatchObject(
    invalid(
      `Shards ${FIRST} and shardId-000000000002 in stream ${StreamName} under account ${ACCOUNT} are not an adjacent pair of shards eligible for merging`,
    ),
  );
});

behaviour("UpdateShardCount divides the hash key range evenly", api("UpdateShardCount"), async () => {
  const { StreamName, StreamARN, shards } = await stream({ ShardCount: 2 });
  expect(await scale(StreamName, 4)).toMatchObject({
    StreamName,
    StreamARN,
    CurrentShardCount: 2,
    TargetShardCount: 4,
  });
  const open = (await shards()).filter(
    ({ SequenceNumberRange }) => SequenceNumberRange!.EndingSequenceNumber === undefined,
  );
  expect(open.map(({ HashKeyRange }) => HashKeyRange!.StartingHashKey)).toEqual(
    [0n, 1n, 2n, 3n].map((at) => String(at * 2n ** 126n)),
  );
});

for (const [from, to] of [
  [4, 2],
  [5, 3],
  [3, 5],
] as const) {
  behaviour(
    `resharding from ${from} to ${to} keeps the lineage of each hash key`,
    api("UpdateShardCount"),
    async () => {
      const { StreamName, shards } = await stream({ ShardCount: from });
      await scale(StreamName, to);
      const all = await shards();
      const open = all.filter(({ SequenceNumberRange: range }) => range!.EndingSequenceNumber === undefined);
      const rangeOf = ({ HashKeyRange: range }: Shard) =>
        [BigInt(range!.StartingHashKey!), BigInt(range!.EndingHashKey!)] as const;
      const starts = open.map((one) => rangeOf(one)[0]).sort((a, b) => (a < b ? -1 : 1));
      expect(starts).toEqual(Array.from({ length: to }, (_, at) => (2n ** 128n / BigInt(to)) * BigInt(at)));
      const ancestors = (id: string | undefined): string[] => {
        const { ParentShardId, AdjacentParentShardId } = all.find(({ ShardId }) => ShardId === id) ?? {};
        return [ParentShardId, AdjacentParentShardId].flatMap((one) => (one ? [one, ...ancestors(one)] : []));
      };
      for (const one of open) {
        const [start, end] = rangeOf(one);
        const before = all.slice(0, from).filter((old) => rangeOf(old)[0] <= end && start <= rangeOf(old)[1]);
        const known = [one.ShardId!, ...ancestors(one.ShardId)];
        expect(before.filter(({ ShardId }) => !known.includes(ShardId!))).toEqual([]);
      }
    },
  );
}

for (const [what, target] of [
  ["up over double", 9],
  ["down below half", 1],
] as const) {
  behaviour(`UpdateShardCount refuses to scale ${what} its shards`, api("UpdateShardCount"), async () => {
    const { StreamName } = await stream({ ShardCount: 4 });
    await expect(scale(StreamName, target)).rejects.toMatchObject(
      invalid(
        `UpdateShardCount cannot scale ${what} your current open shard count. Current open shard count: 4 Target shard count: ${target}`,
      ),
    );
  });
}

behaviour("UpdateShardCount refuses more than 10,000 shards", api("UpdateShardCount"), async () => {
  const { StreamName } = await stream({ ShardCount: 5_001 });
  await expect(scale(StreamName, 10_001)).rejects.toMatchObject({ name: "LimitExceededException" });
  await send(new DeleteStreamCommand({ StreamName }));
});

behaviour("ListShards returns shards in pages", api("ListShards"), async () => {
  const { StreamName } = await stream({ ShardCount: 3 });
  const first = await send(new ListShardsCommand({ StreamName, MaxResults: 2 }));
  expect(first.Shards).toHaveLength(2);
  const next = await send(new ListShardsCommand({ NextToken: first.NextToken! }));
  expect(next.Shards!.map(({ ShardId }) => ShardId)).toEqual(["shardId-000000000002"]);
  expect(next.NextToken).toBeUndefined();
});

behaviour(
  "a permission for the shards of one stream includes its further pages",
  "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonkinesis.html",
  async () => {
    const { StreamName, StreamARN } = await stream({ ShardCount: 3 });
    const { StreamName: other } = await stream({ ShardCount: 3 });
    const client = new KinesisClient(
      identities(cloud).user("reader", {
        account: ACCOUNT,
        allows: [{ Effect: "Allow", Action: "kinesis:ListShards", Resource: StreamARN }],
      }),
    );
    const { NextToken } = await client.send(new ListShardsCommand({ StreamName, MaxResults: 2 }));
    expect((await client.send(new ListShardsCommand({ NextToken: NextToken! }))).Shards).toHaveLength(1);
    const elsewhere = await send(new ListShardsCommand({ StreamName: other, MaxResults: 2 }));
    await expect(
      client.send(new ListShardsCommand({ NextToken: elsewhere.NextToken! })),
    ).rejects.toMatchObject({ name: "AccessDeniedException" });
    client.destroy();
  },
);

behaviour("ListShards returns at most 1,000 shards", api("ListShards"), async () => {
  const { StreamName } = await stream({ ShardCount: 1_001 });
  const first = await send(new ListShardsCommand({ StreamName, MaxResults: 10_000 }));
  expect(first.Shards).toHaveLength(1_000);
  const rest = await send(new ListShardsCommand({ NextToken: first.NextToken!, MaxResults: 10_000 }));
  expect(rest.Shards!.map(({ ShardId }) => ShardId)).toEqual(["shardId-000000001000"]);
});

behaviour("the filter of a listing applies to its further pages", api("ListShards"), async () => {
  const { StreamName } = await stream({ ShardCount: 3 });
  await split(StreamName, SECOND, String(2n ** 127n));
  const first = await send(
    new ListShardsCommand({ StreamName, MaxResults: 1, ShardFilter: { Type: "AT_LATEST" } }),
  );
  const rest = await send(new ListShardsCommand({ NextToken: first.NextToken! }));
  expect([...first.Shards!, ...rest.Shards!].map(({ ShardId }) => Number(ShardId!.slice(-2)))).toEqual([
    0, 2, 3, 4,
  ]);
});

behaviour("a token is refused beside a stream name", api("ListShards"), async () => {
  const { StreamName } = await stream({ ShardCount: 3 });
  const { NextToken } = await send(new ListShardsCommand({ StreamName, MaxResults: 2 }));
  await expect(send(new ListShardsCommand({ StreamName, NextToken: NextToken! }))).rejects.toMatchObject(
    invalid("NextToken and StreamName cannot be provided together."),
  );
});

behaviour(
  "a token is refused beside a stream ARN",
  "https://github.com/awslabs/amazon-kinesis-producer/issues/481",
  async () => {
    const { StreamName, StreamARN } = await stream({ ShardCount: 3 });
    const { NextToken } = await send(new ListShardsCommand({ StreamName, MaxResults: 2 }));
    await expect(send(new ListShardsCommand({ StreamARN, NextToken: NextToken! }))).rejects.toMatchObject(
      invalid("NextToken and StreamARN cannot be provided together."),
    );
  },
);

behaviour(
  "a token continues a listing in another account if the stream's policy allows it",
  api("ListShards"),
  async () => {
    const { StreamARN } = await stream({ ShardCount: 3 });
    const other = new KinesisClient(cloud.client({ account: "111111111111" }));
    const stranger = new KinesisClient(cloud.client({ account: "222222222222" }));
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { AWS: "111111111111" },
          Action: "kinesis:ListShards",
          Resource: StreamARN,
        },
      ],
    });
    await send(new PutResourcePolicyCommand({ ResourceARN: StreamARN, Policy }));
    const { NextToken } = await other.send(new ListShardsCommand({ StreamARN, MaxResults: 2 }));
    const rest = await other.send(new ListShardsCommand({ NextToken: NextToken! }));
    expect(rest.Shards!.map(({ ShardId }) => ShardId)).toEqual(["shardId-000000000002"]);
    await expect(stranger.send(new ListShardsCommand({ NextToken: NextToken! }))).rejects.toMatchObject({
      name: "AccessDeniedException",
    });
    other.destroy();
    stranger.destroy();
  },
);

behaviour("a token is refused beside parameters that it contains", TOKENS, async () => {
  const { StreamName } = await stream({ ShardCount: 3 });
  const { NextToken } = await send(new ListShardsCommand({ StreamName, MaxResults: 2 }));
  for (const [member, value] of [
    ["ExclusiveStartShardId", FIRST],
    ["StreamCreationTimestamp", new Date(0)],
    ["ShardFilter", { Type: "AT_LATEST" }],
  ] as const)
    await expect(
      send(new ListShardsCommand({ NextToken: NextToken!, [member]: value })),
    ).rejects.toMatchObject(invalid(`NextToken and ${member} cannot be provided together.`));
});

behaviour("ListShards refuses another creation time of the stream", api("ListShards"), async () => {
  const { StreamName, described } = await stream();
  const { StreamCreationTimestamp } = await described();
  const { Shards } = await send(new ListShardsCommand({ StreamName, StreamCreationTimestamp }));
  expect(Shards).toHaveLength(1);
  await expect(
    send(new ListShardsCommand({ StreamName, StreamCreationTimestamp: new Date(0) })),
  ).rejects.toMatchObject(noStream(StreamName));
});

for (const [Type, member] of [
  ["AFTER_SHARD_ID", "ShardId"],
  ["AT_TIMESTAMP", "Timestamp"],
  ["FROM_TIMESTAMP", "Timestamp"],
] as const) {
  behaviour(`${Type} requires ${member}`, api("ShardFilter"), async () => {
    const { StreamName } = await stream();
    await expect(send(new ListShardsCommand({ StreamName, ShardFilter: { Type } }))).rejects.toMatchObject(
      invalid(expect.stringContaining(member)),
    );
  });
}

behaviour(
  "a closed shard is listed until its records expire",
  guide("kinesis-using-sdk-java-after-resharding"),
  async () => {
    const { StreamName, StreamARN } = await stream();
    await cloud.advance(1_800_000);
    await split(StreamName);
    const shardCounts = async () => [
      (await send(new ListShardsCommand({ StreamName }))).Shards!.length,
      (await send(new DescribeStreamCommand({ StreamARN }))).StreamDescription!.Shards!.length,
    ];
    await cloud.advance(24 * 3_600_000 - 60_000);
    expect(await shardCounts()).toEqual([3, 3]);
    await cloud.advance(60_000);
    expect(await shardCounts()).toEqual([2, 2]);
    const first = await send(new ListShardsCommand({ StreamName, MaxResults: 1 }));
    expect(first.Shards!.map(({ ShardId }) => ShardId)).toEqual([SECOND]);
    await expect(
      send(new GetShardIteratorCommand({ StreamName, ShardId: FIRST, ShardIteratorType: "TRIM_HORIZON" })),
    ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  },
);

behaviour("a token of ListShards expires after five minutes", api("ListShards"), async () => {
  const { StreamName } = await stream({ ShardCount: 3 });
  const { NextToken } = await send(new ListShardsCommand({ StreamName, MaxResults: 2 }));
  await cloud.advance(301_000);
  await expect(send(new ListShardsCommand({ NextToken: NextToken! }))).rejects.toMatchObject(
    refusal("ExpiredNextTokenException", expect.any(String)),
  );
});

for (const [what, filter, ids] of [
  ["the open shards", { Type: "AT_LATEST" }, [1, 2]],
  ["the oldest shards", { Type: "AT_TRIM_HORIZON" }, [0]],
  ["all shards since the trim horizon", { Type: "FROM_TRIM_HORIZON" }, [0, 1, 2]],
  ["the shards after a shard", { Type: "AFTER_SHARD_ID", ShardId: SECOND }, [2]],
] as const) {
  behaviour(`${filter.Type} lists ${what}`, api("ShardFilter"), async () => {
    const { StreamName } = await stream();
    await split(StreamName);
    const { Shards } = await send(new ListShardsCommand({ StreamName, ShardFilter: filter }));
    expect(Shards!.map(({ ShardId }) => Number(ShardId!.slice(-12)))).toEqual(ids);
  });
}

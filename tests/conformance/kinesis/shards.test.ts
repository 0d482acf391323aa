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

/** Where a client of a large stream was refused. */
const TOKENS = "https://github.com/apache/beam/issues/33478";

const split = (StreamName: string, ShardToSplit = FIRST, NewStartingHashKey = MIDDLE) =>
  send(new SplitShardCommand({ StreamName, ShardToSplit, NewStartingHashKey }));
const merge = (StreamName: string, ShardToMerge = FIRST, AdjacentShardToMerge = SECOND) =>
  send(new MergeShardsCommand({ StreamName, ShardToMerge, AdjacentShardToMerge }));
const scale = (StreamName: string, TargetShardCount: number) =>
  send(new UpdateShardCountCommand({ StreamName, TargetShardCount, ScalingType: "UNIFORM_SCALING" }));

behaviour("shards share all hashes evenly", api("Shard"), async () => {
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

behaviour("a shard is split in two, which name it their parent", api("SplitShard"), async () => {
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
  "a key's numbers grow from a shard to those that follow it, however soon they do",
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
  ["at its beginning", "0"],
  ["right behind it", "1"],
  ["at its end", LAST_HASH],
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

behaviour("a shard is split once", api("SplitShard"), async () => {
  const { StreamName } = await stream();
  await split(StreamName);
  await expect(split(StreamName)).rejects.toMatchObject(closed(StreamName));
});

behaviour("a shard that was split is not merged", api("MergeShards"), async () => {
  const { StreamName } = await stream({ ShardCount: 2 });
  await split(StreamName, FIRST, "100");
  await expect(merge(StreamName)).rejects.toMatchObject(closed(StreamName));
});

for (const id of ["shardId-000000000009", "shardId-9"]) {
  behaviour(`${id} is not split where it is not`, api("SplitShard"), async () => {
    const { StreamName } = await stream();
    await expect(split(StreamName, id)).rejects.toMatchObject(
      missing(`Could not find shard shardId-000000000009 in stream ${StreamName} under account ${ACCOUNT}.`),
    );
  });
}

behaviour("neighbours are merged into one that names them both", api("MergeShards"), async () => {
  const { StreamName, shards } = await stream({ ShardCount: 2 });
  await merge(StreamName);
  expect((await shards())[2]).toMatchObject({
    ParentShardId: FIRST,
    AdjacentParentShardId: SECOND,
    HashKeyRange: { StartingHashKey: "0", EndingHashKey: LAST_HASH },
  });
});

behaviour("neighbours are named in the order of their hashes", api("MergeShards"), async () => {
  const { StreamName } = await stream({ ShardCount: 2 });
  await expect(merge(StreamName, SECOND, FIRST)).rejects.toMatchObject(
    invalid(
      `Shards ${SECOND} and ${FIRST} in stream ${StreamName} under account ${ACCOUNT} are not an adjacent pair of shards eligible for merging`,
    ),
  );
});

behaviour("shards are listed of a stream, or from a token on", api("ListShards"), async () => {
  await expect(send(new ListShardsCommand({}))).rejects.toMatchObject(
    invalid("Either NextToken or StreamName should be provided."),
  );
});

behaviour("what is no shard's id is refused before its stream is looked for", api("SplitShard"), async () => {
  const StreamName = "nowhere";
  const refused = missing(`Could not find shard first in stream ${StreamName} under account ${ACCOUNT}.`);
  await expect(split(StreamName, "first", "10")).rejects.toMatchObject(refused);
  await expect(merge(StreamName, FIRST, "first")).rejects.toMatchObject(refused);
});

behaviour("only neighbours are merged", api("MergeShards"), async () => {
  const { StreamName } = await stream({ ShardCount: 3 });
  await expect(merge(StreamName, FIRST, "shardId-000000000002")).rejects.toMatchObject(
    invalid(
      `Shards ${FIRST} and shardId-000000000002 in stream ${StreamName} under account ${ACCOUNT} are not an adjacent pair of shards eligible for merging`,
    ),
  );
});

behaviour("a stream is scaled in equal shares", api("UpdateShardCount"), async () => {
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
    `from ${from} to ${to} shards, each hash is led from its old shard to its new one`,
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
  behaviour(`a stream is not scaled ${what} its shards`, api("UpdateShardCount"), async () => {
    const { StreamName } = await stream({ ShardCount: 4 });
    await expect(scale(StreamName, target)).rejects.toMatchObject(
      invalid(
        `UpdateShardCount cannot scale ${what} your current open shard count. Current open shard count: 4 Target shard count: ${target}`,
      ),
    );
  });
}

behaviour("a stream is not scaled to more than 10,000 shards", api("UpdateShardCount"), async () => {
  const { StreamName } = await stream({ ShardCount: 5_001 });
  await expect(scale(StreamName, 10_001)).rejects.toMatchObject({ name: "LimitExceededException" });
  await send(new DeleteStreamCommand({ StreamName }));
});

behaviour("shards are listed in pages", api("ListShards"), async () => {
  const { StreamName } = await stream({ ShardCount: 3 });
  const first = await send(new ListShardsCommand({ StreamName, MaxResults: 2 }));
  expect(first.Shards).toHaveLength(2);
  const next = await send(new ListShardsCommand({ NextToken: first.NextToken! }));
  expect(next.Shards!.map(({ ShardId }) => ShardId)).toEqual(["shardId-000000000002"]);
  expect(next.NextToken).toBeUndefined();
});

behaviour(
  "who may list the shards of one stream alone may turn its pages",
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

behaviour("a page has a thousand shards at most", api("ListShards"), async () => {
  const { StreamName } = await stream({ ShardCount: 1_001 });
  const first = await send(new ListShardsCommand({ StreamName, MaxResults: 10_000 }));
  expect(first.Shards).toHaveLength(1_000);
  const rest = await send(new ListShardsCommand({ NextToken: first.NextToken!, MaxResults: 10_000 }));
  expect(rest.Shards!.map(({ ShardId }) => ShardId)).toEqual(["shardId-000000001000"]);
});

behaviour("a listing goes on by the filter that it began with", api("ListShards"), async () => {
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

behaviour("a page's token stands alone", api("ListShards"), async () => {
  const { StreamName } = await stream({ ShardCount: 3 });
  const { NextToken } = await send(new ListShardsCommand({ StreamName, MaxResults: 2 }));
  await expect(send(new ListShardsCommand({ StreamName, NextToken: NextToken! }))).rejects.toMatchObject(
    invalid("NextToken and StreamName cannot be provided together."),
  );
});

behaviour(
  "a page's token stands without the stream's ARN, too",
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
  "a token leads on in another account's stream, for whom its policy lets",
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

behaviour("what a page's token says is not said again", TOKENS, async () => {
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

behaviour("a stream of that name and another time is not there", api("ListShards"), async () => {
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
  behaviour(`${Type} needs a ${member}`, api("ShardFilter"), async () => {
    const { StreamName } = await stream();
    await expect(send(new ListShardsCommand({ StreamName, ShardFilter: { Type } }))).rejects.toMatchObject(
      invalid(expect.stringContaining(member)),
    );
  });
}

behaviour(
  "a closed shard is told of as long as its records are kept, and no longer",
  guide("kinesis-using-sdk-java-after-resharding"),
  async () => {
    const { StreamName, StreamARN } = await stream();
    await cloud.advance(1_800_000);
    await split(StreamName);
    const told = async () => [
      (await send(new ListShardsCommand({ StreamName }))).Shards!.length,
      (await send(new DescribeStreamCommand({ StreamARN }))).StreamDescription!.Shards!.length,
    ];
    await cloud.advance(24 * 3_600_000 - 60_000);
    expect(await told()).toEqual([3, 3]);
    await cloud.advance(60_000);
    expect(await told()).toEqual([2, 2]);
    const first = await send(new ListShardsCommand({ StreamName, MaxResults: 1 }));
    expect(first.Shards!.map(({ ShardId }) => ShardId)).toEqual([SECOND]);
    await expect(
      send(new GetShardIteratorCommand({ StreamName, ShardId: FIRST, ShardIteratorType: "TRIM_HORIZON" })),
    ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  },
);

behaviour("a page's token ends after five minutes", api("ListShards"), async () => {
  const { StreamName } = await stream({ ShardCount: 3 });
  const { NextToken } = await send(new ListShardsCommand({ StreamName, MaxResults: 2 }));
  await cloud.advance(301_000);
  await expect(send(new ListShardsCommand({ NextToken: NextToken! }))).rejects.toMatchObject(
    refusal("ExpiredNextTokenException", expect.any(String)),
  );
});

for (const [what, filter, ids] of [
  ["those that are open", { Type: "AT_LATEST" }, [1, 2]],
  ["the oldest", { Type: "AT_TRIM_HORIZON" }, [0]],
  ["all from the trim horizon on", { Type: "FROM_TRIM_HORIZON" }, [0, 1, 2]],
  ["those behind one", { Type: "AFTER_SHARD_ID", ShardId: SECOND }, [2]],
] as const) {
  behaviour(`${filter.Type} lists ${what}`, api("ShardFilter"), async () => {
    const { StreamName } = await stream();
    await split(StreamName);
    const { Shards } = await send(new ListShardsCommand({ StreamName, ShardFilter: filter }));
    expect(Shards!.map(({ ShardId }) => Number(ShardId!.slice(-12)))).toEqual(ids);
  });
}

import {
  DeleteStreamCommand,
  DeregisterStreamConsumerCommand,
  DescribeStreamConsumerCommand,
  ListStreamConsumersCommand,
  RegisterStreamConsumerCommand,
  SplitShardCommand,
  type StartingPosition,
  SubscribeToShardCommand,
  type SubscribeToShardEvent,
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
  MIDDLE,
  missing,
  OBSERVED,
  refusal,
  SECOND,
} from "./kinesis.ts";

const cloud = conformanceCloud();
const { send, stream } = kinesisOf(cloud);

async function consumer(ConsumerName = "c") {
  const made = await stream();
  const { Consumer } = await send(
    new RegisterStreamConsumerCommand({ StreamARN: made.StreamARN, ConsumerName }),
  );
  return { ...made, Consumer: Consumer!, ConsumerARN: Consumer!.ConsumerARN! };
}

behaviour("a newly registered consumer is CREATING", api("RegisterStreamConsumer"), async () => {
  const { StreamARN, Consumer } = await consumer();
  const { ConsumerARN, ConsumerCreationTimestamp } = Consumer;
  expect(Consumer).toMatchObject({ ConsumerName: "c", ConsumerStatus: "CREATING" });
  expect(ConsumerARN).toBe(
    `${StreamARN}/consumer/c:${Math.floor(ConsumerCreationTimestamp!.getTime() / 1_000)}`,
  );
});

behaviour("a consumer is described by its ARN or its name", api("DescribeStreamConsumer"), async () => {
  const { StreamARN, ConsumerARN } = await consumer();
  const byArn = await send(new DescribeStreamConsumerCommand({ ConsumerARN }));
  expect(byArn.ConsumerDescription).toMatchObject({
    ConsumerName: "c",
    ConsumerARN,
    ConsumerStatus: "ACTIVE",
    StreamARN,
  });
  const byName = await send(new DescribeStreamConsumerCommand({ StreamARN, ConsumerName: "c" }));
  expect(byName.ConsumerDescription).toEqual(byArn.ConsumerDescription);
});

behaviour(
  "a consumer is identified by its ARN or by stream and name",
  api("DescribeStreamConsumer"),
  async () => {
    const { StreamARN, ConsumerARN } = await consumer();
    const other = (await stream()).StreamARN;
    for (const named of [{}, { StreamARN }, { ConsumerName: "c" }, { ConsumerARN, StreamARN: other }])
      await expect(send(new DescribeStreamConsumerCommand(named))).rejects.toMatchObject({
        name: "InvalidArgumentException",
      });
    await send(new DescribeStreamConsumerCommand({ ConsumerARN, StreamARN, ConsumerName: "c" }));
  },
);

behaviour("a consumer name is unique within its stream", api("RegisterStreamConsumer"), async () => {
  const { StreamName, StreamARN } = await consumer();
  await expect(
    send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: "c" })),
  ).rejects.toMatchObject(
    refusal(
      "ResourceInUseException",
      `Consumer c under stream ${StreamName} already exists for account ${ACCOUNT}.`,
    ),
  );
});

behaviour("a stream has at most twenty consumers", api("RegisterStreamConsumer"), async () => {
  const { StreamARN } = await stream();
  const register = (at: number) =>
    send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: `c${at}` }));
  for (let at = 0; at < 20; at++) await register(at);
  await expect(register(20)).rejects.toMatchObject(refusal("LimitExceededException", expect.any(String)));
});

behaviour("ListStreamConsumers returns consumers in pages", api("ListStreamConsumers"), async () => {
  const { StreamARN } = await stream();
  for (const ConsumerName of ["b", "c", "a"])
    await send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName }));
  const first = await send(new ListStreamConsumersCommand({ StreamARN, MaxResults: 2 }));
  expect(first.Consumers!.map(({ ConsumerName }) => ConsumerName)).toEqual(["a", "b"]);
  const next = await send(new ListStreamConsumersCommand({ StreamARN, NextToken: first.NextToken! }));
  expect(next.Consumers).toMatchObject([{ ConsumerName: "c", ConsumerStatus: "ACTIVE" }]);
  expect(next.NextToken).toBeUndefined();
});

behaviour(
  "ListStreamConsumers requires the creation time of the stream, if given",
  api("ListStreamConsumers"),
  async () => {
    const { StreamARN, described } = await consumer();
    const { StreamCreationTimestamp } = await described();
    const { Consumers } = await send(new ListStreamConsumersCommand({ StreamARN, StreamCreationTimestamp }));
    expect(Consumers).toHaveLength(1);
    await expect(
      send(new ListStreamConsumersCommand({ StreamARN, StreamCreationTimestamp: new Date(0) })),
    ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  },
);

behaviour("a stream ARN of another Region is refused", OBSERVED, async () => {
  const StreamARN = `arn:aws:kinesis:us-west-2:${ACCOUNT}:stream/elsewhere`;
  await expect(
    send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: "c" })),
  ).rejects.toMatchObject(
    invalid(`The region specified in the ARN '${StreamARN}' does not match the endpoint region`),
  );
});

behaviour(
  "ListStreamConsumers refuses a token that it did not issue",
  api("ListStreamConsumers"),
  async () => {
    const { StreamARN } = await stream();
    await expect(
      send(new ListStreamConsumersCommand({ StreamARN, NextToken: "made-up" })),
    ).rejects.toMatchObject({ name: "InvalidArgumentException" });
  },
);

behaviour("a deregistered consumer does not exist", api("DeregisterStreamConsumer"), async () => {
  const { StreamName, StreamARN, ConsumerARN } = await consumer();
  await send(new DeregisterStreamConsumerCommand({ ConsumerARN }));
  await expect(
    send(new DescribeStreamConsumerCommand({ StreamARN, ConsumerName: "c" })),
  ).rejects.toMatchObject(missing(`Consumer c, stream ${StreamName} under account ${ACCOUNT} not found.`));
  await expect(send(new DescribeStreamConsumerCommand({ ConsumerARN }))).rejects.toMatchObject({
    name: "ResourceNotFoundException",
  });
});

behaviour("a consumer registered again has another ARN", api("DescribeStreamConsumer"), async () => {
  const { StreamARN, ConsumerARN } = await consumer();
  await send(new DeregisterStreamConsumerCommand({ ConsumerARN }));
  await cloud.advance(2_000);
  await send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: "c" }));
  await expect(send(new DescribeStreamConsumerCommand({ ConsumerARN }))).rejects.toMatchObject({
    name: "ResourceNotFoundException",
  });
});

/** Subscribes to the first shard and returns the events up to the first for which `isLast` is true. */
async function events(
  ConsumerARN: string,
  position: StartingPosition,
  isLast: (event: SubscribeToShardEvent) => boolean,
): Promise<SubscribeToShardEvent[]> {
  const { EventStream } = await send(
    new SubscribeToShardCommand({ ConsumerARN, ShardId: FIRST, StartingPosition: position }),
  );
  const seen: SubscribeToShardEvent[] = [];
  for await (const { SubscribeToShardEvent: event } of EventStream!) {
    if (!event) continue;
    seen.push(event);
    if (isLast(event)) return seen;
  }
  return seen;
}
const textsOf = (seen: SubscribeToShardEvent[]) =>
  seen.flatMap(({ Records }) => Records!.map(({ Data }) => Buffer.from(Data!).toString()));
const hasRecords = ({ Records }: SubscribeToShardEvent) => Records!.length > 0;

behaviour("a subscription delivers existing records", api("SubscribeToShard"), async () => {
  const { put, ConsumerARN } = await consumer();
  for (const text of ["a", "b"]) await put(text);
  const seen = await events(ConsumerARN, { Type: "TRIM_HORIZON" }, hasRecords);
  expect(textsOf(seen)).toEqual(["a", "b"]);
  expect(seen[0]).toMatchObject({
    ContinuationSequenceNumber: seen[0]!.Records![1]!.SequenceNumber,
    MillisBehindLatest: 0,
  });
});

behaviour("a subscription continues after a sequence number", api("SubscribeToShardEvent"), async () => {
  const { put, ConsumerARN } = await consumer();
  await put("a");
  const [first] = await events(ConsumerARN, { Type: "TRIM_HORIZON" }, hasRecords);
  await put("b");
  await cloud.advance(5_000);
  const seen = await events(
    ConsumerARN,
    { Type: "AFTER_SEQUENCE_NUMBER", SequenceNumber: first!.ContinuationSequenceNumber },
    hasRecords,
  );
  expect(textsOf(seen)).toEqual(["b"]);
});

behaviour(
  "a subscription from LATEST delivers later records",
  guide("building-enhanced-consumers-api"),
  async () => {
    const { put, ConsumerARN } = await consumer();
    await put("before");
    const seen = events(ConsumerARN, { Type: "LATEST" }, hasRecords);
    // Records put before the subscription begins are not delivered, so this puts until one is.
    let isDone = false;
    void seen.finally(() => {
      isDone = true;
    });
    for (let at = 0; !isDone && at < 1_000; at++) await put("after");
    expect(new Set(textsOf(await seen))).toEqual(new Set(["after"]));
  },
);

behaviour(
  "a subscription ends with its shard and returns the child shards",
  api("SubscribeToShardEvent"),
  async () => {
    const { StreamName, put, ConsumerARN } = await consumer();
    await put("a");
    await send(new SplitShardCommand({ StreamName, ShardToSplit: FIRST, NewStartingHashKey: MIDDLE }));
    const seen = await events(ConsumerARN, { Type: "TRIM_HORIZON" }, () => false);
    expect(textsOf(seen)).toEqual(["a"]);
    expect(seen.at(-1)!.ChildShards!.map(({ ShardId }) => ShardId)).toEqual([SECOND, "shardId-000000000002"]);
  },
);

behaviour(
  "only the last event of a shard lacks a continuation sequence number",
  "https://github.com/awslabs/amazon-kinesis-client/pull/1744",
  async () => {
    const { StreamName, put, ConsumerARN } = await consumer();
    await put("a");
    await send(new SplitShardCommand({ StreamName, ShardToSplit: FIRST, NewStartingHashKey: MIDDLE }));
    const seen = await events(ConsumerARN, { Type: "TRIM_HORIZON" }, () => false);
    const summary = seen.map(({ ContinuationSequenceNumber: it, ChildShards }) => [
      typeof it,
      ChildShards?.length,
    ]);
    expect(summary).toEqual([
      ["string", undefined],
      ["undefined", 2],
    ]);
  },
);

const subscribe = (ConsumerARN: string) =>
  send(new SubscribeToShardCommand({ ConsumerARN, ShardId: FIRST, StartingPosition: { Type: "LATEST" } }));
const another = (StreamName: string) =>
  refusal(
    "ResourceInUseException",
    `Another active subscription exists for this consumer: ${ACCOUNT}:${StreamName}:${FIRST}:c`,
  );

behaviour("another subscription within five seconds is refused", api("SubscribeToShard"), async () => {
  const { StreamName, ConsumerARN } = await consumer();
  await subscribe(ConsumerARN);
  await expect(subscribe(ConsumerARN)).rejects.toMatchObject(another(StreamName));
});

behaviour("a later subscription ends the previous one", api("SubscribeToShard"), async () => {
  const { StreamName, put, ConsumerARN } = await consumer();
  const { EventStream: former } = await subscribe(ConsumerARN);
  await cloud.advance(5_000);
  const seen = events(ConsumerARN, { Type: "LATEST" }, hasRecords);
  const ended = (async () => {
    for await (const event of former!) expect(event.SubscribeToShardEvent!.Records).toEqual([]);
  })();
  await expect(ended).rejects.toMatchObject({
    name: "ResourceInUseException",
    message: another(StreamName).message,
  });
  await put("a");
  expect(textsOf(await seen)).toEqual(["a"]);
});

for (const [what, end] of [
  ["its stream", ({ StreamName }) => new DeleteStreamCommand({ StreamName, EnforceConsumerDeletion: true })],
  ["its consumer", ({ ConsumerARN }) => new DeregisterStreamConsumerCommand({ ConsumerARN })],
] satisfies [string, (of: Awaited<ReturnType<typeof consumer>>) => object][])
  behaviour(`a subscription ends immediately with ${what}`, api("SubscribeToShardEventStream"), async () => {
    const made = await consumer();
    const { EventStream } = await subscribe(made.ConsumerARN);
    const seen: object[] = [];
    const ended = (async () => {
      for await (const event of EventStream!) seen.push(event);
    })();
    const refused = expect(ended).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await send(end(made) as never);
    await refused;
    // Without an immediate end, a periodic event would come first.
    expect(seen).toEqual([]);
  });

behaviour("two consumers can subscribe to one shard", api("SubscribeToShard"), async () => {
  const { StreamARN, put, ConsumerARN } = await consumer();
  const { Consumer } = await send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: "d" }));
  await put("a");
  for (const arn of [ConsumerARN, Consumer!.ConsumerARN!])
    expect(textsOf(await events(arn, { Type: "TRIM_HORIZON" }, hasRecords))).toEqual(["a"]);
});

behaviour("SubscribeToShard refuses a consumer that does not exist", api("SubscribeToShard"), async () => {
  const { ConsumerARN } = await consumer();
  await send(new DeregisterStreamConsumerCommand({ ConsumerARN }));
  await expect(
    send(new SubscribeToShardCommand({ ConsumerARN, ShardId: FIRST, StartingPosition: { Type: "LATEST" } })),
  ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
});

behaviour("SubscribeToShard refuses a shard that does not exist", api("SubscribeToShard"), async () => {
  const { ConsumerARN } = await consumer();
  await expect(
    send(new SubscribeToShardCommand({ ConsumerARN, ShardId: SECOND, StartingPosition: { Type: "LATEST" } })),
  ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
});

behaviour("a starting position by sequence number requires the number", api("StartingPosition"), async () => {
  const { ConsumerARN } = await consumer();
  await expect(
    send(
      new SubscribeToShardCommand({
        ConsumerARN,
        ShardId: FIRST,
        StartingPosition: { Type: "AT_SEQUENCE_NUMBER" },
      }),
    ),
  ).rejects.toMatchObject(invalid(expect.any(String)));
});

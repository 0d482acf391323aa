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
  HEARD,
  invalid,
  kinesisOf,
  MIDDLE,
  missing,
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

behaviour("a consumer is being created when it is registered", api("RegisterStreamConsumer"), async () => {
  const { StreamARN, Consumer } = await consumer();
  const { ConsumerARN, ConsumerCreationTimestamp } = Consumer;
  expect(Consumer).toMatchObject({ ConsumerName: "c", ConsumerStatus: "CREATING" });
  expect(ConsumerARN).toBe(
    `${StreamARN}/consumer/c:${Math.floor(ConsumerCreationTimestamp!.getTime() / 1_000)}`,
  );
});

behaviour("a consumer is described by its ARN and by its name", api("DescribeStreamConsumer"), async () => {
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

behaviour("a consumer is named as a whole, and in one way", api("DescribeStreamConsumer"), async () => {
  const { StreamARN, ConsumerARN } = await consumer();
  const other = (await stream()).StreamARN;
  for (const named of [{}, { StreamARN }, { ConsumerName: "c" }, { ConsumerARN, StreamARN: other }])
    await expect(send(new DescribeStreamConsumerCommand(named))).rejects.toMatchObject({
      name: "InvalidArgumentException",
    });
  await send(new DescribeStreamConsumerCommand({ ConsumerARN, StreamARN, ConsumerName: "c" }));
});

behaviour("a consumer's name is given once in a stream", api("RegisterStreamConsumer"), async () => {
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

behaviour("a stream has twenty consumers at most", api("RegisterStreamConsumer"), async () => {
  const { StreamARN } = await stream();
  const register = (at: number) =>
    send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: `c${at}` }));
  for (let at = 0; at < 20; at++) await register(at);
  await expect(register(20)).rejects.toMatchObject(refusal("LimitExceededException", expect.any(String)));
});

behaviour("consumers are listed in pages", api("ListStreamConsumers"), async () => {
  const { StreamARN } = await stream();
  for (const ConsumerName of ["b", "c", "a"])
    await send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName }));
  const first = await send(new ListStreamConsumersCommand({ StreamARN, MaxResults: 2 }));
  expect(first.Consumers!.map(({ ConsumerName }) => ConsumerName)).toEqual(["a", "b"]);
  const next = await send(new ListStreamConsumersCommand({ StreamARN, NextToken: first.NextToken! }));
  expect(next.Consumers).toMatchObject([{ ConsumerName: "c", ConsumerStatus: "ACTIVE" }]);
  expect(next.NextToken).toBeUndefined();
});

behaviour("consumers are those of the stream made at that time", api("ListStreamConsumers"), async () => {
  const { StreamARN, described } = await consumer();
  const { StreamCreationTimestamp } = await described();
  const { Consumers } = await send(new ListStreamConsumersCommand({ StreamARN, StreamCreationTimestamp }));
  expect(Consumers).toHaveLength(1);
  await expect(
    send(new ListStreamConsumersCommand({ StreamARN, StreamCreationTimestamp: new Date(0) })),
  ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
});

behaviour("a consumer's stream is in the Region that is asked", HEARD, async () => {
  const StreamARN = `arn:aws:kinesis:us-west-2:${ACCOUNT}:stream/elsewhere`;
  await expect(
    send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: "c" })),
  ).rejects.toMatchObject(
    invalid(`The region specified in the ARN '${StreamARN}' does not match the endpoint region`),
  );
});

behaviour("a token continues its own listing", api("ListStreamConsumers"), async () => {
  const { StreamARN } = await stream();
  await expect(
    send(new ListStreamConsumersCommand({ StreamARN, NextToken: "made-up" })),
  ).rejects.toMatchObject({ name: "InvalidArgumentException" });
});

behaviour("a consumer that was deregistered is gone", api("DeregisterStreamConsumer"), async () => {
  const { StreamName, StreamARN, ConsumerARN } = await consumer();
  await send(new DeregisterStreamConsumerCommand({ ConsumerARN }));
  await expect(
    send(new DescribeStreamConsumerCommand({ StreamARN, ConsumerName: "c" })),
  ).rejects.toMatchObject(missing(`Consumer c, stream ${StreamName} under account ${ACCOUNT} not found.`));
  await expect(send(new DescribeStreamConsumerCommand({ ConsumerARN }))).rejects.toMatchObject({
    name: "ResourceNotFoundException",
  });
});

behaviour("a consumer made anew has another ARN", api("DescribeStreamConsumer"), async () => {
  const { StreamARN, ConsumerARN } = await consumer();
  await send(new DeregisterStreamConsumerCommand({ ConsumerARN }));
  await cloud.advance(2_000);
  await send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: "c" }));
  await expect(send(new DescribeStreamConsumerCommand({ ConsumerARN }))).rejects.toMatchObject({
    name: "ResourceNotFoundException",
  });
});

/** Events of a subscription until one of them is the last that is wanted. */
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

behaviour("a subscription brings what is there", api("SubscribeToShard"), async () => {
  const { put, ConsumerARN } = await consumer();
  for (const text of ["a", "b"]) await put(text);
  const seen = await events(ConsumerARN, { Type: "TRIM_HORIZON" }, hasRecords);
  expect(textsOf(seen)).toEqual(["a", "b"]);
  expect(seen[0]).toMatchObject({
    ContinuationSequenceNumber: seen[0]!.Records![1]!.SequenceNumber,
    MillisBehindLatest: 0,
  });
});

behaviour("a subscription goes on where another one stopped", api("SubscribeToShardEvent"), async () => {
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

behaviour("a subscription brings what comes", guide("building-enhanced-consumers-api"), async () => {
  const { put, ConsumerARN } = await consumer();
  await put("before");
  const seen = events(ConsumerARN, { Type: "LATEST" }, hasRecords);
  // Until the subscription has begun, what is put comes before it.
  let isDone = false;
  void seen.finally(() => {
    isDone = true;
  });
  for (let at = 0; !isDone && at < 1_000; at++) await put("after");
  expect(new Set(textsOf(await seen))).toEqual(new Set(["after"]));
});

behaviour(
  "a subscription ends with its shard, and names those that took over",
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
  "only the last event of a shard tells nothing to go on from",
  "https://github.com/awslabs/amazon-kinesis-client/pull/1744",
  async () => {
    const { StreamName, put, ConsumerARN } = await consumer();
    await put("a");
    await send(new SplitShardCommand({ StreamName, ShardToSplit: FIRST, NewStartingHashKey: MIDDLE }));
    const seen = await events(ConsumerARN, { Type: "TRIM_HORIZON" }, () => false);
    const told = seen.map(({ ContinuationSequenceNumber: it, ChildShards }) => [
      typeof it,
      ChildShards?.length,
    ]);
    expect(told).toEqual([
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

behaviour("a subscription is not taken over for five seconds", api("SubscribeToShard"), async () => {
  const { StreamName, ConsumerARN } = await consumer();
  await subscribe(ConsumerARN);
  await expect(subscribe(ConsumerARN)).rejects.toMatchObject(another(StreamName));
});

behaviour("a later subscription ends the one before it", api("SubscribeToShard"), async () => {
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
  behaviour(`a subscription ends with ${what}, at once`, api("SubscribeToShardEventStream"), async () => {
    const made = await consumer();
    const { EventStream } = await subscribe(made.ConsumerARN);
    const ended = (async () => {
      for await (const event of EventStream!) expect(event.SubscribeToShardEvent!.Records).toEqual([]);
    })();
    const refused = expect(ended).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    const before = performance.now();
    await send(end(made) as never);
    await refused;
    // The next pulse would tell of it as well.
    expect(performance.now() - before).toBeLessThan(4_000);
  });

behaviour("two consumers subscribe to one shard", api("SubscribeToShard"), async () => {
  const { StreamARN, put, ConsumerARN } = await consumer();
  const { Consumer } = await send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: "d" }));
  await put("a");
  for (const arn of [ConsumerARN, Consumer!.ConsumerARN!])
    expect(textsOf(await events(arn, { Type: "TRIM_HORIZON" }, hasRecords))).toEqual(["a"]);
});

behaviour("a subscription needs a consumer that is there", api("SubscribeToShard"), async () => {
  const { ConsumerARN } = await consumer();
  await send(new DeregisterStreamConsumerCommand({ ConsumerARN }));
  await expect(
    send(new SubscribeToShardCommand({ ConsumerARN, ShardId: FIRST, StartingPosition: { Type: "LATEST" } })),
  ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
});

behaviour("a subscription needs a shard that is there", api("SubscribeToShard"), async () => {
  const { ConsumerARN } = await consumer();
  await expect(
    send(new SubscribeToShardCommand({ ConsumerARN, ShardId: SECOND, StartingPosition: { Type: "LATEST" } })),
  ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
});

behaviour("a starting position by number says which number", api("StartingPosition"), async () => {
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

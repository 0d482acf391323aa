import {
  CancelMessageMoveTaskCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  ListDeadLetterSourceQueuesCommand,
  ListMessageMoveTasksCommand,
  type Message,
  SetQueueAttributesCommand,
  StartMessageMoveTaskCommand,
  type StartMessageMoveTaskCommandInput,
} from "@aws-sdk/client-sqs";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, guide, nameIn, refused, sqsOn } from "./client.ts";

const cloud = conformanceCloud();
const { send, queue, fifo, put, receive, attributes, arn, unused } = sqsOn(cloud);
const bodies = async (...parameters: Parameters<typeof receive>) =>
  (await receive(...parameters)).map(({ Body }) => Body);
const policy = (target: string, maxReceiveCount: unknown) =>
  JSON.stringify({ deadLetterTargetArn: target, maxReceiveCount });

/** Creates a queue with this maxReceiveCount, and its dead-letter queue. */
async function pair(maxReceiveCount: number | string = 1, more: Record<string, string> = {}) {
  const make = more.FifoQueue === "true" ? fifo : queue;
  const dead = await make();
  const live = await make({
    VisibilityTimeout: "1",
    RedrivePolicy: policy(arn(dead), maxReceiveCount),
    ...more,
  });
  return { live, dead };
}
/** Receives until all messages are moved to the dead-letter queue. */
async function moveToDeadLetters(live: string, receives = 1): Promise<void> {
  for (let n = 0; n <= receives; n++) {
    await receive(live);
    await cloud.advance(1_000);
  }
}

behaviour(
  "a message received more than maxReceiveCount times is moved to the dead-letter queue",
  guide("sqs-dead-letter-queues"),
  async () => {
    const { live, dead } = await pair(2);
    await put(live, "poison");
    for (let n = 0; n < 2; n++) {
      expect(await bodies(live)).toEqual(["poison"]);
      await cloud.advance(1_000);
    }
    expect(await receive(live)).toEqual([]);
    expect(await bodies(dead)).toEqual(["poison"]);
  },
);

behaviour("maxReceiveCount may be a string", guide("sqs-dead-letter-queues"), async () => {
  const { live, dead } = await pair("1");
  await put(live, "poison");
  await moveToDeadLetters(live);
  expect(await bodies(dead)).toEqual(["poison"]);
});

behaviour("a message that is deleted in time is not moved", guide("sqs-dead-letter-queues"), async () => {
  const { live, dead } = await pair(1);
  await put(live, "good");
  const [message] = await receive(live);
  await send(new DeleteMessageCommand({ QueueUrl: live, ReceiptHandle: message!.ReceiptHandle }));
  await cloud.advance(1_000);
  expect([...(await receive(live)), ...(await receive(dead))]).toEqual([]);
});

behaviour(
  "a dead letter keeps its ID, attributes and sent timestamp",
  guide("setting-up-dead-letter-queue-retention"),
  async () => {
    const { live, dead } = await pair(1);
    const MessageAttributes = { kind: { DataType: "String", StringValue: "a" } };
    const { MessageId } = await put(live, "poison", { MessageAttributes });
    const [first] = await receive(live, { MessageSystemAttributeNames: ["SentTimestamp"] });
    await cloud.advance(1_000);
    await moveToDeadLetters(live);
    const [letter] = await receive(dead, {
      MessageSystemAttributeNames: ["All"],
      MessageAttributeNames: ["All"],
    });
    expect(letter).toMatchObject({ MessageId, MessageAttributes });
    expect(letter!.Attributes!.SentTimestamp).toBe(first!.Attributes!.SentTimestamp);
  },
);

behaviour("a dead letter has DeadLetterQueueSourceArn", api("ReceiveMessage"), async () => {
  const { live, dead } = await pair(1);
  await put(live, "poison");
  await moveToDeadLetters(live);
  const [letter] = await receive(dead, { MessageSystemAttributeNames: ["DeadLetterQueueSourceArn"] });
  expect(letter!.Attributes).toEqual({ DeadLetterQueueSourceArn: arn(live) });
});

behaviour(
  "a dead letter of a FIFO queue keeps its group, and its sent timestamp is reset",
  guide("setting-up-dead-letter-queue-retention"),
  async () => {
    const { live, dead } = await pair(1, { FifoQueue: "true" });
    await put(live, "poison", { MessageGroupId: "g", MessageDeduplicationId: "d" });
    const [first] = await receive(live, { MessageSystemAttributeNames: ["SentTimestamp"] });
    await cloud.advance(5_000);
    await moveToDeadLetters(live);
    const [letter] = await receive(dead, { MessageSystemAttributeNames: ["All"] });
    expect(letter!.Attributes).toMatchObject({ MessageGroupId: "g" });
    expect(Number(letter!.Attributes!.SentTimestamp)).toBeGreaterThan(
      Number(first!.Attributes!.SentTimestamp),
    );
  },
);

behaviour(
  "a dead letter of a FIFO queue is deduplicated by its message ID, because its deduplication ID may be in use",
  guide("sqs-configure-dead-letter-queue-redrive"),
  async () => {
    const { live, dead } = await pair(1, { FifoQueue: "true" });
    await put(live, "poison", { MessageGroupId: "g", MessageDeduplicationId: "d" });
    const [{ MessageId, Attributes }] = (await receive(live, { MessageSystemAttributeNames: ["All"] })) as [
      Message,
    ];
    expect(Attributes!.MessageDeduplicationId).toBe("d");
    await moveToDeadLetters(live);
    const [letter] = await receive(dead, { VisibilityTimeout: 0, MessageSystemAttributeNames: ["All"] });
    expect(letter).toMatchObject({ MessageId, Attributes: { MessageDeduplicationId: MessageId } });
    await start(arn(dead));
    await cloud.advance(1_000);
    const [again] = await receive(live, { MessageSystemAttributeNames: ["All"] });
    expect(again!.Attributes!.MessageDeduplicationId).toBe(MessageId);
  },
);

behaviour(
  "moving a dead letter unblocks the next message of its group",
  guide("sqs-dead-letter-queues"),
  async () => {
    const { live } = await pair(1, { FifoQueue: "true" });
    for (const body of ["one", "two"])
      await put(live, body, { MessageGroupId: "g", MessageDeduplicationId: body });
    expect(await bodies(live, { MaxNumberOfMessages: 1 })).toEqual(["one"]);
    await cloud.advance(1_000);
    expect(await bodies(live)).toEqual(["two"]);
  },
);

behaviour(
  "a message stays in its queue if the dead-letter queue does not exist",
  guide("sqs-dead-letter-queues"),
  async () => {
    const { live, dead } = await pair(1);
    await put(live, "kept");
    await send(new DeleteQueueCommand({ QueueUrl: dead }));
    await moveToDeadLetters(live, 2);
    expect(await bodies(live)).toEqual(["kept"]);
  },
);

behaviour(
  "ListDeadLetterSourceQueues of a queue without sources omits the list",
  api("ListDeadLetterSourceQueues"),
  async () => {
    const { queueUrls } = await send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: await queue() }));
    expect(queueUrls).toBeUndefined();
  },
);

behaviour(
  "ListDeadLetterSourceQueues returns the source queues",
  api("ListDeadLetterSourceQueues"),
  async () => {
    const { live, dead } = await pair(1);
    const other = await queue({ RedrivePolicy: policy(arn(dead), 5) });
    const { queueUrls } = await send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: dead }));
    expect([...queueUrls!].sort()).toEqual([live, other].sort());
  },
);

behaviour("ListDeadLetterSourceQueues pages", api("ListDeadLetterSourceQueues"), async () => {
  const dead = await queue();
  for (let n = 0; n < 3; n++) await queue({ RedrivePolicy: policy(arn(dead), 1) });
  const first = await send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: dead, MaxResults: 2 }));
  const { NextToken } = first;
  const second = await send(
    new ListDeadLetterSourceQueuesCommand({ QueueUrl: dead, MaxResults: 2, NextToken }),
  );
  expect([first.queueUrls!.length, second.queueUrls!.length, second.NextToken]).toEqual([2, 1, undefined]);
});

behaviour("ListDeadLetterSourceQueues of a missing queue fails", api("ListDeadLetterSourceQueues"), () =>
  refused(
    send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: `${cloud.endpoint}/000000000000/${unused()}` })),
    "QueueDoesNotExist",
  ),
);

const start = (SourceArn: string, more: Partial<StartMessageMoveTaskCommandInput> = {}) =>
  send(new StartMessageMoveTaskCommand({ SourceArn, ...more }));
const tasks = async (SourceArn: string, MaxResults = 10) =>
  (await send(new ListMessageMoveTasksCommand({ SourceArn, MaxResults }))).Results!;
/** Creates a queue and its dead-letter queue with this number of dead letters. */
async function letters(count: number) {
  const { live, dead } = await pair(1);
  for (let n = 0; n < count; n++) await put(live, `letter ${n}`);
  await moveToDeadLetters(live);
  return { live, dead };
}

behaviour(
  "a move task moves dead letters back to their source queue",
  api("StartMessageMoveTask"),
  async () => {
    const { live, dead } = await letters(3);
    await start(arn(dead));
    await cloud.advance(1_000);
    expect((await bodies(live)).sort()).toEqual(["letter 0", "letter 1", "letter 2"]);
    expect(await receive(dead)).toEqual([]);
  },
);

behaviour("a move task can move to another destination", api("StartMessageMoveTask"), async () => {
  const { live, dead } = await letters(2);
  const elsewhere = await queue();
  await start(arn(dead), { DestinationArn: arn(elsewhere) });
  await cloud.advance(1_000);
  expect((await receive(elsewhere)).length).toBe(2);
  expect(await receive(live)).toEqual([]);
});

behaviour("a redriven message has a new message ID", api("StartMessageMoveTask"), async () => {
  const { live, dead } = await letters(1);
  const [letter] = await receive(dead, { VisibilityTimeout: 0, MessageSystemAttributeNames: ["All"] });
  await start(arn(dead));
  await cloud.advance(1_000);
  const [again] = await receive(live, { MessageSystemAttributeNames: ["All"] });
  expect(again!.MessageId).not.toBe(letter!.MessageId);
  expect(again!.Attributes!.ApproximateReceiveCount).toBe("1");
  expect(Number(again!.Attributes!.SentTimestamp)).toBeGreaterThan(Number(letter!.Attributes!.SentTimestamp));
});

behaviour("a redriven message is delayed by the destination's delay", guide("sqs-delay-queues"), async () => {
  const { dead } = await letters(1);
  const later = await queue({ DelaySeconds: "60" });
  await start(arn(dead), { DestinationArn: arn(later) });
  await cloud.advance(1_000);
  expect((await attributes(later)).ApproximateNumberOfMessagesDelayed).toBe("1");
  expect(await receive(later)).toEqual([]);
  await cloud.advance(60_000);
  expect(await receive(later)).toHaveLength(1);
});

const setRetention = (QueueUrl: string, MessageRetentionPeriod: string) =>
  send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { MessageRetentionPeriod } }));

behaviour(
  "the retention of a dead letter counts from its original sent timestamp",
  guide("setting-up-dead-letter-queue-retention"),
  async () => {
    const { live, dead } = await pair(1);
    await setRetention(dead, "60");
    await put(live, "old");
    await cloud.advance(50_000);
    expect((await attributes(dead)).ApproximateNumberOfMessages).toBe("0");
    await moveToDeadLetters(live);
    expect((await attributes(dead)).ApproximateNumberOfMessages).toBe("1");
    await cloud.advance(9_000);
    expect((await attributes(dead)).ApproximateNumberOfMessages).toBe("0");
  },
);

behaviour("an expired message is not moved", guide("setting-up-dead-letter-queue-retention"), async () => {
  const { live, dead } = await letters(3);
  await setRetention(dead, "60");
  await cloud.advance(60_000);
  await start(arn(dead));
  await cloud.advance(1_000);
  expect(await receive(live)).toEqual([]);
  expect(await tasks(arn(dead))).toMatchObject([
    { Status: "COMPLETED", ApproximateNumberOfMessagesMoved: 0 },
  ]);
});

behaviour(
  "a completed task reports the number of moved messages and has no handle",
  api("ListMessageMoveTasks"),
  async () => {
    const { dead } = await letters(2);
    await start(arn(dead));
    await cloud.advance(1_000);
    expect(await tasks(arn(dead))).toEqual([
      {
        Status: "COMPLETED",
        SourceArn: arn(dead),
        ApproximateNumberOfMessagesMoved: 2,
        ApproximateNumberOfMessagesToMove: 2,
        StartedTimestamp: expect.any(Number),
      },
    ]);
  },
);

behaviour("MaxNumberOfMessagesPerSecond limits the rate of a task", api("StartMessageMoveTask"), async () => {
  const { live, dead } = await letters(5);
  const { TaskHandle } = await start(arn(dead), { MaxNumberOfMessagesPerSecond: 2 });
  await cloud.advance(0);
  expect((await tasks(arn(dead)))[0]).toMatchObject({
    TaskHandle,
    Status: "RUNNING",
    MaxNumberOfMessagesPerSecond: 2,
  });
  await cloud.advance(5_000);
  expect((await tasks(arn(dead)))[0]).toMatchObject({
    Status: "COMPLETED",
    ApproximateNumberOfMessagesMoved: 5,
  });
  expect((await receive(live)).length).toBe(5);
});

behaviour("cancelling a task keeps the messages that were moved", api("CancelMessageMoveTask"), async () => {
  const { dead } = await letters(5);
  const { TaskHandle } = await start(arn(dead), { MaxNumberOfMessagesPerSecond: 1 });
  await cloud.advance(1_000);
  const { ApproximateNumberOfMessagesMoved: moved } = await send(
    new CancelMessageMoveTaskCommand({ TaskHandle }),
  );
  expect(moved).toBeGreaterThan(0);
  await cloud.advance(10_000);
  expect((await tasks(arn(dead)))[0]).toMatchObject({ Status: "CANCELLED" });
  expect((await attributes(dead)).ApproximateNumberOfMessages).toBe(String(5 - moved!));
});

behaviour("a queue has at most one running task", api("StartMessageMoveTask"), async () => {
  const { dead } = await letters(3);
  await start(arn(dead), { MaxNumberOfMessagesPerSecond: 1 });
  await refused(
    start(arn(dead)),
    "InvalidParameterValue",
    "There is already a task running. Only one active task is allowed for a source queue arn at a given time.",
  );
});

behaviour(
  "ListMessageMoveTasks returns the newest tasks first, by default one",
  api("ListMessageMoveTasks"),
  async () => {
    const { dead } = await letters(1);
    for (let n = 0; n < 2; n++) {
      await start(arn(dead));
      await cloud.advance(1_000);
    }
    const all = await tasks(arn(dead));
    expect(all.map((task) => task.ApproximateNumberOfMessagesMoved)).toEqual([0, 1]);
    const { Results } = await send(new ListMessageMoveTasksCommand({ SourceArn: arn(dead) }));
    expect(Results).toEqual([all[0]]);
  },
);

behaviour(
  "StartMessageMoveTask requires a dead-letter queue as source",
  api("StartMessageMoveTask"),
  async () =>
    refused(
      start(arn(await queue())),
      "InvalidParameterValue",
      "Source queue must be configured as a Dead Letter Queue.",
    ),
);

behaviour("StartMessageMoveTask requires an existing source", api("StartMessageMoveTask"), () =>
  refused(
    start("arn:aws:sqs:us-east-1:000000000000:not-there"),
    "ResourceNotFoundException",
    "The resource that you specified for the SourceArn parameter doesn't exist.",
    404,
  ),
);

behaviour("StartMessageMoveTask requires an existing destination", api("StartMessageMoveTask"), async () => {
  const { dead } = await pair(1);
  await refused(
    start(arn(dead), { DestinationArn: "arn:aws:sqs:us-east-1:000000000000:not-there" }),
    "ResourceNotFoundException",
    "The resource that you specified for the DestinationArn parameter doesn't exist.",
    404,
  );
});

for (const MaxNumberOfMessagesPerSecond of [0, 501])
  behaviour(
    `MaxNumberOfMessagesPerSecond ${MaxNumberOfMessagesPerSecond} is refused`,
    api("StartMessageMoveTask"),
    async () => {
      const { dead } = await pair(1);
      await refused(
        start(arn(dead), { MaxNumberOfMessagesPerSecond }),
        "InvalidParameterValue",
        "Value for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: You must enter a number that's between 1 and 500.",
      );
    },
  );

for (const MaxResults of [0, 11])
  behaviour(
    `MaxResults ${MaxResults} of ListMessageMoveTasks is refused`,
    api("ListMessageMoveTasks"),
    async () =>
      refused(
        send(new ListMessageMoveTasksCommand({ SourceArn: arn(await queue()), MaxResults })),
        "InvalidParameterValue",
        "Value for parameter MaxResults is invalid. Reason: You must enter a number that's between 1 and 10.",
      ),
  );

behaviour("a malformed source ARN is refused", api("StartMessageMoveTask"), () =>
  refused(
    start("not-an-arn"),
    "InvalidParameterValue",
    "You must use this format to specify the SourceArn: arn:<partition>:<service>:<region>:<account-id>:<resource-id>",
  ),
);

behaviour("CancelMessageMoveTask refuses an invalid task handle", api("CancelMessageMoveTask"), () =>
  refused(
    send(new CancelMessageMoveTaskCommand({ TaskHandle: "garbage" })),
    "InvalidParameterValue",
    "Value for parameter TaskHandle is invalid.",
  ),
);

behaviour("a completed task cannot be cancelled", api("CancelMessageMoveTask"), async () => {
  const { dead } = await letters(1);
  const { TaskHandle } = await start(arn(dead));
  await cloud.advance(1_000);
  await refused(send(new CancelMessageMoveTaskCommand({ TaskHandle })), "UnsupportedOperation");
});

behaviour("ListMessageMoveTasks of a missing queue fails", api("ListMessageMoveTasks"), () =>
  refused(
    tasks(`arn:aws:sqs:us-east-1:000000000000:${nameIn(unused())}`),
    "ResourceNotFoundException",
    undefined,
    404,
  ),
);

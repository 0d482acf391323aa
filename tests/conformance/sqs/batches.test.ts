import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
} from "@aws-sdk/client-sqs";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, guide, refused, sqsOn } from "./client.ts";

const cloud = conformanceCloud();
const { send, queue, fifo, put, receive, unused, attributes } = sqsOn(cloud);
const sendAll = (QueueUrl: string, Entries: SendMessageBatchRequestEntry[]) =>
  send(new SendMessageBatchCommand({ QueueUrl, Entries }));
const some = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ Id: `id-${n}`, MessageBody: `body ${n}` }));

behaviour("SendMessageBatch sends up to ten messages", api("SendMessageBatch"), async () => {
  const QueueUrl = await queue();
  const { Successful, Failed } = await sendAll(QueueUrl, some(10));
  expect(Successful!.map(({ Id }) => Id)).toEqual(some(10).map(({ Id }) => Id));
  expect(Failed ?? []).toEqual([]);
  expect((await receive(QueueUrl)).map(({ Body }) => Body).sort()).toEqual(
    some(10).map(({ MessageBody }) => MessageBody),
  );
});

/** Each batch operation, called with these entries. */
const BATCHES = {
  SendMessageBatch: (QueueUrl: string, ids: string[]) =>
    sendAll(
      QueueUrl,
      ids.map((Id) => ({ Id, MessageBody: "x" })),
    ),
  DeleteMessageBatch: (QueueUrl: string, ids: string[]) =>
    send(new DeleteMessageBatchCommand({ QueueUrl, Entries: ids.map((Id) => ({ Id, ReceiptHandle: "x" })) })),
  ChangeMessageVisibilityBatch: (QueueUrl: string, ids: string[]) =>
    send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl,
        Entries: ids.map((Id) => ({ Id, ReceiptHandle: "x", VisibilityTimeout: 1 })),
      }),
    ),
};
for (const [operation, call] of Object.entries(BATCHES)) {
  behaviour(`${operation} requires an entry`, api(operation), async () =>
    refused(
      call(await queue(), []),
      "EmptyBatchRequest",
      `There should be at least one ${operation}RequestEntry in the request.`,
    ),
  );
  behaviour(`${operation} accepts at most ten entries`, api(operation), async () =>
    refused(
      call(
        await queue(),
        some(11).map(({ Id }) => Id),
      ),
      "TooManyEntriesInBatchRequest",
      "Maximum number of entries per request are 10. You have sent 11.",
    ),
  );
  behaviour(`${operation} requires distinct IDs`, api(operation), async () =>
    refused(call(await queue(), ["a", "b", "a"]), "BatchEntryIdsNotDistinct", "Id a repeated."),
  );
  for (const [what, id] of [
    ["a space", "a b"],
    ["81 characters", "x".repeat(81)],
    ["nothing", ""],
    ["a period", "a.b"],
  ] as const)
    behaviour(`${operation} refuses an ID with ${what}`, api(operation), async () =>
      refused(
        call(await queue(), [id]),
        "InvalidBatchEntryId",
        "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.",
      ),
    );
  behaviour(`${operation} on a missing queue fails`, api(operation), () =>
    refused(call(`${cloud.endpoint}/000000000000/${unused()}`, ["a"]), "QueueDoesNotExist"),
  );
}

// https://github.com/aws/aws-sdk-ruby/pull/265 quotes the message.
behaviour("a failed entry does not affect the others", api("SendMessageBatch"), async () => {
  const QueueUrl = await queue();
  const { Successful, Failed } = await sendAll(QueueUrl, [
    { Id: "good", MessageBody: "x" },
    { Id: "late", MessageBody: "x", DelaySeconds: 901 },
    { Id: "bad", MessageBody: "a\0" },
  ]);
  expect(Successful!.map(({ Id }) => Id)).toEqual(["good"]);
  expect(Failed).toEqual([
    {
      Id: "late",
      SenderFault: true,
      Code: "InvalidParameterValue",
      Message:
        "Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.",
    },
    {
      Id: "bad",
      SenderFault: true,
      Code: "InvalidMessageContents",
      Message: expect.stringContaining("Invalid characters found."),
    },
  ]);
  expect((await receive(QueueUrl)).length).toBe(1);
});

behaviour(
  "in a batch, the receipt handle of a deleted message is invalid",
  "https://github.com/aws/aws-dotnet-messaging/blob/main/src/AWS.Messaging/SQS/SQSMessagePoller.cs",
  async () => {
    const QueueUrl = await queue();
    await put(QueueUrl, "x");
    const [{ ReceiptHandle } = {}] = await receive(QueueUrl);
    await send(new DeleteMessageBatchCommand({ QueueUrl, Entries: [{ Id: "a", ReceiptHandle }] }));
    const Entries = [{ Id: "a", ReceiptHandle, VisibilityTimeout: 1 }];
    expect((await send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }))).Failed).toEqual([
      {
        Id: "a",
        SenderFault: true,
        Code: "ReceiptHandleIsInvalid",
        Message: "Message does not exist or is not available for visibility timeout change",
      },
    ]);
  },
);

behaviour("SendMessageBatch omits empty lists", "https://github.com/aws/aws-sdk/issues/657", async () => {
  const QueueUrl = await queue();
  expect("Failed" in (await sendAll(QueueUrl, some(1)))).toBe(false);
  const refusedAll = await sendAll(QueueUrl, [{ Id: "late", MessageBody: "x", DelaySeconds: 901 }]);
  expect("Successful" in refusedAll).toBe(false);
  expect(refusedAll.Failed!.map(({ Id }) => Id)).toEqual(["late"]);
});

behaviour(
  "DeleteMessageBatch and ChangeMessageVisibilityBatch omit empty lists",
  "https://github.com/google/go-cloud/tree/master/pubsub/awssnssqs/testdata/TestConformanceSQSTopic",
  async () => {
    const QueueUrl = await queue();
    await put(QueueUrl, "x");
    const [{ ReceiptHandle } = {}] = await receive(QueueUrl);
    const handle = { Id: "a", ReceiptHandle };
    const later = { QueueUrl, Entries: [{ ...handle, VisibilityTimeout: 9 }] };
    const { $metadata: _, ...changed } = await send(new ChangeMessageVisibilityBatchCommand(later));
    expect(changed).toEqual({ Successful: [{ Id: "a" }] });
    const one = { QueueUrl, Entries: [handle] };
    const { $metadata: __, ...deleted } = await send(new DeleteMessageBatchCommand(one));
    expect(deleted).toEqual({ Successful: [{ Id: "a" }] });
  },
);

behaviour("a batch may have 1 MiB in total", guide("quotas-messages"), async () => {
  const half = "x".repeat(524_288);
  const { Successful } = await sendAll(await queue(), [
    { Id: "a", MessageBody: half },
    { Id: "b", MessageBody: half },
  ]);
  expect(Successful!.length).toBe(2);
});

behaviour("a batch of more than 1 MiB is refused", api("SendMessageBatch"), async () => {
  const half = "x".repeat(524_288);
  await refused(
    sendAll(await queue(), [
      { Id: "a", MessageBody: half },
      { Id: "b", MessageBody: `${half}x` },
    ]),
    "BatchRequestTooLong",
    "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.",
  );
});

behaviour("each entry has its own delay and attributes", api("SendMessageBatch"), async () => {
  const QueueUrl = await queue();
  const { Successful } = await sendAll(QueueUrl, [
    {
      Id: "now",
      MessageBody: "now",
      MessageAttributes: { kind: { DataType: "String", StringValue: "a" } },
    },
    { Id: "late", MessageBody: "late", DelaySeconds: 10 },
  ]);
  expect(Successful!.map(({ MD5OfMessageAttributes }) => typeof MD5OfMessageAttributes)).toEqual([
    "string",
    "undefined",
  ]);
  const [now, ...others] = await receive(QueueUrl, { MessageAttributeNames: ["kind"] });
  expect([now!.Body, now!.MessageAttributes?.kind?.StringValue, others]).toEqual(["now", "a", []]);
});

behaviour(
  "entries of a FIFO batch keep their order and get sequence numbers",
  api("SendMessageBatch"),
  async () => {
    const QueueUrl = await fifo({ ContentBasedDeduplication: "true" });
    const { Successful } = await sendAll(
      QueueUrl,
      some(5).map((entry) => ({ ...entry, MessageGroupId: "g" })),
    );
    const numbers = Successful!.map(({ SequenceNumber }) => SequenceNumber!);
    expect(numbers).toEqual([...numbers].sort());
    expect(new Set(numbers).size).toBe(5);
    expect((await receive(QueueUrl)).map(({ Body }) => Body)).toEqual(some(5).map((e) => e.MessageBody));
  },
);

behaviour("two entries with the same deduplication ID are one message", api("SendMessageBatch"), async () => {
  const QueueUrl = await fifo();
  const entry = { MessageBody: "x", MessageGroupId: "g", MessageDeduplicationId: "same" };
  const { Successful } = await sendAll(QueueUrl, [
    { Id: "a", ...entry },
    { Id: "b", ...entry },
  ]);
  expect(Successful![0]!.MessageId).toBe(Successful![1]!.MessageId);
  expect((await receive(QueueUrl)).length).toBe(1);
});

behaviour(
  "DeleteMessageBatch deletes valid entries and reports the others",
  api("DeleteMessageBatch"),
  async () => {
    const QueueUrl = await queue();
    await put(QueueUrl, "a");
    const [message] = await receive(QueueUrl);
    const { Successful, Failed } = await send(
      new DeleteMessageBatchCommand({
        QueueUrl,
        Entries: [
          { Id: "there", ReceiptHandle: message!.ReceiptHandle },
          { Id: "not", ReceiptHandle: "garbage" },
        ],
      }),
    );
    expect(Successful).toEqual([{ Id: "there" }]);
    expect(Failed).toEqual([
      {
        Id: "not",
        SenderFault: true,
        Code: "ReceiptHandleIsInvalid",
        Message: 'The input receipt handle "garbage" is not a valid receipt handle.',
      },
    ]);
    expect((await attributes(QueueUrl)).ApproximateNumberOfMessagesNotVisible).toBe("0");
  },
);

behaviour(
  "ChangeMessageVisibilityBatch changes each entry separately",
  api("ChangeMessageVisibilityBatch"),
  async () => {
    const QueueUrl = await queue();
    await sendAll(QueueUrl, some(3));
    const [a, b, c] = await receive(QueueUrl);
    const { Successful, Failed } = await send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl,
        Entries: [
          { Id: "now", ReceiptHandle: a!.ReceiptHandle, VisibilityTimeout: 0 },
          { Id: "soon", ReceiptHandle: b!.ReceiptHandle, VisibilityTimeout: 5 },
          { Id: "bad", ReceiptHandle: c!.ReceiptHandle, VisibilityTimeout: 43_201 },
        ],
      }),
    );
    expect([Successful!.map(({ Id }) => Id), Failed!.map(({ Id, Code }) => [Id, Code])]).toEqual([
      ["now", "soon"],
      [["bad", "InvalidParameterValue"]],
    ]);
    expect((await receive(QueueUrl)).map(({ Body }) => Body)).toEqual([a!.Body]);
    await cloud.advance(5_000);
    expect((await receive(QueueUrl)).map(({ Body }) => Body)).toEqual([b!.Body]);
  },
);

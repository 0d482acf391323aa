import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  SendMessageBatchCommand,
} from "@aws-sdk/client-sqs";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, guide, refused, sqsOn } from "./client.ts";

const cloud = conformanceCloud();
const { send, fifo, put, receive, attributes } = sqsOn(cloud);
const bodies = async (...options: Parameters<typeof receive>) =>
  (await receive(...options)).map(({ Body }) => Body);
const remove = (QueueUrl: string, ReceiptHandle: string | undefined) =>
  send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
/** Sends bodies to the group of their first letter: `a1` to the group `a`. */
const putAll = async (QueueUrl: string, ...all: string[]) => {
  for (const body of all)
    await put(QueueUrl, body, { MessageGroupId: body[0], MessageDeduplicationId: body });
};

behaviour("a FIFO queue requires a message group ID", api("SendMessage"), async () =>
  refused(
    put(await fifo(), "x", { MessageDeduplicationId: "x" }),
    "MissingParameter",
    "The request must contain the parameter MessageGroupId.",
  ),
);

behaviour("a FIFO queue requires a deduplication ID", api("SendMessage"), async () =>
  refused(
    put(await fifo(), "x", { MessageGroupId: "g" }),
    "InvalidParameterValue",
    "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
  ),
);

for (const [what, id] of [
  ["129 characters", "x".repeat(129)],
  ["a space", "a b"],
  ["a letter that is not ASCII", "ü"],
] as const) {
  behaviour(`a message group ID cannot have ${what}`, api("SendMessage"), async () =>
    refused(
      put(await fifo(), "x", { MessageGroupId: id, MessageDeduplicationId: "x" }),
      "InvalidParameterValue",
      `Value ${id} for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
    ),
  );
  behaviour(`a deduplication ID cannot have ${what}`, api("SendMessage"), async () =>
    refused(
      put(await fifo(), "x", { MessageGroupId: "g", MessageDeduplicationId: id }),
      "InvalidParameterValue",
      `Value ${id} for parameter MessageDeduplicationId is invalid. Reason: MessageDeduplicationId can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
    ),
  );
}

behaviour(
  "IDs may have up to 128 letters, digits and punctuation characters",
  api("SendMessage"),
  async () => {
    const id = "aZ09!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~".padEnd(128, "x");
    const QueueUrl = await fifo();
    await put(QueueUrl, "x", { MessageGroupId: id, MessageDeduplicationId: id });
    const [message] = await receive(QueueUrl, { MessageSystemAttributeNames: ["All"] });
    expect(message!.Attributes).toMatchObject({ MessageGroupId: id, MessageDeduplicationId: id });
  },
);

behaviour("a message of a FIFO queue cannot have its own delay", api("SendMessage"), async () =>
  refused(
    put(await fifo(), "x", { MessageGroupId: "g", MessageDeduplicationId: "x", DelaySeconds: 1 }),
    "InvalidParameterValue",
    "Value 1 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.",
  ),
);

behaviour(
  "a batch entry's error about a parameter does not repeat the parameter",
  api("SendMessageBatch"),
  async () => {
    const Entries = [{ Id: "a", MessageBody: "x", MessageGroupId: "g", DelaySeconds: 1 }];
    const QueueUrl = await fifo({ ContentBasedDeduplication: "true" });
    const { Failed } = await send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    expect(Failed).toEqual([
      {
        Id: "a",
        SenderFault: true,
        Code: "InvalidParameterValue",
        Message: "The request include parameter that is not valid for this queue type",
      },
    ]);
  },
);

behaviour("a FIFO queue may delay all of its messages", guide("sqs-delay-queues"), async () => {
  const QueueUrl = await fifo({ DelaySeconds: "5" });
  await putAll(QueueUrl, "a1", "a2");
  expect((await attributes(QueueUrl)).ApproximateNumberOfMessagesDelayed).toBe("2");
  expect(await receive(QueueUrl)).toEqual([]);
  await cloud.advance(5_000);
  expect(await bodies(QueueUrl)).toEqual(["a1", "a2"]);
});

behaviour("sequence numbers have 20 digits and increase", guide("FIFO-key-terms"), async () => {
  const QueueUrl = await fifo();
  const numbers: string[] = [];
  for (const id of ["a", "b", "c"])
    numbers.push(
      (await put(QueueUrl, id, { MessageGroupId: "g", MessageDeduplicationId: id })).SequenceNumber!,
    );
  expect(numbers.every((number) => /^\d{20}$/.test(number))).toBe(true);
  expect(numbers).toEqual([...new Set(numbers)].sort());
  const [first] = await receive(QueueUrl, { MessageSystemAttributeNames: ["SequenceNumber"] });
  expect(first!.Attributes).toEqual({ SequenceNumber: numbers[0] });
});

behaviour(
  "messages of a group are received in the order in which they were sent",
  guide("FIFO-queues-understanding-logic"),
  async () => {
    const QueueUrl = await fifo();
    const sent = Array.from({ length: 8 }, (_, n) => `a${n}`);
    await putAll(QueueUrl, ...sent);
    expect(await bodies(QueueUrl)).toEqual(sent);
  },
);

behaviour(
  "while a message is in flight, its group is blocked",
  guide("using-messagegroupid-property"),
  async () => {
    const QueueUrl = await fifo();
    await putAll(QueueUrl, "a1", "a2");
    const [first] = await receive(QueueUrl, { MaxNumberOfMessages: 1 });
    expect(await receive(QueueUrl)).toEqual([]);
    await remove(QueueUrl, first!.ReceiptHandle);
    expect(await bodies(QueueUrl)).toEqual(["a2"]);
  },
);

behaviour("a blocked group does not block other groups", guide("using-messagegroupid-property"), async () => {
  const QueueUrl = await fifo();
  await putAll(QueueUrl, "a1", "a2", "b1");
  expect(await bodies(QueueUrl, { MaxNumberOfMessages: 1 })).toEqual(["a1"]);
  expect(await bodies(QueueUrl)).toEqual(["b1"]);
});

behaviour(
  "a receive returns as many messages of one group as possible",
  guide("FIFO-queues-understanding-logic"),
  async () => {
    const QueueUrl = await fifo();
    await putAll(QueueUrl, "a1", "b1", "a2", "b2", "a3");
    expect(await bodies(QueueUrl, { MaxNumberOfMessages: 3 })).toEqual(["a1", "a2", "a3"]);
  },
);

behaviour(
  "a group is blocked while any message of its batch is in flight",
  guide("using-messagegroupid-property"),
  async () => {
    const QueueUrl = await fifo();
    await putAll(QueueUrl, "a1", "a2", "a3");
    const [first, second] = await receive(QueueUrl, { MaxNumberOfMessages: 2 });
    await remove(QueueUrl, first!.ReceiptHandle);
    expect(await receive(QueueUrl)).toEqual([]);
    await remove(QueueUrl, second!.ReceiptHandle);
    expect(await bodies(QueueUrl)).toEqual(["a3"]);
  },
);

behaviour(
  "a message that becomes visible again is received before its successors",
  guide("FIFO-queues-understanding-logic"),
  async () => {
    const QueueUrl = await fifo({ VisibilityTimeout: "5" });
    await putAll(QueueUrl, "a1", "a2", "a3");
    await receive(QueueUrl, { MaxNumberOfMessages: 2 });
    await cloud.advance(5_000);
    expect(await bodies(QueueUrl)).toEqual(["a1", "a2", "a3"]);
  },
);

behaviour(
  "messages with the same deduplication ID within five minutes are one message",
  guide("using-messagededuplicationid-property"),
  async () => {
    const QueueUrl = await fifo();
    const ids = { MessageGroupId: "g", MessageDeduplicationId: "same" };
    const first = await put(QueueUrl, "one", ids);
    const again = await put(QueueUrl, "two", ids);
    expect([again.MessageId, again.SequenceNumber]).toEqual([first.MessageId, first.SequenceNumber]);
    expect(await bodies(QueueUrl)).toEqual(["one"]);
  },
);

behaviour(
  "a deduplication ID counts even after its message was deleted",
  guide("using-messagededuplicationid-property"),
  async () => {
    const QueueUrl = await fifo();
    const ids = { MessageGroupId: "g", MessageDeduplicationId: "same" };
    await put(QueueUrl, "one", ids);
    await remove(QueueUrl, (await receive(QueueUrl))[0]!.ReceiptHandle);
    await put(QueueUrl, "two", ids);
    expect(await receive(QueueUrl)).toEqual([]);
  },
);

behaviour(
  "a deduplication ID may be reused after five minutes",
  guide("using-messagededuplicationid-property"),
  async () => {
    const QueueUrl = await fifo();
    const ids = { MessageGroupId: "g", MessageDeduplicationId: "same" };
    await put(QueueUrl, "one", ids);
    await cloud.advance(299_000);
    await put(QueueUrl, "two", ids);
    await cloud.advance(1_000);
    await put(QueueUrl, "three", ids);
    expect(await bodies(QueueUrl)).toEqual(["one", "three"]);
  },
);

behaviour(
  "a reused deduplication ID counts again, also within a batch of others",
  guide("using-messagededuplicationid-property"),
  async () => {
    const QueueUrl = await fifo({ ContentBasedDeduplication: "true" });
    const MessageGroupId = "g";
    await put(QueueUrl, "again", { MessageGroupId });
    await cloud.advance(300_000);
    const Entries = ["one", "again", "two"].map((MessageBody, n) => ({
      Id: `${n}`,
      MessageBody,
      MessageGroupId,
    }));
    const { Successful } = await send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    const { MessageId } = await put(QueueUrl, "again", { MessageGroupId });
    expect(MessageId).toBe(Successful![1]!.MessageId);
    expect(await bodies(QueueUrl)).toEqual(["again", "one", "again", "two"]);
  },
);

behaviour(
  "with DeduplicationScope queue, IDs are shared by all groups",
  guide("high-throughput-fifo"),
  async () => {
    const QueueUrl = await fifo();
    for (const MessageGroupId of ["a", "b"])
      await put(QueueUrl, MessageGroupId, { MessageGroupId, MessageDeduplicationId: "same" });
    expect(await bodies(QueueUrl)).toEqual(["a"]);
  },
);

behaviour(
  "with DeduplicationScope messageGroup, each group has its own IDs",
  guide("high-throughput-fifo"),
  async () => {
    const QueueUrl = await fifo({ DeduplicationScope: "messageGroup" });
    for (const MessageGroupId of ["a", "b", "a"])
      await put(QueueUrl, MessageGroupId, { MessageGroupId, MessageDeduplicationId: "same" });
    expect(await bodies(QueueUrl)).toEqual(["a", "b"]);
  },
);

behaviour(
  "with content-based deduplication, messages with the same body are one message",
  guide("FIFO-queues-exactly-once-processing"),
  async () => {
    const QueueUrl = await fifo({ ContentBasedDeduplication: "true" });
    for (const body of ["x", "x", "y"]) await put(QueueUrl, body, { MessageGroupId: "g" });
    expect(await bodies(QueueUrl)).toEqual(["x", "y"]);
  },
);

behaviour(
  "content-based deduplication IDs are the SHA-256 of the body",
  guide("FIFO-queues-exactly-once-processing"),
  async () => {
    const QueueUrl = await fifo({ ContentBasedDeduplication: "true" });
    await put(QueueUrl, "hello", { MessageGroupId: "g" });
    const [message] = await receive(QueueUrl, { MessageSystemAttributeNames: ["MessageDeduplicationId"] });
    expect(message!.Attributes!.MessageDeduplicationId).toBe(
      "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    );
  },
);

behaviour(
  "attributes are ignored by content-based deduplication",
  guide("FIFO-queues-exactly-once-processing"),
  async () => {
    const QueueUrl = await fifo({ ContentBasedDeduplication: "true" });
    for (const StringValue of ["one", "two"])
      await put(QueueUrl, "x", {
        MessageGroupId: "g",
        MessageAttributes: { a: { DataType: "String", StringValue } },
      });
    expect((await receive(QueueUrl)).length).toBe(1);
  },
);

behaviour(
  "an explicit deduplication ID overrides the content-based one",
  guide("using-messagededuplicationid-property"),
  async () => {
    const QueueUrl = await fifo({ ContentBasedDeduplication: "true" });
    for (const MessageDeduplicationId of ["one", "two"])
      await put(QueueUrl, "x", { MessageGroupId: "g", MessageDeduplicationId });
    expect((await receive(QueueUrl)).length).toBe(2);
  },
);

behaviour(
  "a receipt handle expires with the visibility timeout",
  guide("sqs-queue-message-identifiers"),
  async () => {
    const QueueUrl = await fifo({ VisibilityTimeout: "1" });
    await putAll(QueueUrl, "a1");
    const [message] = await receive(QueueUrl);
    await cloud.advance(1_000);
    await refused(
      remove(QueueUrl, message!.ReceiptHandle),
      "InvalidParameterValue",
      `Value ${message!.ReceiptHandle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.`,
    );
  },
);

behaviour(
  "in a batch, an expired receipt handle is invalid",
  "https://github.com/smaskalik/sqsmover/issues/54",
  async () => {
    const QueueUrl = await fifo({ VisibilityTimeout: "1" });
    await putAll(QueueUrl, "a1");
    const [message] = await receive(QueueUrl);
    await cloud.advance(1_000);
    const Entries = [{ Id: "a", ReceiptHandle: message!.ReceiptHandle }];
    expect((await send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))).Failed).toEqual([
      {
        Id: "a",
        SenderFault: true,
        Code: "ReceiptHandleIsInvalid",
        Message: "The receipt handle has expired",
      },
    ]);
  },
);

behaviour(
  "an expired receipt handle cannot change the visibility",
  "https://github.com/aws/aws-sdk-java/issues/1628",
  async () => {
    const QueueUrl = await fifo({ VisibilityTimeout: "1" });
    await putAll(QueueUrl, "a1");
    const [message] = await receive(QueueUrl);
    await cloud.advance(1_000);
    await refused(
      send(
        new ChangeMessageVisibilityCommand({
          QueueUrl,
          ReceiptHandle: message!.ReceiptHandle,
          VisibilityTimeout: 5,
        }),
      ),
      "InvalidParameterValue",
      `Value ${message!.ReceiptHandle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.`,
    );
  },
);

behaviour(
  "only the newest receipt handle deletes a message",
  guide("sqs-queue-message-identifiers"),
  async () => {
    const QueueUrl = await fifo({ VisibilityTimeout: "1" });
    await putAll(QueueUrl, "a1");
    const [first] = await receive(QueueUrl);
    await cloud.advance(1_000);
    const [second] = await receive(QueueUrl);
    await refused(remove(QueueUrl, first!.ReceiptHandle), "InvalidParameterValue");
    await remove(QueueUrl, second!.ReceiptHandle);
  },
);

behaviour(
  "a message whose visibility is set to 0 unblocks its group",
  api("ChangeMessageVisibility"),
  async () => {
    const QueueUrl = await fifo();
    await putAll(QueueUrl, "a1", "a2");
    const [first] = await receive(QueueUrl, { MaxNumberOfMessages: 1 });
    await send(
      new ChangeMessageVisibilityCommand({
        QueueUrl,
        ReceiptHandle: first!.ReceiptHandle,
        VisibilityTimeout: 0,
      }),
    );
    expect(await bodies(QueueUrl)).toEqual(["a1", "a2"]);
  },
);

behaviour(
  "a receive attempt can be repeated, and restarts the visibility timeout",
  guide("using-receiverequestattemptid-request-parameter"),
  async () => {
    const QueueUrl = await fifo();
    await putAll(QueueUrl, "a1", "a2");
    const options = { ReceiveRequestAttemptId: "try", VisibilityTimeout: 10 };
    const first = await receive(QueueUrl, options);
    await cloud.advance(8_000);
    expect(await receive(QueueUrl, options)).toEqual(first);
    await cloud.advance(8_000);
    expect(await receive(QueueUrl)).toEqual([]);
    await cloud.advance(2_000);
    expect(await bodies(QueueUrl)).toEqual(["a1", "a2"]);
  },
);

behaviour(
  "a receive attempt is not repeated after one of its messages was deleted",
  guide("using-receiverequestattemptid-request-parameter"),
  async () => {
    const QueueUrl = await fifo();
    await putAll(QueueUrl, "a1", "a2", "b1");
    const options = { ReceiveRequestAttemptId: "try", MaxNumberOfMessages: 2 };
    const [first] = await receive(QueueUrl, options);
    await remove(QueueUrl, first!.ReceiptHandle);
    await refused(
      receive(QueueUrl, options),
      "InvalidParameterValue",
      "Value try for parameter ReceiveRequestAttemptId is invalid. Reason: The receiveRequestAttemptId is not valid anymore since the receive call is not retryable.",
    );
    expect(await bodies(QueueUrl)).toEqual(["b1"]);
  },
);

behaviour(
  "a receive attempt is not repeated after its messages became visible",
  guide("using-receiverequestattemptid-request-parameter"),
  async () => {
    const QueueUrl = await fifo();
    await putAll(QueueUrl, "a1", "b1");
    const options = { ReceiveRequestAttemptId: "try", VisibilityTimeout: 10, MaxNumberOfMessages: 1 };
    expect(await bodies(QueueUrl, options)).toEqual(["a1"]);
    await cloud.advance(10_000);
    expect((await bodies(QueueUrl, { ...options, MaxNumberOfMessages: 2 })).sort()).toEqual(["a1", "b1"]);
  },
);

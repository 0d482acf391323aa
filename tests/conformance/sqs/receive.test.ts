import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  type MessageSystemAttributeName,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
} from "@aws-sdk/client-sqs";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, guide, refused, sqsOn } from "./client.ts";

const cloud = conformanceCloud();
const { client, send, queue, put, receive, unused, attributes } = sqsOn(cloud);
const bodies = async (...parameters: Parameters<typeof receive>) =>
  (await receive(...parameters)).map(({ Body }) => Body);
const change = (QueueUrl: string, ReceiptHandle: string | undefined, VisibilityTimeout: number) =>
  send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }));
/** Resolves when this number of long polls is waiting. */
const arrived = (polls = 1) => cloud.waiting(polls);

behaviour("ReceiveMessage from an empty queue returns no messages", api("ReceiveMessage"), async () => {
  expect(await receive(await queue())).toEqual([]);
});

behaviour("ReceiveMessage returns one message by default", api("ReceiveMessage"), async () => {
  const QueueUrl = await queue();
  for (const body of ["a", "b"]) await put(QueueUrl, body);
  expect((await receive(QueueUrl, { MaxNumberOfMessages: undefined })).length).toBe(1);
});

for (const MaxNumberOfMessages of [0, -1, 11])
  behaviour(`MaxNumberOfMessages ${MaxNumberOfMessages} is refused`, api("ReceiveMessage"), async () =>
    refused(
      receive(await queue(), { MaxNumberOfMessages }),
      "InvalidParameterValue",
      `Value ${MaxNumberOfMessages} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.`,
    ),
  );
for (const VisibilityTimeout of [-1, 43_201])
  behaviour(`a visibility timeout of ${VisibilityTimeout} s is refused`, api("ReceiveMessage"), async () =>
    refused(
      receive(await queue(), { VisibilityTimeout }),
      "InvalidParameterValue",
      `Value ${VisibilityTimeout} for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <= 43200, if provided.`,
    ),
  );
for (const WaitTimeSeconds of [-1, 21])
  behaviour(`WaitTimeSeconds ${WaitTimeSeconds} is refused`, api("ReceiveMessage"), async () =>
    refused(
      receive(await queue(), { WaitTimeSeconds }),
      "InvalidParameterValue",
      `Value ${WaitTimeSeconds} for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.`,
    ),
  );
for (const VisibilityTimeout of [-1, 43_201])
  behaviour(
    `VisibilityTimeout ${VisibilityTimeout} of ReceiveMessage is refused`,
    api("ReceiveMessage"),
    async () => refused(receive(await queue(), { VisibilityTimeout }), "InvalidParameterValue"),
  );

behaviour("ReceiveMessage from a missing queue fails", api("ReceiveMessage"), () =>
  refused(receive(`${cloud.endpoint}/000000000000/${unused()}`), "QueueDoesNotExist"),
);

behaviour(
  "a received message is hidden for 30 seconds by default",
  guide("sqs-visibility-timeout"),
  async () => {
    const QueueUrl = await queue();
    await put(QueueUrl, "x");
    await receive(QueueUrl);
    await cloud.advance(29_000);
    expect(await receive(QueueUrl)).toEqual([]);
    await cloud.advance(1_000);
    expect(await bodies(QueueUrl)).toEqual(["x"]);
  },
);

behaviour(
  "the queue's visibility timeout applies to its receives",
  guide("sqs-visibility-timeout"),
  async () => {
    const QueueUrl = await queue({ VisibilityTimeout: "2" });
    await put(QueueUrl, "x");
    await receive(QueueUrl);
    await cloud.advance(2_000);
    expect(await bodies(QueueUrl)).toEqual(["x"]);
  },
);

behaviour("VisibilityTimeout of ReceiveMessage overrides the queue's", api("ReceiveMessage"), async () => {
  const QueueUrl = await queue();
  await put(QueueUrl, "x");
  await receive(QueueUrl, { VisibilityTimeout: 3 });
  await cloud.advance(2_000);
  expect(await receive(QueueUrl)).toEqual([]);
  await cloud.advance(1_000);
  expect(await bodies(QueueUrl)).toEqual(["x"]);
});

behaviour("a visibility timeout of 0 leaves the message visible", api("ReceiveMessage"), async () => {
  const QueueUrl = await queue();
  await put(QueueUrl, "x");
  for (let n = 0; n < 3; n++) expect(await bodies(QueueUrl, { VisibilityTimeout: 0 })).toEqual(["x"]);
});

behaviour(
  "ChangeMessageVisibility to 0 makes a message visible",
  api("ChangeMessageVisibility"),
  async () => {
    const QueueUrl = await queue();
    await put(QueueUrl, "x");
    const [message] = await receive(QueueUrl);
    await change(QueueUrl, message!.ReceiptHandle, 0);
    expect(await bodies(QueueUrl)).toEqual(["x"]);
  },
);

behaviour(
  "ChangeMessageVisibility restarts the visibility timeout",
  api("ChangeMessageVisibility"),
  async () => {
    const QueueUrl = await queue({ VisibilityTimeout: "60" });
    await put(QueueUrl, "x");
    const [message] = await receive(QueueUrl);
    await cloud.advance(15_000);
    await change(QueueUrl, message!.ReceiptHandle, 10);
    await cloud.advance(9_000);
    expect(await receive(QueueUrl)).toEqual([]);
    await cloud.advance(1_000);
    expect(await bodies(QueueUrl)).toEqual(["x"]);
  },
);

behaviour(
  "ChangeMessageVisibility applies to the current receive only",
  api("ChangeMessageVisibility"),
  async () => {
    const QueueUrl = await queue({ VisibilityTimeout: "5" });
    await put(QueueUrl, "x");
    const [message] = await receive(QueueUrl);
    await change(QueueUrl, message!.ReceiptHandle, 100);
    await cloud.advance(100_000);
    await receive(QueueUrl);
    await cloud.advance(5_000);
    expect(await bodies(QueueUrl)).toEqual(["x"]);
  },
);

for (const timeout of [-1, 43_201])
  behaviour(`ChangeMessageVisibility refuses ${timeout}`, api("ChangeMessageVisibility"), async () => {
    const QueueUrl = await queue();
    await put(QueueUrl, "x");
    const [message] = await receive(QueueUrl);
    await refused(change(QueueUrl, message!.ReceiptHandle, timeout), "InvalidParameterValue");
  });

behaviour("a message is in flight for at most 12 hours", guide("sqs-visibility-timeout"), async () => {
  const QueueUrl = await queue({ VisibilityTimeout: "3600" });
  await put(QueueUrl, "x");
  const [message] = await receive(QueueUrl);
  await cloud.advance(1_000);
  await refused(
    change(QueueUrl, message!.ReceiptHandle, 43_200),
    "InvalidParameterValue",
    "Value 43200 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds].",
  );
  await change(QueueUrl, message!.ReceiptHandle, 43_190);
});

behaviour(
  "the last receipt handle can hide a message that is visible again",
  api("ChangeMessageVisibility"),
  async () => {
    const QueueUrl = await queue({ VisibilityTimeout: "1" });
    await put(QueueUrl, "x");
    const [message] = await receive(QueueUrl);
    await cloud.advance(1_000);
    await change(QueueUrl, message!.ReceiptHandle, 10);
    expect(await receive(QueueUrl)).toEqual([]);
    await cloud.advance(10_000);
    await change(QueueUrl, message!.ReceiptHandle, 0);
    expect((await receive(QueueUrl, { VisibilityTimeout: 0 })).map(({ Body }) => Body)).toEqual(["x"]);
  },
);

behaviour(
  "a receipt handle of a standard queue ends after twelve hours",
  "https://github.com/boto/boto3/issues/2898",
  async () => {
    const QueueUrl = await queue();
    await put(QueueUrl, "x");
    const [message] = await receive(QueueUrl);
    const { ReceiptHandle } = message!;
    const expired = [
      "InvalidParameterValue",
      `Value ${ReceiptHandle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.`,
    ] as const;
    await cloud.advance(12 * 3_600_000);
    await refused(send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle })), ...expired);
    await refused(change(QueueUrl, ReceiptHandle, 0), ...expired);
    const [again] = await receive(QueueUrl);
    await send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: again!.ReceiptHandle }));
    expect(await receive(QueueUrl, { VisibilityTimeout: 0 })).toEqual([]);
  },
);

behaviour(
  "ChangeMessageVisibility of a message that was deleted is refused",
  api("ChangeMessageVisibility"),
  async () => {
    const QueueUrl = await queue();
    await put(QueueUrl, "x");
    const [message] = await receive(QueueUrl);
    await send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message!.ReceiptHandle }));
    await refused(
      change(QueueUrl, message!.ReceiptHandle, 10),
      "InvalidParameterValue",
      /Reason: Message does not exist or is not available for visibility timeout change\.$/,
    );
  },
);

behaviour(
  "ChangeMessageVisibility refuses a malformed receipt handle",
  api("ChangeMessageVisibility"),
  async () => refused(change(await queue(), "garbage", 1), "ReceiptHandleIsInvalid", undefined, 404),
);

behaviour(
  "ApproximateReceiveCount and ApproximateFirstReceiveTimestamp are returned",
  api("ReceiveMessage"),
  async () => {
    const QueueUrl = await queue({ VisibilityTimeout: "1" });
    await put(QueueUrl, "x");
    const MessageSystemAttributeNames: MessageSystemAttributeName[] = ["All"];
    const [first] = await receive(QueueUrl, { MessageSystemAttributeNames });
    await cloud.advance(1_000);
    const [second] = await receive(QueueUrl, { MessageSystemAttributeNames });
    expect([first, second].map((m) => m!.Attributes!.ApproximateReceiveCount)).toEqual(["1", "2"]);
    expect(second!.Attributes!.ApproximateFirstReceiveTimestamp).toBe(
      first!.Attributes!.ApproximateFirstReceiveTimestamp,
    );
  },
);

behaviour("All returns every system attribute", api("ReceiveMessage"), async () => {
  const QueueUrl = await queue();
  await put(QueueUrl, "x");
  const [message] = await receive(QueueUrl, { MessageSystemAttributeNames: ["All"] });
  expect(message!.Attributes).toEqual({
    SenderId: "000000000000",
    SentTimestamp: expect.stringMatching(/^\d{13}$/),
    ApproximateReceiveCount: "1",
    ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
  });
});

behaviour("the older AttributeNames parameter works the same way", api("ReceiveMessage"), async () => {
  const QueueUrl = await queue();
  await put(QueueUrl, "x");
  const [message] = await receive(QueueUrl, { AttributeNames: ["SentTimestamp" as "All"] });
  expect(Object.keys(message!.Attributes!)).toEqual(["SentTimestamp"]);
});

behaviour("system attributes are returned only on request", api("ReceiveMessage"), async () => {
  const QueueUrl = await queue();
  await put(QueueUrl, "x");
  expect((await receive(QueueUrl))[0]!.Attributes).toBeUndefined();
});

behaviour("system attributes without a value are omitted", api("ReceiveMessage"), async () => {
  const QueueUrl = await queue();
  await put(QueueUrl, "x");
  const [message] = await receive(QueueUrl, {
    MessageSystemAttributeNames: ["SequenceNumber", "MessageGroupId"],
  });
  expect(message!.Attributes).toBeUndefined();
});

behaviour("an unknown system attribute is refused", api("ReceiveMessage"), async () =>
  refused(
    receive(await queue(), { MessageSystemAttributeNames: ["Colour" as "All"] }),
    "InvalidAttributeName",
    "Unknown Attribute Colour.",
  ),
);

const value = { DataType: "String", StringValue: "x" };
const FILTERS: [string, string[] | undefined, string[]][] = [
  ["none by default", undefined, []],
  ["those with the requested names", ["a.one", "c"], ["a.one", "c"]],
  ["none for an unknown name", ["d"], []],
  ["all for All", ["All"], ["a.one", "a.two", "b", "c", "colour"]],
  ["all for .*", [".*"], ["a.one", "a.two", "b", "c", "colour"]],
  ["those with a prefix for prefix.*", ["a.*"], ["a.one", "a.two"]],
  ["also those that go on without the period", ["co.*"], ["colour"]],
  ["those of several patterns", ["a.*", "b"], ["a.one", "a.two", "b"]],
];
for (const [what, MessageAttributeNames, expected] of FILTERS)
  behaviour(`message attributes are returned: ${what}`, api("ReceiveMessage"), async () => {
    const QueueUrl = await queue();
    await put(QueueUrl, "x", {
      MessageAttributes: { "a.one": value, "a.two": value, b: value, c: value, colour: value },
    });
    const [message] = await receive(QueueUrl, { MessageAttributeNames });
    expect(Object.keys(message!.MessageAttributes ?? {}).sort()).toEqual(expected);
    expect(message!.MD5OfMessageAttributes === undefined).toBe(expected.length === 0);
  });

behaviour("a long poll returns when a message is sent", guide("sqs-short-and-long-polling"), async () => {
  const QueueUrl = await queue();
  const poll = bodies(QueueUrl, { WaitTimeSeconds: 20 });
  await arrived();
  await put(QueueUrl, "x");
  expect(await poll).toEqual(["x"]);
});

behaviour(
  "ReceiveMessageWaitTimeSeconds of a queue applies to its receives",
  api("SetQueueAttributes"),
  async () => {
    const QueueUrl = await queue({ ReceiveMessageWaitTimeSeconds: "20" });
    const poll = bodies(QueueUrl);
    await arrived();
    await put(QueueUrl, "x");
    expect(await poll).toEqual(["x"]);
  },
);

behaviour(
  "WaitTimeSeconds of ReceiveMessage overrides the queue's",
  guide("sqs-short-and-long-polling"),
  async () => {
    const QueueUrl = await queue({ ReceiveMessageWaitTimeSeconds: "20" });
    expect(await receive(QueueUrl, { WaitTimeSeconds: 0 })).toEqual([]);
  },
);

behaviour(
  "a long poll without a message returns after its wait time",
  guide("sqs-short-and-long-polling"),
  async () => {
    const QueueUrl = await queue();
    const poll = receive(QueueUrl, { WaitTimeSeconds: 20 });
    await arrived();
    await cloud.advance(20_000);
    expect(await poll).toEqual([]);
  },
);

behaviour("a long poll returns when a delay ends", guide("sqs-short-and-long-polling"), async () => {
  const QueueUrl = await queue();
  await put(QueueUrl, "late", { DelaySeconds: 3 });
  const poll = bodies(QueueUrl, { WaitTimeSeconds: 20 });
  await arrived();
  await cloud.advance(3_000);
  expect(await poll).toEqual(["late"]);
});

behaviour(
  "a long poll returns when a visibility timeout ends",
  guide("sqs-short-and-long-polling"),
  async () => {
    const QueueUrl = await queue({ VisibilityTimeout: "3" });
    await put(QueueUrl, "x");
    await receive(QueueUrl);
    const poll = bodies(QueueUrl, { WaitTimeSeconds: 20 });
    await arrived();
    await cloud.advance(3_000);
    expect(await poll).toEqual(["x"]);
  },
);

behaviour(
  "a long poll returns when visibility is set to 0",
  guide("sqs-short-and-long-polling"),
  async () => {
    const QueueUrl = await queue();
    await put(QueueUrl, "x");
    const [message] = await receive(QueueUrl);
    const poll = bodies(QueueUrl, { WaitTimeSeconds: 20 });
    await arrived();
    await change(QueueUrl, message!.ReceiptHandle, 0);
    expect(await poll).toEqual(["x"]);
  },
);

behaviour("concurrent long polls share the messages", guide("sqs-short-and-long-polling"), async () => {
  const QueueUrl = await queue();
  const polls = [1, 2, 3].map(() => bodies(QueueUrl, { WaitTimeSeconds: 20, MaxNumberOfMessages: 1 }));
  await arrived(polls.length);
  for (const body of ["a", "b", "c"]) await put(QueueUrl, body);
  expect((await Promise.all(polls)).flat().sort()).toEqual(["a", "b", "c"]);
});

behaviour(
  "a long poll of a disconnected client receives nothing",
  guide("sqs-short-and-long-polling"),
  async () => {
    const QueueUrl = await queue();
    const leaving = new AbortController();
    const poll = client().send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }), {
      abortSignal: leaving.signal,
    });
    await arrived();
    leaving.abort();
    await expect(poll).rejects.toThrow();
    await arrived(0);
    await put(QueueUrl, "x");
    expect(await bodies(QueueUrl)).toEqual(["x"]);
  },
);

behaviour("a long poll ends when its queue is deleted", api("DeleteQueue"), async () => {
  const QueueUrl = await queue();
  const poll = receive(QueueUrl, { WaitTimeSeconds: 20 });
  const ended = refused(poll, "QueueDoesNotExist");
  await arrived();
  await send(new DeleteQueueCommand({ QueueUrl }));
  await ended;
});

behaviour("ReceiveRequestAttemptId is refused for standard queues", api("ReceiveMessage"), async () =>
  refused(receive(await queue(), { ReceiveRequestAttemptId: "try" }), "InvalidParameterValue"),
);

behaviour(
  "a changed visibility timeout of a queue applies to later receives",
  api("SetQueueAttributes"),
  async () => {
    const QueueUrl = await queue();
    await put(QueueUrl, "x");
    await receive(QueueUrl);
    await send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: "1" } }));
    await cloud.advance(1_000);
    expect((await attributes(QueueUrl)).ApproximateNumberOfMessagesNotVisible).toBe("1");
  },
);

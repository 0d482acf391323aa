import { PublishBatchCommand, PublishCommand, SetTopicAttributesCommand } from "@aws-sdk/client-sns";
import { expect } from "vitest";
import { behaviour, doc } from "../cloud.ts";
import { refused, snsCloud, topicArn } from "./sns.ts";

const cloud = snsCloud();

const PUBLISH = doc("sns/latest/api/API_Publish.html");
const BATCH = doc("sns/latest/api/API_PublishBatch.html");
const ATTRIBUTES = doc("sns/latest/dg/sns-message-attributes.html");
const FIFO = doc("sns/latest/dg/fifo-topics-message-ordering.html");
const DEDUPLICATION = doc("sns/latest/dg/fifo-message-dedup.html");
const GROUPING = doc("sns/latest/dg/fifo-message-grouping.html");

const publish = (TopicArn: string | undefined, Message: string | undefined, more: object = {}) =>
  cloud.sns().send(new PublishCommand({ TopicArn, Message, ...more }));

behaviour("Publish returns a message ID", PUBLISH, async () => {
  expect((await publish(await cloud.topic(), "m")).MessageId).toMatch(/^[0-9a-f-]{36}$/);
});

behaviour("a topic may be given as TargetArn", PUBLISH, async () => {
  const TargetArn = await cloud.topic();
  expect((await publish(undefined, "m", { TargetArn })).MessageId).toBeDefined();
});

behaviour("Publish to a missing topic fails", PUBLISH, async () => {
  await expect(publish(topicArn("not-there"), "m")).rejects.toMatchObject({
    name: "NotFoundException",
    message: "Topic does not exist",
    $metadata: { httpStatusCode: 404 },
  });
});

behaviour("Publish without a destination is refused", PUBLISH, async () => {
  await expect(publish(undefined, "m")).rejects.toMatchObject(
    refused("Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter"),
  );
});

const value = (DataType: string, StringValue?: string) => ({ a: { DataType, StringValue } });
const REFUSED: [string, string, string, object, string | RegExp, string?][] = [
  ["an empty message", PUBLISH, "", {}, "Invalid parameter: Empty message"],
  ["a message of more than 256 KB", PUBLISH, "m".repeat(262_145), {}, "Invalid parameter: Message too long"],
  [
    "a message that its attributes make too long",
    ATTRIBUTES,
    "m".repeat(262_140),
    { MessageAttributes: value("String", "value") },
    "Invalid parameter: Message too long",
  ],
  ["an empty subject", PUBLISH, "m", { Subject: "" }, "Invalid parameter: Subject"],
  ["a subject of 101 characters", PUBLISH, "m", { Subject: "s".repeat(101) }, "Invalid parameter: Subject"],
  ["a subject of two lines", PUBLISH, "m", { Subject: "a\nb" }, "Invalid parameter: Subject"],
  ["a subject with a tab", PUBLISH, "m", { Subject: "a\tb" }, "Invalid parameter: Subject"],
  [
    "an unknown message structure",
    PUBLISH,
    "m",
    { MessageStructure: "xml" },
    "Invalid parameter: MessageStructure",
  ],
  [
    "a structured message that is not JSON",
    PUBLISH,
    "m",
    { MessageStructure: "json" },
    "Invalid parameter: Message Structure - JSON message body failed to parse",
  ],
  [
    "a structured message without a default",
    PUBLISH,
    '{"sqs":"m"}',
    { MessageStructure: "json" },
    "Invalid parameter: Message Structure - No default entry in JSON message body",
  ],
  [
    "a deduplication ID for a standard topic",
    PUBLISH,
    "m",
    { MessageDeduplicationId: "d" },
    /MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type/,
  ],
  [
    "an attribute without a type",
    ATTRIBUTES,
    "m",
    { MessageAttributes: value("", "v") },
    /must contain non-empty message attribute type/,
    "InvalidParameterValueException",
  ],
  [
    "an attribute of an unknown type",
    ATTRIBUTES,
    "m",
    { MessageAttributes: value("Date", "v") },
    "The message attribute 'a' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.",
    "InvalidParameterValueException",
  ],
  [
    "an attribute without a value",
    ATTRIBUTES,
    "m",
    { MessageAttributes: value("String") },
    "The message attribute 'a' must contain non-empty message attribute value for message attribute type 'String'.",
    "InvalidParameterValueException",
  ],
  [
    "a Number attribute with an invalid number",
    ATTRIBUTES,
    "m",
    { MessageAttributes: value("Number", "many") },
    /to number/,
    "InvalidParameterValueException",
  ],
  [
    "an attribute with a name that has a space",
    ATTRIBUTES,
    "m",
    { MessageAttributes: { "a b": { DataType: "String", StringValue: "v" } } },
    "Invalid non-alphanumeric character '#x20' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.",
    "InvalidParameterValueException",
  ],
  [
    "an attribute whose name begins with a period",
    ATTRIBUTES,
    "m",
    { MessageAttributes: { ".a": { DataType: "String", StringValue: "v" } } },
    "Invalid message attribute name starting with character '.' was found.",
    "InvalidParameterValueException",
  ],
  [
    "an attribute whose name ends with a period",
    ATTRIBUTES,
    "m",
    { MessageAttributes: { "a.": { DataType: "String", StringValue: "v" } } },
    "Invalid message attribute name ending with character '.' was found.",
    "InvalidParameterValueException",
  ],
  [
    "an attribute whose name has two periods in a row",
    ATTRIBUTES,
    "m",
    { MessageAttributes: { "a..b": { DataType: "String", StringValue: "v" } } },
    "Message attribute name can not have successive '.' character.",
    "InvalidParameterValueException",
  ],
  [
    "an attribute whose value is in the wrong field",
    ATTRIBUTES,
    "m",
    { MessageAttributes: { a: { DataType: "String", BinaryValue: Uint8Array.of(1) } } },
    "The message attribute 'a' with type 'String' must use field 'String'.",
    "InvalidParameterValueException",
  ],
  [
    "an attribute without DataType",
    ATTRIBUTES,
    "m",
    { MessageAttributes: { a: { StringValue: "v" } } },
    "1 validation error detected: Value null at 'messageAttributes.a.member.dataType' failed to satisfy constraint: Member must not be null",
    "ValidationError",
  ],
];
for (const [what, source, Message, more, message, name] of REFUSED) {
  behaviour(`${what} is refused`, source, async () => {
    await expect(publish(await cloud.topic(), Message, more)).rejects.toMatchObject(refused(message, name));
  });
}

behaviour("a subject may have any letters", PUBLISH, async () => {
  const { topic, url } = await cloud.pair();
  await publish(topic, "m", { Subject: "Über 🚀" });
  expect((await cloud.notifications(url))[0]!.Subject).toBe("Über 🚀");
});

behaviour("a message of 256 KB is accepted", PUBLISH, async () => {
  expect((await publish(await cloud.topic(), "m".repeat(262_144))).MessageId).toBeDefined();
});

behaviour("a JSON message structure has a body per protocol", PUBLISH, async () => {
  const { topic, url } = await cloud.pair();
  await publish(topic, '{"default":"d","sqs":"for queues"}', { MessageStructure: "json" });
  expect((await cloud.notifications(url))[0]!.Message).toBe("for queues");
});

behaviour("the default body applies to all other protocols", PUBLISH, async () => {
  const { topic, url } = await cloud.pair();
  await publish(topic, '{"default":"d","email":"for mail"}', { MessageStructure: "json" });
  expect((await cloud.notifications(url))[0]!.Message).toBe("d");
});

const entry = (Id: string, Message = "m", more: object = {}) => ({ Id, Message, ...more });
const batch = (TopicArn: string, ...PublishBatchRequestEntries: { Id: string; Message: string }[]) =>
  cloud.sns().send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries }));

behaviour("PublishBatch returns a result per entry", BATCH, async () => {
  const { topic, url } = await cloud.pair();
  const { Successful, Failed } = await batch(topic, entry("1", "a"), entry("2", "b"));
  expect(Successful!.map(({ Id }) => Id)).toEqual(["1", "2"]);
  expect(Failed).toEqual([]);
  expect((await cloud.notifications(url)).map(({ Message }) => Message).sort()).toEqual(["a", "b"]);
});

behaviour("a failed batch entry does not affect the others", BATCH, async () => {
  const { Successful, Failed } = await batch(
    await cloud.topic(),
    entry("1"),
    entry("2", "m", { Subject: "a\nb" }),
  );
  expect(Successful!.map(({ Id }) => Id)).toEqual(["1"]);
  expect(Failed).toEqual([
    { Id: "2", Code: "InvalidParameter", Message: "Invalid parameter: Subject", SenderFault: true },
  ]);
});

const BATCHES: [string, { Id: string; Message: string }[], string, string][] = [
  [
    "without entries",
    [],
    "ValidationError",
    "1 validation error detected: Value null at 'publishBatchRequestEntries' failed to satisfy constraint: Member must not be null",
  ],
  [
    "of eleven entries",
    Array.from({ length: 11 }, (_, i) => entry(`${i}`)),
    "TooManyEntriesInBatchRequestException",
    "The batch request contains more entries than permissible.",
  ],
  [
    "with a duplicate ID",
    [entry("1"), entry("1")],
    "BatchEntryIdsNotDistinctException",
    "Two or more batch entries in the request have the same Id.",
  ],
  [
    "with an invalid ID",
    [entry("a b")],
    "InvalidBatchEntryIdException",
    "The Id of a batch entry in a batch request doesn't abide by the specification.",
  ],
  [
    "with an attribute without a type",
    [entry("1"), entry("2", "m", { MessageAttributes: { a: { StringValue: "v" } } })],
    "ValidationError",
    "1 validation error detected: Value null at 'publishBatchRequestEntries.2.member.messageAttributes.a.member.dataType' failed to satisfy constraint: Member must not be null",
  ],
  [
    "with one message of more than 256 KB",
    [entry("1"), entry("2", "m".repeat(262_145))],
    "BatchRequestTooLongException",
    "The length of all the messages put together is more than the limit.",
  ],
  [
    "of more than 256 KB",
    [entry("1", "m".repeat(131_073)), entry("2", "m".repeat(131_072))],
    "BatchRequestTooLongException",
    "The length of all the messages put together is more than the limit.",
  ],
];
for (const [what, entries, name, message] of BATCHES) {
  behaviour(`a batch ${what} is refused`, BATCH, async () => {
    await expect(batch(await cloud.topic(), ...entries)).rejects.toMatchObject({ name, message });
  });
}

const fifoPair = (more: Record<string, string> = {}) =>
  cloud.pair({}, { FifoTopic: "true", ContentBasedDeduplication: "true", ...more });
const inGroup = (topic: string, Message: string, MessageGroupId = "g", more: object = {}) =>
  publish(topic, Message, { MessageGroupId, ...more });

behaviour("a FIFO topic requires a message group", GROUPING, async () => {
  const { topic } = await fifoPair();
  await expect(publish(topic, "m")).rejects.toMatchObject(
    refused("Invalid parameter: The MessageGroupId parameter is required for FIFO topics"),
  );
});

behaviour("a batch without a group is refused entirely", GROUPING, async () => {
  const { topic } = await fifoPair();
  await expect(batch(topic, entry("1", "a", { MessageGroupId: "g" }), entry("2", "b"))).rejects.toMatchObject(
    refused("Invalid parameter: The MessageGroupId parameter is required for FIFO topics"),
  );
});

behaviour(
  "a FIFO topic requires a deduplication ID or content-based deduplication",
  DEDUPLICATION,
  async () => {
    const { topic } = await fifoPair({ ContentBasedDeduplication: "false" });
    await expect(inGroup(topic, "m")).rejects.toMatchObject(
      refused(
        "Invalid parameter: The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
      ),
    );
    expect((await inGroup(topic, "m", "g", { MessageDeduplicationId: "d" })).SequenceNumber).toBeDefined();
  },
);

behaviour("sequence numbers increase", FIFO, async () => {
  const { topic } = await fifoPair();
  const [first, second] = [await inGroup(topic, "a"), await inGroup(topic, "b")];
  expect(first.SequenceNumber).toMatch(/^\d{20}$/);
  expect(second.SequenceNumber! > first.SequenceNumber!).toBe(true);
});

behaviour("messages are delivered in order", FIFO, async () => {
  const { topic, url } = await fifoPair();
  for (const text of ["a", "b", "c", "d"]) await inGroup(topic, text);
  expect((await cloud.notifications(url)).map(({ Message }) => Message)).toEqual(["a", "b", "c", "d"]);
});

behaviour("the group ID is forwarded to the queue", GROUPING, async () => {
  const { topic, url } = await fifoPair();
  await inGroup(topic, "m", "group-1", { MessageDeduplicationId: "once" });
  expect((await cloud.received(url))[0]!.Attributes).toMatchObject({
    MessageGroupId: "group-1",
    MessageDeduplicationId: "once",
  });
});

behaviour("a message published again within five minutes is delivered once", DEDUPLICATION, async () => {
  const { topic, url } = await fifoPair();
  const first = await inGroup(topic, "m");
  const second = await inGroup(topic, "m");
  expect(second.MessageId).toBe(first.MessageId);
  expect(await cloud.received(url)).toHaveLength(1);
});

behaviour("after five minutes a deduplication ID may be reused", DEDUPLICATION, async () => {
  const { topic, url } = await fifoPair();
  await inGroup(topic, "m");
  expect(await cloud.received(url)).toHaveLength(1);
  await cloud.advance(5 * 60_000 + 1_000);
  await inGroup(topic, "m", "other");
  expect((await cloud.received(url)).length).toBeGreaterThanOrEqual(1);
});

behaviour(
  "with FifoThroughputScope MessageGroup, deduplication IDs are scoped to a group",
  doc("sns/latest/dg/fifo-high-throughput.html"),
  async () => {
    const { topic, url } = await fifoPair({ FifoThroughputScope: "MessageGroup" });
    await inGroup(topic, "m", "one");
    await inGroup(topic, "m", "two");
    expect((await cloud.received(url)).length).toBeGreaterThanOrEqual(1);
  },
);

behaviour(
  "an envelope of a FIFO topic has a sequence number and no signature",
  doc("sns/latest/dg/fifo-message-delivery.html"),
  async () => {
    const { topic, url } = await fifoPair();
    const { SequenceNumber } = await inGroup(topic, "m");
    const [envelope] = await cloud.notifications(url);
    expect(envelope).toMatchObject({ SequenceNumber, Message: "m" });
    expect(envelope).not.toHaveProperty("Signature");
  },
);

const ARCHIVING = doc("sns/latest/dg/message-archiving-and-replay-topic-owner.html");

behaviour("archiving starts when ArchivePolicy is set", ARCHIVING, async () => {
  const { topic } = await fifoPair();
  await cloud.sns().send(
    new SetTopicAttributesCommand({
      TopicArn: topic,
      AttributeName: "ArchivePolicy",
      AttributeValue: '{"MessageRetentionPeriod":"1"}',
    }),
  );
  expect((await inGroup(topic, "m")).MessageId).toBeDefined();
});

import { createHash } from "node:crypto";
import {
  DeleteMessageCommand,
  type MessageAttributeValue,
  SendMessageCommand,
  SetQueueAttributesCommand,
} from "@aws-sdk/client-sqs";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, guide, refused, sqsOn } from "./client.ts";

const cloud = conformanceCloud();
const { send, queue, put, receive, unused, attributes } = sqsOn(cloud);
const md5 = (text: string) => createHash("md5").update(text).digest("hex");

behaviour("SendMessage returns the message ID and the MD5 of the body", api("SendMessage"), async () => {
  const sent = await put(await queue(), "hello");
  expect(sent).toMatchObject({
    MessageId: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
    MD5OfMessageBody: md5("hello"),
  });
  expect([sent.SequenceNumber, sent.MD5OfMessageAttributes]).toEqual([undefined, undefined]);
});

behaviour("a body is received as it was sent", api("ReceiveMessage"), async () => {
  const QueueUrl = await queue();
  const body = 'tab\t, line\nbreak\r, <tag> & "quotes", ü, 語, 🙂, \u{10ffff}';
  const { MessageId } = await put(QueueUrl, body);
  const [message] = await receive(QueueUrl);
  expect(message).toMatchObject({ Body: body, MessageId, MD5OfBody: md5(body) });
});

behaviour("a message requires a body", api("SendMessage"), async () =>
  refused(put(await queue(), ""), "MissingParameter", "The request must contain the parameter MessageBody."),
);

const INVALID =
  "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF";
for (const [what, body] of [
  ["a null character", "a\0b"],
  ["a vertical tab", "a\vb"],
  ["an ESC character", "a\u001bb"],
  ["U+FFFE", "a\ufffeb"],
  ["U+FFFF", "a\uffffb"],
] as const)
  behaviour(`a body cannot have ${what}`, api("SendMessage"), async () =>
    refused(put(await queue(), body), "InvalidMessageContents", INVALID),
  );

for (const [what, body] of [
  ["U+FFFD", "\ufffd"],
  ["U+10000", "\u{10000}"],
  ["a DEL character", "\u007f"],
] as const)
  behaviour(`a body can have ${what}`, api("SendMessage"), async () => {
    const QueueUrl = await queue();
    await put(QueueUrl, body);
    expect((await receive(QueueUrl))[0]!.Body).toBe(body);
  });

behaviour("a body may have 1 MiB", guide("quotas-messages"), async () => {
  const QueueUrl = await queue();
  const body = "x".repeat(1_048_576);
  await put(QueueUrl, body);
  expect((await receive(QueueUrl))[0]!.Body === body).toBe(true);
});

behaviour("a body of more than 1 MiB is refused", guide("quotas-messages"), async () =>
  refused(
    put(await queue(), "x".repeat(1_048_577)),
    "InvalidParameterValue",
    "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.",
  ),
);

behaviour("MaximumMessageSize lowers the limit", api("SetQueueAttributes"), async () => {
  const QueueUrl = await queue({ MaximumMessageSize: "1024" });
  await put(QueueUrl, "x".repeat(1_024));
  await refused(
    put(QueueUrl, "x".repeat(1_025)),
    "InvalidParameterValue",
    "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.",
  );
});

behaviour("a body is measured in bytes of UTF-8", guide("quotas-messages"), async () =>
  refused(put(await queue({ MaximumMessageSize: "1024" }), "ü".repeat(513)), "InvalidParameterValue"),
);

behaviour(
  "names, types and values of attributes count towards the size",
  guide("sqs-message-metadata"),
  async () => {
    const QueueUrl = await queue({ MaximumMessageSize: "1024" });
    const MessageAttributes = { name: { DataType: "String", StringValue: "value" } };
    await put(QueueUrl, "x".repeat(1_024 - 15), { MessageAttributes });
    await refused(put(QueueUrl, "x".repeat(1_024 - 14), { MessageAttributes }), "InvalidParameterValue");
  },
);

behaviour("SendMessage to a missing queue fails", api("SendMessage"), () =>
  refused(
    put(`${cloud.endpoint}/000000000000/${unused()}`, "x"),
    "QueueDoesNotExist",
    "The specified queue does not exist.",
  ),
);

behaviour("a delayed message is not received before its delay ends", api("SendMessage"), async () => {
  const QueueUrl = await queue();
  await put(QueueUrl, "late", { DelaySeconds: 5 });
  await cloud.advance(4_500);
  expect(await receive(QueueUrl)).toEqual([]);
  await cloud.advance(500);
  expect((await receive(QueueUrl)).length).toBe(1);
});

behaviour("DelaySeconds of a queue applies to all messages", guide("sqs-delay-queues"), async () => {
  const QueueUrl = await queue({ DelaySeconds: "5" });
  await put(QueueUrl, "late");
  expect(await receive(QueueUrl)).toEqual([]);
  await cloud.advance(5_000);
  expect((await receive(QueueUrl)).length).toBe(1);
});

behaviour("a message's own delay overrides the queue's", guide("sqs-message-timers"), async () => {
  const QueueUrl = await queue({ DelaySeconds: "60" });
  await put(QueueUrl, "now", { DelaySeconds: 0 });
  expect((await receive(QueueUrl)).map(({ Body }) => Body)).toEqual(["now"]);
});

behaviour("a changed queue delay applies only to later messages", guide("sqs-delay-queues"), async () => {
  const QueueUrl = await queue({ DelaySeconds: "60" });
  await put(QueueUrl, "late");
  await send(
    new SetQueueAttributesCommand({
      QueueUrl,
      Attributes: { DelaySeconds: "0" },
    }),
  );
  expect(await receive(QueueUrl)).toEqual([]);
});

for (const DelaySeconds of [-1, 901])
  behaviour(`DelaySeconds ${DelaySeconds} is refused`, api("SendMessage"), async () =>
    refused(
      put(await queue(), "x", { DelaySeconds }),
      "InvalidParameterValue",
      `Value ${DelaySeconds} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.`,
    ),
  );

behaviour("MessageDeduplicationId is refused for standard queues", api("SendMessage"), async () =>
  refused(
    put(await queue(), "x", { MessageDeduplicationId: "id" }),
    "InvalidParameterValue",
    "Value id for parameter MessageDeduplicationId is invalid. Reason: The request include parameter that is not valid for this queue type.",
  ),
);

behaviour("a standard queue accepts message groups and returns them", guide("sqs-fair-queues"), async () => {
  const QueueUrl = await queue();
  await put(QueueUrl, "x", { MessageGroupId: "tenant" });
  const [message] = await receive(QueueUrl, { MessageSystemAttributeNames: ["MessageGroupId"] });
  expect(message!.Attributes).toEqual({ MessageGroupId: "tenant" });
});

behaviour(
  "messages of a group in a standard queue do not block each other",
  guide("sqs-fair-queues"),
  async () => {
    const QueueUrl = await queue();
    await put(QueueUrl, "a", { MessageGroupId: "tenant" });
    await put(QueueUrl, "b", { MessageGroupId: "tenant" });
    await receive(QueueUrl, { MaxNumberOfMessages: 1 });
    expect((await receive(QueueUrl)).length).toBe(1);
  },
);

behaviour(
  "fair queues: a backlog of one group does not delay other groups",
  guide("sqs-fair-queues"),
  async () => {
    const QueueUrl = await queue();
    for (let n = 0; n < 30; n++) await put(QueueUrl, `noisy ${n}`, { MessageGroupId: "noisy" });
    await receive(QueueUrl);
    await put(QueueUrl, "quiet", { MessageGroupId: "quiet" });
    const bodies = (await receive(QueueUrl, { MaxNumberOfMessages: 2 })).map(({ Body }) => Body);
    expect(bodies).toContain("quiet");
  },
);

behaviour("AWSTraceHeader is returned and does not count towards the size", api("SendMessage"), async () => {
  const QueueUrl = await queue({ MaximumMessageSize: "1024" });
  const StringValue = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
  const sent = await put(QueueUrl, "x".repeat(1_024), {
    MessageSystemAttributes: { AWSTraceHeader: { DataType: "String", StringValue } },
  });
  expect(sent.MD5OfMessageSystemAttributes).toMatch(/^[0-9a-f]{32}$/);
  const [message] = await receive(QueueUrl, { MessageSystemAttributeNames: ["AWSTraceHeader"] });
  expect(message!.Attributes).toEqual({ AWSTraceHeader: StringValue });
});

behaviour("other system attributes are refused", api("SendMessage"), async () =>
  refused(
    put(await queue(), "x", {
      MessageSystemAttributes: { Other: { DataType: "String", StringValue: "x" } } as never,
    }),
    "InvalidParameterValue",
  ),
);

behaviour("DeleteMessage deletes a received message", api("DeleteMessage"), async () => {
  const QueueUrl = await queue({ VisibilityTimeout: "1" });
  await put(QueueUrl, "x");
  const [message] = await receive(QueueUrl);
  await send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message!.ReceiptHandle }));
  await cloud.advance(2_000);
  expect(await receive(QueueUrl)).toEqual([]);
  expect(await attributes(QueueUrl, "ApproximateNumberOfMessages")).toEqual({
    ApproximateNumberOfMessages: "0",
  });
});

behaviour("DeleteMessage is idempotent", api("DeleteMessage"), async () => {
  const QueueUrl = await queue();
  await put(QueueUrl, "x");
  const [message] = await receive(QueueUrl);
  for (let n = 0; n < 2; n++)
    await send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message!.ReceiptHandle }));
});

behaviour("a message can be deleted after its visibility timeout", api("DeleteMessage"), async () => {
  const QueueUrl = await queue({ VisibilityTimeout: "1" });
  await put(QueueUrl, "x");
  const [message] = await receive(QueueUrl);
  await cloud.advance(2_000);
  await send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message!.ReceiptHandle }));
  expect(await receive(QueueUrl)).toEqual([]);
});

behaviour("each receive returns a new receipt handle", guide("sqs-queue-message-identifiers"), async () => {
  const QueueUrl = await queue({ VisibilityTimeout: "0" });
  await put(QueueUrl, "x");
  const [first] = await receive(QueueUrl);
  const [second] = await receive(QueueUrl);
  expect(second!.MessageId).toBe(first!.MessageId);
  expect(second!.ReceiptHandle).not.toBe(first!.ReceiptHandle);
});

behaviour(
  "a receipt handle is base64 without hyphens, because extended clients split at hyphens",
  guide("sqs-queue-message-identifiers"),
  async () => {
    const QueueUrl = await queue();
    for (let n = 0; n < 30; n++) await put(QueueUrl, "x");
    for (let n = 0; n < 3; n++)
      for (const { ReceiptHandle } of await receive(QueueUrl, { MaxNumberOfMessages: 10 })) {
        expect(ReceiptHandle).toMatch(/^[A-Za-z0-9+/]+={0,2}$/);
        await send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    await cloud.advance(60_000);
    expect(await receive(QueueUrl)).toEqual([]);
  },
);

behaviour("a malformed receipt handle is refused", api("DeleteMessage"), async () => {
  const QueueUrl = await queue();
  await refused(
    send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: "garbage" })),
    "ReceiptHandleIsInvalid",
    'The input receipt handle "garbage" is not a valid receipt handle.',
    404,
  );
});

behaviour("a receipt handle of another queue is refused", api("DeleteMessage"), async () => {
  const [one, other] = [await queue(), await queue()];
  await put(one, "x");
  const [message] = await receive(one);
  await refused(
    send(new DeleteMessageCommand({ QueueUrl: other, ReceiptHandle: message!.ReceiptHandle })),
    "ReceiptHandleIsInvalid",
    undefined,
    404,
  );
});

/** SDKs compare the MD5 with their own and throw on a mismatch, so each of these tests verifies it. */
const TAKEN: [string, MessageAttributeValue][] = [
  ["a string", { DataType: "String", StringValue: "text" }],
  ["a string with a custom type", { DataType: "String.json", StringValue: "{}" }],
  ["a whole number", { DataType: "Number", StringValue: "42" }],
  ["a negative fraction", { DataType: "Number", StringValue: "-0.5" }],
  ["a number with an exponent", { DataType: "Number", StringValue: "1.5e10" }],
  ["a number with a custom type", { DataType: "Number.float", StringValue: "1.25" }],
  ["bytes", { DataType: "Binary", BinaryValue: Uint8Array.of(0, 1, 254, 255) }],
  ["bytes with a custom type", { DataType: "Binary.png", BinaryValue: Uint8Array.of(137) }],
  ["text that is not ASCII", { DataType: "String", StringValue: "ü語🙂" }],
];
for (const [what, value] of TAKEN)
  behaviour(`an attribute can be ${what}`, guide("sqs-message-metadata"), async () => {
    const QueueUrl = await queue();
    const sent = await put(QueueUrl, "x", { MessageAttributes: { attribute: value } });
    expect(sent.MD5OfMessageAttributes).toMatch(/^[0-9a-f]{32}$/);
    const [message] = await receive(QueueUrl, { MessageAttributeNames: ["All"] });
    expect(message!.MD5OfMessageAttributes).toBe(sent.MD5OfMessageAttributes);
    expect(message!.MessageAttributes).toEqual({ attribute: value });
  });

behaviour("the MD5 of attributes follows AWS's algorithm", guide("sqs-message-metadata"), async () => {
  const part = (bytes: Uint8Array) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const text = (value: string) => part(Buffer.from(value));
  const expected = createHash("md5")
    .update(Buffer.concat([text("a"), text("Binary"), Buffer.of(2), part(Buffer.of(7, 8))]))
    .update(Buffer.concat([text("b"), text("String"), Buffer.of(1), text("hello")]))
    .digest("hex");
  const sent = await put(await queue(), "x", {
    MessageAttributes: {
      b: { DataType: "String", StringValue: "hello" },
      a: { DataType: "Binary", BinaryValue: Uint8Array.of(7, 8) },
    },
  });
  expect(sent.MD5OfMessageAttributes).toBe(expected);
});

const TEXT = { DataType: "String", StringValue: "x" };
const REFUSED: [string, string, MessageAttributeValue, RegExp][] = [
  [
    "an unknown type",
    "a",
    { DataType: "Colour", StringValue: "red" },
    /^The type of message \(user\) attribute 'a' is invalid\. You must use only the following supported type prefixes: Binary, Number, String\.$/,
  ],
  [
    "an empty string",
    "a",
    { DataType: "String", StringValue: "" },
    /^Message \(user\) attribute 'a' must contain a non-empty value of type 'String'\.$/,
  ],
  [
    "a custom type without a value",
    "a",
    { DataType: "Number.int" },
    /^Message \(user\) attribute 'a' must contain a non-empty value of type 'Number\.int'\.$/,
  ],
  [
    "bytes for a string",
    "a",
    { DataType: "String", BinaryValue: Uint8Array.of(1) },
    /^Message \(user\) attribute 'a' with type 'String' must use field 'String'\.$/,
  ],
  [
    "a string for bytes",
    "a",
    { DataType: "Binary", StringValue: "x" },
    /^Message \(user\) attribute 'a' with type 'Binary' must use field 'Binary'\.$/,
  ],
  [
    "two values",
    "a",
    { DataType: "String", StringValue: "x", BinaryValue: Uint8Array.of(1) },
    /^Message \(user\) attribute 'a' must have a single value\.$/,
  ],
  [
    "a type of 257 characters",
    "a",
    { DataType: `String.${"x".repeat(250)}`, StringValue: "x" },
    /^Message \(user\) attribute type must be shorter than 256 bytes\.$/,
  ],
  [
    "an invalid number",
    "a",
    { DataType: "Number", StringValue: "many" },
    /^Can't cast the value of message \(user\) attribute 'a' to a number\.$/,
  ],
  ["an invalid character", "a", { DataType: "String", StringValue: "a\0" }, /^Invalid characters found/],
  [
    "an empty type",
    "a",
    { DataType: "", StringValue: "x" },
    /^The message \(user\) attribute 'a' must contain a non-empty message attribute type\.$/,
  ],
  ["an empty name", "", TEXT, /^The request must contain non-empty message \(user\) attribute names\.$/],
  ["a name with a space", "a b", TEXT, /name can only contain/],
  ["a name that begins with AWS.", "AWS.a", TEXT, /^You can't use message attribute names beginning with/],
  ["a name that begins with amazon.", "amazon.a", TEXT, /These strings are reserved for internal use\.$/],
  ["a name that begins with a period", ".a", TEXT, /^Message \(user\) attribute name must not begin with/],
  ["a name that ends with a period", "a.", TEXT, /attribute name must not end with character '\.'\.$/],
  ["a name with two periods in a row", "a..b", TEXT, /must not have successive '\.' characters\.$/],
  ["a name of 257 characters", "x".repeat(257), TEXT, /attribute name must be shorter than 256 bytes\.$/],
];
for (const [what, name, value, message] of REFUSED)
  behaviour(`an attribute cannot have ${what}`, guide("sqs-message-metadata"), async () =>
    refused(
      put(await queue(), "x", { MessageAttributes: { [name]: value } }),
      "InvalidParameterValue",
      message,
    ),
  );

for (const list of [{ StringListValues: ["x"] }, { BinaryListValues: [Uint8Array.of(1)] }])
  behaviour(`${Object.keys(list)[0]} are not supported`, api("MessageAttributeValue"), async () =>
    refused(
      put(await queue(), "x", { MessageAttributes: { a: { DataType: "StringList", ...list } } }),
      "UnsupportedOperation",
      "Message attribute list values in SendMessage operation are not supported.",
    ),
  );

behaviour("a message has at most ten attributes", guide("sqs-message-metadata"), async () => {
  const manyAttributes = (count: number) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, n) => [`a${n}`, { DataType: "String", StringValue: "x" }]),
    );
  const QueueUrl = await queue();
  await put(QueueUrl, "x", { MessageAttributes: manyAttributes(10) });
  await refused(
    put(QueueUrl, "x", { MessageAttributes: manyAttributes(11) }),
    "InvalidParameterValue",
    "Number of message attributes [11] exceeds the allowed maximum [10].",
  );
});

behaviour("a large message keeps its attributes", guide("sqs-message-metadata"), async () => {
  const QueueUrl = await queue();
  const MessageAttributes = {
    bytes: { DataType: "Binary", BinaryValue: new Uint8Array(50_000).fill(7) },
    text: { DataType: "String", StringValue: "ü".repeat(5_000) },
  };
  await send(new SendMessageCommand({ QueueUrl, MessageBody: "y".repeat(200_000), MessageAttributes }));
  const [message] = await receive(QueueUrl, { MessageAttributeNames: ["All"] });
  expect(message!.Body!.length).toBe(200_000);
  expect(message!.MessageAttributes).toEqual(MessageAttributes);
});

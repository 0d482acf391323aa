import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  type QueueAttributeName,
  SetQueueAttributesCommand,
} from "@aws-sdk/client-sqs";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, guide, nameIn, refused, sqsOn } from "./client.ts";

const cloud = conformanceCloud();
const { send, queue, fifo, put, receive, attributes, arn, unused } = sqsOn(cloud);
const set = (QueueUrl: string, Attributes: Record<string, string>) =>
  send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
const get = (QueueUrl: string, ...names: string[]) =>
  send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: names as QueueAttributeName[] }));

behaviour("a queue begins with AWS's defaults", api("CreateQueue"), async () => {
  const QueueUrl = await queue();
  expect(await attributes(QueueUrl)).toEqual({
    QueueArn: arn(QueueUrl),
    ApproximateNumberOfMessages: "0",
    ApproximateNumberOfMessagesNotVisible: "0",
    ApproximateNumberOfMessagesDelayed: "0",
    CreatedTimestamp: expect.stringMatching(/^\d{10}$/),
    LastModifiedTimestamp: expect.stringMatching(/^\d{10}$/),
    VisibilityTimeout: "30",
    MaximumMessageSize: "1048576",
    MessageRetentionPeriod: "345600",
    DelaySeconds: "0",
    ReceiveMessageWaitTimeSeconds: "0",
    SqsManagedSseEnabled: "true",
  });
});

behaviour("a FIFO queue has its own attributes besides", api("CreateQueue"), async () => {
  expect(await attributes(await fifo())).toMatchObject({
    FifoQueue: "true",
    ContentBasedDeduplication: "false",
    DeduplicationScope: "queue",
    FifoThroughputLimit: "perQueue",
  });
});

behaviour("GetQueueAttributes tells nothing where no name is given", api("GetQueueAttributes"), async () => {
  const { Attributes } = await send(new GetQueueAttributesCommand({ QueueUrl: await queue() }));
  expect(Attributes).toBeUndefined();
});

behaviour("GetQueueAttributes tells what is asked for alone", api("GetQueueAttributes"), async () => {
  const { Attributes } = await get(await queue(), "DelaySeconds", "VisibilityTimeout");
  expect(Attributes).toEqual({ DelaySeconds: "0", VisibilityTimeout: "30" });
});

behaviour("an attribute that is not set is not told", api("GetQueueAttributes"), async () => {
  expect((await get(await queue(), "Policy", "RedrivePolicy", "FifoQueue")).Attributes).toBeUndefined();
});

behaviour("GetQueueAttributes refuses a name that it does not know", api("GetQueueAttributes"), async () =>
  refused(get(await queue(), "Colour"), "InvalidAttributeName", "Unknown Attribute Colour."),
);

/** Least and most of each, and what they are in between. */
const RANGES: [string, number, number, number][] = [
  ["DelaySeconds", 0, 900, 5],
  ["MaximumMessageSize", 1_024, 1_048_576, 262_144],
  ["MessageRetentionPeriod", 60, 1_209_600, 3_600],
  ["ReceiveMessageWaitTimeSeconds", 0, 20, 10],
  ["VisibilityTimeout", 0, 43_200, 60],
  ["KmsDataKeyReusePeriodSeconds", 60, 86_400, 300],
];
for (const [name, least, most, between] of RANGES) {
  for (const value of [least, between, most])
    behaviour(`${name} can be ${value}`, api("SetQueueAttributes"), async () => {
      const QueueUrl = await queue();
      await set(QueueUrl, { [name]: String(value) });
      expect(await attributes(QueueUrl, name)).toEqual({ [name]: String(value) });
    });
  for (const value of [least - 1, most + 1, "many"])
    behaviour(`${name} cannot be ${value}`, api("SetQueueAttributes"), async () =>
      refused(
        set(await queue(), { [name]: String(value) }),
        "InvalidAttributeValue",
        `Invalid value for the parameter ${name}.`,
      ),
    );
  behaviour(`a queue cannot be made with ${name} ${most + 1}`, api("CreateQueue"), () =>
    refused(
      queue({ [name]: String(most + 1) }),
      "InvalidAttributeValue",
      `Invalid value for the parameter ${name}.`,
    ),
  );
}

behaviour("SetQueueAttributes refuses a name that it does not know", api("SetQueueAttributes"), async () =>
  refused(set(await queue(), { Colour: "red" }), "InvalidAttributeName", "Unknown Attribute Colour."),
);

for (const name of ["QueueArn", "CreatedTimestamp", "ApproximateNumberOfMessages"])
  behaviour(`${name} cannot be set`, api("SetQueueAttributes"), async () =>
    refused(set(await queue(), { [name]: "1" }), "InvalidAttributeName", `Unknown Attribute ${name}.`),
  );

behaviour(
  "one attribute that is refused leaves all others as they were",
  api("SetQueueAttributes"),
  async () => {
    const QueueUrl = await queue();
    await refused(set(QueueUrl, { DelaySeconds: "5", VisibilityTimeout: "-1" }), "InvalidAttributeValue");
    expect(await attributes(QueueUrl, "DelaySeconds")).toEqual({ DelaySeconds: "0" });
  },
);

behaviour("what is not named keeps its value", api("SetQueueAttributes"), async () => {
  const QueueUrl = await queue({ DelaySeconds: "5" });
  await set(QueueUrl, { VisibilityTimeout: "7" });
  expect(await attributes(QueueUrl, "DelaySeconds")).toEqual({ DelaySeconds: "5" });
});

behaviour("a change is told by LastModifiedTimestamp", api("GetQueueAttributes"), async () => {
  const QueueUrl = await queue();
  await cloud.advance(5_000);
  await set(QueueUrl, { DelaySeconds: "5" });
  const { CreatedTimestamp, LastModifiedTimestamp } = await attributes(QueueUrl);
  expect(Number(LastModifiedTimestamp) - Number(CreatedTimestamp)).toBeGreaterThanOrEqual(5);
});

behaviour("SetQueueAttributes of no queue says that there is none", api("SetQueueAttributes"), () =>
  refused(set(`${cloud.endpoint}/000000000000/${unused()}`, { DelaySeconds: "1" }), "QueueDoesNotExist"),
);

behaviour("a queue of the kind standard cannot become FIFO", api("SetQueueAttributes"), async () =>
  refused(
    set(await queue(), { FifoQueue: "true" }),
    "InvalidAttributeValue",
    "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.",
  ),
);

behaviour("FifoQueue can be true only", api("CreateQueue"), () =>
  refused(queue({ FifoQueue: "false" }), "InvalidAttributeName", "Unknown Attribute FifoQueue."),
);

behaviour("ContentBasedDeduplication is no attribute of a standard queue", api("CreateQueue"), () =>
  refused(
    queue({ ContentBasedDeduplication: "true" }),
    "InvalidAttributeName",
    "Unknown Attribute ContentBasedDeduplication.",
  ),
);

for (const [name, value] of [
  ["DeduplicationScope", "messageGroup"],
  ["FifoThroughputLimit", "perMessageGroupId"],
] as const)
  behaviour(`${name} is for FIFO queues alone`, api("CreateQueue"), () =>
    refused(
      queue({ [name]: value }),
      "InvalidAttributeName",
      `You can specify the ${name} only when FifoQueue is set to true.`,
    ),
  );

behaviour("high throughput wants deduplication per group", guide("high-throughput-fifo"), async () => {
  await refused(
    fifo({ FifoThroughputLimit: "perMessageGroupId" }),
    "InvalidAttributeValue",
    "Invalid value for the parameter FifoThroughputLimit. Reason: To set FifoThroughputLimit to perMessageGroupId, the DeduplicationScope must be messageGroup.",
  );
  await refused(
    fifo({ DeduplicationScope: "world" }),
    "InvalidAttributeValue",
    "Invalid value for the parameter DeduplicationScope. Reason: not a supported value.",
  );
  const QueueUrl = await fifo({
    FifoThroughputLimit: "perMessageGroupId",
    DeduplicationScope: "messageGroup",
  });
  expect(await attributes(QueueUrl, "FifoThroughputLimit", "DeduplicationScope")).toEqual({
    FifoThroughputLimit: "perMessageGroupId",
    DeduplicationScope: "messageGroup",
  });
});

for (const name of ["ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"])
  behaviour(`${name} takes no other value`, api("SetQueueAttributes"), async () =>
    refused(set(await fifo(), { [name]: "perhaps" }), "InvalidAttributeValue"),
  );

behaviour("ContentBasedDeduplication can be switched on and off", api("SetQueueAttributes"), async () => {
  const QueueUrl = await fifo();
  for (const value of ["true", "false"]) {
    await set(QueueUrl, { ContentBasedDeduplication: value });
    expect(await attributes(QueueUrl, "ContentBasedDeduplication")).toEqual({
      ContentBasedDeduplication: value,
    });
  }
});

behaviour(
  "a key of KMS takes the place of SQS's own encryption",
  guide("sqs-server-side-encryption"),
  async () => {
    const QueueUrl = await queue({ KmsMasterKeyId: "alias/aws/sqs" });
    expect(await attributes(QueueUrl, "KmsMasterKeyId", "SqsManagedSseEnabled")).toEqual({
      KmsMasterKeyId: "alias/aws/sqs",
      SqsManagedSseEnabled: "false",
    });
    await set(QueueUrl, { SqsManagedSseEnabled: "true" });
    expect(await attributes(QueueUrl, "KmsMasterKeyId", "SqsManagedSseEnabled")).toEqual({
      SqsManagedSseEnabled: "true",
    });
  },
);

behaviour("a data key is used again for 300 seconds, unless said", api("CreateQueue"), async () => {
  const QueueUrl = await queue({ KmsMasterKeyId: "alias/aws/sqs" });
  expect(await attributes(QueueUrl, "KmsDataKeyReusePeriodSeconds")).toEqual({
    KmsDataKeyReusePeriodSeconds: "300",
  });
});

behaviour("a queue has one kind of encryption at a time", api("CreateQueue"), () =>
  refused(queue({ KmsMasterKeyId: "alias/k", SqsManagedSseEnabled: "true" }), "InvalidAttributeValue"),
);

behaviour("encryption can be switched off", api("SetQueueAttributes"), async () => {
  const QueueUrl = await queue({ SqsManagedSseEnabled: "false" });
  expect(await attributes(QueueUrl, "SqsManagedSseEnabled")).toEqual({ SqsManagedSseEnabled: "false" });
});

behaviour(
  "messages are counted by what they are: visible, in flight, delayed",
  api("GetQueueAttributes"),
  async () => {
    const QueueUrl = await queue();
    for (const body of ["a", "b", "c"]) await put(QueueUrl, body);
    await put(QueueUrl, "d", { DelaySeconds: 60 });
    await receive(QueueUrl, { MaxNumberOfMessages: 1 });
    expect(await attributes(QueueUrl)).toMatchObject({
      ApproximateNumberOfMessages: "2",
      ApproximateNumberOfMessagesNotVisible: "1",
      ApproximateNumberOfMessagesDelayed: "1",
    });
  },
);

behaviour("a message is deleted when its retention has passed", api("SetQueueAttributes"), async () => {
  const QueueUrl = await queue({ MessageRetentionPeriod: "60" });
  await put(QueueUrl, "brief");
  await cloud.advance(59_000);
  expect(await attributes(QueueUrl, "ApproximateNumberOfMessages")).toEqual({
    ApproximateNumberOfMessages: "1",
  });
  await cloud.advance(1_000);
  expect(await attributes(QueueUrl, "ApproximateNumberOfMessages")).toEqual({
    ApproximateNumberOfMessages: "0",
  });
  expect(await receive(QueueUrl)).toEqual([]);
});

behaviour("a longer retention holds for messages that are there", api("SetQueueAttributes"), async () => {
  const QueueUrl = await queue({ MessageRetentionPeriod: "60" });
  await put(QueueUrl, "kept");
  await set(QueueUrl, { MessageRetentionPeriod: "600" });
  await cloud.advance(61_000);
  expect((await receive(QueueUrl)).map(({ Body }) => Body)).toEqual(["kept"]);
});

behaviour(
  "a policy is told as it was set, and taken away by an empty one",
  api("SetQueueAttributes"),
  async () => {
    const QueueUrl = await queue();
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: arn(QueueUrl) }],
    });
    await set(QueueUrl, { Policy });
    expect(await attributes(QueueUrl, "Policy")).toEqual({ Policy });
    await set(QueueUrl, { Policy: "" });
    expect(await attributes(QueueUrl, "Policy")).toEqual({});
  },
);

for (const [what, Policy] of [
  ["no JSON", "{"],
  ["no statement", JSON.stringify({ Version: "2012-10-17" })],
  [
    "an effect that there is not",
    JSON.stringify({ Statement: [{ Effect: "Maybe", Principal: "*", Action: "sqs:*", Resource: "*" }] }),
  ],
] as const)
  behaviour(`a policy with ${what} is refused`, api("SetQueueAttributes"), async () =>
    refused(
      set(await queue(), { Policy }),
      "InvalidAttributeValue",
      "Invalid value for the parameter Policy.",
    ),
  );

behaviour(
  "a queue that exists with another kind of attributes is told by name",
  api("CreateQueue"),
  async () => {
    const QueueUrl = await queue({ MessageRetentionPeriod: "120" });
    await refused(
      send(
        new CreateQueueCommand({
          QueueName: nameIn(QueueUrl),
          Attributes: { VisibilityTimeout: "30", MessageRetentionPeriod: "121" },
        }),
      ),
      "QueueNameExists",
      "A queue already exists with the same name and a different value for attribute MessageRetentionPeriod",
    );
  },
);

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

behaviour("a new queue has the defaults of AWS", api("CreateQueue"), async () => {
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

behaviour("a FIFO queue has additional attributes", api("CreateQueue"), async () => {
  expect(await attributes(await fifo())).toMatchObject({
    FifoQueue: "true",
    ContentBasedDeduplication: "false",
    DeduplicationScope: "queue",
    FifoThroughputLimit: "perQueue",
  });
});

behaviour("GetQueueAttributes without names returns nothing", api("GetQueueAttributes"), async () => {
  const { Attributes } = await send(new GetQueueAttributesCommand({ QueueUrl: await queue() }));
  expect(Attributes).toBeUndefined();
});

behaviour("GetQueueAttributes returns only the requested attributes", api("GetQueueAttributes"), async () => {
  const { Attributes } = await get(await queue(), "DelaySeconds", "VisibilityTimeout");
  expect(Attributes).toEqual({ DelaySeconds: "0", VisibilityTimeout: "30" });
});

behaviour("GetQueueAttributes omits attributes that are not set", api("GetQueueAttributes"), async () => {
  expect((await get(await queue(), "Policy", "RedrivePolicy", "FifoQueue")).Attributes).toBeUndefined();
});

behaviour("GetQueueAttributes refuses an unknown name", api("GetQueueAttributes"), async () =>
  refused(get(await queue(), "Colour"), "InvalidAttributeName", "Unknown Attribute Colour."),
);

/** The minimum, the maximum and a value in between of each attribute. */
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
      const QueueUrl = await queue({ KmsMasterKeyId: "alias/aws/sqs" });
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
  behaviour(`CreateQueue refuses ${name} ${most + 1}`, api("CreateQueue"), () =>
    refused(
      queue({ [name]: String(most + 1) }),
      "InvalidAttributeValue",
      `Invalid value for the parameter ${name}.`,
    ),
  );
}

behaviour("SetQueueAttributes refuses an unknown name", api("SetQueueAttributes"), async () =>
  refused(set(await queue(), { Colour: "red" }), "InvalidAttributeName", "Unknown Attribute Colour."),
);

for (const name of ["QueueArn", "CreatedTimestamp", "ApproximateNumberOfMessages"])
  behaviour(`${name} is read-only`, api("SetQueueAttributes"), async () =>
    refused(set(await queue(), { [name]: "1" }), "InvalidAttributeName", `Unknown Attribute ${name}.`),
  );

behaviour(
  "SetQueueAttributes changes nothing if it refuses one attribute",
  api("SetQueueAttributes"),
  async () => {
    const QueueUrl = await queue();
    await refused(set(QueueUrl, { DelaySeconds: "5", VisibilityTimeout: "-1" }), "InvalidAttributeValue");
    expect(await attributes(QueueUrl, "DelaySeconds")).toEqual({ DelaySeconds: "0" });
  },
);

behaviour("SetQueueAttributes keeps attributes that are not named", api("SetQueueAttributes"), async () => {
  const QueueUrl = await queue({ DelaySeconds: "5" });
  await set(QueueUrl, { VisibilityTimeout: "7" });
  expect(await attributes(QueueUrl, "DelaySeconds")).toEqual({ DelaySeconds: "5" });
});

behaviour("LastModifiedTimestamp is the time of the last change", api("GetQueueAttributes"), async () => {
  const QueueUrl = await queue();
  await cloud.advance(5_000);
  await set(QueueUrl, { DelaySeconds: "5" });
  const { CreatedTimestamp, LastModifiedTimestamp } = await attributes(QueueUrl);
  expect(Number(LastModifiedTimestamp) - Number(CreatedTimestamp)).toBeGreaterThanOrEqual(5);
});

behaviour("SetQueueAttributes of a missing queue fails", api("SetQueueAttributes"), () =>
  refused(set(`${cloud.endpoint}/000000000000/${unused()}`, { DelaySeconds: "1" }), "QueueDoesNotExist"),
);

behaviour("a standard queue cannot become FIFO", api("SetQueueAttributes"), async () =>
  refused(
    set(await queue(), { FifoQueue: "true" }),
    "InvalidAttributeValue",
    "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.",
  ),
);

behaviour("FifoQueue can only be true", api("CreateQueue"), () =>
  refused(queue({ FifoQueue: "false" }), "InvalidAttributeName", "Unknown Attribute FifoQueue."),
);

behaviour("ContentBasedDeduplication is refused for a standard queue", api("CreateQueue"), () =>
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
  behaviour(`${name} is refused for a standard queue`, api("CreateQueue"), () =>
    refused(
      queue({ [name]: value }),
      "InvalidAttributeName",
      `You can specify the ${name} only when FifoQueue is set to true.`,
    ),
  );

behaviour(
  "high throughput requires deduplication per message group",
  guide("high-throughput-fifo"),
  async () => {
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
  },
);

for (const name of ["ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"])
  behaviour(`${name} refuses any other value`, api("SetQueueAttributes"), async () =>
    refused(set(await fifo(), { [name]: "perhaps" }), "InvalidAttributeValue"),
  );

behaviour("ContentBasedDeduplication can be enabled and disabled", api("SetQueueAttributes"), async () => {
  const QueueUrl = await fifo();
  for (const value of ["true", "false"]) {
    await set(QueueUrl, { ContentBasedDeduplication: value });
    expect(await attributes(QueueUrl, "ContentBasedDeduplication")).toEqual({
      ContentBasedDeduplication: value,
    });
  }
});

behaviour("a KMS key replaces SSE-SQS", guide("sqs-server-side-encryption"), async () => {
  const QueueUrl = await queue({ KmsMasterKeyId: "alias/aws/sqs" });
  expect(await attributes(QueueUrl, "KmsMasterKeyId", "SqsManagedSseEnabled")).toEqual({
    KmsMasterKeyId: "alias/aws/sqs",
    SqsManagedSseEnabled: "false",
  });
  await set(QueueUrl, { SqsManagedSseEnabled: "true" });
  expect(await attributes(QueueUrl, "KmsMasterKeyId", "SqsManagedSseEnabled")).toEqual({
    SqsManagedSseEnabled: "true",
  });
});

behaviour("the default data key reuse period is 300 seconds", api("CreateQueue"), async () => {
  const QueueUrl = await queue({ KmsMasterKeyId: "alias/aws/sqs" });
  expect(await attributes(QueueUrl, "KmsDataKeyReusePeriodSeconds")).toEqual({
    KmsDataKeyReusePeriodSeconds: "300",
  });
});

behaviour(
  "a data key reuse period is shown only beside a KMS key",
  "https://github.com/hashicorp/terraform-provider-aws/issues/19786",
  async () => {
    const QueueUrl = await queue({ KmsDataKeyReusePeriodSeconds: "3600" });
    expect(await attributes(QueueUrl, "All")).not.toHaveProperty("KmsDataKeyReusePeriodSeconds");
    await set(QueueUrl, { KmsMasterKeyId: "alias/aws/sqs" });
    expect(await attributes(QueueUrl, "All")).toHaveProperty("KmsDataKeyReusePeriodSeconds", "3600");
    await set(QueueUrl, { SqsManagedSseEnabled: "true" });
    expect(await attributes(QueueUrl, "All")).not.toHaveProperty("KmsDataKeyReusePeriodSeconds");
  },
);

behaviour("SSE-KMS and SSE-SQS cannot be enabled together", api("CreateQueue"), () =>
  refused(queue({ KmsMasterKeyId: "alias/k", SqsManagedSseEnabled: "true" }), "InvalidAttributeValue"),
);

behaviour("encryption can be disabled", api("SetQueueAttributes"), async () => {
  const QueueUrl = await queue({ SqsManagedSseEnabled: "false" });
  expect(await attributes(QueueUrl, "SqsManagedSseEnabled")).toEqual({ SqsManagedSseEnabled: "false" });
});

behaviour(
  "visible, in-flight and delayed messages are counted separately",
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

behaviour("a message is deleted after its retention period", api("SetQueueAttributes"), async () => {
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

behaviour("a longer retention period applies to existing messages", api("SetQueueAttributes"), async () => {
  const QueueUrl = await queue({ MessageRetentionPeriod: "60" });
  await put(QueueUrl, "kept");
  await set(QueueUrl, { MessageRetentionPeriod: "600" });
  await cloud.advance(61_000);
  expect((await receive(QueueUrl)).map(({ Body }) => Body)).toEqual(["kept"]);
});

behaviour(
  "a policy is returned as it was set, and removed by an empty one",
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

behaviour(
  "a policy is returned without the whitespace between its members",
  "https://github.com/hashicorp/terraform-provider-aws/blob/v1.60.0/aws/resource_aws_sqs_queue_policy_test.go",
  async () => {
    const QueueUrl = await queue();
    const Resource = arn(QueueUrl);
    const statement = {
      Sid: 'two  "words" ',
      Effect: "Allow",
      Principal: "*",
      Action: "sqs:SendMessage",
      Resource,
    };
    const policy = { Version: "2012-10-17", Id: "policy", Statement: [statement] };
    await set(QueueUrl, { Policy: JSON.stringify(policy, null, "\t") });
    expect(await attributes(QueueUrl, "Policy")).toEqual({ Policy: JSON.stringify(policy) });
  },
);

for (const [what, Policy] of [
  ["invalid JSON", "{"],
  ["no statement", JSON.stringify({ Version: "2012-10-17" })],
  [
    "an unknown effect",
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

behaviour("an error for an existing queue names the attribute that differs", api("CreateQueue"), async () => {
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
});

import {
  CreateBucketCommand,
  GetBucketNotificationConfigurationCommand,
  type NotificationConfiguration,
  PutBucketNotificationConfigurationCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";

const cloud = conformanceCloud();
const s3 = (options = {}) => new S3Client({ ...cloud.client(options), forcePathStyle: true });

const PUT = doc("AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html");
const GET = doc("AmazonS3/latest/API/API_GetBucketNotificationConfiguration.html");
const FILTERING = doc("AmazonS3/latest/userguide/notification-how-to-filtering.html");
const TYPES = doc("AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html");

const Bucket = "notified";
const QUEUE = "arn:aws:sqs:us-east-1:000000000000:not-there";
const TOPIC = "arn:aws:sns:us-east-1:000000000000:not-there";
const FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:not-there";

beforeAll(async () => {
  await s3().send(new CreateBucketCommand({ Bucket }));
});

const put = (configuration: object, SkipDestinationValidation = true) =>
  s3().send(
    new PutBucketNotificationConfigurationCommand({
      Bucket,
      NotificationConfiguration: configuration as NotificationConfiguration,
      SkipDestinationValidation,
    }),
  );
const get = async () => {
  const { $metadata, ...told } = await s3().send(new GetBucketNotificationConfigurationCommand({ Bucket }));
  return told;
};

const queue = (more: object = {}) => ({ QueueArn: QUEUE, Events: ["s3:ObjectCreated:*"], ...more });
const filtered = (...rules: [string, string | undefined][]) => ({
  Filter: { Key: { FilterRules: rules.map(([Name, Value]) => ({ Name, Value })) } },
});
const two = (one: object, other: object) => ({ QueueConfigurations: [queue(one), queue(other)] });

const OVERLAP = "Configurations overlap. Configurations on the same bucket cannot share a common event type.";
const AMBIGUOUS =
  "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.";

const REFUSED: [string, string, object, string, string | RegExp][] = [
  [
    "an invalid ARN is refused",
    PUT,
    { QueueConfigurations: [queue({ QueueArn: "queue" })] },
    "InvalidArgument",
    "The ARN could not be parsed",
  ],
  [
    "the ARN of a topic is refused as a queue",
    PUT,
    { QueueConfigurations: [queue({ QueueArn: TOPIC })] },
    "InvalidArgument",
    "The ARN could not be parsed",
  ],
  [
    "the ARN of a queue is refused as a topic",
    PUT,
    { TopicConfigurations: [{ TopicArn: QUEUE, Events: ["s3:ObjectCreated:*"] }] },
    "InvalidArgument",
    "The ARN could not be parsed",
  ],
  [
    "the ARN of a role is refused as a function",
    PUT,
    {
      LambdaFunctionConfigurations: [
        { LambdaFunctionArn: "arn:aws:iam::000000000000:role/r", Events: ["s3:ObjectCreated:*"] },
      ],
    },
    "InvalidArgument",
    "The ARN could not be parsed",
  ],
  [
    "a FIFO queue is refused as a destination",
    TYPES,
    { QueueConfigurations: [queue({ QueueArn: `${QUEUE}.fifo` })] },
    "InvalidArgument",
    "FIFO SQS queues are not supported.",
  ],
  [
    "a FIFO topic is refused as a destination",
    TYPES,
    { TopicConfigurations: [{ TopicArn: `${TOPIC}.fifo`, Events: ["s3:ObjectCreated:*"] }] },
    "InvalidArgument",
    /ARN/,
  ],
  [
    "more than 100 configurations are refused",
    doc("general/latest/gr/s3.html"),
    {
      QueueConfigurations: Array.from({ length: 101 }, (_, n) => queue(filtered(["prefix", `${n}/`]))),
    },
    "InvalidRequest",
    /maximum number of configurations is 100/,
  ],
  [
    "a destination in another Region is refused",
    PUT,
    { QueueConfigurations: [queue({ QueueArn: QUEUE.replace("us-east-1", "eu-west-1") })] },
    "InvalidArgument",
    /service region is not valid/,
  ],
  [
    "a configuration without events is refused",
    PUT,
    { QueueConfigurations: [queue({ Events: [] })] },
    "MalformedXML",
    /not well-formed/,
  ],
  [
    "an unknown event is refused",
    TYPES,
    { QueueConfigurations: [queue({ Events: ["s3:ObjectPainted:*"] })] },
    "InvalidArgument",
    /event is not supported/,
  ],
  [
    "an event family without an asterisk is refused",
    TYPES,
    { QueueConfigurations: [queue({ Events: ["s3:ObjectCreated"] })] },
    "InvalidArgument",
    /event is not supported/,
  ],
  [
    "an asterisk for all event families is refused",
    TYPES,
    { QueueConfigurations: [queue({ Events: ["s3:*"] })] },
    "InvalidArgument",
    /event is not supported/,
  ],
  [
    "duplicate IDs are refused",
    PUT,
    {
      QueueConfigurations: [queue({ Id: "x" })],
      TopicConfigurations: [{ Id: "x", TopicArn: TOPIC, Events: ["s3:ObjectRemoved:*"] }],
    },
    "InvalidArgument",
    /Same ID used/,
  ],
  [
    "an ID of more than 255 characters is refused",
    PUT,
    { QueueConfigurations: [queue({ Id: "x".repeat(256) })] },
    "InvalidArgument",
    /255/,
  ],
  [
    "a filter rule with a name other than prefix or suffix is refused",
    FILTERING,
    { QueueConfigurations: [queue(filtered(["infix", "x"]))] },
    "InvalidArgument",
    "filter rule name must be either prefix or suffix",
  ],
  [
    "a filter with two prefixes is refused",
    FILTERING,
    { QueueConfigurations: [queue(filtered(["prefix", "x"], ["prefix", "y"]))] },
    "InvalidArgument",
    "Cannot specify more than one prefix rule in a filter.",
  ],
  [
    "a filter with two suffixes is refused",
    FILTERING,
    { QueueConfigurations: [queue(filtered(["suffix", "x"], ["Suffix", "y"]))] },
    "InvalidArgument",
    "Cannot specify more than one suffix rule in a filter.",
  ],
  [
    "a filter rule's value of more than 1,024 bytes is refused",
    FILTERING,
    { QueueConfigurations: [queue(filtered(["prefix", "ü".repeat(513)]))] },
    "InvalidArgument",
    /1024 bytes/,
  ],
  [
    "a filter rule without a value is refused",
    FILTERING,
    { QueueConfigurations: [queue(filtered(["prefix", undefined]))] },
    "MalformedXML",
    /not well-formed/,
  ],
  [
    "two configurations without filters for one event are refused",
    FILTERING,
    two({}, {}),
    "InvalidArgument",
    OVERLAP,
  ],
  [
    "an event family overlaps its members",
    FILTERING,
    two({ Events: ["s3:ObjectCreated:Put"] }, {}),
    "InvalidArgument",
    OVERLAP,
  ],
  [
    "configurations overlap even if their destinations are of different types",
    FILTERING,
    {
      QueueConfigurations: [queue()],
      TopicConfigurations: [{ TopicArn: TOPIC, Events: ["s3:ObjectCreated:Copy"] }],
    },
    "InvalidArgument",
    OVERLAP,
  ],
  [
    "a configuration without a filter overlaps one with a filter",
    FILTERING,
    two({}, filtered(["prefix", "images/"])),
    "InvalidArgument",
    AMBIGUOUS,
  ],
  [
    "prefixes overlap if one is a prefix of the other",
    FILTERING,
    two(filtered(["prefix", "images"]), filtered(["prefix", "images/2026"])),
    "InvalidArgument",
    AMBIGUOUS,
  ],
  [
    "suffixes overlap if one is a suffix of the other",
    FILTERING,
    two(filtered(["suffix", "jpg"]), filtered(["suffix", "pg"])),
    "InvalidArgument",
    AMBIGUOUS,
  ],
  [
    "a prefix filter and a suffix filter overlap",
    FILTERING,
    two(filtered(["prefix", "images"]), filtered(["suffix", "jpg"])),
    "InvalidArgument",
    AMBIGUOUS,
  ],
];

for (const [what, source, configuration, code, message] of REFUSED) {
  behaviour(what, source, async () => {
    await expect(put(configuration)).rejects.toMatchObject({
      name: code,
      message: message instanceof RegExp ? expect.stringMatching(message) : message,
      $metadata: { httpStatusCode: 400 },
    });
  });
}

const TAKEN: [string, string, object][] = [
  [
    "configurations for one event with different prefixes do not overlap",
    FILTERING,
    two(filtered(["prefix", "images"]), filtered(["prefix", "logs"])),
  ],
  [
    "configurations for one event with different suffixes do not overlap",
    FILTERING,
    two(filtered(["suffix", "jpg"]), filtered(["suffix", "png"])),
  ],
  [
    "overlapping prefixes with different suffixes do not overlap",
    FILTERING,
    two(
      filtered(["prefix", "images"], ["suffix", "jpg"]),
      filtered(["prefix", "images/"], ["suffix", "png"]),
    ),
  ],
  [
    "different events may have the same filter",
    FILTERING,
    two(filtered(["prefix", "a"]), { Events: ["s3:ObjectRemoved:*"], ...filtered(["prefix", "a"]) }),
  ],
  [
    "one configuration may name several events",
    TYPES,
    {
      QueueConfigurations: [
        queue({ Events: ["s3:ObjectCreated:Put", "s3:ObjectRemoved:*", "s3:ReducedRedundancyLostObject"] }),
      ],
    },
  ],
  [
    "restore events are accepted",
    TYPES,
    { QueueConfigurations: [queue({ Events: ["s3:ObjectRestore:*"] })] },
  ],
  [
    "the event of an expired restored copy is accepted",
    TYPES,
    { QueueConfigurations: [queue({ Events: ["s3:ObjectRestore:Delete"] })] },
  ],
  [
    "replication events are accepted",
    TYPES,
    {
      QueueConfigurations: [
        queue({
          Events: ["s3:Replication:OperationFailedReplication", "s3:Replication:OperationMissedThreshold"],
        }),
      ],
    },
  ],
  [
    "lifecycle events are accepted",
    TYPES,
    { QueueConfigurations: [queue({ Events: ["s3:LifecycleExpiration:*", "s3:LifecycleTransition"] })] },
  ],
  [
    "events of tags, ACLs and Intelligent-Tiering are accepted",
    TYPES,
    {
      QueueConfigurations: [
        queue({ Events: ["s3:ObjectTagging:*", "s3:ObjectAcl:Put", "s3:IntelligentTiering"] }),
      ],
    },
  ],
  [
    "a version or alias may be a function's destination",
    TYPES,
    {
      LambdaFunctionConfigurations: [
        { LambdaFunctionArn: `${FUNCTION}:live`, Events: ["s3:ObjectCreated:*"] },
      ],
    },
  ],
];

for (const [what, source, configuration] of TAKEN) {
  behaviour(what, source, async () => {
    await put(configuration);
    const [kind, targets] = Object.entries(configuration)[0]!;
    expect((await get())[kind as "QueueConfigurations"]).toHaveLength(targets.length);
  });
}

behaviour("a bucket without notifications has an empty configuration", GET, async () => {
  await s3().send(new CreateBucketCommand({ Bucket: "silent" }));
  const answer = await s3().send(new GetBucketNotificationConfigurationCommand({ Bucket: "silent" }));
  expect(answer.QueueConfigurations).toBeUndefined();
  expect(answer.EventBridgeConfiguration).toBeUndefined();
});

behaviour("a configuration is returned as it was put, with capitalized filter names", GET, async () => {
  await put({
    QueueConfigurations: [queue({ Id: "in", ...filtered(["prefix", "in/"], ["suffix", ".jpg"]) })],
    TopicConfigurations: [{ Id: "gone", TopicArn: TOPIC, Events: ["s3:ObjectRemoved:*"] }],
    LambdaFunctionConfigurations: [
      { Id: "tags", LambdaFunctionArn: FUNCTION, Events: ["s3:ObjectTagging:*"] },
    ],
  });
  expect(await get()).toEqual({
    QueueConfigurations: [
      {
        Id: "in",
        QueueArn: QUEUE,
        Events: ["s3:ObjectCreated:*"],
        ...filtered(["Prefix", "in/"], ["Suffix", ".jpg"]),
      },
    ],
    TopicConfigurations: [{ Id: "gone", TopicArn: TOPIC, Events: ["s3:ObjectRemoved:*"] }],
    LambdaFunctionConfigurations: [
      { Id: "tags", LambdaFunctionArn: FUNCTION, Events: ["s3:ObjectTagging:*"] },
    ],
  });
});

behaviour("a configuration without an ID gets one", PUT, async () => {
  await put({ QueueConfigurations: [queue()] });
  expect((await get()).QueueConfigurations![0]!.Id).toMatch(/^[\w+/=]{10,}$/);
});

behaviour("a configuration replaces the existing one", PUT, async () => {
  await put({ QueueConfigurations: [queue()] });
  await put({ TopicConfigurations: [{ TopicArn: TOPIC, Events: ["s3:ObjectCreated:*"] }] });
  expect((await get()).QueueConfigurations).toBeUndefined();
});

behaviour("an empty configuration disables notifications", PUT, async () => {
  await put({ QueueConfigurations: [queue()] });
  await put({});
  expect(await get()).toEqual({});
});

behaviour(
  "an empty element enables EventBridge",
  doc("AmazonS3/latest/userguide/enable-event-notifications-eventbridge.html"),
  async () => {
    await put({ EventBridgeConfiguration: {} }, false);
    expect(await get()).toEqual({ EventBridgeConfiguration: {} });
    await put({});
    expect(await get()).toEqual({});
  },
);

const UNREACHABLE: [string, object, string, string][] = [
  ["a missing queue", { QueueConfigurations: [queue()] }, QUEUE, "The destination queue does not exist"],
  [
    "a missing topic",
    { TopicConfigurations: [{ TopicArn: TOPIC, Events: ["s3:ObjectCreated:*"] }] },
    TOPIC,
    "The destination topic does not exist",
  ],
  [
    "a missing function",
    { LambdaFunctionConfigurations: [{ LambdaFunctionArn: FUNCTION, Events: ["s3:ObjectCreated:*"] }] },
    FUNCTION,
    "The destination Lambda does not exist",
  ],
];

for (const [what, configuration, arn, reason] of UNREACHABLE) {
  behaviour(`${what} is refused when the configuration is put`, PUT, async () => {
    await put({});
    await expect(put(configuration, false)).rejects.toMatchObject({
      name: "InvalidArgument",
      message: "Unable to validate the following destination configurations",
      ArgumentName1: `${arn}, null`,
      ArgumentValue1: reason,
    });
    expect(await get()).toEqual({});
  });

  behaviour(`${what} is accepted if validation is skipped`, PUT, async () => {
    await put(configuration, true);
    expect(Object.keys(await get())).toEqual(Object.keys(configuration));
  });
}

behaviour("the notifications of a missing bucket are not found", GET, async () => {
  const command = new GetBucketNotificationConfigurationCommand({ Bucket: "no-such-bucket" });
  await expect(s3().send(command)).rejects.toMatchObject({ name: "NoSuchBucket" });
});

behaviour("another account cannot read a bucket's notifications", GET, async () => {
  const command = new GetBucketNotificationConfigurationCommand({ Bucket });
  await expect(s3({ account: "111122223333" }).send(command)).rejects.toMatchObject({
    name: "AccessDenied",
    $metadata: { httpStatusCode: 403 },
  });
});

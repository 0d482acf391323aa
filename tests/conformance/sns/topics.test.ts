import {
  CreateTopicCommand,
  DeleteTopicCommand,
  GetTopicAttributesCommand,
  ListTagsForResourceCommand,
  ListTopicsCommand,
  PutDataProtectionPolicyCommand,
  SetTopicAttributesCommand,
  SubscribeCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-sns";
import { expect } from "vitest";
import { behaviour, doc } from "../cloud.ts";
import { signedExchange } from "../wire.ts";
import { ACCOUNT, queueArn, refused, snsCloud, topicArn } from "./sns.ts";

const cloud = snsCloud();
const send = ((command: never) => cloud.sns().send(command)) as ReturnType<typeof cloud.sns>["send"];

const CREATE = doc("sns/latest/api/API_CreateTopic.html");
const GET = doc("sns/latest/api/API_GetTopicAttributes.html");
const SET = doc("sns/latest/api/API_SetTopicAttributes.html");
const DELETE = doc("sns/latest/api/API_DeleteTopic.html");
const LIST = doc("sns/latest/api/API_ListTopics.html");
const TAG = doc("sns/latest/api/API_TagResource.html");
const RETRIES = doc("sns/latest/dg/sns-message-delivery-retries.html");

const create = (Name: string, Attributes?: Record<string, string>, Tags?: { Key: string; Value: string }[]) =>
  send(new CreateTopicCommand({ Name, Attributes, Tags }));
const attributes = async (TopicArn: string) =>
  (await send(new GetTopicAttributesCommand({ TopicArn }))).Attributes!;
const set = (TopicArn: string, AttributeName: string, AttributeValue: string) =>
  send(new SetTopicAttributesCommand({ TopicArn, AttributeName, AttributeValue }));

behaviour("a topic's ARN consists of Region, account and name", CREATE, async () => {
  expect((await create("named")).TopicArn).toBe(topicArn("named"));
});

behaviour("CreateTopic of an existing topic returns it", CREATE, async () => {
  const { TopicArn } = await create("again");
  expect((await create("again")).TopicArn).toBe(TopicArn);
});

const NAMES: [string, Record<string, string> | undefined, string | RegExp][] = [
  ["", undefined, /Topic Name/],
  ["a b", undefined, "Invalid parameter: Topic Name"],
  ["x".repeat(257), undefined, "Invalid parameter: Topic Name"],
  ["topic.fifo", undefined, "Invalid parameter: Topic Name"],
  ["topic", { FifoTopic: "true" }, /^Invalid parameter: Fifo Topic names must end with \.fifo/],
  ["a b.fifo", { FifoTopic: "true" }, /^Invalid parameter: Fifo Topic names must end with \.fifo/],
];
for (const [name, given, message] of NAMES) {
  behaviour(
    `the topic name "${name.slice(0, 20)}"${given ? " with FifoTopic" : ""} is refused`,
    CREATE,
    async () => {
      await expect(create(name, given)).rejects.toMatchObject(refused(message));
    },
  );
}

behaviour("FifoTopic must be a boolean", CREATE, async () => {
  await expect(create("perhaps", { FifoTopic: "perhaps" })).rejects.toMatchObject(
    refused("Invalid parameter: Attributes Reason: FifoTopic"),
  );
  await create("standard", { FifoTopic: "false" });
});

behaviour("CreateTopic may be repeated with FifoTopic in any case", CREATE, async () => {
  for (const [name, FifoTopic] of [
    ["again.fifo", "True"],
    ["again", "False"],
  ] as const) {
    const { TopicArn } = await create(name, { FifoTopic });
    expect((await create(name, { FifoTopic })).TopicArn).toBe(TopicArn);
  }
});

behaviour("CreateTopic of an existing topic with other attributes is refused", CREATE, async () => {
  await create("other-attributes", { DisplayName: "one" });
  await expect(create("other-attributes", { DisplayName: "two" })).rejects.toMatchObject(
    refused("Invalid parameter: Attributes Reason: Topic already exists with different attributes"),
  );
});

behaviour("CreateTopic of an existing topic with other tags is refused", CREATE, async () => {
  await create("other-tags", undefined, [{ Key: "k", Value: "1" }]);
  await expect(create("other-tags", undefined, [{ Key: "k", Value: "2" }])).rejects.toMatchObject(
    refused("Invalid parameter: Tags Reason: Topic already exists with different tags"),
  );
});

behaviour("a standard topic refuses attributes of FIFO topics", CREATE, async () => {
  await expect(create("standard", { ContentBasedDeduplication: "true" })).rejects.toMatchObject(
    refused("Invalid parameter: Attributes Reason: Unknown attribute ContentBasedDeduplication"),
  );
});

/** The message begins with other words when an attribute is given to CreateTopic than when it is set. */
const WRONG_ATTRIBUTES: [string, string, string][] = [
  [
    "SQSSuccessFeedbackSampleRate",
    "500",
    "SQSSuccessFeedbackSampleRate: 500 value provided is not an integer between 0-100",
  ],
  [
    "DeliveryPolicy",
    '{"http":{"defaultHealthyRetryPolicy":{"numRetries":300}}}',
    "DeliveryPolicy: http.defaultHealthyRetryPolicy.numRetries must be less than or equal to 100",
  ],
  [
    // As reported in https://github.com/ansible-collections/community.aws/pull/716
    "DeliveryPolicy",
    '{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":"5"}}}',
    "DeliveryPolicy: http.defaultHealthyRetryPolicy.minDelayTarget type mismatch, expecting integer, received a string",
  ],
  [
    "Policy",
    JSON.stringify({
      Version: "2008-10-17",
      Statement: [{ Effect: "Allow", Principal: "*", Action: "SNS:Publishx", Resource: "*" }],
    }),
    "Policy statement action out of service scope!",
  ],
  [
    // As reported in https://github.com/hashicorp/terraform/issues/31538
    "Policy",
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { AWS: "arn:aws:iam::123:root" },
          Action: "SNS:Subscribe",
          Resource: "*",
        },
      ],
    }),
    "Policy Error: PrincipalNotFound",
  ],
];
for (const [attribute, value, reason] of WRONG_ATTRIBUTES) {
  behaviour(`CreateTopic refuses ${attribute} ${value.slice(0, 20)}`, CREATE, async () => {
    await expect(create("wrong", { [attribute]: value })).rejects.toMatchObject(
      refused(`Invalid parameter: Attributes Reason: ${reason}`),
    );
  });
  behaviour(`SetTopicAttributes refuses ${attribute} ${value.slice(0, 20)}`, SET, async () => {
    await expect(set(await cloud.topic(), attribute, value)).rejects.toMatchObject(
      refused(`Invalid parameter: ${reason}`),
    );
  });
}

behaviour("DeleteTopic refuses a topic with an archive", DELETE, async () => {
  const arn = await cloud.topic({ FifoTopic: "true" });
  await set(arn, "ArchivePolicy", '{"MessageRetentionPeriod":"30"}');
  await expect(send(new DeleteTopicCommand({ TopicArn: arn }))).rejects.toMatchObject({
    name: "InvalidStateException",
    message: "Invalid state: Cannot delete a topic with an ArchivePolicy",
  });
});

behaviour("GetTopicAttributes describes a new topic", GET, async () => {
  const arn = await cloud.topic({ DisplayName: "shown" });
  expect(await attributes(arn)).toMatchObject({
    TopicArn: arn,
    Owner: ACCOUNT,
    DisplayName: "shown",
    SubscriptionsConfirmed: "0",
    SubscriptionsPending: "0",
    SubscriptionsDeleted: "0",
  });
});

behaviour("GetTopicAttributes describes a FIFO topic", GET, async () => {
  const described = await attributes(await cloud.topic({ FifoTopic: "true" }));
  expect(described).toMatchObject({ FifoTopic: "true", ContentBasedDeduplication: "false" });
});

behaviour("by default, HTTP deliveries are retried three times after 20 seconds", RETRIES, async () => {
  const { EffectiveDeliveryPolicy } = await attributes(await cloud.topic());
  expect(JSON.parse(EffectiveDeliveryPolicy!)).toEqual({
    http: {
      defaultHealthyRetryPolicy: {
        minDelayTarget: 20,
        maxDelayTarget: 20,
        numRetries: 3,
        numMaxDelayRetries: 0,
        numNoDelayRetries: 0,
        numMinDelayRetries: 0,
        backoffFunction: "linear",
      },
      disableSubscriptionOverrides: false,
      defaultRequestPolicy: { headerContentType: "text/plain; charset=UTF-8" },
    },
  });
});

behaviour("EffectiveDeliveryPolicy includes a delivery policy that was set", RETRIES, async () => {
  const arn = await cloud.topic();
  await set(
    arn,
    "DeliveryPolicy",
    JSON.stringify({ http: { defaultHealthyRetryPolicy: { numRetries: 7 } } }),
  );
  const { EffectiveDeliveryPolicy } = await attributes(arn);
  expect(JSON.parse(EffectiveDeliveryPolicy!).http.defaultHealthyRetryPolicy.numRetries).toBe(7);
});

const SETTABLE: [string, string, Record<string, string>][] = [
  ["DisplayName", "a name", {}],
  ["SignatureVersion", "2", {}],
  ["TracingConfig", "Active", {}],
  ["KmsMasterKeyId", "alias/aws/sns", {}],
  ["SQSSuccessFeedbackSampleRate", "100", {}],
  ["HTTPFailureFeedbackRoleArn", `arn:aws:iam::${ACCOUNT}:role/feedback`, {}],
  ["ContentBasedDeduplication", "true", { FifoTopic: "true" }],
  ["FifoThroughputScope", "MessageGroup", { FifoTopic: "true" }],
  ["ArchivePolicy", '{"MessageRetentionPeriod":"30"}', { FifoTopic: "true" }],
];
for (const [name, value, given] of SETTABLE) {
  behaviour(`${name} can be set`, SET, async () => {
    const arn = await cloud.topic(given);
    await set(arn, name, value);
    expect((await attributes(arn))[name]).toBe(value);
  });
}

const UNSETTABLE: [string, string, string | RegExp][] = [
  ["Colour", "red", "Invalid parameter: AttributeName"],
  ["DisplayName", "x".repeat(101), /DisplayName/],
  ["SignatureVersion", "3", "Invalid parameter: SignatureVersion: Invalid value. Must be 1 or 2."],
  ["TracingConfig", "Passive", "Invalid parameter: Invalid tracing config value: Passive"],
  ["SQSSuccessFeedbackSampleRate", "101", /SampleRate/],
  ["DeliveryPolicy", "{", /DeliveryPolicy/],
  ["DeliveryPolicy", '{"http":{"defaultHealthyRetryPolicy":{"numRetries":101}}}', /numRetries/],
  ["Policy", "{", /^Invalid parameter: Policy/],
  ["ArchivePolicy", '{"MessageRetentionPeriod":"30"}', "Invalid parameter: AttributeName"],
];
for (const [name, value, message] of UNSETTABLE) {
  behaviour(`${name} cannot be ${value.slice(0, 30)}`, SET, async () => {
    await expect(set(await cloud.topic(), name, value)).rejects.toMatchObject(refused(message));
  });
}

behaviour("operations on a missing topic fail with NotFound", GET, async () => {
  await expect(attributes(topicArn("not-there"))).rejects.toMatchObject({
    name: "NotFoundException",
    message: "Topic does not exist",
    $metadata: { httpStatusCode: 404 },
  });
});

behaviour("a malformed topic ARN is refused", GET, async () => {
  await expect(attributes("topic")).rejects.toMatchObject(
    refused("Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1"),
  );
});

for (const [arn, reason] of [
  ["arn:sns:*:arn:aws:sns:us-east-1:000000000000:topic", "A arn ARN must begin with arn:null"],
  ["arn:aws:iam::000000000000:role/topic", "A  ARN must begin with arn:null"],
  ["arn:aws-cn:sns:us-east-1:000000000000:topic", "A us-east-1 ARN must begin with arn:aws"],
] as const)
  behaviour(`${arn} has a wrong partition`, "https://github.com/georgeyk/loafer/pull/25", async () => {
    await expect(attributes(arn)).rejects.toMatchObject(
      refused(`Invalid parameter: TopicArn Reason: ${reason}, not ${arn}`),
    );
  });

behaviour("a topic of another Region is not found", GET, async () => {
  await expect(attributes(topicArn("named").replace("us-east-1", "eu-west-1"))).rejects.toMatchObject(
    refused("Invalid parameter: TopicArn"),
  );
});

behaviour("a deleted topic is not found, and DeleteTopic is idempotent", DELETE, async () => {
  const TopicArn = await cloud.topic();
  await send(new DeleteTopicCommand({ TopicArn }));
  await send(new DeleteTopicCommand({ TopicArn }));
  await expect(attributes(TopicArn)).rejects.toMatchObject({ name: "NotFoundException" });
});

behaviour("ListTopics returns pages of a hundred", LIST, async () => {
  const alone = cloud.sns({ account: "222233334444" });
  for (let i = 0; i < 101; i++) await alone.send(new CreateTopicCommand({ Name: `t${i}` }));
  const first = await alone.send(new ListTopicsCommand({}));
  expect(first.Topics).toHaveLength(100);
  const rest = await alone.send(new ListTopicsCommand({ NextToken: first.NextToken }));
  expect(rest.Topics).toHaveLength(1);
  expect(rest.NextToken).toBeUndefined();
});

behaviour("ListTopics refuses an invalid token", LIST, async () => {
  await expect(send(new ListTopicsCommand({ NextToken: "made-up" }))).rejects.toMatchObject(
    refused("Invalid parameter: NextToken"),
  );
});

const tags = async (ResourceArn: string) =>
  (await send(new ListTagsForResourceCommand({ ResourceArn }))).Tags;

behaviour("TagResource adds tags to the existing ones", TAG, async () => {
  const ResourceArn = (await create("tagged", undefined, [{ Key: "a", Value: "1" }])).TopicArn!;
  await send(
    new TagResourceCommand({
      ResourceArn,
      Tags: [
        { Key: "b", Value: "2" },
        { Key: "a", Value: "3" },
      ],
    }),
  );
  expect(await tags(ResourceArn)).toEqual([
    { Key: "a", Value: "3" },
    { Key: "b", Value: "2" },
  ]);
  await send(new UntagResourceCommand({ ResourceArn, TagKeys: ["a"] }));
  expect(await tags(ResourceArn)).toEqual([{ Key: "b", Value: "2" }]);
});

for (const tag of [
  { Key: "a!", Value: "1" },
  { Key: "a", Value: "1, 2" },
])
  behaviour(
    `a tag ${JSON.stringify(tag)} is refused for its characters`,
    "https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html",
    async () => {
      const wrong = refused("Invalid parameter: Tags Reason: The given tag(s) contain invalid characters");
      await expect(create("badly-tagged", undefined, [tag])).rejects.toMatchObject(wrong);
      const ResourceArn = await cloud.topic();
      await expect(send(new TagResourceCommand({ ResourceArn, Tags: [tag] }))).rejects.toMatchObject(wrong);
    },
  );

behaviour("a topic has at most fifty tags", TAG, async () => {
  const ResourceArn = await cloud.topic();
  const Tags = Array.from({ length: 51 }, (_, i) => ({ Key: `k${i}`, Value: "v" }));
  await expect(send(new TagResourceCommand({ ResourceArn, Tags }))).rejects.toMatchObject({
    name: "TagLimitExceededException",
    message: "Could not complete request: tag quota of per resource exceeded",
  });
});

behaviour(
  "tagging of a missing topic fails",
  doc("sns/latest/api/API_ListTagsForResource.html"),
  async () => {
    await expect(tags(topicArn("not-there"))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "Resource does not exist",
      $metadata: { httpStatusCode: 404 },
    });
  },
);

behaviour("GetTopicAttributes counts subscriptions", GET, async () => {
  const TopicArn = await cloud.topic();
  await send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: queueArn("any") }));
  await send(new SubscribeCommand({ TopicArn, Protocol: "email", Endpoint: "a@example.com" }));
  expect(await attributes(TopicArn)).toMatchObject({
    SubscriptionsConfirmed: "1",
    SubscriptionsPending: "1",
  });
});

behaviour(
  "PutDataProtectionPolicy answers 501",
  doc("sns/latest/api/API_PutDataProtectionPolicy.html"),
  async () => {
    const ResourceArn = await cloud.topic();
    const command = new PutDataProtectionPolicyCommand({ ResourceArn, DataProtectionPolicy: "{}" });
    await expect(send(command)).rejects.toMatchObject({ $metadata: { httpStatusCode: 501 } });
  },
);

const IN_JSON = "https://github.com/boto/boto/blob/2.49.0/boto/sns/connection.py";

behaviour("a parameter asks for responses in JSON", IN_JSON, async () => {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const call = (parameters: string) => {
    const body = `Version=2010-03-31&ContentType=JSON&${parameters}`;
    return signedExchange(cloud.endpoint, "sns", "/", { method: "POST", headers, body });
  };
  const created = await call("Action=CreateTopic&Name=in-json");
  expect([created.status, created.headers["content-type"]]).toEqual([200, "application/json"]);
  expect(JSON.parse(created.text)).toEqual({
    CreateTopicResponse: {
      CreateTopicResult: { TopicArn: topicArn("in-json") },
      ResponseMetadata: { RequestId: expect.any(String) },
    },
  });
  const refusal = await call("Action=CreateTopic&Name=a+b");
  expect(refusal.status).toBe(400);
  expect(JSON.parse(refusal.text).Error).toMatchObject({ Type: "Sender", Code: "InvalidParameter" });
});

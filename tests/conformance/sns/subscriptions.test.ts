import {
  ConfirmSubscriptionCommand,
  CreateTopicCommand,
  GetSubscriptionAttributesCommand,
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  ListSubscriptionsCommand,
  SetSubscriptionAttributesCommand,
  SubscribeCommand,
  UnsubscribeCommand,
} from "@aws-sdk/client-sns";
import { CreateQueueCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { expect } from "vitest";
import { behaviour, doc } from "../cloud.ts";
import { ACCOUNT, OPEN, queueArn, refused, snsCloud, topicArn } from "./sns.ts";

const cloud = snsCloud();
const send = ((command: never) => cloud.sns().send(command)) as ReturnType<typeof cloud.sns>["send"];

const SUBSCRIBE = doc("sns/latest/api/API_Subscribe.html");
const CONFIRM = doc("sns/latest/api/API_ConfirmSubscription.html");
const UNSUBSCRIBE = doc("sns/latest/api/API_Unsubscribe.html");
const GET = doc("sns/latest/api/API_GetSubscriptionAttributes.html");
const SET = doc("sns/latest/api/API_SetSubscriptionAttributes.html");
const LIST = doc("sns/latest/api/API_ListSubscriptions.html");
const BY_TOPIC = doc("sns/latest/api/API_ListSubscriptionsByTopic.html");

const subscribe = (TopicArn: string, Protocol: string, Endpoint?: string, more: object = {}) =>
  send(new SubscribeCommand({ TopicArn, Protocol, Endpoint, ...more }));
const attributes = async (SubscriptionArn: string) =>
  (await send(new GetSubscriptionAttributesCommand({ SubscriptionArn }))).Attributes!;
const set = (SubscriptionArn: string, AttributeName: string, AttributeValue: string) =>
  send(new SetSubscriptionAttributesCommand({ SubscriptionArn, AttributeName, AttributeValue }));
const byTopic = async (TopicArn: string) =>
  (await send(new ListSubscriptionsByTopicCommand({ TopicArn }))).Subscriptions!;

behaviour("a subscription's ARN is its topic's ARN followed by an ID", SUBSCRIBE, async () => {
  const { topic, subscription } = await cloud.pair();
  expect(subscription).toMatch(new RegExp(`^${topic}:[0-9a-f-]{36}$`));
});

const ENDPOINTS: [string, string | undefined, string | RegExp][] = [
  ["pigeon", "home", "Invalid parameter: Amazon SNS does not support this protocol string: pigeon"],
  ["sqs", undefined, "Invalid parameter: Endpoint"],
  ["https", `https://example.com/${"x".repeat(5_000)}`, "Invalid parameter: Endpoint"],
  ["sqs", "queue", "Invalid parameter: SQS endpoint ARN"],
  ["sqs", "arn:aws:sqs:us-east-1::queue", "Invalid parameter: SQS endpoint ARN"],
  ["sqs", "https://sqs.us-east-1.amazonaws.com/1/queue", "Invalid parameter: SQS endpoint ARN"],
  ["sqs", queueArn("queue.fifo"), /FIFO SQS Queues can not be subscribed to standard SNS topics/],
  ["lambda", "function", "Invalid parameter: Lambda endpoint ARN"],
  ["application", topicArn("topic"), "Invalid parameter: Application endpoint arn invalid"],
  ["http", "https://example.com", "Invalid parameter: Endpoint must match the specified protocol"],
  ["https", "example.com", "Invalid parameter: Endpoint must match the specified protocol"],
  ["email", "nobody", "Invalid parameter: Email address"],
  ["sms", "phone", "Invalid SMS endpoint: phone"],
];
for (const [protocol, endpoint, message] of ENDPOINTS) {
  behaviour(`${protocol} refuses the endpoint ${endpoint?.slice(0, 60)}`, SUBSCRIBE, async () => {
    await expect(subscribe(await cloud.topic(), protocol, endpoint)).rejects.toMatchObject(refused(message));
  });
}

behaviour(
  "a FIFO topic accepts only queues as subscribers",
  doc("sns/latest/dg/fifo-message-delivery.html"),
  async () => {
    const arn = await cloud.topic({ FifoTopic: "true" });
    await expect(subscribe(arn, "email", "a@example.com")).rejects.toMatchObject(
      refused("Invalid parameter: Invalid protocol type: email"),
    );
  },
);

behaviour("Subscribe to a missing topic fails", SUBSCRIBE, async () => {
  await expect(subscribe(topicArn("not-there"), "sqs", queueArn("q"))).rejects.toMatchObject({
    name: "NotFoundException",
    message: "Topic does not exist",
  });
});

behaviour(
  "a delivery policy is stored for any protocol, though only HTTP endpoints use it",
  "https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/sns/topic_subscription_test.go",
  async () => {
    const DeliveryPolicy = '{"healthyRetryPolicy":{"minDelayTarget":5,"maxDelayTarget":20,"numRetries":5}}';
    const { SubscriptionArn } = await subscribe(await cloud.topic(), "sqs", queueArn("q"), {
      Attributes: { DeliveryPolicy },
    });
    const stored = await attributes(SubscriptionArn!);
    expect(stored.DeliveryPolicy).toBe(DeliveryPolicy);
  },
);

const WRONG: [string, string, string, string | RegExp][] = [
  ["sqs", "Colour", "red", "Invalid parameter: Attributes Reason: AttributeName"],
  [
    "sqs",
    "RawMessageDelivery",
    "yes",
    "Invalid parameter: Attributes Reason: RawMessageDelivery: Invalid value [yes]. Must be true or false.",
  ],
  [
    "email",
    "RawMessageDelivery",
    "true",
    "Invalid parameter: Attributes Reason: Delivery protocol [email] does not support raw message delivery.",
  ],
  [
    "sqs",
    "RedrivePolicy",
    '{"deadLetterTargetArn":"queue"}',
    "Invalid parameter: Attributes Reason: RedrivePolicy: deadLetterTargetArn is an invalid arn",
  ],
  [
    "sqs",
    "RedrivePolicy",
    `{"deadLetterTargetArn":"${queueArn("q")}","maxReceiveCount":5}`,
    "Invalid parameter: Attributes Reason: RedrivePolicy: invalid JSON. Attribute maxReceiveCount is unknown.",
  ],
  ["sqs", "RedrivePolicy", "{", /RedrivePolicy: failed to parse JSON/],
  [
    "sqs",
    "RedrivePolicy",
    "{ }",
    "Invalid parameter: Attributes Reason: RedrivePolicy: Missing deadLetterTargetArn attribute",
  ],
  [
    "sqs",
    "RedrivePolicy",
    `{"deadLetterTargetArn":"${topicArn("t")}"}`,
    "Invalid parameter: Attributes Reason: RedrivePolicy: deadLetterTargetArn must be a SQS queue",
  ],
  [
    "sqs",
    "RedrivePolicy",
    '{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:000000000000:q"}',
    "Invalid parameter: Attributes Reason: RedrivePolicy: deadLetterTargetArn must be in the same region as the subscription",
  ],
  [
    "sqs",
    "DeliveryPolicy",
    '{"healthyRetryPolicy":{"maxDelayTarget":20,"numRetries":5}}',
    "Invalid parameter: Attributes Reason: DeliveryPolicy: healthyRetryPolicy.minDelayTarget must be specified",
  ],
  [
    "https",
    "DeliveryPolicy",
    '{"healthyRetryPolicy":{"numRetries":5}}',
    "Invalid parameter: Attributes Reason: DeliveryPolicy: healthyRetryPolicy.minDelayTarget must be specified",
  ],
  [
    "https",
    "DeliveryPolicy",
    '{"healthyRetryPolicy":{"minDelayTarget":0,"maxDelayTarget":0,"numRetries":0}}',
    "Invalid parameter: Attributes Reason: DeliveryPolicy: healthyRetryPolicy.minDelayTarget must be greater than or equal to 1",
  ],
  [
    "https",
    "DeliveryPolicy",
    '{"healthyRetryPolicy":{"minDelayTarget":1,"maxDelayTarget":2,"numRetries":1,"numNoDelayRetries":2}}',
    "Invalid parameter: Attributes Reason: DeliveryPolicy: healthyRetryPolicy.numRetries must be greater than or equal to total of numMinDelayRetries, numNoDelayRetries and numMaxDelayRetries",
  ],
  [
    "https",
    "DeliveryPolicy",
    '{"throttlePolicy":{"maxReceivesPerSecond":0}}',
    "Invalid parameter: Attributes Reason: DeliveryPolicy: throttlePolicy.maxReceivesPerSecond must be >= 1",
  ],
  ["https", "DeliveryPolicy", '{"http":{}}', /DeliveryPolicy/],
  ["sqs", "SubscriptionRoleArn", "role", /SubscriptionRoleArn/],
  ["sqs", "ReplayPolicy", '{"PointType":"Timestamp","StartingPoint":"2026-01-01T00:00:00Z"}', /ReplayPolicy/],
];
const SOMEWHERE: Record<string, string> = {
  sqs: queueArn("q"),
  email: "a@example.com",
  https: "https://example.com/",
};
for (const [protocol, name, value, message] of WRONG) {
  behaviour(`${name} of ${protocol} refuses ${value.slice(0, 40)}`, SUBSCRIBE, async () => {
    const Attributes = { [name]: value };
    await expect(
      subscribe(await cloud.topic(), protocol, SOMEWHERE[protocol], { Attributes }),
    ).rejects.toMatchObject(refused(message));
  });
}

const REPLAYING = doc("sns/latest/dg/message-archiving-and-replay-subscriber.html");
for (const value of [
  "null",
  "5",
  "{",
  '{"PointType":"Offset","StartingPoint":"2026-01-01T00:00:00Z"}',
  '{"PointType":"Timestamp"}',
  '{"PointType":"Timestamp","StartingPoint":["2026-01-01T00:00:00Z"]}',
  '{"PointType":"Timestamp","StartingPoint":"2026-01-02T00:00:00Z","EndingPoint":"2026-01-01T00:00:00Z"}',
])
  behaviour(`${value} is not a valid replay policy`, REPLAYING, async () => {
    const { subscription } = await cloud.pair({}, { FifoTopic: "true" });
    await expect(set(subscription, "ReplayPolicy", value)).rejects.toMatchObject(
      refused(/^Invalid parameter: ReplayPolicy/),
    );
  });

behaviour("a subscription to a standard topic cannot have a replay policy", REPLAYING, async () => {
  const { subscription } = await cloud.pair();
  const value = '{"PointType":"Timestamp","StartingPoint":"2026-01-01T00:00:00Z"}';
  await expect(set(subscription, "ReplayPolicy", value)).rejects.toMatchObject(refused(/ReplayPolicy/));
});

behaviour(
  "a Firehose subscription requires a role",
  doc("sns/latest/dg/firehose-endpoints-subscribe.html"),
  async () => {
    const endpoint = `arn:aws:firehose:us-east-1:${ACCOUNT}:deliverystream/s`;
    await expect(subscribe(await cloud.topic(), "firehose", endpoint)).rejects.toMatchObject(
      refused(
        "Invalid parameter: Delivery protocol firehose can only be subscribed with subscription role arn",
      ),
    );
  },
);

behaviour("subscribing an endpoint again returns the existing subscription", SUBSCRIBE, async () => {
  const { topic, queue, subscription } = await cloud.pair();
  expect((await subscribe(topic, "sqs", queue)).SubscriptionArn).toBe(subscription);
  expect(await byTopic(topic)).toHaveLength(1);
});

behaviour("subscribing an endpoint again with other attributes is refused", SUBSCRIBE, async () => {
  const { topic, queue } = await cloud.pair();
  const Attributes = { RawMessageDelivery: "true" };
  await expect(subscribe(topic, "sqs", queue, { Attributes })).rejects.toMatchObject(
    refused("Invalid parameter: Attributes Reason: Subscription already exists with different attributes"),
  );
});

behaviour("an e-mail subscription is pending until it is confirmed", SUBSCRIBE, async () => {
  const topic = await cloud.topic();
  expect((await subscribe(topic, "email", "a@example.com")).SubscriptionArn).toBe("pending confirmation");
  expect((await byTopic(topic))[0]).toMatchObject({
    SubscriptionArn: "PendingConfirmation",
    Protocol: "email",
    Endpoint: "a@example.com",
    Owner: ACCOUNT,
  });
});

behaviour(
  "a subscription that is not confirmed within 48 hours is deleted",
  doc("sns/latest/dg/sns-delete-subscription-topic.html"),
  async () => {
    const topic = await cloud.topic();
    await subscribe(topic, "email", "a@example.com");
    await cloud.advance(47 * 3_600_000);
    expect(await byTopic(topic)).toHaveLength(1);
    await cloud.advance(3_600_001);
    expect(await byTopic(topic)).toEqual([]);
  },
);

behaviour("ReturnSubscriptionArn returns the ARN of a pending subscription", SUBSCRIBE, async () => {
  const topic = await cloud.topic();
  const answer = await subscribe(topic, "email", "a@example.com", { ReturnSubscriptionArn: true });
  expect((await attributes(answer.SubscriptionArn!)).PendingConfirmation).toBe("true");
});

behaviour(
  "a queue of another account is pending and receives a confirmation request",
  doc("sns/latest/dg/sns-send-message-to-sqs-cross-account.html"),
  async () => {
    const theirs = cloud.sqs({ account: "111122223333" });
    const { QueueUrl } = await theirs.send(
      new CreateQueueCommand({ QueueName: "theirs", Attributes: { Policy: OPEN } }),
    );
    const topic = await cloud.topic();
    const answer = await subscribe(topic, "sqs", queueArn("theirs", "111122223333"));
    expect(answer.SubscriptionArn).toBe("pending confirmation");
    await cloud.advance(1_000);
    const { Messages } = await theirs.send(new ReceiveMessageCommand({ QueueUrl }));
    const confirmationRequest = JSON.parse(Messages![0]!.Body!);
    expect(confirmationRequest).toMatchObject({ Type: "SubscriptionConfirmation", TopicArn: topic });
    expect(confirmationRequest.SubscribeURL).toContain(
      `Action=ConfirmSubscription&TopicArn=${topic}&Token=${confirmationRequest.Token}`,
    );
    const confirmed = await send(
      new ConfirmSubscriptionCommand({ TopicArn: topic, Token: confirmationRequest.Token }),
    );
    expect(confirmed.SubscriptionArn).toMatch(/^arn:/);
    expect((await byTopic(topic))[0]!.SubscriptionArn).toBe(confirmed.SubscriptionArn);
  },
);

behaviour("an unknown token is refused", CONFIRM, async () => {
  const TopicArn = await cloud.topic();
  const command = new ConfirmSubscriptionCommand({ TopicArn, Token: "made-up" });
  await expect(send(command)).rejects.toMatchObject(refused("Invalid parameter: Token"));
  const formed = new ConfirmSubscriptionCommand({ TopicArn, Token: "2336412f37fb687f".repeat(20) });
  await expect(send(formed)).rejects.toMatchObject(refused("Invalid token"));
});

behaviour("ConfirmSubscription refuses a malformed topic ARN", CONFIRM, async () => {
  const command = new ConfirmSubscriptionCommand({ TopicArn: "topic", Token: "any" });
  await expect(send(command)).rejects.toMatchObject(refused("Invalid parameter: Topic"));
});

behaviour("ConfirmSubscription of a missing topic fails", CONFIRM, async () => {
  const command = new ConfirmSubscriptionCommand({ TopicArn: topicArn("not-there"), Token: "any" });
  await expect(send(command)).rejects.toMatchObject({ name: "NotFoundException" });
});

behaviour("GetSubscriptionAttributes describes a subscription", GET, async () => {
  const { topic, queue, subscription } = await cloud.pair();
  expect(await attributes(subscription)).toEqual({
    SubscriptionArn: subscription,
    TopicArn: topic,
    Owner: ACCOUNT,
    Protocol: "sqs",
    Endpoint: queue,
    PendingConfirmation: "false",
    ConfirmationWasAuthenticated: "true",
    SubscriptionPrincipal: `arn:aws:iam::${ACCOUNT}:root`,
    RawMessageDelivery: "false",
  });
});

behaviour("GetSubscriptionAttributes returns a filter policy with its scope", GET, async () => {
  const { subscription } = await cloud.pair({ FilterPolicy: '{"k":["a"]}' });
  expect(await attributes(subscription)).toMatchObject({
    FilterPolicy: '{"k":["a"]}',
    FilterPolicyScope: "MessageAttributes",
  });
});

behaviour("an empty filter policy removes the policy and its scope", SET, async () => {
  const { subscription } = await cloud.pair({
    FilterPolicy: '{"k":["a"]}',
    FilterPolicyScope: "MessageBody",
  });
  await set(subscription, "FilterPolicy", "{}");
  const described = await attributes(subscription);
  expect([described.FilterPolicy, described.FilterPolicyScope]).toEqual([undefined, undefined]);
});

behaviour("GetSubscriptionAttributes of a missing subscription fails", GET, async () => {
  const { topic } = await cloud.pair();
  await expect(attributes(`${topic}:00000000-0000-0000-0000-000000000000`)).rejects.toMatchObject({
    name: "NotFoundException",
    message: "Subscription does not exist",
  });
});

behaviour("raw delivery can be enabled after subscribing", SET, async () => {
  const { subscription } = await cloud.pair();
  await set(subscription, "RawMessageDelivery", "TRUE");
  expect((await attributes(subscription)).RawMessageDelivery).toBe("true");
});

behaviour("a redrive policy can be set and removed", SET, async () => {
  const { subscription } = await cloud.pair();
  const policy = JSON.stringify({ deadLetterTargetArn: queueArn("dead") });
  await set(subscription, "RedrivePolicy", policy);
  expect((await attributes(subscription)).RedrivePolicy).toBe(policy);
  await set(subscription, "RedrivePolicy", "{}");
  expect((await attributes(subscription)).RedrivePolicy).toBeUndefined();
});

behaviour("an unknown attribute is refused", SET, async () => {
  const { subscription } = await cloud.pair();
  await expect(set(subscription, "Colour", "red")).rejects.toMatchObject(
    refused("Invalid parameter: AttributeName"),
  );
});

behaviour("a deleted subscription is not found, and Unsubscribe is idempotent", UNSUBSCRIBE, async () => {
  const { topic, subscription: SubscriptionArn } = await cloud.pair();
  await send(new UnsubscribeCommand({ SubscriptionArn }));
  await send(new UnsubscribeCommand({ SubscriptionArn }));
  expect(await byTopic(topic)).toEqual([]);
  const { Attributes } = await send(new GetTopicAttributesCommand({ TopicArn: topic }));
  expect(Attributes!.SubscriptionsDeleted).toBe("1");
});

behaviour("Unsubscribe refuses a topic's ARN", UNSUBSCRIBE, async () => {
  const command = new UnsubscribeCommand({ SubscriptionArn: await cloud.topic() });
  await expect(send(command)).rejects.toMatchObject(refused("Invalid parameter: SubscriptionId"));
});

behaviour("Unsubscribe refuses a malformed ARN", UNSUBSCRIBE, async () => {
  await expect(send(new UnsubscribeCommand({ SubscriptionArn: "x" }))).rejects.toMatchObject(
    refused("Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, not 1"),
  );
});

behaviour(
  "Unsubscribe refuses a subscription that is not confirmed",
  "https://github.com/hashicorp/terraform-provider-aws/blob/v5.100.0/internal/service/sns/topic_subscription.go",
  async () => {
    const more = { ReturnSubscriptionArn: true };
    const { SubscriptionArn } = await subscribe(await cloud.topic(), "email", "a@example.com", more);
    await expect(send(new UnsubscribeCommand({ SubscriptionArn }))).rejects.toMatchObject(
      refused(
        "Invalid parameter: SubscriptionArn Reason: Cannot unsubscribe a subscription that is pending confirmation",
      ),
    );
  },
);

behaviour("Unsubscribe is denied to other accounts", UNSUBSCRIBE, async () => {
  const { subscription: SubscriptionArn } = await cloud.pair();
  const otherAccount = cloud.sns({ account: "111122223333" });
  await expect(otherAccount.send(new UnsubscribeCommand({ SubscriptionArn }))).rejects.toMatchObject({
    name: "AuthorizationErrorException",
    $metadata: { httpStatusCode: 403 },
  });
});

behaviour("the link in a message unsubscribes its recipient", UNSUBSCRIBE, async () => {
  const { topic, subscription } = await cloud.pair();
  const answer = await fetch(`${cloud.endpoint}/?Action=Unsubscribe&SubscriptionArn=${subscription}`);
  expect(answer.status).toBe(200);
  expect(await byTopic(topic)).toEqual([]);
});

behaviour("ListSubscriptions returns pages of a hundred", LIST, async () => {
  const alone = cloud.sns({ account: "222233334444" });
  const { TopicArn } = await alone.send(new CreateTopicCommand({ Name: "many" }));
  for (let i = 0; i < 101; i++) {
    const Endpoint = queueArn(`q${i}`, "222233334444");
    await alone.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint }));
  }
  const first = await alone.send(new ListSubscriptionsCommand({}));
  expect(first.Subscriptions).toHaveLength(100);
  const rest = await alone.send(new ListSubscriptionsCommand({ NextToken: first.NextToken }));
  expect(rest.Subscriptions).toHaveLength(1);
  expect(rest.NextToken).toBeUndefined();
  const ofTopic = await alone.send(new ListSubscriptionsByTopicCommand({ TopicArn }));
  expect(ofTopic.Subscriptions).toHaveLength(100);
});

behaviour("ListSubscriptions refuses an invalid token", BY_TOPIC, async () => {
  const TopicArn = await cloud.topic();
  const command = new ListSubscriptionsByTopicCommand({ TopicArn, NextToken: "made-up" });
  await expect(send(command)).rejects.toMatchObject(refused("Invalid parameter: NextToken"));
});

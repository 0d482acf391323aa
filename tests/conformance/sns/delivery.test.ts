import { createPublicKey, verify, X509Certificate } from "node:crypto";
import { createServer, type Server } from "node:http";
import {
  ConfirmSubscriptionCommand,
  GetSubscriptionAttributesCommand,
  PublishCommand,
  SetTopicAttributesCommand,
  SubscribeCommand,
  UnsubscribeCommand,
} from "@aws-sdk/client-sns";
import { DeleteQueueCommand, SetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect } from "vitest";
import { behaviour, doc } from "../cloud.ts";
import { queueArn, snsCloud } from "./sns.ts";

const cloud = snsCloud();

const FORMATS = doc("sns/latest/dg/sns-message-and-json-formats.html");
const RAW = doc("sns/latest/dg/sns-large-payload-raw-message-delivery.html");
const DEAD = doc("sns/latest/dg/sns-dead-letter-queues.html");
const RETRIES = doc("sns/latest/dg/sns-message-delivery-retries.html");
const FAREWELL = doc("sns/latest/dg/http-unsubscribe-confirmation-json.html");
const HTTP = doc("sns/latest/dg/sns-http-https-endpoint-as-subscriber.html");
const SIGNATURES = doc("sns/latest/dg/sns-verify-signature-of-message.html");

const publish = (TopicArn: string, Message: string, more: object = {}) =>
  cloud.sns().send(new PublishCommand({ TopicArn, Message, ...more }));
const kind = { kind: { DataType: "String", StringValue: "x" } };

behaviour("a queue receives the message in an envelope", FORMATS, async () => {
  const { topic, url, subscription } = await cloud.pair();
  const { MessageId } = await publish(topic, "hello", { Subject: "subject", MessageAttributes: kind });
  const [envelope] = await cloud.notifications(url);
  expect(Object.keys(envelope!)).toEqual([
    "Type",
    "MessageId",
    "TopicArn",
    "Subject",
    "Message",
    "Timestamp",
    "SignatureVersion",
    "Signature",
    "SigningCertURL",
    "UnsubscribeURL",
    "MessageAttributes",
  ]);
  expect(envelope).toMatchObject({
    Type: "Notification",
    MessageId,
    TopicArn: topic,
    Subject: "subject",
    Message: "hello",
    Timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    SignatureVersion: "1",
    UnsubscribeURL: `${cloud.endpoint}/?Action=Unsubscribe&SubscriptionArn=${subscription}`,
    MessageAttributes: { kind: { Type: "String", Value: "x" } },
  });
});

behaviour("an envelope without subject and attributes omits both members", FORMATS, async () => {
  const { topic, url } = await cloud.pair();
  await publish(topic, "hello");
  const [envelope] = await cloud.notifications(url);
  expect(envelope).not.toHaveProperty("Subject");
  expect(envelope).not.toHaveProperty("MessageAttributes");
});

behaviour("the value of a binary attribute is base64", FORMATS, async () => {
  const { topic, url } = await cloud.pair();
  const MessageAttributes = { b: { DataType: "Binary", BinaryValue: Buffer.from("bytes") } };
  await publish(topic, "hello", { MessageAttributes });
  const [envelope] = await cloud.notifications(url);
  expect(envelope!.MessageAttributes).toEqual({ b: { Type: "Binary", Value: "Ynl0ZXM=" } });
});

behaviour("raw delivery sends only the message", RAW, async () => {
  const { topic, url } = await cloud.pair({ RawMessageDelivery: "true" });
  await publish(topic, "hello");
  expect((await cloud.received(url))[0]!.Body).toBe("hello");
});

behaviour("raw delivery maps message attributes to SQS attributes", RAW, async () => {
  const { topic, url } = await cloud.pair({ RawMessageDelivery: "true" });
  await publish(topic, "hello", { MessageAttributes: kind });
  expect((await cloud.received(url))[0]!.MessageAttributes).toMatchObject(kind);
});

behaviour("a raw message with more than ten attributes is not delivered", RAW, async () => {
  const { topic, url } = await cloud.pair({ RawMessageDelivery: "true" });
  const names = Array.from({ length: 11 }, (_, i) => [`a${i}`, { DataType: "String", StringValue: "v" }]);
  await publish(topic, "hello", { MessageAttributes: Object.fromEntries(names) });
  expect(await cloud.received(url)).toEqual([]);
});

behaviour("a deleted subscription receives nothing", doc("sns/latest/api/API_Unsubscribe.html"), async () => {
  const { topic, url, subscription: SubscriptionArn } = await cloud.pair();
  await cloud.sns().send(new UnsubscribeCommand({ SubscriptionArn }));
  await publish(topic, "hello");
  expect(await cloud.received(url)).toEqual([]);
});

behaviour("all subscriptions of a topic receive a message", doc("sns/latest/dg/welcome.html"), async () => {
  const { topic, url } = await cloud.pair();
  const other = await cloud.queue();
  const command = new SubscribeCommand({ TopicArn: topic, Protocol: "sqs", Endpoint: other.arn });
  await cloud.sns().send(command);
  await publish(topic, "hello");
  expect(await cloud.received(url)).toHaveLength(1);
  expect(await cloud.received(other.url)).toHaveLength(1);
});

behaviour(
  "a queue whose policy does not allow the topic receives nothing",
  doc("sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html"),
  async () => {
    const { topic, url } = await cloud.pair();
    await cloud.sqs().send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { Policy: "" } }));
    await publish(topic, "hello");
    expect(await cloud.received(url)).toEqual([]);
  },
);

async function withDeadLetters(more: Record<string, string> = {}) {
  const dead = await cloud.queue();
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn });
  return { dead, ...(await cloud.pair({ RedrivePolicy, ...more })) };
}

behaviour("messages for a deleted queue are sent to the dead-letter queue", DEAD, async () => {
  const { dead, topic, url } = await withDeadLetters();
  await cloud.sqs().send(new DeleteQueueCommand({ QueueUrl: url }));
  await publish(topic, "hello");
  const [letter] = await cloud.received(dead.url);
  expect(JSON.parse(letter!.Body!)).toMatchObject({ Type: "Notification", Message: "hello" });
  expect(Object.keys(letter!.MessageAttributes!).sort()).toEqual(["ErrorCode", "ErrorMessage", "RequestID"]);
});

behaviour("raw delivery sends dead letters raw", DEAD, async () => {
  const { dead, topic, url } = await withDeadLetters({ RawMessageDelivery: "true" });
  await cloud.sqs().send(new DeleteQueueCommand({ QueueUrl: url }));
  await publish(topic, "hello");
  expect((await cloud.received(dead.url))[0]!.Body).toBe("hello");
});

async function certificateOf({ SigningCertURL }: Record<string, string>) {
  return new X509Certificate(await (await fetch(SigningCertURL!)).text());
}

function hasValidSignature(
  envelope: Record<string, string>,
  certificate: X509Certificate,
  names: string[],
): boolean {
  const text = names
    .flatMap((name) => (envelope[name] === undefined ? [] : [`${name}\n${envelope[name]}\n`]))
    .join("");
  const hash = envelope.SignatureVersion === "2" ? "sha256" : "sha1";
  const key = createPublicKey(certificate.publicKey.export({ type: "spki", format: "pem" }));
  return verify(hash, Buffer.from(text), key, Buffer.from(envelope.Signature!, "base64"));
}

const NOTIFICATION = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"];
const CONFIRMATION = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];

for (const [version, hash] of [
  ["1", "SHA-1"],
  ["2", "SHA-256"],
] as const) {
  behaviour(`signature version ${version} is RSA over ${hash}`, SIGNATURES, async () => {
    const { topic, url } = await cloud.pair();
    await cloud.sns().send(
      new SetTopicAttributesCommand({
        TopicArn: topic,
        AttributeName: "SignatureVersion",
        AttributeValue: version,
      }),
    );
    await publish(topic, "hello", { Subject: "subject" });
    const [envelope] = await cloud.notifications(url);
    expect(envelope!.SignatureVersion).toBe(version);
    const certificate = await certificateOf(envelope!);
    expect(hasValidSignature(envelope!, certificate, NOTIFICATION)).toBe(true);
    expect(hasValidSignature({ ...envelope!, Message: "forged" }, certificate, NOTIFICATION)).toBe(false);
  });
}

behaviour("the SigningCertURL ends with .pem", SIGNATURES, async () => {
  const { topic, url } = await cloud.pair();
  await publish(topic, "hello");
  expect((await cloud.notifications(url))[0]!.SigningCertURL).toMatch(
    /\/SimpleNotificationService-\w+\.pem$/,
  );
});

// An HTTP endpoint with a scripted response.

interface Post {
  headers: Record<string, unknown>;
  body: string;
}
let server: Server;
let posts: Post[] = [];
let answers: number[] = [];
let origin = "";

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    posts.push({ headers: request.headers, body });
    response.writeHead(answers.shift() ?? 200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
});
afterAll(() => void server.close());

async function endpoint(Attributes: Record<string, string> = {}, firstAnswers: number[] = []) {
  const topic = await cloud.topic();
  posts = [];
  answers = firstAnswers;
  const command = new SubscribeCommand({
    TopicArn: topic,
    Protocol: "http",
    Endpoint: `${origin}/hook`,
    Attributes,
  });
  await cloud.sns().send(command);
  await cloud.advance(1_000);
  const confirmationRequest: Record<string, string> = JSON.parse(posts[0]!.body);
  return { topic, confirmationRequest, headers: posts[0]!.headers };
}

async function confirmed(Attributes: Record<string, string> = {}) {
  const { topic, confirmationRequest } = await endpoint(Attributes);
  const command = new ConfirmSubscriptionCommand({ TopicArn: topic, Token: confirmationRequest.Token });
  const { SubscriptionArn } = await cloud.sns().send(command);
  posts = [];
  return { topic, subscription: SubscriptionArn! };
}

behaviour("Subscribe sends a confirmation request to an HTTP endpoint", HTTP, async () => {
  const { topic, confirmationRequest, headers } = await endpoint();
  expect(confirmationRequest).toMatchObject({
    Type: "SubscriptionConfirmation",
    TopicArn: topic,
    Token: expect.any(String),
  });
  expect(headers).toMatchObject({
    "x-amz-sns-message-type": "SubscriptionConfirmation",
    "x-amz-sns-message-id": confirmationRequest.MessageId,
    "x-amz-sns-topic-arn": topic,
    "content-type": "text/plain; charset=UTF-8",
    "user-agent": "Amazon Simple Notification Service Agent",
  });
});

behaviour(
  "a confirmation request uses the user name and password in the endpoint's URL, even with a stray percent sign",
  HTTP,
  async () => {
    const topic = await cloud.topic();
    posts = [];
    answers = [];
    const Endpoint = `${origin.replace("//", "//me:50%@")}/hook`;
    await cloud.sns().send(new SubscribeCommand({ TopicArn: topic, Protocol: "http", Endpoint }));
    await cloud.advance(1_000);
    expect(posts[0]!.headers.authorization).toBe(`Basic ${Buffer.from("me:50%").toString("base64")}`);
  },
);

behaviour("a confirmation request is signed", SIGNATURES, async () => {
  const { confirmationRequest } = await endpoint();
  expect(hasValidSignature(confirmationRequest, await certificateOf(confirmationRequest), CONFIRMATION)).toBe(
    true,
  );
});

behaviour("the text for each protocol has its own signature", SIGNATURES, async () => {
  const { topic } = await confirmed();
  const { url, arn } = await cloud.queue();
  await cloud.sns().send(new SubscribeCommand({ TopicArn: topic, Protocol: "sqs", Endpoint: arn }));
  const text = JSON.stringify({ default: "for all", http: "for endpoints", sqs: "for queues" });
  await publish(topic, text, { MessageStructure: "json" });
  const [queued] = await cloud.notifications(url);
  const posted: Record<string, string> = JSON.parse(posts[0]!.body);
  expect([posted.Message, queued!.Message]).toEqual(["for endpoints", "for queues"]);
  for (const envelope of [posted, queued!])
    expect(hasValidSignature(envelope, await certificateOf(envelope), NOTIFICATION)).toBe(true);
});

behaviour("an endpoint confirms by visiting the SubscribeURL", HTTP, async () => {
  const { topic, confirmationRequest } = await endpoint();
  expect((await fetch(confirmationRequest.SubscribeURL!)).status).toBe(200);
  posts = [];
  await publish(topic, "hello");
  await cloud.advance(1_000);
  expect(JSON.parse(posts[0]!.body)).toMatchObject({ Type: "Notification", Message: "hello" });
});

behaviour("a confirmation request that the endpoint refuses is not retried", RETRIES, async () => {
  await endpoint({}, [400, 400, 400]);
  await cloud.advance(600_000);
  expect(posts).toHaveLength(1);
});

behaviour("nothing is delivered until the subscription is confirmed", HTTP, async () => {
  const { topic } = await endpoint();
  posts = [];
  await publish(topic, "hello");
  await cloud.advance(1_000);
  expect(posts).toEqual([]);
});

behaviour(
  "a notification has the subscription's ARN in a header",
  doc("sns/latest/dg/http-header.html"),
  async () => {
    const { topic, subscription } = await confirmed();
    await publish(topic, "hello");
    await cloud.advance(1_000);
    expect(posts[0]!.headers).toMatchObject({
      "x-amz-sns-message-type": "Notification",
      "x-amz-sns-subscription-arn": subscription,
    });
  },
);

behaviour("raw delivery posts the message with a raw delivery header", RAW, async () => {
  const { topic } = await confirmed({ RawMessageDelivery: "true" });
  await publish(topic, "hello");
  await cloud.advance(1_000);
  expect(posts[0]).toMatchObject({ body: "hello", headers: { "x-amz-sns-rawdelivery": "true" } });
});

behaviour(
  "a delivery policy sets the Content-Type",
  doc("sns/latest/dg/creating-delivery-policy.html"),
  async () => {
    const policy = { requestPolicy: { headerContentType: "application/json" } };
    const { topic } = await confirmed({ DeliveryPolicy: JSON.stringify(policy) });
    await publish(topic, "hello");
    await cloud.advance(1_000);
    expect(posts[0]!.headers["content-type"]).toBe("application/json");
  },
);

behaviour("a failed delivery is retried three times, every 20 seconds", RETRIES, async () => {
  const { topic } = await confirmed();
  answers = [500, 503, 500, 500, 500];
  await publish(topic, "hello");
  await cloud.advance(1_000);
  expect(posts).toHaveLength(1);
  await cloud.advance(20_000);
  expect(posts).toHaveLength(2);
  await cloud.advance(600_000);
  expect(posts).toHaveLength(4);
});

behaviour("no retry follows a successful one", RETRIES, async () => {
  const { topic } = await confirmed();
  answers = [500];
  await publish(topic, "hello");
  await cloud.advance(600_000);
  expect(posts).toHaveLength(2);
});

behaviour("status 429 is retried", RETRIES, async () => {
  const { topic } = await confirmed();
  answers = [429];
  await publish(topic, "hello");
  await cloud.advance(600_000);
  expect(posts).toHaveLength(2);
});

behaviour("other client errors are not retried", RETRIES, async () => {
  const { topic } = await confirmed();
  answers = [403];
  await publish(topic, "hello");
  await cloud.advance(600_000);
  expect(posts).toHaveLength(1);
});

behaviour("a subscription's delivery policy sets the number of retries", RETRIES, async () => {
  const healthyRetryPolicy = { numRetries: 5, numNoDelayRetries: 5, minDelayTarget: 1, maxDelayTarget: 1 };
  const { topic } = await confirmed({ DeliveryPolicy: JSON.stringify({ healthyRetryPolicy }) });
  answers = [500, 500, 500, 500, 500, 500, 500];
  await publish(topic, "hello");
  await cloud.advance(1_000);
  expect(posts).toHaveLength(6);
});

behaviour("an undeliverable message is sent to the dead-letter queue", DEAD, async () => {
  const dead = await cloud.queue();
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn });
  const { topic } = await confirmed({ RedrivePolicy });
  answers = [500, 500, 500, 500];
  await publish(topic, "hello");
  await cloud.advance(600_000);
  expect((await cloud.notifications(dead.url))[0]).toMatchObject({ Message: "hello" });
});

behaviour(
  "ConfirmSubscription reports whether unsubscribing requires authentication",
  doc("sns/latest/api/API_GetSubscriptionAttributes.html"),
  async () => {
    const { confirmationRequest } = await endpoint();
    const answer = await (await fetch(confirmationRequest.SubscribeURL!)).text();
    const SubscriptionArn = /<SubscriptionArn>(.*)<\/SubscriptionArn>/.exec(answer)![1];
    const { Attributes } = await cloud.sns().send(new GetSubscriptionAttributesCommand({ SubscriptionArn }));
    expect(Attributes!.ConfirmationWasAuthenticated).toBe("false");
  },
);

behaviour(
  "AuthenticateOnUnsubscribe requires a signature to unsubscribe",
  doc("sns/latest/api/API_ConfirmSubscription.html"),
  async () => {
    const { topic, confirmationRequest } = await endpoint();
    const { SubscriptionArn } = await cloud.sns().send(
      new ConfirmSubscriptionCommand({
        TopicArn: topic,
        Token: confirmationRequest.Token,
        AuthenticateOnUnsubscribe: "true",
      }),
    );
    const unsigned = await fetch(`${cloud.endpoint}/?Action=Unsubscribe&SubscriptionArn=${SubscriptionArn}`);
    expect(unsigned.status).toBe(403);
    await cloud.sns().send(new UnsubscribeCommand({ SubscriptionArn }));
  },
);

behaviour("an endpoint is notified of its unsubscription, and can restore it", FAREWELL, async () => {
  const { topic, subscription } = await confirmed();
  await cloud.sns().send(new UnsubscribeCommand({ SubscriptionArn: subscription }));
  await cloud.advance(1_000);
  const envelope: Record<string, string> = JSON.parse(posts[0]!.body);
  expect(envelope).toMatchObject({
    Type: "UnsubscribeConfirmation",
    TopicArn: topic,
    Message: `You have chosen to deactivate subscription ${subscription}.\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message.`,
  });
  expect(hasValidSignature(envelope, await certificateOf(envelope), CONFIRMATION)).toBe(true);
  expect(posts[0]!.headers).toMatchObject({
    "x-amz-sns-message-type": "UnsubscribeConfirmation",
    "x-amz-sns-message-id": envelope.MessageId,
    "x-amz-sns-subscription-arn": subscription,
  });
  posts = [];
  await publish(topic, "unheard");
  await cloud.advance(1_000);
  expect(posts).toEqual([]);
  const restored = await fetch(envelope.SubscribeURL!);
  expect(await restored.text()).toContain(`<SubscriptionArn>${subscription}</SubscriptionArn>`);
  await publish(topic, "heard");
  await cloud.advance(1_000);
  expect(JSON.parse(posts[0]!.body)).toMatchObject({ Message: "heard" });
});

behaviour(
  "a subscription cannot be restored if its filter policy exceeds the limit",
  doc("sns/latest/api/API_ConfirmSubscription.html"),
  async () => {
    const Attributes = { FilterPolicy: '{"k":["a"]}' };
    const { topic: TopicArn, subscription } = await confirmed(Attributes);
    await cloud.sns().send(new UnsubscribeCommand({ SubscriptionArn: subscription }));
    await cloud.advance(1_000);
    const { SubscribeURL } = JSON.parse(posts[0]!.body);
    for (let n = 0; n < 200; n++) {
      const Endpoint = queueArn(`filtered-${n}`);
      await cloud.sns().send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint, Attributes }));
    }
    expect(await (await fetch(SubscribeURL)).text()).toContain("<Code>FilterPolicyLimitExceeded</Code>");
  },
);

behaviour("a subscription can be restored for three days", FAREWELL, async () => {
  const { subscription } = await confirmed();
  await cloud.sns().send(new UnsubscribeCommand({ SubscriptionArn: subscription }));
  await cloud.advance(1_000);
  const { SubscribeURL } = JSON.parse(posts[0]!.body);
  await cloud.advance(3 * 86_400_000);
  expect((await fetch(SubscribeURL)).status).toBe(400);
});

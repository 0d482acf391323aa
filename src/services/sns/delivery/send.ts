import { parseArn, queueUrlOf } from "#aws/arn.ts";
import { AwsError } from "#aws/errors.ts";
import { rootOf } from "#kernel/calls/principal.ts";
import type { Context } from "#kernel/context.ts";
import { subscriptionArn } from "../arns.ts";
import { pushLetter } from "../mobile/push.ts";
import { textMessage } from "../mobile/sms.ts";
import type { Message, Subscription, Topic } from "../store.ts";
import { bodyFor, envelope, notification, spaced } from "./envelope.ts";
import { postMessage } from "./http.ts";
import { effectiveSubscriptionPolicy } from "./policy.ts";

const CALLER = "sns.amazonaws.com";
/** The maximum attributes of a message in a queue. */
const MAX_QUEUE_ATTRIBUTES = 10;

/** Makes one attempt to deliver a message to a subscription's endpoint. @throws {AwsError} the endpoint's error */
export async function send(
  ctx: Context,
  { topic, subscription }: { topic: Topic; subscription: Subscription },
  message: Message,
): Promise<void> {
  const { protocol, endpoint } = subscription;
  switch (protocol) {
    case "sqs":
      return toQueue(ctx, subscription, message);
    case "lambda":
      return toFunction(ctx, subscription, message);
    case "http":
    case "https":
      return toEndpoint(ctx, topic, subscription, message);
    case "email":
    case "email-json":
      return toMailbox(ctx, topic, subscription, message);
    case "sms":
      return textMessage(ctx, endpoint, bodyFor("sms", message), message.id);
    case "application":
      return pushLetter(ctx, endpoint, message);
    case "firehose":
      return toStream(ctx, subscription, message);
  }
}

const isRaw = ({ attributes }: Subscription) => attributes.RawMessageDelivery?.toLowerCase() === "true";

async function toQueue(ctx: Context, subscription: Subscription, message: Message): Promise<void> {
  const queue = parseArn(subscription.endpoint)!;
  const { account, region, resource } = queue;
  const raw = isRaw(subscription);
  const attributes = raw ? Object.entries(message.attributes ?? {}) : [];
  if (attributes.length > MAX_QUEUE_ATTRIBUTES)
    throw new AwsError("InvalidParameterValue", "A queue takes ten message attributes at most.");
  const isFifo = resource.endsWith(".fifo");
  await ctx.as(CALLER, message.topicArn, { account, region }).aws.sqs.SendMessage({
    QueueUrl: queueUrlOf(queue),
    MessageBody: raw ? bodyFor("sqs", message) : await envelope(ctx, subscription, message),
    ...(attributes.length > 0 && {
      MessageAttributes: Object.fromEntries(
        attributes.map(([name, { type, text, bytes }]) => [
          name,
          bytes === undefined
            ? { DataType: type, StringValue: text! }
            : { DataType: type, BinaryValue: Buffer.from(bytes, "base64") },
        ]),
      ),
    }),
    ...(message.group !== undefined && { MessageGroupId: message.group }),
    ...(isFifo && { MessageDeduplicationId: message.deduplicationId! }),
  });
}

async function toFunction(ctx: Context, subscription: Subscription, message: Message): Promise<void> {
  const { account, region } = parseArn(subscription.endpoint)!;
  const document: Record<string, unknown> = await notification(ctx, subscription, message);
  const { SigningCertURL, UnsubscribeURL, MessageAttributes, Subject, ...rest } = document;
  const event = {
    Records: [
      {
        EventSource: "aws:sns",
        EventVersion: "1.0",
        EventSubscriptionArn: subscriptionArn(ctx, subscription.topicName, subscription.id),
        Sns: {
          ...rest,
          Subject: Subject ?? null,
          SigningCertUrl: SigningCertURL,
          UnsubscribeUrl: UnsubscribeURL,
          MessageAttributes: MessageAttributes ?? {},
        },
      },
    ],
  };
  await ctx.as(CALLER, message.topicArn, { account, region }).aws.lambda.Invoke({
    FunctionName: subscription.endpoint,
    InvocationType: "Event",
    Payload: Buffer.from(JSON.stringify(event)),
  });
}

async function toEndpoint(
  ctx: Context,
  topic: Topic,
  subscription: Subscription,
  message: Message,
): Promise<void> {
  const { endpoint, protocol, attributes, topicName, id } = subscription;
  const raw = isRaw(subscription);
  const { requestPolicy } = effectiveSubscriptionPolicy(
    topic.attributes.DeliveryPolicy,
    attributes.DeliveryPolicy,
  );
  await postMessage(ctx, endpoint, {
    type: "Notification",
    id: message.id,
    topic: message.topicArn,
    subscription: subscriptionArn(ctx, topicName, id),
    body: raw ? bodyFor(protocol, message) : await envelope(ctx, subscription, message),
    raw,
    contentType: requestPolicy.headerContentType,
  });
}

async function toMailbox(
  ctx: Context,
  topic: Topic,
  subscription: Subscription,
  message: Message,
): Promise<void> {
  const { protocol, endpoint, topicName, id } = subscription;
  const arn = subscriptionArn(ctx, topicName, id);
  const body = bodyFor(protocol, message);
  const footer = `\n\n--\nIf you wish to stop receiving notifications from this topic, please click or visit the link below to unsubscribe:\n${subscription.origin}/?Action=Unsubscribe&SubscriptionArn=${arn}\n`;
  await ctx.letters.put({
    kind: "email",
    service: "sns",
    from: topic.attributes.DisplayName || "AWS Notifications",
    to: endpoint,
    subject: message.subject ?? "AWS Notification Message",
    body: protocol === "email-json" ? await envelope(ctx, subscription, message) : `${body}${footer}`,
    about: arn,
  });
}

async function toStream(ctx: Context, subscription: Subscription, message: Message): Promise<void> {
  const { account, region, resource } = parseArn(subscription.endpoint)!;
  const { Type, MessageId, TopicArn, Subject, Message, Timestamp, UnsubscribeURL, MessageAttributes } =
    (await notification(ctx, subscription, message)) as Record<string, unknown>;
  const document = {
    Type,
    MessageId,
    TopicArn,
    Subject,
    Message,
    Timestamp,
    UnsubscribeURL,
    MessageAttributes,
  };
  const text = isRaw(subscription) ? bodyFor("firehose", message) : spaced(document);
  const role = parseArn(subscription.attributes.SubscriptionRoleArn ?? "");
  const caller = rootOf(role?.account ?? ctx.account);
  await ctx.as(caller, message.topicArn, { account, region }).aws.firehose.PutRecord({
    DeliveryStreamName: resource.replace(/^deliverystream\//, ""),
    Record: { Data: Buffer.from(`${text}\n`) },
  });
}

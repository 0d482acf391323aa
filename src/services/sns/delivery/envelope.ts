import type { Context } from "#kernel/context.ts";
import { subscriptionArn } from "../arns.ts";
import type { Message, Subscription } from "../store.ts";
import { signed } from "./signing.ts";

/** JSON as SNS writes it: one member in a line, with a space on both sides of the colon. */
export function spaced(document: Record<string, unknown>): string {
  const members = Object.entries(document).filter(([, value]) => value !== undefined);
  const lines = members.map(([name, value]) => `  ${JSON.stringify(name)} : ${valueText(value)}`);
  return `{\n${lines.join(",\n")}\n}`;
}

function valueText(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([name, each]) => `${JSON.stringify(name)}:${JSON.stringify(each)}`,
  );
  return `{\n${members.map((member) => `    ${member}`).join(",\n")}\n  }`;
}

/**
 * A message as a queue or an HTTP endpoint gets it, unless delivery is raw.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
 */
export async function envelope(ctx: Context, subscription: Subscription, message: Message): Promise<string> {
  return spaced(await notification(ctx, subscription, message));
}

export async function notification(ctx: Context, subscription: Subscription, message: Message) {
  const { topicName, id, origin, protocol } = subscription;
  const isFifo = message.sequence !== undefined;
  const document = {
    Type: "Notification",
    MessageId: message.id,
    ...(isFifo && { SequenceNumber: message.sequence }),
    TopicArn: message.topicArn,
    ...(message.subject !== undefined && { Subject: message.subject }),
    Message: bodyFor(protocol, message),
    Timestamp: new Date(message.time).toISOString(),
  };
  const arn = subscriptionArn(ctx, topicName, id);
  return {
    ...document,
    ...(!isFifo && (await signed(ctx, subscription, document))),
    UnsubscribeURL: `${origin}/?Action=Unsubscribe&SubscriptionArn=${arn}`,
    ...(message.attributes && { MessageAttributes: attributesOf(message) }),
    ...(message.replayed && { Replayed: true }),
  };
}

export const bodyFor = (protocol: string, { bodies }: Message): string => bodies[protocol] ?? bodies.default!;

export function attributesOf({ attributes = {} }: Message): Record<string, { Type: string; Value: string }> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { type, text, bytes }]) => [
      name,
      { Type: type, Value: bytes ?? text! },
    ]),
  );
}

import { CreateTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, type Message, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect } from "vitest";
import { type ConformanceCloud, conformanceCloud } from "../cloud.ts";

export const ACCOUNT = "000000000000";
export const queueArn = (name: string, account = ACCOUNT) => `arn:aws:sqs:us-east-1:${account}:${name}`;
export const topicArn = (name: string) => `arn:aws:sns:us-east-1:${ACCOUNT}:${name}`;

/** A policy that allows everybody to send. */
export const OPEN = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: "*" }],
});

/** The error of a call with an invalid parameter. */
export const refused = (message: string | RegExp, name = "InvalidParameterException") => ({
  name,
  message: message instanceof RegExp ? expect.stringMatching(message) : message,
  $metadata: expect.objectContaining({ httpStatusCode: 400 }),
});

export interface SnsCloud extends Pick<ConformanceCloud, "endpoint" | "client" | "advance" | "letters"> {
  sns(options?: { account?: string }): SNSClient;
  sqs(options?: { account?: string }): SQSClient;
  /** Creates a topic and returns its ARN. */
  topic(attributes?: Record<string, string>): Promise<string>;
  /** Creates a queue and returns its URL and ARN. */
  queue(attributes?: Record<string, string>): Promise<{ url: string; arn: string }>;
  /** Creates a topic with a new queue as subscriber. */
  pair(
    attributes?: Record<string, string>,
    topic?: Record<string, string>,
  ): Promise<{ topic: string; url: string; queue: string; subscription: string }>;
  /** Runs everything that is due and receives all messages of a queue. */
  received(url: string): Promise<Message[]>;
  /** The parsed envelopes among the received messages. */
  notifications(url: string): Promise<Record<string, string>[]>;
}

export function snsCloud(): SnsCloud {
  const cloud = conformanceCloud();
  let names = 0;
  const sns: SnsCloud["sns"] = (options) => new SNSClient(cloud.client(options));
  const sqs: SnsCloud["sqs"] = (options) => new SQSClient(cloud.client(options));

  const topic: SnsCloud["topic"] = async (Attributes = {}) => {
    const Name = `topic-${++names}${Attributes.FifoTopic === "true" ? ".fifo" : ""}`;
    return (await sns().send(new CreateTopicCommand({ Name, Attributes }))).TopicArn!;
  };
  const queue: SnsCloud["queue"] = async (attributes = {}) => {
    const QueueName = `queue-${++names}${attributes.FifoQueue === "true" ? ".fifo" : ""}`;
    const command = new CreateQueueCommand({ QueueName, Attributes: { Policy: OPEN, ...attributes } });
    return { url: (await sqs().send(command)).QueueUrl!, arn: queueArn(QueueName) };
  };
  const received: SnsCloud["received"] = async (QueueUrl) => {
    await cloud.advance(1_000);
    const command = new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ["All"],
      MessageSystemAttributeNames: ["All"],
    });
    return (await sqs().send(command)).Messages ?? [];
  };
  return {
    get endpoint() {
      return cloud.endpoint;
    },
    client: cloud.client,
    advance: cloud.advance,
    letters: cloud.letters,
    sns,
    sqs,
    topic,
    queue,
    async pair(Attributes = {}, topicAttributes = {}) {
      const isFifo = topicAttributes.FifoTopic === "true";
      const TopicArn = await topic(topicAttributes);
      const { url, arn } = await queue(isFifo ? { FifoQueue: "true" } : {});
      const command = new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: arn, Attributes });
      return { topic: TopicArn, url, queue: arn, subscription: (await sns().send(command)).SubscriptionArn! };
    },
    received,
    notifications: async (url) => (await received(url)).map(({ Body }) => JSON.parse(Body!)),
  };
}

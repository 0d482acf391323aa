import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageCommand,
  type SendMessageCommandInput,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { expect } from "vitest";
import { type ConformanceCloud, doc } from "../cloud.ts";

/** A page of SQS's API reference: `api("SendMessage")`. */
export const api = (operation: string): string =>
  doc(`AWSSimpleQueueService/latest/APIReference/API_${operation}.html`);
/** A page of its developer guide. */
export const guide = (page: string): string =>
  doc(`AWSSimpleQueueService/latest/SQSDeveloperGuide/${page}.html`);

/** Shared helpers of the tests of a file, with queues of their own. */
export function sqsOn(cloud: ConformanceCloud) {
  let made = 0;
  const clients = new Map<string, SQSClient>();
  const client = (account = "test", region = "us-east-1") => {
    const key = `${account} ${region}`;
    let known = clients.get(key);
    if (!known) clients.set(key, (known = new SQSClient(cloud.client({ account, region }))));
    return known;
  };
  const send: SQSClient["send"] = ((command: never) => client().send(command)) as never;

  async function queue(attributes: Record<string, string> = {}): Promise<string> {
    const suffix = attributes.FifoQueue === "true" ? ".fifo" : "";
    const QueueName = `queue-${++made}${suffix}`;
    const { QueueUrl } = await client().send(new CreateQueueCommand({ QueueName, Attributes: attributes }));
    return QueueUrl!;
  }
  const fifo = (attributes: Record<string, string> = {}) => queue({ FifoQueue: "true", ...attributes });

  return {
    client,
    send,
    queue,
    fifo,
    /** A unique queue name. */
    unused: () => `unused-${++made}`,
    arn: (url: string) => `arn:aws:sqs:us-east-1:000000000000:${nameIn(url)}`,
    put: (QueueUrl: string, MessageBody: string, more: Partial<SendMessageCommandInput> = {}) =>
      client().send(new SendMessageCommand({ QueueUrl, MessageBody, ...more })),
    async receive(QueueUrl: string, more: Partial<ReceiveMessageCommandInput> = {}): Promise<Message[]> {
      const input = { QueueUrl, MaxNumberOfMessages: 10, ...more };
      return (await client().send(new ReceiveMessageCommand(input))).Messages ?? [];
    },
    async attributes(QueueUrl: string, ...names: string[]): Promise<Record<string, string>> {
      const AttributeNames = (names.length > 0 ? names : ["All"]) as "All"[];
      return (
        (await client().send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }))).Attributes ?? {}
      );
    },
  };
}

export const nameIn = (url: string): string => url.split("/").at(-1)!;

/** Expects the call to fail with this code and message. */
export async function refused(
  call: Promise<unknown>,
  code: string,
  message?: string | RegExp,
  status = 400,
): Promise<void> {
  const error = await call.then(
    () => undefined,
    (thrown) => thrown,
  );
  expect({ name: error?.name, status: error?.$metadata?.httpStatusCode }).toEqual({ name: code, status });
  if (message instanceof RegExp) expect(error.message).toMatch(message);
  else if (message !== undefined) expect(error.message).toBe(message);
}

import { PipesClient } from "@aws-sdk/client-pipes";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { type ConformanceCloud, doc } from "../cloud.ts";
import { ACCOUNT, name, queue } from "./client.ts";

export const api = (page: string) => doc(`eventbridge/latest/pipes-reference/API_${page}.html`);
export const guide = (page: string) => doc(`eventbridge/latest/userguide/${page}.html`);
export const RoleArn = `arn:aws:iam::${ACCOUNT}:role/pipe`;

export const pipesOf = (cloud: ConformanceCloud): PipesClient["send"] =>
  ((command: never) => new PipesClient(cloud.client()).send(command)) as PipesClient["send"];

/** Parses JSON; other text is returned as it is. */
export function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Creates a queue to which pipes, or the principals of a policy, may send. */
export async function endOf(cloud: ConformanceCloud, policy?: object) {
  const sqs = new SQSClient(cloud.client());
  const QueueName = name("to");
  const Attributes = policy && { Policy: JSON.stringify(policy) };
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
  return {
    arn: queue(QueueName),
    remove: () => sqs.send(new DeleteQueueCommand({ QueueUrl })),
    /** Receives all messages in the order of their arrival. */
    async taken(milliseconds = 5_000): Promise<unknown[]> {
      await cloud.advance(milliseconds);
      const bodies: unknown[] = [];
      for (;;) {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
        );
        if (Messages.length === 0) return bodies;
        for (const { Body, ReceiptHandle } of Messages) {
          bodies.push(jsonOr(Body!));
          await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
        }
      }
    },
  };
}

import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  SchedulerClient,
} from "@aws-sdk/client-scheduler";
import { CreateQueueCommand, type Message, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect } from "vitest";
import { type ConformanceCloud, doc } from "../cloud.ts";

export const api = (operation: string) => doc(`scheduler/latest/APIReference/API_${operation}.html`);
export const guide = (page: string) => doc(`scheduler/latest/UserGuide/${page}.html`);

export const ACCOUNT = "000000000000";
export const RoleArn = `arn:aws:iam::${ACCOUNT}:role/scheduler`;
export const arn = (resource: string) => `arn:aws:scheduler:us-east-1:${ACCOUNT}:${resource}`;
export const queue = (name: string) => `arn:aws:sqs:us-east-1:${ACCOUNT}:${name}`;

let count = 0;
/** Returns a unique name. */
export const name = (kind: string) => `${kind}-${++count}`;

const failure = (code: string, status: number) => (message: string | RegExp) => ({
  name: code,
  message: typeof message === "string" ? message : expect.stringMatching(message),
  $metadata: { httpStatusCode: status },
});
export const invalid = failure("ValidationException", 400);
export const missing = failure("ResourceNotFoundException", 404);
export const conflict = failure("ConflictException", 409);

/** Requests as the default account. */
export function scheduling(cloud: ConformanceCloud) {
  const send = ((command: never) =>
    new SchedulerClient(cloud.client()).send(command)) as SchedulerClient["send"];
  const sqs = ((command: never) => new SQSClient(cloud.client()).send(command)) as SQSClient["send"];

  /** Creates a schedule, by default once a day. */
  async function create(more: Partial<CreateScheduleCommandInput> = {}) {
    const Name = more.Name ?? name("schedule");
    const made = await send(
      new CreateScheduleCommand({
        Name,
        ScheduleExpression: "cron(0 12 * * ? *)",
        FlexibleTimeWindow: { Mode: "OFF" },
        Target: { Arn: queue("q"), RoleArn },
        ...more,
      }),
    );
    return { Name, made };
  }

  /** Creates a queue. `came` returns the messages that have arrived since its last call. */
  async function inbox() {
    const QueueName = name("inbox");
    const { QueueUrl } = await sqs(new CreateQueueCommand({ QueueName }));
    return {
      target: { Arn: queue(QueueName), RoleArn },
      bodies: async () => (await messages()).map(({ Body }) => Body!),
      messages,
    };

    async function messages(): Promise<Message[]> {
      const found: Message[] = [];
      for (;;) {
        const { Messages = [] } = await sqs(
          new ReceiveMessageCommand({
            QueueUrl,
            MaxNumberOfMessages: 10,
            VisibilityTimeout: 43_200,
            MessageAttributeNames: ["All"],
          }),
        );
        if (Messages.length === 0) return found;
        found.push(...Messages);
      }
    }
  }
  return { send, create, inbox };
}

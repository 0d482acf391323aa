import { type Arn, parseArn } from "#aws/arn.ts";
import { AwsError } from "#aws/errors.ts";
import type { Clients } from "./clients.ts";

/** What somebody is handed whom an ARN names: a queue, a topic, a function. */
export interface Delivery {
  /** JSON, as a rule. */
  payload: string;
  /** A topic's: the line above a mail. */
  subject?: string | undefined;
  /** A FIFO queue's or topic's. */
  messageGroupId?: string | undefined;
  messageDeduplicationId?: string | undefined;
  /** A stream's. */
  partitionKey?: string | undefined;
  /** A bus's. */
  source?: string | undefined;
  detailType?: string | undefined;
  resources?: string[] | undefined;
  time?: Date | undefined;
  /** Names the execution of a state machine. */
  name?: string | undefined;
}

type Deliver = (aws: Clients, arn: string, delivery: Delivery, parts: Arn) => Promise<unknown>;

/** By the operation that AWS's own services call there. */
const BY_SERVICE: Record<string, Deliver> = {
  sqs: (aws, _, { payload, messageGroupId, messageDeduplicationId }, { region, account, resource }) =>
    aws.sqs.SendMessage({
      QueueUrl: `https://sqs.${region}.amazonaws.com/${account}/${resource}`,
      MessageBody: payload,
      ...(messageGroupId !== undefined && { MessageGroupId: messageGroupId }),
      ...(messageDeduplicationId !== undefined && { MessageDeduplicationId: messageDeduplicationId }),
    }),
  sns: (aws, arn, { payload, subject, messageGroupId, messageDeduplicationId }) =>
    aws.sns.Publish({
      TopicArn: arn,
      Message: payload,
      ...(subject !== undefined && { Subject: subject }),
      ...(messageGroupId !== undefined && { MessageGroupId: messageGroupId }),
      ...(messageDeduplicationId !== undefined && { MessageDeduplicationId: messageDeduplicationId }),
    }),
  lambda: (aws, arn, { payload }) =>
    aws.lambda.Invoke({ FunctionName: arn, InvocationType: "Event", Payload: Buffer.from(payload) }),
  kinesis: (aws, arn, { payload, partitionKey = "none" }) =>
    aws.kinesis.PutRecord({ StreamARN: arn, Data: Buffer.from(payload), PartitionKey: partitionKey }),
  firehose: (aws, _, { payload }, { resource }) =>
    aws.firehose.PutRecord({
      DeliveryStreamName: resource.replace(/^deliverystream\//, ""),
      Record: { Data: Buffer.from(payload) },
    }),
  states: (aws, arn, { payload, name }) =>
    aws.stepfunctions.StartExecution({
      stateMachineArn: arn,
      input: payload,
      ...(name !== undefined && { name }),
    }),
  events: async (aws, arn, { payload, source, detailType, resources, time }) => {
    const { Entries: [entry] = [] } = await aws.events.PutEvents({
      Entries: [
        {
          EventBusName: arn,
          Detail: payload,
          ...(source !== undefined && { Source: source }),
          ...(detailType !== undefined && { DetailType: detailType }),
          ...(resources && { Resources: resources }),
          ...(time && { Time: time }),
        },
      ],
    });
    if (entry?.ErrorCode) throw new AwsError(entry.ErrorCode, entry.ErrorMessage ?? "");
  },
};

/** Services to which the house can deliver, by the name in their ARNs. */
export const DELIVERABLE: ReadonlySet<string> = new Set(Object.keys(BY_SERVICE));

/**
 * Hands a delivery to what an ARN names, as whoever the clients call.
 * @throws {AwsError} what that service says, or that there is none
 */
export async function deliver(aws: Clients, arn: string, delivery: Delivery): Promise<void> {
  const parts = parseArn(arn);
  const send = parts && DELIVERABLE.has(parts.service) && BY_SERVICE[parts.service];
  if (!send) throw new AwsError("NotImplemented", `Nube does not deliver to ${arn} yet.`, { status: 501 });
  await send(aws, arn, delivery, parts);
}

/**
 * Whether it is no use to try again: what is wrong is the request, the permission or the target.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
 */
export function isFinal(error: unknown): error is AwsError {
  if (!(error instanceof AwsError)) return false;
  if (error.status === 501) return true;
  return error.status < 500 && error.status !== 429 && !/thrott/i.test(error.code);
}

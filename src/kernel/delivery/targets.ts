import { type Arn, parseArn, queueUrlOf } from "#aws/arn.ts";
import { AwsError } from "#aws/errors.ts";
import type { Clients } from "../calls/clients.ts";

/** The content of a delivery to the target that an ARN names: a queue, a topic, a function. */
export interface Delivery {
  /** JSON, as a rule. */
  payload: string;
  /** For topics: the subject of an email. */
  subject?: string | undefined;
  /** For FIFO queues and topics. */
  messageGroupId?: string | undefined;
  messageDeduplicationId?: string | undefined;
  /** For streams. */
  partitionKey?: string | undefined;
  /** For event buses. */
  source?: string | undefined;
  detailType?: string | undefined;
  resources?: string[] | undefined;
  time?: Date | undefined;
  /** For state machines: the name of the execution. */
  name?: string | undefined;
  /** For queues: an X-Ray trace header. */
  trace?: string | undefined;
}

/** How a delivery becomes a request, and the operation that AWS's own services call with it. */
interface Kind {
  request(arn: string, delivery: Delivery, parts: Arn): object;
  send(aws: Clients, request: object): Promise<unknown>;
}

const kind = <R extends object>(
  request: (arn: string, delivery: Delivery, parts: Arn) => R,
  send: (aws: Clients, request: R) => Promise<unknown>,
): Kind => ({ request, send: send as Kind["send"] });

/** The part of a SendMessage that carries a trace header. */
export const traceAttribute = (trace: string | undefined) =>
  trace === undefined
    ? {}
    : { MessageSystemAttributes: { AWSTraceHeader: { DataType: "String", StringValue: trace } } };

const BY_SERVICE: Record<string, Kind> = {
  sqs: kind(
    (_, { payload, messageGroupId, messageDeduplicationId, trace }, queue) => ({
      QueueUrl: queueUrlOf(queue),
      MessageBody: payload,
      ...(messageGroupId !== undefined && { MessageGroupId: messageGroupId }),
      ...(messageDeduplicationId !== undefined && { MessageDeduplicationId: messageDeduplicationId }),
      ...traceAttribute(trace),
    }),
    (aws, request) => aws.sqs.SendMessage(request),
  ),
  sns: kind(
    (arn, { payload, subject, messageGroupId, messageDeduplicationId }) => ({
      TopicArn: arn,
      Message: payload,
      ...(subject !== undefined && { Subject: subject }),
      ...(messageGroupId !== undefined && { MessageGroupId: messageGroupId }),
      ...(messageDeduplicationId !== undefined && { MessageDeduplicationId: messageDeduplicationId }),
    }),
    (aws, request) => aws.sns.Publish(request),
  ),
  lambda: kind(
    (arn, { payload }) => ({
      FunctionName: arn,
      InvocationType: "Event" as const,
      Payload: Buffer.from(payload),
    }),
    (aws, request) => aws.lambda.Invoke(request),
  ),
  kinesis: kind(
    (arn, { payload, partitionKey = "none" }) => ({
      StreamARN: arn,
      Data: Buffer.from(payload),
      PartitionKey: partitionKey,
    }),
    (aws, request) => aws.kinesis.PutRecord(request),
  ),
  firehose: kind(
    (_, { payload }, { resource }) => ({
      DeliveryStreamName: resource.replace(/^deliverystream\//, ""),
      Record: { Data: Buffer.from(payload) },
    }),
    (aws, request) => aws.firehose.PutRecord(request),
  ),
  states: kind(
    (arn, { payload, name }) => ({
      stateMachineArn: arn,
      input: payload,
      ...(name !== undefined && { name }),
    }),
    (aws, request) => aws.stepfunctions.StartExecution(request),
  ),
  events: kind(
    (arn, { payload, source, detailType, resources, time }) => ({
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
    }),
    async (aws, request) => {
      const { Entries: [entry] = [] } = await aws.events.PutEvents(request);
      if (entry?.ErrorCode) throw new AwsError(entry.ErrorCode, entry.ErrorMessage ?? "");
    },
  ),
};

/** The services that deliveries can be sent to, by their names in ARNs. */
export const DELIVERABLE: ReadonlySet<string> = new Set(Object.keys(BY_SERVICE));

/**
 * Sends a delivery to the target that an ARN names, as the principal of the clients.
 * @throws {AwsError} the target's error, or NotImplemented for an unsupported target
 */
export async function deliver(aws: Clients, arn: string, delivery: Delivery): Promise<void> {
  const target = kindOf(arn);
  if (!target) throw new AwsError("NotImplemented", `Nube does not deliver to ${arn} yet.`, { status: 501 });
  await target.kind.send(aws, target.kind.request(arn, delivery, target.parts));
}

/** The request that `deliver` would send; `undefined` for an unsupported target. */
export function requestFor(arn: string, delivery: Delivery): object | undefined {
  const target = kindOf(arn);
  return target?.kind.request(arn, delivery, target.parts);
}

function kindOf(arn: string): { kind: Kind; parts: Arn } | undefined {
  const parts = parseArn(arn);
  const kind = parts && DELIVERABLE.has(parts.service) ? BY_SERVICE[parts.service] : undefined;
  return parts && kind && { kind, parts };
}

/**
 * Whether a retry is useless, since the request, the permission or the target is wrong.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
 */
export function isFinal(error: unknown): error is AwsError {
  if (!(error instanceof AwsError)) return false;
  if (error.status === 501) return true;
  return error.status < 500 && error.status !== 429 && !/thrott/i.test(error.code);
}

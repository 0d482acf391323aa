import { AwsError } from "#aws/errors.ts";
import type { ServiceEvent } from "#kernel/ports.ts";
import { defineService } from "#kernel/service.ts";
import { testCloud } from "#kernel/testing.ts";
import { s3 } from "../service.ts";

export interface Delivery {
  to: string;
  message: Record<string, unknown>;
  as: { id: string; sourceArn: string | undefined };
}

/**
 * Creates a cloud with S3 and stubs for the destinations of events, which
 * record the deliveries in their order.
 */
export async function withDestinations() {
  const deliveries: Delivery[] = [];
  const events: (ServiceEvent & { account: string; region: string })[] = [];
  /** The names of destinations that do not exist and, below, of those that refuse deliveries. */
  const missing = new Set<string>();
  const closed = new Set<string>();
  function take(
    ctx: { principal: { id: string; sourceArn?: string } },
    to: string,
    code: string,
    text: string,
  ) {
    const name = to.split(/[:/]/).at(-1)!;
    if (missing.has(name)) throw new AwsError(code, "missing");
    if (closed.has(name)) throw new AwsError("AccessDenied", "closed", { status: 403 });
    const { id, sourceArn } = ctx.principal;
    deliveries.push({ to, message: JSON.parse(text), as: { id, sourceArn } });
  }
  const anything = () => [];
  const sqs = defineService({
    id: "sqs",
    operations: [
      {
        async SendMessage(ctx, { QueueUrl, MessageBody }) {
          take(ctx, QueueUrl, "QueueDoesNotExist", MessageBody);
          return {};
        },
      },
    ],
    access: { SendMessage: anything },
  });
  const sns = defineService({
    id: "sns",
    operations: [
      {
        async Publish(ctx, { TopicArn, Message }) {
          take(ctx, TopicArn!, "NotFound", Message);
          return {};
        },
      },
    ],
    access: { Publish: anything },
  });
  const lambda = defineService({
    id: "lambda",
    operations: [
      {
        async Invoke(ctx, { FunctionName, InvocationType, Payload }) {
          if (InvocationType === "DryRun") take(ctx, FunctionName, "ResourceNotFoundException", '"dry run"');
          else
            take(
              ctx,
              FunctionName,
              "ResourceNotFoundException",
              Buffer.from(Payload as Uint8Array).toString(),
            );
          return { StatusCode: 202 };
        },
      },
    ],
    access: { Invoke: anything },
  });
  const cloud = await testCloud([s3, sqs, sns, lambda]);
  cloud.cloud.ports.sinks.event = async ({ account, region }, batch) =>
    void events.push(...batch.map((event) => ({ ...event, account, region })));
  await cloud.aws.s3.CreateBucket({ Bucket: "photos" });
  return { ...cloud, s3: cloud.aws.s3, deliveries, events, missing, closed };
}

export const QUEUE = "arn:aws:sqs:us-east-1:000000000000:queue";
export const TOPIC = "arn:aws:sns:us-east-1:000000000000:topic";
export const FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:function";

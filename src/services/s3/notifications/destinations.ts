import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { HOST_ID } from "#kernel/host-id.ts";
import { bucketArn } from "../buckets/bucket.ts";
import type { Bucket } from "../store.ts";
import { unreachable } from "./errors.ts";
import type { Target, TargetKind } from "./store.ts";

export type Destination = Pick<Target, "kind" | "arn">;

/**
 * Hands one message over, as S3 on behalf of the bucket.
 * @throws whatever the destination's service says
 */
export async function send(ctx: Context, bucket: string, { kind, arn }: Destination, message: object) {
  const [, , , region = "", account = "", name = ""] = arn.split(":");
  const { aws } = ctx.as("s3.amazonaws.com", bucketArn(bucket), { account, region });
  const text = JSON.stringify(message);
  switch (kind) {
    case "queue":
      await aws.sqs.SendMessage({ QueueUrl: queueUrl(region, account, name), MessageBody: text });
      return;
    case "topic":
      await aws.sns.Publish({ TopicArn: arn, Subject: "Amazon S3 Notification", Message: text });
      return;
    case "function":
      await aws.lambda.Invoke({ FunctionName: arn, InvocationType: "Event", Payload: Buffer.from(text) });
  }
}

const queueUrl = (region: string, account: string, name: string) =>
  `https://sqs.${region}.amazonaws.com/${account}/${name}`;

/**
 * What S3 does before it takes a configuration: queues and topics get a test message, and whether a function may be
 * invoked is asked.
 * @throws {AwsError} InvalidArgument that names each destination that failed
 */
export async function checkDestinations(ctx: Context, { name }: Bucket, targets: readonly Target[]) {
  const failures: { arn: string; reason: string }[] = [];
  for (const target of targets) {
    try {
      await tryOut(ctx, name, target);
    } catch (error) {
      failures.push({ arn: target.arn, reason: reasonOf(target, error) });
    }
  }
  if (failures.length > 0) throw unreachable(failures);
}

async function tryOut(ctx: Context, bucket: string, target: Target): Promise<void> {
  if (target.kind !== "function") return send(ctx, bucket, target, testEvent(ctx, bucket));
  const [, , , region = "", account = ""] = target.arn.split(":");
  const { aws } = ctx.as("s3.amazonaws.com", bucketArn(bucket), { account, region });
  await aws.lambda.Invoke({ FunctionName: target.arn, InvocationType: "DryRun" });
}

const testEvent = (ctx: Context, bucket: string) => ({
  Service: "Amazon S3",
  Event: "s3:TestEvent",
  Time: new Date(ctx.clock.now()).toISOString(),
  Bucket: bucket,
  RequestId: ctx.requestId,
  HostId: HOST_ID,
});

const NAMES: Record<TargetKind, string> = { queue: "queue", topic: "topic", function: "Lambda" };

function reasonOf({ kind, arn }: Target, error: unknown): string {
  const refused = error instanceof AwsError && /^(AccessDenied|AuthorizationError)/.test(error.code);
  if (!refused) return `The destination ${NAMES[kind]} does not exist`;
  if (kind === "function") return `Not authorized to invoke function [${arn}]`;
  return `Permissions on the destination ${NAMES[kind]} do not allow S3 to publish notifications from this bucket`;
}

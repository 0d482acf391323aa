import { parseArn } from "#aws/arn.ts";
import { AwsError } from "#aws/errors.ts";
import type { Clients } from "#kernel/calls/clients.ts";
import { HOST_ID } from "#kernel/calls/host-id.ts";
import type { Context } from "#kernel/context.ts";
import { deliver } from "#kernel/delivery/targets.ts";
import { bucketArn } from "../buckets/bucket.ts";
import type { Bucket } from "../store.ts";
import { unreachable } from "./errors.ts";
import type { Target, TargetKind } from "./store.ts";

/**
 * Sends one message as S3 on behalf of the bucket.
 * @throws {AwsError} the errors of the destination's service
 */
export function send(ctx: Context, bucket: string, arn: string, message: object): Promise<void> {
  const payload = JSON.stringify(message);
  return deliver(clientsAt(ctx, bucket, arn), arn, { payload, subject: "Amazon S3 Notification" });
}

function clientsAt(ctx: Context, bucket: string, arn: string): Clients {
  const { account, region } = parseArn(arn)!;
  return ctx.as("s3.amazonaws.com", bucketArn(bucket), { account, region }).aws;
}

/**
 * Checks the destinations of a configuration before it is stored: queues and topics get a test message, and
 * functions are checked for the permission to invoke them.
 * @throws {AwsError} InvalidArgument that names each destination that failed
 */
export async function checkDestinations(ctx: Context, { name }: Bucket, targets: readonly Target[]) {
  const failures: { arn: string; reason: string }[] = [];
  for (const target of targets) {
    try {
      await testDestination(ctx, name, target);
    } catch (error) {
      failures.push({ arn: target.arn, reason: reasonOf(target, error) });
    }
  }
  if (failures.length > 0) throw unreachable(failures);
}

async function testDestination(ctx: Context, bucket: string, { kind, arn }: Target): Promise<void> {
  if (kind !== "function") return send(ctx, bucket, arn, testEvent(ctx, bucket));
  await clientsAt(ctx, bucket, arn).lambda.Invoke({ FunctionName: arn, InvocationType: "DryRun" });
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

import { parseArn } from "#aws/arn.ts";
import type * as Scheduler from "#aws/contract/types/scheduler.ts";
import type { AwsError } from "#aws/errors.ts";
import { rootOf } from "#kernel/calls/principal.ts";
import type { Context } from "#kernel/context.ts";
import { deliverOrDeadLetter } from "#kernel/delivery/redelivery.ts";
import { type Delivery, deliver, requestFor } from "#kernel/delivery/targets.ts";
import type { Place } from "#kernel/records/collection.ts";
import { isoSeconds } from "#lib/iso-seconds.ts";
import { scheduleArn } from "./store.ts";
import { callOperation, codeOf, universalTarget } from "./universal.ts";

/** One invocation of a schedule's target. */
export interface Invocation {
  group: string;
  name: string;
  target: Scheduler.Target;
  id: string;
  /** The scheduled time and, below, the time of the first attempt, in cloud time. */
  due: number;
  since: number;
  /** The revision of the schedule, if the schedule is to be deleted after this invocation. */
  last?: number;
}

/** Invokes a target. @throws {AwsError} if the invocation is to be retried */
export function invokeTarget(ctx: Context, call: Invocation, attempt: number): Promise<void> {
  const { target, due, since } = call;
  const arn = scheduleArn(ctx, call.group, call.name);
  const input = inputOf(ctx, call, attempt);
  // The role's permissions are not evaluated: the call has those of its account's root user.
  const caller = rootOf(parseArn(target.RoleArn)?.account ?? ctx.account);
  const universal = universalTarget(target.Arn);
  const delivery = {
    payload: input,
    messageGroupId: target.SqsParameters?.MessageGroupId,
    messageDeduplicationId: target.SqsParameters?.MessageGroupId && call.id,
    partitionKey: target.KinesisParameters?.PartitionKey,
    source: target.EventBridgeParameters?.Source,
    detailType: target.EventBridgeParameters?.DetailType,
    name: call.id,
  };
  const deadLetterArn = target.DeadLetterConfig?.Arn;
  const deadLetters =
    deadLetterArn === undefined
      ? undefined
      : {
          arn: deadLetterArn,
          body: universal ? input : requestText(target.Arn, delivery),
          attributes: {
            EXECUTION_ID: executionId(call.id),
            IS_PAYLOAD_TRUNCATED: "false",
            SCHEDULE_ARN: arn,
            TARGET_ARN: target.Arn,
            SCHEDULED_TIME: isoSeconds(due),
          },
          caller,
          codeOf: (error: AwsError) => codeOf(target.Arn, error),
        };
  return deliverOrDeadLetter(ctx, { attempt, since, retry: target.RetryPolicy, deadLetters }, async () => {
    if (universal) return callOperation(ctx.as(caller).aws, universal, input);
    const { account = ctx.account, region = ctx.region } = parseArn(target.Arn) ?? {};
    const place: Place = { account: account || ctx.account, region: region || ctx.region };
    await deliver(ctx.as(caller, undefined, place).aws, target.Arn, delivery);
  });
}

/** Returns an execution id of sixteen digits, like those of AWS. */
const executionId = (id: string) => id.replaceAll("-", "").slice(0, 16);

/** Returns the request that failed, for a dead letter, with its members in alphabetical order. */
function requestText(arn: string, delivery: Delivery): string {
  const request = requestFor(arn, delivery);
  return request === undefined ? delivery.payload : JSON.stringify(inOrder(request));
}

function inOrder(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]) => [name, inOrder(inner)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Returns the target's input with the context attributes replaced, or by default an
 * event that describes the invocation.
 */
function inputOf(ctx: Context, { target, group, name, id, due }: Invocation, attempt: number): string {
  const arn = scheduleArn(ctx, group, name);
  if (target.Input === undefined) {
    return JSON.stringify({
      version: "0",
      id,
      "detail-type": "Scheduled Event",
      source: "aws.scheduler",
      account: ctx.account,
      time: isoSeconds(due),
      region: ctx.region,
      resources: [arn],
      detail: "{}",
    });
  }
  const values: Record<string, string> = {
    "schedule-arn": arn,
    "scheduled-time": isoSeconds(due),
    "execution-id": executionId(id),
    "attempt-number": String(attempt + 1),
  };
  return target.Input.replace(/<aws\.scheduler\.([a-z-]+)>/g, (whole, word: string) => values[word] ?? whole);
}

import { parseArn } from "#aws/arn.ts";
import type * as Events from "#aws/contract/types/events.ts";
import { AwsError } from "#aws/errors.ts";
import { atJsonPath, parseJsonPath } from "#aws/languages/json-path.ts";
import type { Place } from "#kernel/collection.ts";
import type { Context } from "#kernel/context.ts";
import { GivenUp } from "#kernel/jobs.ts";
import { rootOf } from "#kernel/principal.ts";
import { deliver, isFinal } from "#kernel/targets.ts";
import { ruleArn } from "../arns.ts";
import { callDestination } from "../destinations/call.ts";
import type { BusEvent } from "../store.ts";
import { inputOf } from "./input.ts";

/** An event on its way to one target of a rule. */
export interface Sending {
  bus: string;
  rule: string;
  target: Events.Target;
  event: BusEvent;
  /** When it came to the bus, cloud time. */
  ingested: number;
}

const DAY_SECONDS = 86_400;
/** Retries within a day, unless a target says otherwise. */
export const MOST_RETRIES = 185;

/** Shows an event to another bus of the same account and Region. */
export type Forward = (bus: string, event: BusEvent) => Promise<void>;

/**
 * Tries once. What cannot be delivered, or was tried for too long, goes to the dead-letter queue; where there is none the
 * job stays, parked.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
 * @throws {AwsError} for which it is to be tried again
 */
export async function sendTo(
  ctx: Context,
  sending: Sending,
  attempt: number,
  forward: Forward,
): Promise<void> {
  try {
    await sendOnce(ctx, sending, forward);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const exhausted = exhaustion(ctx, sending, attempt, error);
    if (!exhausted) throw error;
    if (!sending.target.DeadLetterConfig?.Arn) throw new GivenUp(`${error.code}: ${error.message}`);
    await sendToDeadLetters(ctx, sending, { error, attempt, exhausted });
  }
}

type Exhausted = "MaximumRetryAttempts" | "MaximumEventAgeInSeconds" | "NoRetry";

function exhaustion(
  ctx: Context,
  { target, ingested }: Sending,
  attempt: number,
  error: AwsError,
): Exhausted | undefined {
  if (isFinal(error)) return "NoRetry";
  const { MaximumRetryAttempts: attempts = MOST_RETRIES, MaximumEventAgeInSeconds: age = DAY_SECONDS } =
    target.RetryPolicy ?? {};
  if (attempt >= attempts) return "MaximumRetryAttempts";
  return ctx.clock.now() - ingested >= age * 1_000 ? "MaximumEventAgeInSeconds" : undefined;
}

async function sendOnce(ctx: Context, sending: Sending, forward: Forward): Promise<void> {
  const { bus, rule, target, event, ingested } = sending;
  const source = ruleArn(ctx, bus, rule);
  const parts = parseArn(target.Arn)!;
  const place: Place = { account: parts.account || ctx.account, region: parts.region || ctx.region };
  const payload = inputOf(target, event, { ruleArn: source, ruleName: rule, ingested });
  if (parts.service === "events" && parts.resource.startsWith("api-destination/"))
    return callDestination(ctx, target, payload);
  if (parts.service === "events" && place.account === ctx.account && place.region === ctx.region)
    return forward(parts.resource.replace(/^event-bus\//, ""), event);
  if (parts.service === "events") return putElsewhere(ctx, target, event, place);
  await deliver(ctx.as("events.amazonaws.com", source, place).aws, target.Arn, {
    payload,
    messageGroupId: target.SqsParameters?.MessageGroupId,
    messageDeduplicationId: target.SqsParameters?.MessageGroupId && event.id,
    partitionKey: partitionKeyOf(target, event),
    name: event.id,
  });
}

/** A bus of another account or Region gets the event from this account. */
async function putElsewhere(
  ctx: Context,
  { Arn: arn }: Events.Target,
  event: BusEvent,
  place: Place,
): Promise<void> {
  const { Entries: [entry] = [] } = await ctx.as(rootOf(ctx.account), undefined, place).aws.events.PutEvents({
    Entries: [
      {
        EventBusName: arn,
        Source: event.source,
        DetailType: event["detail-type"],
        Detail: JSON.stringify(event.detail),
        Resources: event.resources,
        Time: new Date(event.time),
      },
    ],
  });
  if (entry?.ErrorCode) throw new AwsError(entry.ErrorCode, entry.ErrorMessage ?? "");
}

/** The event's id, unless the target names a part of the event. */
function partitionKeyOf({ KinesisParameters }: Events.Target, event: BusEvent): string {
  const path = KinesisParameters && parseJsonPath(KinesisParameters.PartitionKeyPath);
  const value = path && atJsonPath(event, path);
  return value === undefined ? event.id : typeof value === "string" ? value : JSON.stringify(value);
}

async function sendToDeadLetters(
  ctx: Context,
  { bus, rule, target, event }: Sending,
  { error, attempt, exhausted }: { error: AwsError; attempt: number; exhausted: Exhausted },
): Promise<void> {
  const arn = target.DeadLetterConfig!.Arn!;
  const { region = ctx.region, account = ctx.account, resource = "" } = parseArn(arn) ?? {};
  const source = ruleArn(ctx, bus, rule);
  const text = (StringValue: string) => ({ DataType: "String", StringValue });
  try {
    await ctx.as("events.amazonaws.com", source, { account, region }).aws.sqs.SendMessage({
      QueueUrl: `https://sqs.${region}.amazonaws.com/${account}/${resource}`,
      MessageBody: JSON.stringify(event),
      MessageAttributes: {
        RULE_ARN: text(source),
        TARGET_ARN: text(target.Arn),
        ERROR_CODE: text(error.code),
        ERROR_MESSAGE: text(error.message || error.code),
        RETRY_ATTEMPTS: { DataType: "Number", StringValue: String(attempt) },
        ...(exhausted !== "NoRetry" && { EXHAUSTED_RETRY_CONDITION: text(exhausted) }),
      },
    });
  } catch (cause) {
    if (isFinal(cause))
      throw new GivenUp(`${error.code}: ${error.message}; its dead-letter queue: ${cause.message}`);
    throw cause;
  }
}

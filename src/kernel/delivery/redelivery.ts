import { parseArn, queueUrlOf } from "#aws/arn.ts";
import { AwsError } from "#aws/errors.ts";
import type { Principal } from "../calls/principal.ts";
import type { Context } from "../context.ts";
import type { Place } from "../records/collection.ts";
import { NonRetryableError } from "../work/jobs.ts";
import { isFinal, traceAttribute } from "./targets.ts";

/** The retry state and limits of a delivery, and its dead-letter queue. */
export interface Redelivery {
  /** The number of earlier attempts, and the time of the first, cloud time. */
  attempt: number;
  since: number;
  retry: { MaximumRetryAttempts?: number; MaximumEventAgeInSeconds?: number } | undefined;
  deadLetters: DeadLetters | undefined;
}

export interface DeadLetters {
  /** The queue's ARN. */
  arn: string;
  body: string;
  /** String attributes, in addition to those that describe the failure. */
  attributes: Record<string, string>;
  /** An X-Ray trace header. */
  trace?: string | undefined;
  caller: string | Principal;
  sourceArn?: string;
  /** The error code that the message carries; by default the target's own. */
  codeOf?: (error: AwsError) => string;
}

/** EventBridge's defaults: 185 retries in a day. */
export const MAX_RETRIES = 185;
export const MAX_RETRY_SECONDS = 86_400;

type Exhausted = "MaximumRetryAttempts" | "MaximumEventAgeInSeconds" | "NoRetry";

/**
 * Makes one attempt, in a job that is run again when this throws. A delivery that has failed for good goes to
 * the dead-letter queue; without one, the job is parked.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
 * @throws {AwsError} if the delivery is to be tried again
 */
export async function deliverOrDeadLetter(
  ctx: Context,
  delivery: Redelivery,
  send: () => Promise<void>,
): Promise<void> {
  try {
    await send();
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const exhausted = exhaustion(ctx, delivery, error);
    if (!exhausted) throw error;
    if (!delivery.deadLetters) throw new NonRetryableError(`${error.code}: ${error.message}`);
    await sendToDeadLetters(ctx, delivery.deadLetters, {
      ERROR_CODE: delivery.deadLetters.codeOf?.(error) ?? error.code,
      ERROR_MESSAGE: error.message || error.code,
      RETRY_ATTEMPTS: String(delivery.attempt),
      ...(exhausted !== "NoRetry" && { EXHAUSTED_RETRY_CONDITION: exhausted }),
    });
  }
}

function exhaustion(
  ctx: Context,
  { attempt, since, retry }: Redelivery,
  error: AwsError,
): Exhausted | undefined {
  if (isFinal(error)) return "NoRetry";
  if (attempt >= (retry?.MaximumRetryAttempts ?? MAX_RETRIES)) return "MaximumRetryAttempts";
  const longest = (retry?.MaximumEventAgeInSeconds ?? MAX_RETRY_SECONDS) * 1_000;
  return ctx.clock.now() - since >= longest ? "MaximumEventAgeInSeconds" : undefined;
}

async function sendToDeadLetters(
  ctx: Context,
  letters: DeadLetters,
  failure: Record<string, string>,
): Promise<void> {
  const { arn, body, attributes, trace, caller, sourceArn } = letters;
  const { region = ctx.region, account = ctx.account, resource = "" } = parseArn(arn) ?? {};
  const place: Place = { account, region };
  const texts = Object.entries({ ...attributes, ...failure }).map(([name, value]) => [
    name,
    { DataType: name === "RETRY_ATTEMPTS" ? "Number" : "String", StringValue: value },
  ]);
  try {
    await ctx.as(caller, sourceArn, place).aws.sqs.SendMessage({
      QueueUrl: queueUrlOf({ region, account, resource }),
      MessageBody: body,
      MessageAttributes: Object.fromEntries(texts),
      ...traceAttribute(trace),
    });
  } catch (cause) {
    if (isFinal(cause))
      throw new NonRetryableError(`${failure.ERROR_MESSAGE}; its dead-letter queue: ${cause.message}`);
    throw cause;
  }
}

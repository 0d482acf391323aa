import { parseArn, queueUrlOf } from "#aws/arn.ts";
import { AwsError } from "#aws/errors.ts";
import type { Place } from "./collection.ts";
import type { Context } from "./context.ts";
import { NonRetryableError } from "./jobs.ts";
import type { Principal } from "./principal.ts";
import { isFinal } from "./targets.ts";

/** How long a delivery is tried, and where what cannot be delivered goes. */
export interface Redelivery {
  /** How often it has been tried, and since when, cloud time. */
  attempt: number;
  since: number;
  retry: { MaximumRetryAttempts?: number; MaximumEventAgeInSeconds?: number } | undefined;
  deadLetters: DeadLetters | undefined;
}

export interface DeadLetters {
  /** Of a queue. */
  arn: string;
  body: string;
  /** As strings, besides those that tell of the failure. */
  attributes: Record<string, string>;
  caller: string | Principal;
  sourceArn?: string;
  /** The code of a failure as the letter tells it; the target's own unless said. */
  codeOf?: (error: AwsError) => string;
}

/** EventBridge's, unless a target says otherwise: 185 retries in a day. */
export const MAX_RETRIES = 185;
export const MAX_RETRY_SECONDS = 86_400;

type Exhausted = "MaximumRetryAttempts" | "MaximumEventAgeInSeconds" | "NoRetry";

/**
 * Tries once, in a job that is run again when it throws. What cannot be delivered, or was tried for too long, goes to the
 * dead-letter queue; where there is none the job stays, parked.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
 * @throws {AwsError} for which it is to be tried again
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
    await bury(ctx, delivery.deadLetters, {
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

async function bury(ctx: Context, letters: DeadLetters, failure: Record<string, string>): Promise<void> {
  const { arn, body, attributes, caller, sourceArn } = letters;
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
    });
  } catch (cause) {
    if (isFinal(cause))
      throw new NonRetryableError(`${failure.ERROR_MESSAGE}; its dead-letter queue: ${cause.message}`);
    throw cause;
  }
}

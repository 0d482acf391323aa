import type { ReceiveMessageRequest } from "#aws/contract/types/sqs.ts";
import { isMessageId } from "#aws/messages.ts";
import { invalidValue } from "../errors.ts";
import { attributeFilter, type Filters, systemFilter } from "../messages/received.ts";
import { MAX_VISIBILITY_SECONDS } from "../queues/attributes.ts";

const MAX_MESSAGES = 10;
const MAX_WAIT_SECONDS = 20;

/** The parameters of a receive. */
export interface ReceiveOptions extends Filters {
  limit: number;
  /** Seconds; by default the queue's. */
  visibilityTimeout: number | undefined;
  waitTimeSeconds: number | undefined;
  attemptId: string | undefined;
}

/** @throws {AwsError} InvalidParameterValue, InvalidAttributeName */
export function receiveOptions(input: ReceiveMessageRequest): ReceiveOptions {
  const { MaxNumberOfMessages: limit = 1, WaitTimeSeconds: waitTimeSeconds } = input;
  const { VisibilityTimeout: visibilityTimeout, ReceiveRequestAttemptId: attemptId } = input;
  if (limit < 1 || limit > MAX_MESSAGES)
    throw invalidValue(limit, "MaxNumberOfMessages", `Must be between 1 and ${MAX_MESSAGES}, if provided.`);
  checkSeconds(waitTimeSeconds, "WaitTimeSeconds", MAX_WAIT_SECONDS);
  checkSeconds(visibilityTimeout, "VisibilityTimeout", MAX_VISIBILITY_SECONDS);
  if (attemptId !== undefined && !isMessageId(attemptId))
    throw invalidValue(
      attemptId,
      "ReceiveRequestAttemptId",
      "ReceiveRequestAttemptId can only include alphanumeric and punctuation characters. 1 to 128 in length.",
    );
  return {
    limit,
    visibilityTimeout,
    waitTimeSeconds,
    attemptId,
    system: systemFilter(input),
    attributes: attributeFilter(input),
  };
}

function checkSeconds(value: number | undefined, parameter: string, most: number): void {
  if (value !== undefined && (value < 0 || value > most))
    throw invalidValue(value, parameter, `Must be >= 0 and <= ${most}, if provided.`);
}

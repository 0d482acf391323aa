import { parseArn } from "#aws/arn.ts";
import type { DeadLetterConfig } from "#aws/contract/types/events.ts";
import { invalid, invalidParameter, notAnArn } from "./errors.ts";

/** What cannot be delivered goes to a standard queue of the same Region. @throws {AwsError} ValidationException */
export function checkDeadLetters({ Arn: arn }: DeadLetterConfig = {}, region: string): void {
  if (arn === undefined) return;
  const parts = parseArn(arn);
  if (!parts) throw notAnArn(arn);
  if (parts.service !== "sqs") throw invalid(`${parts.service} is not supported as a dead letter resource.`);
  if (parts.resource.endsWith(".fifo")) throw invalid("SQS FIFO is not supported by Dead Letter Queues.");
  if (parts.region !== region)
    throw invalidParameter(arn, "The dead-letter queue must be in the same Region.");
}

import { invalidValue } from "./errors.ts";
import type { RedriveAllowPolicy, RedrivePolicy } from "./store.ts";

const MOST_RECEIVES = 1_000;
const MOST_SOURCES = 10;
/** More than any of these policies can need. */
const LONGEST = 8_192;
const QUEUE_ARN = /^arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[^:]+$/;

/** @throws {AwsError} InvalidParameterValue */
export function redrivePolicy(text: string, name: string): RedrivePolicy | undefined {
  if (text === "") return undefined;
  const invalid = (reason: string) => invalidValue(text, name, reason);
  const { deadLetterTargetArn, maxReceiveCount } = parsed(
    text,
    invalid("Redrive policy is not a valid JSON map."),
  );
  if (deadLetterTargetArn === undefined)
    throw invalid("Redrive policy does not contain mandatory attribute: deadLetterTargetArn.");
  if (maxReceiveCount === undefined)
    throw invalid("Redrive policy does not contain mandatory attribute: maxReceiveCount.");
  if (typeof deadLetterTargetArn !== "string" || !QUEUE_ARN.test(deadLetterTargetArn))
    throw invalid("Dead letter target does not exist.");
  const count = /^\d{1,9}$/.test(String(maxReceiveCount)) ? Number(maxReceiveCount) : Number.NaN;
  if (!(count >= 1 && count <= MOST_RECEIVES))
    throw invalid(
      `Invalid value for maxReceiveCount: ${String(maxReceiveCount)}, valid values are from 1 to ${MOST_RECEIVES} both inclusive.`,
    );
  return { deadLetterTargetArn, maxReceiveCount: count, text };
}

/** @throws {AwsError} InvalidParameterValue */
export function redriveAllowPolicy(text: string, name: string): RedriveAllowPolicy | undefined {
  if (text === "") return undefined;
  const invalid = (reason: string) => invalidValue(text, name, reason);
  const { redrivePermission, sourceQueueArns } = parsed(
    text,
    invalid("Redrive allow policy is not a valid JSON map."),
  );
  if (redrivePermission !== "allowAll" && redrivePermission !== "denyAll" && redrivePermission !== "byQueue")
    throw invalid("Invalid value for redrivePermission: valid values are allowAll, denyAll and byQueue.");
  if (redrivePermission !== "byQueue") {
    if (sourceQueueArns !== undefined)
      throw invalid("sourceQueueArns can only be specified with the redrivePermission byQueue.");
    return { redrivePermission, text };
  }
  if (!isArns(sourceQueueArns))
    throw invalid(`sourceQueueArns must name 1 to ${MOST_SOURCES} queues by their ARNs.`);
  return { redrivePermission, sourceQueueArns, text };
}

const isArns = (value: unknown): value is string[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.length <= MOST_SOURCES &&
  value.every((arn) => typeof arn === "string" && QUEUE_ARN.test(arn));

function parsed(text: string, notJson: Error): Record<string, unknown> {
  if (text.length > LONGEST) throw notJson;
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw notJson;
  }
  if (typeof document !== "object" || document === null || Array.isArray(document)) throw notJson;
  return document as Record<string, unknown>;
}

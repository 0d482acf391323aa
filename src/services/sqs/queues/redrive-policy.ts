import { jsonText } from "#lib/json-value.ts";
import { invalidAttributeValue, invalidValue } from "../errors.ts";
import type { RedriveAllowPolicy, RedrivePolicy } from "../store.ts";

const MAX_RECEIVES = 1_000;
const MAX_SOURCES = 10;
/** The maximum length in characters, more than any of these policies needs. */
const MAX_LENGTH = 8_192;
const QUEUE_ARN = /^arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[^:]+$/;
const ARN = /^arn:aws[a-z-]*(?::[^:]*){4}$/;
const UNSUPPORTED = "Amazon SQS can't create the redrive allow policy, as it’s in an unsupported format.";

/** @throws {AwsError} InvalidParameterValue, InvalidAttributeValue */
export function redrivePolicy(text: string, name: string): RedrivePolicy | undefined {
  if (text === "") return undefined;
  const invalid = (reason: string) => invalidValue(text, name, reason);
  const { deadLetterTargetArn, maxReceiveCount, ...more } = parsed(
    text,
    invalidAttributeValue(name, "Redrive policy is not a valid JSON map."),
  );
  if (maxReceiveCount === undefined)
    throw invalid("Redrive policy does not contain mandatory attribute: maxReceiveCount.");
  if (deadLetterTargetArn === undefined)
    throw invalid("Redrive policy does not contain mandatory attribute: deadLetterTargetArn.");
  if (Object.keys(more).length > 0)
    throw invalid("Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount].");
  const countText = jsonText(maxReceiveCount);
  const count = /^\d{1,9}$/.test(countText) ? Number(countText) : Number.NaN;
  if (!(count >= 1 && count <= MAX_RECEIVES))
    throw invalid(
      `Invalid value for maxReceiveCount: ${countText}, valid values are from 1 to ${MAX_RECEIVES} both inclusive.`,
    );
  if (typeof deadLetterTargetArn !== "string" || !ARN.test(deadLetterTargetArn))
    throw invalid("Dead-letter target ARN should be fully qualified ARN.");
  if (!QUEUE_ARN.test(deadLetterTargetArn))
    throw invalid("Only SQS queues are valid resources for deadLetterTargetArn.");
  return { deadLetterTargetArn, maxReceiveCount: count, text };
}

/** @throws {AwsError} InvalidParameterValue, InvalidAttributeValue */
export function redriveAllowPolicy(text: string, name: string): RedriveAllowPolicy | undefined {
  if (text === "") return undefined;
  const unsupported = invalidAttributeValue(name, UNSUPPORTED);
  const invalid = (reason: string) => refusedSources(text, reason);
  const { redrivePermission, sourceQueueArns, ...more } = parsed(text, unsupported);
  if (redrivePermission !== "allowAll" && redrivePermission !== "denyAll" && redrivePermission !== "byQueue")
    throw unsupported;
  if (Object.keys(more).length > 0) throw unsupported;
  if (sourceQueueArns !== undefined && !isArns(sourceQueueArns)) throw unsupported;
  if (redrivePermission !== "byQueue") {
    if (sourceQueueArns !== undefined)
      throw invalid("To specify one or more source queue ARNs, you must set redrivePermission to byQueue.");
    return { redrivePermission, text };
  }
  if (!sourceQueueArns || sourceQueueArns.length === 0)
    throw invalid(
      "When you specify the byQueue permission type, you must also specify one or more sourceQueueArns values.",
    );
  if (sourceQueueArns.length > MAX_SOURCES)
    throw invalid(`The maximum number of source queue ARNs you can specify is ${MAX_SOURCES}.`);
  return { redrivePermission, sourceQueueArns, text };
}

export const refusedSources = (text: string, reason: string) =>
  invalidValue(text, "RedriveAllowPolicy", `Amazon SQS can't create the redrive allow policy. ${reason}`);

const isArns = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((arn) => typeof arn === "string" && QUEUE_ARN.test(arn));

function parsed(text: string, notJson: Error): Record<string, unknown> {
  if (text.length > MAX_LENGTH) throw notJson;
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw notJson;
  }
  if (typeof document !== "object" || document === null || Array.isArray(document)) throw notJson;
  return document as Record<string, unknown>;
}

import { checkDeliveryPolicy } from "../delivery/policy.ts";
import { invalidParameter } from "../errors.ts";
import { checkPolicy } from "./policy.ts";

const isBoolean = (value: string) => /^(true|false)$/i.test(value);
const FEEDBACK =
  /^(HTTP|SQS|Lambda|Firehose|Application)(SuccessFeedbackRoleArn|SuccessFeedbackSampleRate|FailureFeedbackRoleArn)$/;
const ROLE = /^arn:aws[\w-]*:iam::\d{12}:role\/.+$/;
const MOST_DISPLAY_NAME = 100;
const MOST_RETENTION_DAYS = 365;

/** Attributes that can be set, and what each must be. A FIFO topic alone has those of the second list. */
const RULES = new Map(
  Object.entries<(value: string) => boolean>({
    DisplayName: (value) => value.length <= MOST_DISPLAY_NAME,
    DeliveryPolicy: (value) => {
      if (value !== "") checkDeliveryPolicy(value, "topic");
      return true;
    },
    Policy: (value) => {
      checkPolicy(value);
      return true;
    },
    KmsMasterKeyId: () => true,
    SignatureVersion: (value) => value === "1" || value === "2",
    TracingConfig: (value) => value === "PassThrough" || value === "Active",
  }),
);
const FIFO_RULES = new Map(
  Object.entries<(value: string) => boolean>({
    FifoTopic: isBoolean,
    ContentBasedDeduplication: isBoolean,
    FifoThroughputScope: (value) => value === "Topic" || value === "MessageGroup",
    ArchivePolicy: (value) => value === "" || value === "{}" || retentionDays(value) !== undefined,
  }),
);

/** @throws {AwsError} InvalidParameter */
export function checkAttribute(name: string, value: string, isFifo: boolean): void {
  if (FEEDBACK.test(name)) {
    if (!isFeedback(name, value)) throw invalidParameter(name);
    return;
  }
  const rule = RULES.get(name) ?? (isFifo ? FIFO_RULES.get(name) : undefined);
  if (!rule) throw invalidParameter("AttributeName");
  if (!rule(value)) throw invalidParameter(name);
}

function isFeedback(name: string, value: string): boolean {
  if (!name.endsWith("SampleRate")) return value === "" || ROLE.test(value);
  return /^\d{1,3}$/.test(value) && Number(value) <= 100;
}

/** Days that an archive keeps a message; `undefined` for what is no archive policy. */
export function retentionDays(policy: string | undefined): number | undefined {
  if (!policy) return undefined;
  try {
    const { MessageRetentionPeriod: days } = JSON.parse(policy) as { MessageRetentionPeriod?: unknown };
    const number = Number(days);
    return Number.isInteger(number) && number >= 1 && number <= MOST_RETENTION_DAYS ? number : undefined;
  } catch {
    return undefined;
  }
}

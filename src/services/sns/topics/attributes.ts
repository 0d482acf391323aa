import { checkDeliveryPolicy } from "../delivery/policy.ts";
import type { Refusal } from "../errors.ts";
import { checkPolicy } from "./policy.ts";
import { isSize } from "./size.ts";

const isBoolean = (value: string) => /^(true|false)$/i.test(value);
const FEEDBACK =
  /^(HTTP|SQS|Lambda|Firehose|Application)(SuccessFeedbackRoleArn|SuccessFeedbackSampleRate|FailureFeedbackRoleArn)$/;
const ROLE = /^arn:aws[\w-]*:iam::\d{12}:role\/.+$/;
const MAX_DISPLAY_NAME_LENGTH = 100;
const MAX_RETENTION_DAYS = 365;

/** Attributes that can be set, with the rule of each. Only FIFO topics have those of the second list. */
const RULES = new Map(
  Object.entries<(value: string, refuse: Refusal) => boolean>({
    DisplayName: (value) => value.length <= MAX_DISPLAY_NAME_LENGTH,
    DeliveryPolicy: (value, refuse) => {
      if (value !== "") checkDeliveryPolicy(value, "topic", refuse);
      return true;
    },
    Policy: (value, refuse) => {
      checkPolicy(value, refuse);
      return true;
    },
    KmsMasterKeyId: () => true,
    MaximumMessageSize: isSize,
    SignatureVersion: (value, refuse) => {
      if (value !== "1" && value !== "2") throw refuse("SignatureVersion: Invalid value. Must be 1 or 2.");
      return true;
    },
    TracingConfig: (value, refuse) => {
      if (value !== "PassThrough" && value !== "Active")
        throw refuse(`Invalid tracing config value: ${value}`);
      return true;
    },
  }),
);
const FIFO_RULES = new Map(
  Object.entries<(value: string, refuse: Refusal) => boolean>({
    FifoTopic: isBoolean,
    ContentBasedDeduplication: isBoolean,
    FifoThroughputScope: (value) => value === "Topic" || value === "MessageGroup",
    ArchivePolicy: (value, refuse) => {
      if (value !== "" && value !== "{}" && retentionDays(value) === undefined)
        throw refuse("ArchivePolicy: MessageRetentionPeriod value is invalid");
      return true;
    },
  }),
);

const ruleOf = (name: string, isFifo: boolean) =>
  RULES.get(name) ?? (isFifo ? FIFO_RULES.get(name) : undefined);

export const isAttribute = (name: string, isFifo: boolean): boolean =>
  FEEDBACK.test(name) || ruleOf(name, isFifo) !== undefined;

/** @throws {AwsError} InvalidParameter */
export function checkAttribute(name: string, value: string, isFifo: boolean, refuse: Refusal): void {
  if (FEEDBACK.test(name)) checkFeedback(name, value, refuse);
  else if (!ruleOf(name, isFifo)?.(value, refuse)) throw refuse(name);
}

function checkFeedback(name: string, value: string, refuse: Refusal): void {
  if (name.endsWith("SampleRate")) {
    if (!isSampleRate(value)) throw refuse(`${name}: ${notSampleRate(value)}`);
  } else if (value !== "" && !ROLE.test(value)) throw refuse(name);
}

export const isSampleRate = (value: string): boolean => /^\d{1,3}$/.test(value) && Number(value) <= 100;
export const notSampleRate = (value: string): string =>
  `${value === "" ? "" : `${value} `}value provided is not an integer between 0-100`;

/** The retention of an archive in days; `undefined` if the policy defines no archive. */
export function retentionDays(policy: string | undefined): number | undefined {
  if (!policy) return undefined;
  try {
    const { MessageRetentionPeriod: days } = JSON.parse(policy) as { MessageRetentionPeriod?: unknown };
    const number = Number(days);
    return Number.isInteger(number) && number >= 1 && number <= MAX_RETENTION_DAYS ? number : undefined;
  } catch {
    return undefined;
  }
}

import { AwsError } from "#aws/errors.ts";
import { invalidArgument, invalidRequest } from "../errors.ts";

export const unparsableArn = (element: string, arn: string) =>
  invalidArgument("The ARN could not be parsed", element, arn);

export const fifoQueue = (arn: string) => invalidArgument("FIFO SQS queues are not supported.", "Queue", arn);

export const tooManyConfigurations = (max: number) =>
  invalidRequest(`Too many configurations submitted. The maximum number of configurations is ${max}`);

export const wrongRegion = (element: string, arn: string) =>
  invalidArgument(
    "The notification destination service region is not valid for the bucket location constraint",
    element,
    arn,
  );

export const unsupportedEvent = (event: string) =>
  invalidArgument("A specified event is not supported for notifications.", "Event", event);

export const repeatedId = (id: string) =>
  invalidArgument("Same ID used for multiple configurations. IDs must be unique", "Id", id);

export const idTooLong = (id: string) =>
  invalidArgument("Configuration id can't be longer than 255 characters", "Id", id);

export const unknownRule = (name: string) =>
  invalidArgument("filter rule name must be either prefix or suffix", "FilterRule.Name", name);

export const repeatedRule = (name: "prefix" | "suffix") =>
  invalidArgument(`Cannot specify more than one ${name} rule in a filter.`, "FilterRule.Name", name);

export const longRule = (value: string) =>
  invalidArgument(
    "Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation",
    "FilterRule.Value",
    value,
  );

export const sharedEvent = (one: string, other: string) =>
  invalidArgument(
    "Configurations overlap. Configurations on the same bucket cannot share a common event type.",
    "Event",
    `${one}, ${other}`,
  );

export const ambiguousFilters = (one: string, other: string) =>
  invalidArgument(
    "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.",
    "Event",
    `${one}, ${other}`,
  );

/** The error for destinations that failed, each with its reason in numbered elements. */
export const unreachable = (failures: readonly { arn: string; reason: string }[]) => {
  const members: Record<string, string> = {};
  for (const [i, { arn, reason }] of failures.entries()) {
    members[`ArgumentName${i + 1}`] = `${arn}, null`;
    members[`ArgumentValue${i + 1}`] = reason;
  }
  return new AwsError("InvalidArgument", "Unable to validate the following destination configurations", {
    members,
  });
};

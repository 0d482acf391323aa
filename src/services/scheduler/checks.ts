import { parseArn } from "#aws/arn.ts";
import type * as Scheduler from "#aws/contract/types/scheduler.ts";
import { AwsError } from "#aws/errors.ts";
import { placeOfFault } from "#aws/languages/event-pattern/tokens.ts";
import { nextOccurrence, parseSchedule } from "#aws/languages/schedule/schedule.ts";
import { isTimeZone } from "#aws/languages/schedule/time-zone.ts";
import type { Context } from "#kernel/context.ts";
import { DELIVERABLE } from "#kernel/targets.ts";
import { invalid, invalidExpression } from "./errors.ts";

/** How long ago the first day of a recurring schedule may be. */
const OLDEST_START_MS = 5 * 60_000;

export const scheduleOf = (expression: string) => parseSchedule(expression, { strictUnits: false });

/** What the contract cannot say of a schedule. @throws {AwsError} ValidationException */
export function checkSchedule(ctx: Context, input: Scheduler.CreateScheduleInput): void {
  const { ScheduleExpression: expression, ScheduleExpressionTimezone: timeZone = "UTC" } = input;
  const schedule = scheduleOf(expression);
  if (!schedule) throw invalidExpression(expression);
  if (!isTimeZone(timeZone)) throw invalid(`Invalid ScheduleExpressionTimezone ${timeZone}.`);
  const now = ctx.clock.now();
  if (schedule.kind === "at" && nextOccurrence(schedule, { after: now, start: now, timeZone }) === undefined)
    throw invalid("The ScheduleExpression must be in the future.");
  const { StartDate: start, EndDate: end, FlexibleTimeWindow: window } = input;
  if (schedule.kind !== "at" && start && start.getTime() < now - OLDEST_START_MS)
    throw invalid("The StartDate you specify cannot be earlier than 5 minutes ago.");
  if (end && end.getTime() <= now) throw invalid("The EndDate you specify must be in the future.");
  if (start && end && start >= end) throw invalid("The StartDate must be before the EndDate.");
  const isFlexible = window.Mode === "FLEXIBLE";
  if (isFlexible && window.MaximumWindowInMinutes === undefined)
    throw invalid("Flexible time window mode FLEXIBLE requires MaximumWindowInMinutes.");
  if (!isFlexible && window.MaximumWindowInMinutes !== undefined)
    throw invalid("Flexible time window mode OFF does not take MaximumWindowInMinutes.");
  checkTarget(input.Target);
}

const UNIMPLEMENTED = [
  "EcsParameters",
  "SageMakerPipelineParameters",
] as const satisfies (keyof Scheduler.Target)[];

/** `arn:aws:scheduler:::aws-sdk:service:operation`: any operation of a service. */
const UNIVERSAL = /^aws-sdk:([a-z0-9-]+):([a-z][a-zA-Z0-9]*)$/;

export function universalTarget(arn: string): { service: string; operation: string } | undefined {
  const { service, resource = "" } = parseArn(arn) ?? {};
  const [, called, operation] = (service === "scheduler" && UNIVERSAL.exec(resource)) || [];
  return called && operation ? { service: called, operation } : undefined;
}

function checkTarget(target: Scheduler.Target): void {
  for (const member of UNIMPLEMENTED) {
    if (target[member] !== undefined) {
      throw new AwsError("NotImplemented", `Nube does not implement ${member} of a target yet.`, {
        status: 501,
      });
    }
  }
  const parts = parseArn(target.Arn);
  if (!parts) throw invalid(`Provided Arn is not in correct format: ${target.Arn}`);
  if (universalTarget(target.Arn)) {
    if (target.Input === undefined || !isObject(target.Input))
      throw invalid("Input of a universal target must be a JSON object.");
    return;
  }
  if (parts.service === "scheduler" || !DELIVERABLE.has(parts.service)) {
    const [, named = parts.service] = /^aws-sdk:([a-z0-9-]+):/.exec(parts.resource) ?? [];
    throw invalid(`${named} is not a supported service for a target.`);
  }
  if (TAKES_JSON.has(parts.service) && target.Input !== undefined && !isJson(target.Input))
    throw invalid(`JSON syntax error in input: ${placeOfFault(target.Input)}`);
  if (parts.service === "events" && !target.EventBridgeParameters)
    throw invalid("EventBridgeParameters must be specified for an event bus target.");
  if (parts.service === "kinesis" && !target.KinesisParameters)
    throw invalid("KinesisParameters must be specified for a Kinesis target.");
  if (parts.service === "sqs" && parts.resource.endsWith(".fifo") && !target.SqsParameters)
    throw invalid("SqsParameters must be specified for a FIFO queue target.");
}

/** Targets that are given no plain text. */
const TAKES_JSON = new Set(["lambda", "states", "events"]);

const isJson = (text: string) => parsed(text) !== undefined;

function isObject(text: string): boolean {
  const value = parsed(text);
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `undefined` for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

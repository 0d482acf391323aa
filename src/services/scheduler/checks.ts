import { type Arn, parseArn } from "#aws/arn.ts";
import type * as Scheduler from "#aws/contract/types/scheduler.ts";
import { notImplemented } from "#aws/errors.ts";
import { nextOccurrence, parseSchedule } from "#aws/languages/schedule/schedule.ts";
import { isTimeZone } from "#aws/languages/schedule/time-zone.ts";
import type { Context } from "#kernel/context.ts";
import { DELIVERABLE } from "#kernel/delivery/targets.ts";
import { invalid, invalidExpression, notJson, unsupportedService } from "./errors.ts";
import { checkUniversal } from "./universal.ts";

/** How far in the past the start of a recurring schedule may be. */
const OLDEST_START_MS = 5 * 60_000;

export const scheduleOf = (expression: string) => parseSchedule(expression, { strict: false });

/**
 * Validates those rules of a schedule that the contract does not express.
 * @throws {AwsError} ValidationException
 */
export function checkSchedule(ctx: Context, input: Scheduler.CreateScheduleInput): void {
  const { ScheduleExpression: expression, ScheduleExpressionTimezone: timeZone = "UTC" } = input;
  const schedule = scheduleOf(expression);
  if (!schedule) throw invalidExpression(expression);
  if (!isTimeZone(timeZone)) throw invalid(`Invalid ScheduleExpressionTimezone ${timeZone}.`);
  const now = ctx.clock.now();
  if (schedule.kind !== "at") checkDays(input, now);
  else if (nextOccurrence(schedule, { after: now, start: now, timeZone }) === undefined)
    throw invalid("The ScheduleExpression must be in the future.");
  const { FlexibleTimeWindow: window } = input;
  const isFlexible = window.Mode === "FLEXIBLE";
  if (isFlexible !== (window.MaximumWindowInMinutes !== undefined)) {
    const must = isFlexible ? "must" : "must not";
    throw invalid(
      `MaximumWindowInMinutes ${must} be provided when FlexibleTimeWindowMode is set to ${window.Mode}.`,
    );
  }
  checkTarget(ctx, input.Target);
}

/** Checks the start and end of a recurring schedule. One-time schedules ignore both. */
function checkDays({ StartDate: start, EndDate: end }: Scheduler.CreateScheduleInput, now: number): void {
  if (start && start.getTime() < now - OLDEST_START_MS)
    throw invalid("The StartDate you specify cannot be earlier than 5 minutes ago.");
  if (end && end.getTime() <= now) throw invalid("The EndDate you specify must be in the future.");
  if (start && end && start >= end) throw invalid("The StartDate you specify must come before the EndDate.");
}

function checkTarget(ctx: Context, target: Scheduler.Target): void {
  const parts = parseArn(target.Arn);
  if (!parts) throw invalid(`Provided Arn is not in correct format: ${target.Arn}`);
  if (parts.service === "scheduler") checkUniversal(target);
  else checkTemplated(ctx, target, parts);
}

function checkTemplated({ region }: Context, target: Scheduler.Target, parts: Arn): void {
  for (const [member, service] of Object.entries(PARAMETERS)) {
    if (target[member as keyof typeof PARAMETERS] !== undefined && service !== parts.service)
      throw invalid(`Parameters ${member} not supported for the target.`);
  }
  if (UNIMPLEMENTED.has(parts.service)) throw notImplemented(`${parts.service} as a target`);
  if (!DELIVERABLE.has(parts.service)) throw unsupportedService(parts.service);
  if (parts.region !== region)
    throw invalid(`The target ARN provided does not match the current region ${region}.`);
  if (JSON_TARGETS.has(parts.service) && target.Input !== undefined && !isJson(target.Input))
    throw notJson(target.Input);
  const isFifo = parts.service === "sqs" && parts.resource.endsWith(".fifo");
  if (parts.service === "events") requireMember(target, "EventBridgeParameters");
  if (parts.service === "kinesis") requireMember(target, "KinesisParameters");
  if (isFifo) requireMember(target, "SqsParameters");
  if (!isFifo && target.SqsParameters?.MessageGroupId !== undefined)
    throw invalid("Parameters MessageGroupId not valid for the target.");
}

/** Members that apply only to targets of one service. */
const PARAMETERS = {
  EcsParameters: "ecs",
  EventBridgeParameters: "events",
  KinesisParameters: "kinesis",
  SageMakerPipelineParameters: "sagemaker",
  SqsParameters: "sqs",
} as const satisfies Partial<Record<keyof Scheduler.Target, string>>;

/** Services that AWS supports as targets, but that are not implemented here. */
const UNIMPLEMENTED = new Set(["codebuild", "codepipeline", "ecs", "inspector", "sagemaker"]);

function requireMember(target: Scheduler.Target, member: keyof typeof PARAMETERS): void {
  if (target[member] === undefined) throw invalid(`Parameters ${member} must be specified for the target.`);
}

/** Services whose targets accept only JSON. */
const JSON_TARGETS = new Set(["lambda", "states", "events"]);

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

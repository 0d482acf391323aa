import { type Arn, parseArn } from "#aws/arn.ts";
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

export const scheduleOf = (expression: string) => parseSchedule(expression, { strict: false });

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
  if (start && end && start >= end) throw invalid("The StartDate you specify must come before the EndDate.");
  const isFlexible = window.Mode === "FLEXIBLE";
  if (isFlexible !== (window.MaximumWindowInMinutes !== undefined)) {
    const must = isFlexible ? "must" : "must not";
    throw invalid(
      `MaximumWindowInMinutes ${must} be provided when FlexibleTimeWindowMode is set to ${window.Mode}.`,
    );
  }
  checkTarget(ctx, input.Target);
}

/** `arn:aws:scheduler:::aws-sdk:service:operation`: any operation of a service. */
const UNIVERSAL = /^arn:[a-z-]+:scheduler:::aws-sdk:([a-z0-9-]+):([a-z][a-zA-Z0-9]*)$/;

export function universalTarget(arn: string): { service: string; operation: string } | undefined {
  const [, service, operation] = UNIVERSAL.exec(arn) ?? [];
  return service && operation ? { service, operation } : undefined;
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
  if (UNIMPLEMENTED.has(parts.service)) throw notThere(`${parts.service} as a target`);
  if (!DELIVERABLE.has(parts.service)) throw unsupported(parts.service);
  if (parts.region !== region)
    throw invalid(`The target ARN provided does not match the current region ${region}.`);
  if (TAKES_JSON.has(parts.service) && target.Input !== undefined && !isJson(target.Input))
    throw notJson(target.Input);
  const isFifo = parts.service === "sqs" && parts.resource.endsWith(".fifo");
  if (parts.service === "events") need(target, "EventBridgeParameters");
  if (parts.service === "kinesis") need(target, "KinesisParameters");
  if (isFifo) need(target, "SqsParameters");
  if (!isFifo && target.SqsParameters?.MessageGroupId !== undefined)
    throw invalid("Parameters MessageGroupId not valid for the target.");
}

/** Members that are for targets of one service. */
const PARAMETERS = {
  EcsParameters: "ecs",
  EventBridgeParameters: "events",
  KinesisParameters: "kinesis",
  SageMakerPipelineParameters: "sagemaker",
  SqsParameters: "sqs",
} as const satisfies Partial<Record<keyof Scheduler.Target, string>>;

/** Services that AWS calls, and Nube not yet. */
const UNIMPLEMENTED = new Set(["codebuild", "codepipeline", "ecs", "inspector", "sagemaker"]);

function need(target: Scheduler.Target, member: keyof typeof PARAMETERS): void {
  if (target[member] === undefined) throw invalid(`Parameters ${member} must be specified for the target.`);
}

/** Operations that change nothing are called by no schedule. */
const READS = /^(get|describe|list)/;

function checkUniversal({ Arn: arn, Input: input }: Scheduler.Target): void {
  const universal = universalTarget(arn);
  if (!universal)
    throw unsupported(/^arn:aws:scheduler:::aws-sdk:([a-z0-9-]+):/.exec(arn)?.[1] ?? "scheduler");
  if (READS.test(universal.operation)) throw invalid(`${universal.operation} API is not supported.`);
  if (input === undefined) throw invalid("You must provide an input to set this target for your schedule.");
  if (!isJson(input)) throw notJson(input);
  if (!isObject(input)) throw invalid("Input of a universal target must be a JSON object.");
}

const unsupported = (service: string) => invalid(`${service} is not a supported service for a target.`);

const notJson = (input: string) =>
  invalid(`JSON syntax error in input for the target: ${placeOfFault(input)}`);

const notThere = (what: string) =>
  new AwsError("NotImplemented", `Nube does not implement ${what} yet.`, { status: 501 });

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

import { parseArn } from "#aws/arn.ts";
import type * as Pipes from "#aws/contract/types/pipes.ts";
import { eventPattern } from "#aws/languages/event-pattern/match.ts";
import { isTemplate } from "#aws/languages/input-template.ts";
import type { Place } from "#kernel/collection.ts";
import { DELIVERABLE } from "#kernel/targets.ts";
import { invalid, invalidField, missingField, notThere } from "./errors.ts";
import { isDestination } from "./hand-over.ts";

type Said = Pick<
  Pipes.CreatePipeRequest,
  | "Source"
  | "SourceParameters"
  | "Enrichment"
  | "EnrichmentParameters"
  | "Target"
  | "TargetParameters"
  | "LogConfiguration"
>;

/** The member of the source's parameters that is for one of a service. */
const SOURCES = new Map<string, keyof Pipes.PipeSourceParameters>([
  ["sqs", "SqsQueueParameters"],
  ["kinesis", "KinesisStreamParameters"],
  ["dynamodb", "DynamoDBStreamParameters"],
]);
const TARGET_PARAMETERS = new Set([
  "InputTemplate",
  "SqsQueueParameters",
  "KinesisStreamParameters",
  "EventBridgeEventBusParameters",
  "HttpParameters",
  "LambdaFunctionParameters",
  "StepFunctionStateMachineParameters",
]);

/** What the contract cannot say of a pipe. @throws {AwsError} ValidationException, NotImplemented */
export function checkPipe(place: Place, said: Said): void {
  checkSource(said);
  if (said.Enrichment) {
    if (!isDestination(said.Enrichment)) throw notThere(`the enrichment ${said.Enrichment}`);
    checkDestination(place, "Enrichment", said.Enrichment);
    checkTemplate("EnrichmentParameters", said.EnrichmentParameters?.InputTemplate);
  }
  if (said.LogConfiguration) throw notThere("logging of a pipe");
  checkTarget(place, said);
}

function checkSource({ Source, SourceParameters = {} }: Said): void {
  const { service = "", resource = "" } = parseArn(Source) ?? {};
  const own = SOURCES.get(service);
  if (!own) throw notThere(`the source ${Source}`);
  refuse("source", SourceParameters, new Set(["FilterCriteria", own]));
  for (const { Pattern } of SourceParameters.FilterCriteria?.Filters ?? []) checkFilter(Pattern);
  if (service === "sqs") checkBatch(resource.endsWith(".fifo"), SourceParameters.SqsQueueParameters);
  else if (!SourceParameters[own]) throw missingField(`SourceParameters.${own}`);
  const { StartingPosition, StartingPositionTimestamp } = SourceParameters.KinesisStreamParameters ?? {};
  if (StartingPosition === "AT_TIMESTAMP" && !StartingPositionTimestamp)
    throw missingField("SourceParameters.KinesisStreamParameters.StartingPositionTimestamp");
}

function checkTarget(place: Place, { Target, TargetParameters: parameters = {} }: Said): void {
  const target = parseArn(Target);
  refuse("target", parameters, TARGET_PARAMETERS);
  checkTemplate("TargetParameters", parameters.InputTemplate);
  if (isDestination(Target)) checkDestination(place, "Target", Target);
  else if (!target || !DELIVERABLE.has(target.service)) throw notThere(`the target ${Target}`);
  if (parameters.EventBridgeEventBusParameters?.EndpointId) throw notThere("a global endpoint as a target");
  if (target?.service === "kinesis" && !parameters.KinesisStreamParameters)
    throw missingField("TargetParameters.KinesisStreamParameters");
  const isFifo = target?.service === "sqs" && target.resource.endsWith(".fifo");
  if (isFifo && !parameters.SqsQueueParameters?.MessageGroupId)
    throw missingField("TargetParameters.SqsQueueParameters.MessageGroupId");
}

/** An API destination is one of the pipe's own account and Region. */
function checkDestination({ account, region }: Place, side: string, arn: string): void {
  const parts = parseArn(arn)!;
  if (parts.account !== account || parts.region !== region)
    throw invalidField(side, "API destination must be in the same account and Region as the pipe.");
}

/** It may be free text; what begins as JSON has to be JSON. */
function checkTemplate(of: string, template: string | undefined): void {
  if (template !== undefined && /^\s*[{[]/.test(template) && !isTemplate(template))
    throw invalidField(`${of}.InputTemplate`, "InputTemplate must be valid JSON.");
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-sqs.html */
function checkBatch(
  isFifo: boolean,
  { BatchSize = 10, MaximumBatchingWindowInSeconds = 0 }: Pipes.PipeSourceSqsQueueParameters = {},
): void {
  if (BatchSize <= 10) return;
  if (isFifo) throw invalidField("BatchSize", "BatchSize must be at most 10 for a FIFO queue.");
  if (MaximumBatchingWindowInSeconds === 0)
    throw invalidField(
      "MaximumBatchingWindowInSeconds",
      "MaximumBatchingWindowInSeconds must be greater than 0 if BatchSize is greater than 10.",
    );
}

function refuse(side: string, parameters: object | undefined, known: ReadonlySet<string>): void {
  for (const [name, value] of Object.entries(parameters ?? {})) {
    if (value !== undefined && !known.has(name)) throw notThere(`${name} of a ${side}`);
  }
}

function checkFilter(pattern: string | undefined): void {
  try {
    eventPattern(pattern ?? "");
  } catch (error) {
    throw invalid(`Invalid event pattern: ${(error as Error).message}`);
  }
}

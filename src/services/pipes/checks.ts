import { parseArn } from "#aws/arn.ts";
import type * as Pipes from "#aws/contract/types/pipes.ts";
import { eventPattern } from "#aws/languages/event-pattern/match.ts";
import { isTemplate } from "#aws/languages/input-template.ts";
import { DELIVERABLE } from "#kernel/targets.ts";
import { invalid, invalidField, missingField, notThere } from "./errors.ts";

type Said = Pick<
  Pipes.CreatePipeRequest,
  "Source" | "SourceParameters" | "Target" | "TargetParameters" | "Enrichment" | "LogConfiguration"
>;

const SOURCE_PARAMETERS = new Set(["FilterCriteria", "SqsQueueParameters"]);
const TARGET_PARAMETERS = new Set([
  "InputTemplate",
  "SqsQueueParameters",
  "KinesisStreamParameters",
  "EventBridgeEventBusParameters",
  "LambdaFunctionParameters",
  "StepFunctionStateMachineParameters",
]);

/** What the contract cannot say of a pipe. @throws {AwsError} ValidationException, NotImplemented */
export function checkPipe(said: Said): void {
  const source = parseArn(said.Source);
  if (source?.service !== "sqs") throw notThere(`the source ${said.Source}`);
  checkBatch(source.resource.endsWith(".fifo"), said.SourceParameters?.SqsQueueParameters);
  refuse("source", said.SourceParameters, SOURCE_PARAMETERS);
  if (said.Enrichment) throw notThere(`the enrichment ${said.Enrichment}`);
  if (said.LogConfiguration) throw notThere("logging of a pipe");
  const target = parseArn(said.Target);
  if (!target || !DELIVERABLE.has(target.service)) throw notThere(`the target ${said.Target}`);
  refuse("target", said.TargetParameters, TARGET_PARAMETERS);
  for (const { Pattern } of said.SourceParameters?.FilterCriteria?.Filters ?? []) checkFilter(Pattern);
  const template = said.TargetParameters?.InputTemplate;
  if (template !== undefined && !isTemplate(template)) throw invalid("Invalid InputTemplate.");
  if (target.service === "kinesis" && !said.TargetParameters?.KinesisStreamParameters)
    throw missingField("TargetParameters.KinesisStreamParameters");
  if (
    target.service === "sqs" &&
    target.resource.endsWith(".fifo") &&
    !said.TargetParameters?.SqsQueueParameters?.MessageGroupId
  )
    throw missingField("TargetParameters.SqsQueueParameters.MessageGroupId");
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

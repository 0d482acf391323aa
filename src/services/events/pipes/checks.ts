import { parseArn } from "#aws/arn.ts";
import type * as Pipes from "#aws/contract/types/pipes.ts";
import { notImplemented } from "#aws/errors.ts";
import { eventPattern, operatorsIn } from "#aws/languages/event-pattern/match.ts";
import { isTemplate, placeholders } from "#aws/languages/input-template.ts";
import { DELIVERABLE } from "#kernel/delivery/targets.ts";
import type { Place } from "#kernel/records/collection.ts";
import { type Field, invalidFields, missing } from "./errors.ts";
import { isDestination } from "./hand-over.ts";
import { isVariable } from "./template.ts";

type Definition = Pick<
  Pipes.CreatePipeRequest,
  | "Source"
  | "SourceParameters"
  | "Enrichment"
  | "EnrichmentParameters"
  | "Target"
  | "TargetParameters"
  | "LogConfiguration"
>;

/** The member of the source's parameters that is for a service. */
const SOURCES = new Map<string, keyof Pipes.PipeSourceParameters>([
  ["sqs", "SqsQueueParameters"],
  ["kinesis", "KinesisStreamParameters"],
  ["dynamodb", "DynamoDBStreamParameters"],
]);
/** Members of a target's parameters that are for targets of some services only. */
const FOR_TARGETS: Partial<Record<keyof Pipes.PipeTargetParameters, readonly string[]>> = {
  LambdaFunctionParameters: ["lambda"],
  StepFunctionStateMachineParameters: ["states"],
  KinesisStreamParameters: ["kinesis"],
  EcsTaskParameters: ["ecs"],
  BatchJobParameters: ["batch"],
  SqsQueueParameters: ["sqs"],
  EventBridgeEventBusParameters: ["events"],
  HttpParameters: ["events", "execute-api"],
  RedshiftDataParameters: ["redshift", "redshift-serverless"],
  SageMakerPipelineParameters: ["sagemaker"],
  CloudWatchLogsParameters: ["logs"],
  TimestreamParameters: ["timestream"],
};

/** Most events in one call, for services that take few. */
const MAX_AT_ONCE: Record<string, number> = { sqs: 10, sns: 10, events: 10 };

/** Services that AWS's pipes can use and this cloud's cannot. */
const OTHER_SOURCES = new Set(["kafka", "mq"]);
const OTHER_TARGETS = new Set([
  "batch",
  "ecs",
  "execute-api",
  "inspector",
  "logs",
  "redshift",
  "redshift-serverless",
  "sagemaker",
  "timestream",
]);

/** Services that can be an enrichment at AWS. */
const ENRICHMENTS = new Set(["lambda", "states", "execute-api", "events"]);

/**
 * Checks what the contract cannot express. One error lists all faults.
 * @throws {AwsError} ValidationException, NotImplemented
 */
export function checkPipe(place: Place, definition: Definition): void {
  const wrong = [
    ...inRegion(place, definition),
    ...inSource(definition),
    ...inEnrichment(place, definition),
    ...inLogging(definition),
    ...inTarget(place, definition),
  ];
  if (wrong.length > 0) throw invalidFields(wrong);
}

function* inRegion({ region }: Place, definition: Definition): Iterable<Field> {
  for (const side of ["Source", "Target"] as const) {
    const there = parseArn(definition[side])?.region;
    if (there && there !== region)
      yield { Name: side, Message: "Creating cross-region pipe is not permitted." };
  }
}

function* inSource(definition: Definition): Iterable<Field> {
  const { Source, SourceParameters: parameters = {} } = definition;
  const { service = "", resource = "" } = parseArn(Source) ?? {};
  const own = SOURCES.get(service);
  if (!own) {
    if (OTHER_SOURCES.has(service) || Source.startsWith("smk://"))
      throw notImplemented(`the source ${Source}`);
    yield { Name: "Source", Message: "Invalid pipe source." };
    return;
  }
  yield* inForeign(own, parameters);
  for (const { Pattern } of parameters.FilterCriteria?.Filters ?? []) yield* inFilter(Pattern);
  if (service === "sqs") yield* inBatch(resource.endsWith(".fifo"), parameters.SqsQueueParameters);
  else if (!parameters[own]) yield missing(`SourceParameters.${own}`);
  yield* inStream(parameters);
  yield* inBatchSize(definition);
}

/** Parameters of another source than the pipe has. */
function* inForeign(
  own: keyof Pipes.PipeSourceParameters,
  parameters: Pipes.PipeSourceParameters,
): Iterable<Field> {
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && name !== own && name !== "FilterCriteria")
      yield { Name: `SourceParameters.${name}`, Message: "Invalid source parameter provided for source." };
  }
}

function* inStream({
  KinesisStreamParameters: stream,
  DynamoDBStreamParameters: table,
}: Pipes.PipeSourceParameters): Iterable<Field> {
  if (stream?.StartingPosition === "AT_TIMESTAMP" && !stream.StartingPositionTimestamp)
    yield missing("SourceParameters.KinesisStreamParameters.StartingPositionTimestamp");
  yield* inAge(stream ?? table);
}

/** A batch is no larger than what the target takes in one call. */
function* inBatchSize({ SourceParameters: parameters = {}, Target }: Definition): Iterable<Field> {
  if (isDestination(Target)) return;
  const { SqsQueueParameters: queue, KinesisStreamParameters: stream } = parameters;
  const { BatchSize = 0 } = queue ?? stream ?? parameters.DynamoDBStreamParameters ?? {};
  const most = MAX_AT_ONCE[parseArn(Target)?.service ?? ""] ?? Number.POSITIVE_INFINITY;
  if (BatchSize > most)
    yield {
      Name: "BatchSize",
      Message: `The configured batch size ${BatchSize} is greater than the max supported batch size ${most}.`,
    };
}

type StreamParameters = Pick<
  Pipes.PipeSourceKinesisStreamParameters,
  "MaximumRecordAgeInSeconds" | "MaximumBatchingWindowInSeconds"
>;

function* inAge({
  MaximumRecordAgeInSeconds: age = -1,
  MaximumBatchingWindowInSeconds: window = 0,
}: StreamParameters = {}): Iterable<Field> {
  if (age === -1) return;
  if (age < 60)
    yield {
      Name: "MaximumRecordAgeInSeconds",
      Message: "MaximumRecordAgeInSeconds must be either -1 (forever) or between 60 and 604800 (inclusive)",
    };
  if (window >= age)
    yield {
      Name: "MaximumBatchingWindowInSeconds",
      Message: "MaximumBatchingWindowInSeconds must be less than MaximumRecordAgeInSeconds.",
    };
}

function* inEnrichment(place: Place, { Enrichment, EnrichmentParameters }: Definition): Iterable<Field> {
  if (!Enrichment) return;
  if (!ENRICHMENTS.has(parseArn(Enrichment)?.service ?? ""))
    yield { Name: "Enrichment", Message: "Invalid pipe enrichment." };
  else if (!isDestination(Enrichment)) throw notImplemented(`the enrichment ${Enrichment}`);
  yield* inDestination(place, "Enrichment", Enrichment);
  yield* inTemplate("EnrichmentParameters", EnrichmentParameters?.InputTemplate);
}

/** Logging is not implemented. */
function* inLogging({ LogConfiguration: logging }: Definition): Iterable<Field> {
  const { Level, IncludeExecutionData: _, ...destinations } = logging ?? {};
  if (Level === undefined || Level === "OFF") return;
  if (Object.values(destinations).some((one) => one !== undefined)) throw notImplemented("logging of a pipe");
  yield {
    Name: "LogConfiguration",
    Message: "Must provide at least 1 log destination in LogConfiguration",
  };
}

function* inTarget(place: Place, { Target, TargetParameters: parameters = {} }: Definition): Iterable<Field> {
  const { service = "", resource = "" } = parseArn(Target) ?? {};
  yield* inForeignOfTarget(service, parameters);
  yield* inTemplate("TargetParameters", parameters.InputTemplate);
  const isFifo = resource.endsWith(".fifo");
  if (service === "sns" && isFifo)
    yield { Name: "Target", Message: "SNS FIFO topics are not supported as a pipe target." };
  if (OTHER_TARGETS.has(service)) throw notImplemented(`the target ${Target}`);
  if (isDestination(Target)) yield* inDestination(place, "Target", Target);
  else if (!DELIVERABLE.has(service)) yield { Name: "Target", Message: "Invalid pipe target." };
  if (parameters.EventBridgeEventBusParameters?.EndpointId)
    throw notImplemented("a global endpoint as a target");
  if (service === "kinesis" && !parameters.KinesisStreamParameters)
    yield missing("TargetParameters.KinesisStreamParameters");
  if (service === "sqs" && isFifo && !parameters.SqsQueueParameters?.MessageGroupId)
    yield missing("TargetParameters.SqsQueueParameters.MessageGroupId");
}

/** Parameters of another target than the pipe has. */
function* inForeignOfTarget(service: string, parameters: Pipes.PipeTargetParameters): Iterable<Field> {
  for (const [name, services] of Object.entries(FOR_TARGETS)) {
    if (parameters[name as keyof typeof FOR_TARGETS] !== undefined && !services.includes(service))
      yield { Name: `TargetParameters.${name}`, Message: "Invalid target parameter provided for target." };
  }
}

/** An API destination must be in the pipe's own account and Region. */
function* inDestination({ account, region }: Place, side: string, arn: string): Iterable<Field> {
  const parts = parseArn(arn);
  if (parts?.account !== account || parts.region !== region)
    yield { Name: side, Message: "API destination must be in the same account and Region as the pipe." };
}

/** A template may be free text. One that begins as JSON must be JSON. */
function* inTemplate(of: string, template: string | undefined): Iterable<Field> {
  if (template === undefined) return;
  const Name = `${of}.InputTemplate`;
  if (placeholders(template).some((name) => name.startsWith("aws.") && !isVariable(name)))
    yield { Name, Message: "Invalid json path reference or predefined variable for placeholder" };
  if (/^\s*[{[]/.test(template) && !isTemplate(template))
    yield { Name, Message: "InputTemplate must be valid JSON." };
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-sqs.html */
function* inBatch(
  isFifo: boolean,
  { BatchSize = 10, MaximumBatchingWindowInSeconds = 0 }: Pipes.PipeSourceSqsQueueParameters = {},
): Iterable<Field> {
  if (BatchSize <= 10) return;
  if (isFifo) yield { Name: "BatchSize", Message: "BatchSize must be at most 10 for a FIFO queue." };
  else if (MaximumBatchingWindowInSeconds === 0)
    yield {
      Name: "MaximumBatchingWindowInSeconds",
      Message: "MaximumBatchingWindowInSeconds must be greater than 0 if BatchSize is greater than 10.",
    };
}

/**
 * Pipes support fewer operators than rules. AWS does not document the error for the others: this message is its parser's for
 * an unknown operator.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
function* inFilter(pattern: string | undefined): Iterable<Field> {
  const invalid = (reason: string) => ({
    Name: "FilterCriteria",
    Message: `Invalid Event Pattern. Reason: ${reason}`,
  });
  try {
    const operators = operatorsIn(eventPattern(pattern ?? ""));
    if (operators.has("anything-but"))
      yield invalid("Value of anything-but must be an array or single string/number value.");
    else if (operators.has("wildcard")) yield invalid("Unrecognized match type wildcard");
  } catch (error) {
    yield invalid((error as Error).message);
  }
}

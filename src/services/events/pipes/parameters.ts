import { parseArn } from "#aws/arn.ts";
import type * as Pipes from "#aws/contract/types/pipes.ts";
import type { Pipe } from "./store.ts";

/** Defaults. Members without one are left out of answers, unless they were given. */
const QUEUE_DEFAULTS = { BatchSize: 10 };
const STREAM_DEFAULTS = { BatchSize: 100 };

export function sourceParameters(
  source: string,
  parameters: Pipes.PipeSourceParameters = {},
): Pipes.PipeSourceParameters {
  const {
    SqsQueueParameters: queue,
    KinesisStreamParameters: stream,
    DynamoDBStreamParameters: table,
  } = parameters;
  if (parseArn(source)?.service === "sqs")
    return { ...parameters, SqsQueueParameters: { ...QUEUE_DEFAULTS, ...queue } };
  return {
    ...parameters,
    ...(stream && { KinesisStreamParameters: { ...STREAM_DEFAULTS, ...withoutEmptyDeadLetters(stream) } }),
    ...(table && { DynamoDBStreamParameters: { ...STREAM_DEFAULTS, ...withoutEmptyDeadLetters(table) } }),
  };
}

/** A dead-letter configuration without a queue means none. */
function withoutEmptyDeadLetters<P extends { DeadLetterConfig?: Pipes.DeadLetterConfig }>(parameters: P): P {
  if (!parameters.DeadLetterConfig || parameters.DeadLetterConfig.Arn) return parameters;
  const { DeadLetterConfig: _, ...rest } = parameters;
  return rest as P;
}

/**
 * A pipe's source parameters after an update, without the defaults. Each member replaces the former one as a whole, but
 * where a stream begins cannot be changed, and filter criteria without filters are removed.
 * https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_UpdatePipe.html
 */
export function newSourceParameters(
  { sourceParameters: former }: Pipe,
  now: Pipes.UpdatePipeSourceParameters = {},
): Pipes.PipeSourceParameters {
  const { KinesisStreamParameters: stream, DynamoDBStreamParameters: table } = former;
  const { FilterCriteria: filters, ...others } = { ...former, ...(now as Pipes.PipeSourceParameters) };
  return {
    ...others,
    ...(filters?.Filters?.length && { FilterCriteria: filters }),
    ...(stream && { KinesisStreamParameters: beginning(stream, now.KinesisStreamParameters) }),
    ...(table && { DynamoDBStreamParameters: beginning(table, now.DynamoDBStreamParameters) }),
  };
}

interface OfStream {
  BatchSize?: number;
  StartingPosition: string;
  StartingPositionTimestamp?: Date;
}

function beginning<P extends OfStream>(
  former: P,
  now: Omit<P, "StartingPosition" | "StartingPositionTimestamp"> | undefined,
): P {
  const { StartingPosition, StartingPositionTimestamp: time } = former;
  if (now) return { ...now, StartingPosition, ...(time && { StartingPositionTimestamp: time }) } as P;
  if (former.BatchSize !== STREAM_DEFAULTS.BatchSize) return former;
  const { BatchSize: _, ...rest } = former;
  return rest as P;
}

/** An empty template means none. */
export function withTemplate<P extends { InputTemplate?: string }>(parameters: P | undefined): P | undefined {
  if (parameters?.InputTemplate !== "") return parameters;
  const { InputTemplate: _, ...rest } = parameters;
  return rest as P;
}

/** Members that are left out stay as they are. An empty template removes the template. */
export const newEnrichmentParameters = (
  { enrichmentParameters: former }: Pipe,
  now: Pipes.PipeEnrichmentParameters | undefined,
): Pipes.PipeEnrichmentParameters | undefined =>
  withTemplate(former || now ? { ...former, ...now } : undefined);

/** Where the new target is of another service, only the template stays. */
export function newTargetParameters(
  { target, targetParameters: former }: Pipe,
  { Target, TargetParameters: now }: Pipes.UpdatePipeRequest,
): Pipes.PipeTargetParameters | undefined {
  const isOther = Target !== undefined && parseArn(Target)?.service !== parseArn(target)?.service;
  const template = former?.InputTemplate;
  const retained = isOther ? template !== undefined && { InputTemplate: template } : former;
  return withTemplate(retained || now ? { ...retained, ...now } : undefined);
}

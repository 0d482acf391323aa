import { parseArn } from "#aws/arn.ts";
import type * as Pipes from "#aws/contract/types/pipes.ts";
import { AwsError } from "#aws/errors.ts";
import { eventPattern, type Json } from "#aws/languages/event-pattern/match.ts";
import { rootOf } from "#kernel/calls/principal.ts";
import type { Context } from "#kernel/context.ts";
import { deliver } from "#kernel/delivery/targets.ts";
import { parseExactly } from "#lib/exact-json.ts";
import { isDeeperThan, MAX_JSON_DEPTH } from "#lib/nesting.ts";
import { callDestination } from "../destinations/call.ts";
import type { PipeEvent } from "./event.ts";
import type { Pipe } from "./store.ts";
import { inputOf, valueIn, valuesIn } from "./template.ts";

/** The result of a batch. */
export interface HandedOver {
  /** The number of first events that are finished. */
  count: number;
  /** The error of the next event. */
  error?: AwsError;
}

/** Functions and state machines accept lists, all other targets one event. */
const TAKES_LISTS = new Set(["lambda", "states"]);

/** Sends the events that pass the pipe's filters through its enrichment to its target, in their order. */
export async function handOver(ctx: Context, pipe: Pipe, events: readonly PipeEvent[]): Promise<HandedOver> {
  const isWanted = filterOf(pipe);
  let count = 0;
  try {
    if (TAKES_LISTS.has(parseArn(pipe.target)!.service)) {
      const enriched: PipeEvent[] = [];
      for (const event of events) if (isWanted(event)) enriched.push(...(await enrich(ctx, pipe, event)));
      if (enriched.length > 0) await send(ctx, pipe, enriched);
      return { count: events.length };
    }
    for (const event of events) {
      if (isWanted(event)) for (const one of await enrich(ctx, pipe, event)) await send(ctx, pipe, [one]);
      count += 1;
    }
    return { count };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    ctx.log.warn("a pipe could not hand on what its source has", { pipe: pipe.name, error });
    return { count, error };
  }
}

/** Passes events that match one of the filters, or all events if there are none. */
function filterOf({ sourceParameters }: Pipe): (event: PipeEvent) => boolean {
  const filters = (sourceParameters.FilterCriteria?.Filters ?? []).map(({ Pattern }) =>
    eventPattern(Pattern!),
  );
  return ({ read }) => filters.length === 0 || filters.some((filter) => filter.matches(read as Json));
}

/**
 * The enrichment's result for an event: any number of events.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/pipes-enrichment.html
 */
async function enrich(ctx: Context, pipe: Pipe, event: PipeEvent): Promise<PipeEvent[]> {
  if (pipe.enrichment === undefined) return [event];
  const { InputTemplate, HttpParameters } = pipe.enrichmentParameters ?? {};
  const answer = await callDestination(ctx, {
    arn: pipe.enrichment,
    parameters: filledIn(event, HttpParameters),
    payload: inputOf(ctx, pipe, InputTemplate, event),
  });
  return eventsIn(answer).map((value, at) => ({
    id: `${event.id}-${at}`,
    shown: value,
    read: value,
    exact: () => value,
  }));
}

function eventsIn(answer: string): unknown[] {
  let value: unknown = answer;
  try {
    value = parseExactly(answer);
    if (isDeeperThan(MAX_JSON_DEPTH, value)) value = answer;
  } catch {}
  if (Array.isArray(value)) return value;
  const isEmpty =
    value === "" || (value !== null && typeof value === "object" && Object.keys(value).length === 0);
  return isEmpty ? [] : [value];
}

async function send(ctx: Context, pipe: Pipe, events: readonly PipeEvent[]): Promise<void> {
  const { InputTemplate, ...parameters } = pipe.targetParameters ?? {};
  const parts = parseArn(pipe.target)!;
  const inputs = events.map((event) => inputOf(ctx, pipe, InputTemplate, event));
  const payload = TAKES_LISTS.has(parts.service) ? `[${inputs.map(asJson).join(",")}]` : inputs[0]!;
  const [first] = events as [PipeEvent];
  if (isDestination(pipe.target)) {
    await callDestination(ctx, {
      arn: pipe.target,
      parameters: filledIn(first, parameters.HttpParameters),
      payload,
    });
    return;
  }
  const { SqsQueueParameters: queue, KinesisStreamParameters: stream } = parameters;
  const value = (text: string | undefined) => text && valueIn(first, text);
  const place = { account: parts.account || ctx.account, region: parts.region || ctx.region };
  await deliver(ctx.as(callerOf(ctx, pipe), undefined, place).aws, pipe.target, {
    payload,
    messageGroupId: value(queue?.MessageGroupId),
    messageDeduplicationId: value(queue?.MessageDeduplicationId),
    partitionKey: value(stream?.PartitionKey),
    ...entryOf(pipe, first, parameters.EventBridgeEventBusParameters),
    name: first.id,
  });
}

/** Wraps a text that is not JSON as a JSON string in a list. */
function asJson(input: string): string {
  try {
    JSON.parse(input);
    return input;
  } catch {
    return JSON.stringify(input);
  }
}

/** The other members of an event for a bus. */
function entryOf(
  { name, source }: Pipe,
  event: PipeEvent,
  { Source, DetailType, Resources, Time }: Pipes.PipeTargetEventBridgeEventBusParameters = {},
) {
  const time = Time === undefined ? undefined : new Date(valueIn(event, Time));
  return {
    source: Source === undefined ? `Pipe ${name}` : valueIn(event, Source),
    detailType:
      DetailType === undefined ? `Event from aws:${parseArn(source)!.service}` : valueIn(event, DetailType),
    resources: Resources?.map((text) => valueIn(event, text)),
    time: time && !Number.isNaN(time.getTime()) ? time : undefined,
  };
}

const filledIn = (event: PipeEvent, parameters: Pipes.PipeEnrichmentHttpParameters | undefined) =>
  parameters && {
    PathParameterValues: parameters.PathParameterValues?.map((text) => valueIn(event, text)),
    HeaderParameters: valuesIn(event, parameters.HeaderParameters),
    QueryStringParameters: valuesIn(event, parameters.QueryStringParameters),
  };

export function isDestination(arn: string): boolean {
  const parts = parseArn(arn);
  return parts?.service === "events" && parts.resource.startsWith("api-destination/");
}

/** A pipe calls as the account of its role; the role's permissions are not enforced. */
export const callerOf = (ctx: Context, { role }: Pick<Pipe, "role">) =>
  rootOf(parseArn(role)?.account ?? ctx.account);

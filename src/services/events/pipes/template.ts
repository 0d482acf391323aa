import { fillTemplate, fillText } from "#aws/languages/input-template.ts";
import { atJsonPath, parseJsonPath } from "#aws/languages/json-path.ts";
import type { Context } from "#kernel/context.ts";
import { memoizeByObject } from "#lib/memoize.ts";
import type { PipeEvent } from "./event.ts";
import { type Pipe, pipeArn } from "./store.ts";

/**
 * The input of an enrichment or a target.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html
 */
export function inputOf(ctx: Context, pipe: Pipe, template: string | undefined, event: PipeEvent): string {
  if (template === undefined) return textOf(event.shown);
  const fill = IS_JSON.test(template) ? fillTemplate : fillText;
  return fill(
    template,
    (name) => (name.startsWith("$") ? at(event, name) : VARIABLES[name]!(ctx, pipe, event)),
    (name) => isVariable(name) || parseJsonPath(name) !== undefined,
  );
}

/** Any other template is free text or a single path, where strings are inserted without quotes. */
const IS_JSON = /^\s*[{["]/;

const VARIABLES: Record<string, (ctx: Context, pipe: Pipe, event: PipeEvent) => unknown> = {
  "aws.pipes.pipe-arn": (ctx, { name }) => pipeArn(ctx, name),
  "aws.pipes.pipe-name": (_, { name }) => name,
  "aws.pipes.source-arn": (_, { source }) => source,
  "aws.pipes.enrichment-arn": (_, { enrichment }) => enrichment,
  "aws.pipes.target-arn": (_, { target }) => target,
  "aws.pipes.event.ingestion-time": ({ clock }) => new Date(clock.now()).toISOString(),
  "aws.pipes.event": (_, __, { shown }) => shown,
  "aws.pipes.event.json": (_, __, event) => exactOf(event),
};

/** Whether a template can use that name besides paths into the event. */
export const isVariable = (name: string) => Object.hasOwn(VARIABLES, name);

/** A parameter is a text or a path into the event. */
export function valueIn(event: PipeEvent, text: string): string {
  return text.startsWith("$.") ? textOf(at(event, text) ?? "") : text;
}

export function valuesIn(
  event: PipeEvent,
  texts: Record<string, string> | undefined,
): Record<string, string> | undefined {
  return (
    texts && Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, valueIn(event, text)]))
  );
}

const textOf = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
const exactOf = memoizeByObject(({ exact }: PipeEvent) => exact());
const at = (event: PipeEvent, path: string) => atJsonPath(exactOf(event), parseJsonPath(path) ?? []);

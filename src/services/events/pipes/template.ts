import { fillTemplate } from "#aws/languages/input-template.ts";
import { atJsonPath, parseJsonPath } from "#aws/languages/json-path.ts";
import type { Context } from "#kernel/context.ts";
import type { PipeEvent } from "./event.ts";
import { type Pipe, pipeArn } from "./store.ts";

/**
 * What an enrichment or a target is given of an event.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html
 */
export function inputOf(ctx: Context, pipe: Pipe, template: string | undefined, event: PipeEvent): string {
  if (template === undefined) return textOf(event.shown);
  const known: Record<string, () => unknown> = {
    "aws.pipes.pipe-arn": () => pipeArn(ctx, pipe.name),
    "aws.pipes.pipe-name": () => pipe.name,
    "aws.pipes.source-arn": () => pipe.source,
    "aws.pipes.enrichment-arn": () => pipe.enrichment,
    "aws.pipes.target-arn": () => pipe.target,
    "aws.pipes.event.ingestion-time": () => new Date(ctx.clock.now()).toISOString(),
    "aws.pipes.event": () => event.shown,
    "aws.pipes.event.json": () => event.read,
  };
  return fillTemplate(
    template,
    (name) => (name.startsWith("$") ? at(event, name) : known[name]!()),
    (name) => Object.hasOwn(known, name) || parseJsonPath(name) !== undefined,
  );
}

/** A parameter is a text, or leads into the event. */
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
const at = (event: PipeEvent, path: string) => atJsonPath(event.read, parseJsonPath(path) ?? []);

import type * as Events from "#aws/contract/types/events.ts";
import { atJsonPath, parseJsonPath } from "#aws/languages/json-path.ts";
import { invalid } from "../errors.ts";
import type { BusEvent } from "../store.ts";

/** What a template may name besides its own variables. */
export interface Surroundings {
  ruleArn: string;
  ruleName: string;
  /** When the event came to the bus. */
  ingested: number;
}

/**
 * What a target is given of an event: all of it, a part, a constant, or a template filled from it.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
export function inputOf(target: Events.Target, event: BusEvent, around: Surroundings): string {
  if (target.Input !== undefined) return target.Input;
  if (target.InputPath !== undefined) return JSON.stringify(valueAt(event, target.InputPath) ?? {});
  if (target.InputTransformer) return filled(target.InputTransformer, event, around);
  return JSON.stringify(event);
}

const PLACEHOLDER = /<([^<>\s]+)>/g;

/** Strings stand in quotes: what is filled in there has none of its own; elsewhere it is JSON. */
function filled(
  { InputTemplate, InputPathsMap = {} }: Events.InputTransformer,
  event: BusEvent,
  around: Surroundings,
) {
  const known = reserved(event, around);
  const valueNamed = (name: string) =>
    Object.hasOwn(InputPathsMap, name) ? valueAt(event, InputPathsMap[name]!) : known[name]?.();
  const isKnown = (name: string) => Object.hasOwn(InputPathsMap, name) || Object.hasOwn(known, name);
  return piecesOf(InputTemplate)
    .map(({ text, quoted }) =>
      text.replace(PLACEHOLDER, (placeholder, name: string) => {
        if (!isKnown(name)) return placeholder;
        const value = valueNamed(name);
        if (!quoted) return value === undefined ? "" : JSON.stringify(value);
        if (value === undefined) return "";
        return JSON.stringify(typeof value === "string" ? value : JSON.stringify(value)).slice(1, -1);
      }),
    )
    .join("");
}

function reserved(
  event: BusEvent,
  { ruleArn, ruleName, ingested }: Surroundings,
): Record<string, () => unknown> {
  return {
    "aws.events.rule-arn": () => ruleArn,
    "aws.events.rule-name": () => ruleName,
    "aws.events.event.ingestion-time": () => new Date(ingested).toISOString(),
    "aws.events.event": () => ({ ...event, detail: undefined }),
    "aws.events.event.json": () => event,
  };
}

/** A template cut at its quotes, which go with what is between them. */
function piecesOf(template: string): { text: string; quoted: boolean }[] {
  return [...template.matchAll(/"(?:[^"\\]|\\.)*"|[^"]+|"/gs)].map(([text]) => ({
    text,
    quoted: text.length > 1 && text.startsWith('"'),
  }));
}

const RESERVED = new Set(Object.keys(reserved({} as BusEvent, {} as Surroundings)));

/** @throws {AwsError} ValidationException for one that would not be JSON, or names what there is not */
export function checkTemplate(
  { InputTemplate, InputPathsMap = {} }: Events.InputTransformer,
  id: string,
): void {
  const pieces = piecesOf(InputTemplate);
  for (const { text } of pieces) {
    for (const [placeholder, name] of text.matchAll(PLACEHOLDER)) {
      if (!Object.hasOwn(InputPathsMap, name!) && !RESERVED.has(name!))
        throw invalid(`InputTemplate for target ${id} contains invalid placeholder ${placeholder}.`);
    }
  }
  const sample = pieces.map(({ text, quoted }) => text.replace(PLACEHOLDER, quoted ? "x" : "0")).join("");
  // Several strings or documents may stand one to a line.
  const isGood = isJson(sample) || sample.split("\n").every((line) => line.trim() === "" || isJson(line));
  if (!isGood) throw invalid(`Invalid InputTemplate for target ${id} : [Source: (String)"${InputTemplate}"]`);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function valueAt(event: BusEvent, path: string): unknown {
  const parsed = parseJsonPath(path);
  return parsed && atJsonPath(event, parsed);
}

import type * as Events from "#aws/contract/types/events.ts";
import { placeOfFault } from "#aws/languages/event-pattern/tokens.ts";
import { emptied, fillTemplate, isTemplate, placeholders } from "#aws/languages/input-template.ts";
import { atJsonPath, parseJsonPath } from "#aws/languages/json-path.ts";
import { invalid } from "../errors.ts";
import { deliverable, jsonOf } from "../publishing/bus-event.ts";
import type { BusEvent } from "../store.ts";

/** The values that a template can use besides its own variables. */
export interface Surroundings {
  ruleArn: string;
  ruleName: string;
  /** The time of the event's arrival at the bus. */
  ingested: number;
}

/**
 * The input of a target: the event, a part of it, a constant, or a template filled from it.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
export function inputOf(target: Events.Target, event: BusEvent, around: Surroundings): string {
  if (target.Input !== undefined) return target.Input;
  if (target.InputPath !== undefined)
    return JSON.stringify(valueAt(deliverable(event), target.InputPath) ?? {});
  if (target.InputTransformer) return filled(target.InputTransformer, deliverable(event), around);
  return jsonOf(event);
}

function filled(
  { InputTemplate, InputPathsMap = {} }: Events.InputTransformer,
  event: BusEvent,
  around: Surroundings,
) {
  const variables = reserved(event, around);
  return fillTemplate(
    InputTemplate,
    (name) =>
      Object.hasOwn(InputPathsMap, name) ? valueAt(event, InputPathsMap[name]!) : variables[name]!(),
    (name) => Object.hasOwn(InputPathsMap, name) || Object.hasOwn(variables, name),
  );
}

const WHOLE_EVENT = "aws.events.event.json";

function reserved(
  event: BusEvent,
  { ruleArn, ruleName, ingested }: Surroundings,
): Record<string, () => unknown> {
  return {
    "aws.events.rule-arn": () => ruleArn,
    "aws.events.rule-name": () => ruleName,
    "aws.events.event.ingestion-time": () => new Date(ingested).toISOString(),
    "aws.events.event": () => withoutDetail(event),
    [WHOLE_EVENT]: () => event,
  };
}

/** The variable that has the event without `detail`. It writes `detail-type` without the hyphen. */
const withoutDetail = ({ version, id, "detail-type": detailType, detail: _, ...rest }: BusEvent) => ({
  version,
  id,
  detailType,
  ...rest,
});

const RESERVED = new Set(Object.keys(reserved({} as BusEvent, {} as Surroundings)));

/** @throws {AwsError} ValidationException for one that would not be JSON, or names what there is not */
export function checkTemplate(
  { InputTemplate, InputPathsMap = {} }: Events.InputTransformer,
  id: string,
): void {
  const unknown = placeholders(InputTemplate).find(
    (name) => !Object.hasOwn(InputPathsMap, name) && !RESERVED.has(name),
  );
  if (unknown !== undefined)
    throw invalid(`InputTemplate for target ${id} contains invalid placeholder ${unknown}.`);
  if (InputTemplate.includes(`<${WHOLE_EVENT}>`) && !/^\s*\{/.test(InputTemplate))
    throw invalid(
      `InputTemplate for target ${id} contains placeholder ${WHOLE_EVENT} valid only for JSON template.`,
    );
  if (!isTemplate(InputTemplate))
    throw invalid(`Invalid InputTemplate for target ${id} : ${placeOfFault(emptied(InputTemplate))}`);
}

function valueAt(event: BusEvent, path: string): unknown {
  const parsed = parseJsonPath(path);
  return parsed && atJsonPath(event, parsed);
}

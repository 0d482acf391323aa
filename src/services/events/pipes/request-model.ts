import type { Violation } from "#aws/contract/constraints.ts";
import { loadContract } from "#aws/contract/contract.ts";
import type { ListShape, MapShape, Member, ScalarShape, Shape } from "#aws/contract/shapes.ts";
import { invalid } from "./errors.ts";

/**
 * AWS's Pipes is behind an API Gateway that validates bodies by a JSON schema, so the messages are those of its validator, such
 * as `[numeric instance is lower than the required minimum (minimum: 1, found: 0)]`, which users quote. It does not look into
 * a list or map that is itself wrong, so the number of messages is bounded.
 * @throws {AwsError} ValidationException
 */
export function judge(operation: string, input: object): Violation[] {
  const found = inObject(loadContract("pipes").operation(operation)!.input.bodyMembers, input);
  if (found.length > 0) throw invalid(`[${found.join(", ")}]`);
  return [];
}

function inObject(members: readonly Member[], value: object): string[] {
  const given = value as Record<string, unknown>;
  const isGiven = ({ name }: Member) => given[name] !== undefined && given[name] !== null;
  const missing = members.filter((member) => member.required && !isGiven(member)).map(({ name }) => name);
  return [
    ...(missing.length > 0 ? [`object has missing required properties (${listed(missing.sort())})`] : []),
    ...members.filter(isGiven).flatMap(({ name, shape }) => inValue(shape, given[name])),
  ];
}

function inValue(shape: Shape, value: unknown): string[] {
  switch (shape.kind) {
    case "structure":
      return inObject(shape.members, value as object);
    case "list":
      return inList(shape, value as unknown[]);
    case "map":
      return inMap(shape, value as object);
    case "scalar":
      if (typeof value === "number") return inNumber(shape, value);
      return typeof value === "string" ? inText(shape, value) : [];
    default:
      return [];
  }
}

function inList({ min = 0, max = Number.POSITIVE_INFINITY, member }: ListShape, list: unknown[]): string[] {
  const { length } = list;
  if (length > max)
    return [`array is too long: must have at most ${max} elements but instance has ${length} elements`];
  if (length < min)
    return [`array is too short: must have at least ${min} elements but instance has ${length} elements`];
  return list.flatMap((one) => (one === null ? [] : inValue(member, one)));
}

function inMap({ min = 0, max = Number.POSITIVE_INFINITY, value }: MapShape, map: object): string[] {
  const values = Object.values(map);
  const { length } = values;
  if (length > max)
    return [`object has too many properties (found ${length} but schema requires at most ${max})`];
  if (length < min)
    return [`object has too few properties (found ${length} but schema requires at least ${min})`];
  return values.flatMap((one) => (one === null ? [] : inValue(value, one)));
}

function inNumber({ min, max }: ScalarShape, value: number): string[] {
  if (min !== undefined && value < min)
    return [`numeric instance is lower than the required minimum (minimum: ${min}, found: ${value})`];
  if (max !== undefined && value > max)
    return [`numeric instance is greater than the required maximum (maximum: ${max}, found: ${value})`];
  return [];
}

function inText({ enum: values, min = 0, max, pattern, regex }: ScalarShape, text: string): string[] {
  if (values && !values.includes(text))
    return [
      `instance value (${JSON.stringify(text)}) not found in enum (possible values: ${listed(values)})`,
    ];
  const { length } = text;
  if (max !== undefined && length > max)
    return [`string "${text}" is too long (length: ${length}, maximum allowed: ${max})`];
  const found: string[] = [];
  if (length < min) found.push(`string "${text}" is too short (length: ${length}, required minimum: ${min})`);
  if (regex && !regex.test(text))
    found.push(`ECMA 262 regex "${pattern}" does not match input string "${text}"`);
  return found;
}

const listed = (texts: readonly string[]) => JSON.stringify(texts);

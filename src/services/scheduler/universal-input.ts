import type { ListShape, MapShape, ScalarShape, Shape, StructureShape } from "#aws/contract/shapes.ts";
import { AwsError } from "#aws/errors.ts";

/** The maximum number of characters of an invalid value in an error message. */
const MAX_SHOWN_LENGTH = 100;

/**
 * Converts a schedule's input to the request of an operation. In the input, member names are capitalized
 * whatever the service's protocol, blobs are text, and times are in the format of SDKs.
 * @throws {AwsError} SerializationException if a member has the wrong type
 */
export function requestIn(shape: StructureShape, value: unknown): object {
  const request = entriesOf(value).filter(isPresent);
  const names = new Map(shape.members.map((member) => [capitalized(member.name), member]));
  return Object.fromEntries(
    request.map(([name, inner]) => {
      const member = names.get(name);
      return member ? [member.name, valueIn(member.shape, inner)] : [name, inner];
    }),
  );
}

/** Whether a member is present. `null` counts as absent, as in the protocols of all services. */
const isPresent = ([, value]: [string, unknown]): boolean => value !== null;

function valueIn(shape: Shape, value: unknown): unknown {
  switch (shape.kind) {
    case "structure":
      return requestIn(shape, value);
    case "list":
      return listIn(shape, value);
    case "map":
      return mapIn(shape, value);
    case "scalar":
      return scalarIn(shape, value);
    case "document":
      return value;
  }
}

function listIn({ member }: ListShape, value: unknown): unknown[] {
  if (!Array.isArray(value)) return refuse("a list", value);
  if (value.includes(null)) return refuse("no null within a list", value);
  return value.map((one) => valueIn(member, one));
}

const mapIn = ({ value: shape }: MapShape, value: unknown) =>
  Object.fromEntries(
    entriesOf(value)
      .filter(isPresent)
      .map(([key, one]) => [key, valueIn(shape, one)]),
  );

function scalarIn({ type }: ScalarShape, value: unknown): unknown {
  switch (type) {
    case "string":
    case "character":
      return isText(value) ? value : refuse("a text", value);
    case "blob":
      return isText(value) ? Buffer.from(value) : refuse("a text", value);
    case "boolean":
      return typeof value === "boolean" ? value : refuse("true or false", value);
    case "timestamp":
      return timeIn(value);
    default:
      return typeof value === "number" ? value : refuse("a number", value);
  }
}

function timeIn(value: unknown): Date {
  const isTime = isText(value) || typeof value === "number";
  const time = isTime ? new Date(isText(value) ? value : value * 1_000) : undefined;
  return time && !Number.isNaN(time.getTime()) ? time : refuse("a moment", value);
}

const isText = (value: unknown): value is string => typeof value === "string";

function entriesOf(value: unknown): [string, unknown][] {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? Object.entries(value) : refuse("an object", value);
}

function refuse(expected: string, value: unknown): never {
  const found = JSON.stringify(value).slice(0, MAX_SHOWN_LENGTH);
  throw new AwsError("SerializationException", `Expected ${expected} and found ${found}.`);
}

export const capitalized = (name: string) => name.slice(0, 1).toUpperCase() + name.slice(1);

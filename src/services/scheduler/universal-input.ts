import type { ListShape, MapShape, ScalarShape, Shape, StructureShape } from "#aws/contract/shapes.ts";
import { AwsError } from "#aws/errors.ts";

/** Of what was found in place of something else, in characters. */
const MOST_SHOWN = 100;

/**
 * What an operation is given of a schedule's input. Its members are named with a capital letter, whatever the service's
 * own protocol has them begin with; bytes are written as text, and moments as SDKs write them.
 * @throws {AwsError} SerializationException for what is no such request
 */
export function requestIn(shape: StructureShape, value: unknown): object {
  const request = entriesOf(value).filter(isThere);
  const names = new Map(shape.members.map((member) => [capitalized(member.name), member]));
  return Object.fromEntries(
    request.map(([name, inner]) => {
      const member = names.get(name);
      return member ? [member.name, valueIn(member.shape, inner)] : [name, inner];
    }),
  );
}

/** What is `null` is not said, as on the wire of any service. */
const isThere = ([, value]: [string, unknown]): boolean => value !== null;

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
      .filter(isThere)
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
      return momentIn(value);
    default:
      return typeof value === "number" ? value : refuse("a number", value);
  }
}

function momentIn(value: unknown): Date {
  const isMoment = isText(value) || typeof value === "number";
  const moment = isMoment ? new Date(isText(value) ? value : value * 1_000) : undefined;
  return moment && !Number.isNaN(moment.getTime()) ? moment : refuse("a moment", value);
}

const isText = (value: unknown): value is string => typeof value === "string";

function entriesOf(value: unknown): [string, unknown][] {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? Object.entries(value) : refuse("an object", value);
}

function refuse(expected: string, value: unknown): never {
  const found = JSON.stringify(value).slice(0, MOST_SHOWN);
  throw new AwsError("SerializationException", `Expected ${expected} and found ${found}.`);
}

export const capitalized = (name: string) => name.slice(0, 1).toUpperCase() + name.slice(1);

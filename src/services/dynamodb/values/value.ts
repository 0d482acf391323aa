import type { AttributeValue } from "#aws/contract/types/dynamodb.ts";
import { AwsError } from "#aws/errors.ts";
import { invalid, invalidParameters } from "../errors.ts";
import { compareDecimals, type Decimal, formatDecimal, parseDecimal } from "./decimal.ts";

/** As on the wire: an object with one member, whose name is the type. */
export type Value = AttributeValue;
export type Item = Record<string, Value>;
export type TypeName = keyof AttributeValue;

const MOST_NESTING = 32;

/** The type of a value that was checked. */
export function typeOf(value: Value): TypeName {
  for (const name in value) return name as TypeName;
  throw new Error("an empty value");
}

const FAULTS = {
  "not-a-number": (text: string) =>
    `The parameter cannot be converted to a numeric value${text === "" ? "" : `: ${text}`}`,
  "too-precise": () => "Attempting to store more than 38 significant digits in a Number",
  overflow: () => "Number overflow. Attempting to store a number with magnitude larger than supported range",
  underflow: () =>
    "Number underflow. Attempting to store a number with magnitude smaller than supported range",
};

/** @throws {AwsError} ValidationException */
export function decimalIn(text: string): Decimal {
  const decimal = parseDecimal(text);
  if (typeof decimal === "string") throw invalid(FAULTS[decimal](text));
  return decimal;
}

/**
 * What was sent, checked, with its numbers in their plain form. Every type that was sent is looked at, in its order, before
 * there is said to be more than one.
 * @throws {AwsError} ValidationException
 */
export function checkedValue(value: Value, depth = 0): Value {
  let checked: Value | undefined;
  let count = 0;
  for (const name in value) {
    const type = name as TypeName;
    if (value[type] === undefined) continue;
    if (depth >= MOST_NESTING) throw invalid("Nesting Levels have exceeded supported limits");
    const content = checkedContent(value, type, depth);
    checked ??= content;
    count++;
  }
  if (!checked)
    throw invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
  if (count > 1)
    throw invalid(
      "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
    );
  return checked;
}

function checkedContent(value: Value, type: TypeName, depth: number): Value {
  switch (type) {
    case "S":
      return { S: value.S! };
    case "N":
      return { N: plainNumber(value.N!) };
    case "NULL":
      if (value.NULL !== true)
        throw invalidParameters("Null attribute value types must have the value of true");
      return { NULL: true };
    case "SS":
    case "NS":
    case "BS":
      return checkedSet(value, type);
    case "M":
      return { M: checkedItem(value.M!, depth + 1) };
    case "L":
      return { L: value.L!.map((element) => checkedValue(element, depth + 1)) };
    default:
      return { [type]: value[type] };
  }
}

/** Up to 15 digits without a sign, a point or leading zeros are in their plain form. */
const PLAIN = /^[1-9]\d{0,14}$/;

const plainNumber = (text: string) => (PLAIN.test(text) ? text : formatDecimal(decimalIn(text)));

/** @throws {AwsError} ValidationException */
export function checkedItem(item: Item, depth = 0): Item {
  // An attribute may be called `__proto__`.
  const checked: Item = Object.create(null);
  for (const name in item) checked[name] = checkedValue(item[name]!, depth);
  return checked;
}

const EMPTY_SETS = {
  SS: "An string set  may not be empty",
  NS: "An number set  may not be empty",
  BS: "Binary sets should not be empty",
};
const EMPTY_MEMBERS = {
  SS: "An string set may not have a empty string as a member",
  NS: "",
  BS: "Binary sets may not contain null or empty values",
};

function checkedSet(value: Value, type: "SS" | "NS" | "BS"): Value {
  const elements: readonly (string | Uint8Array)[] = value[type]!;
  if (elements.length === 0) throw invalidParameters(EMPTY_SETS[type]);
  if (type !== "NS" && elements.some(({ length }) => length === 0))
    throw invalidParameters(EMPTY_MEMBERS[type]);
  const plain = type === "NS" ? elements.map((text) => plainNumber(text as string)) : elements;
  const distinct = new Set(plain.map((element) => (typeof element === "string" ? element : base64(element))));
  if (distinct.size < plain.length) {
    if (type === "NS") throw invalid("Input collection contains duplicates");
    const told = elements.map((element) => (typeof element === "string" ? element : base64(element)));
    throw invalidParameters(
      `Input collection [${told.join(", ")}]${type === "BS" ? "of type BS" : ""} contains duplicates.`,
    );
  }
  return { [type]: plain } as Value;
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");

/** By type and content; a set's order does not count. */
export function isEqual(a: Value, b: Value): boolean {
  const type = typeOf(a);
  if (typeOf(b) !== type) return false;
  switch (type) {
    case "B":
      return Buffer.compare(a.B!, b.B!) === 0;
    case "SS":
    case "NS": {
      const others = new Set(b[type]);
      return a[type]!.length === others.size && a[type]!.every((element) => others.has(element));
    }
    case "BS":
      return isEqual({ SS: a.BS!.map(base64) }, { SS: b.BS!.map(base64) });
    case "L":
      return a.L!.length === b.L!.length && a.L!.every((element, at) => isEqual(element, b.L![at]!));
    case "M": {
      const names = Object.keys(a.M!);
      return (
        names.length === Object.keys(b.M!).length &&
        names.every((name) => Object.hasOwn(b.M!, name) && isEqual(a.M![name]!, b.M![name]!))
      );
    }
    default:
      return a[type] === b[type];
  }
}

/** Of two texts by their UTF-8 bytes, of two numbers, of two byte strings; `undefined` for what has no order. */
export function compareValues(a: Value, b: Value): number | undefined {
  if (a.S !== undefined && b.S !== undefined) return Buffer.compare(Buffer.from(a.S), Buffer.from(b.S));
  if (a.N !== undefined && b.N !== undefined) return compareDecimals(decimalIn(a.N), decimalIn(b.N));
  if (a.B !== undefined && b.B !== undefined) return Buffer.compare(a.B, b.B);
  return undefined;
}

/** @throws whatever `check` throws, told as that of a value under a name */
export function named<R>(name: string, check: () => R): R {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw invalid(`ExpressionAttributeValues contains invalid value: ${error.message} for key ${name}`);
  }
}

import type { AttributeValue } from "#aws/contract/types/dynamodb.ts";
import { AwsError } from "#aws/errors.ts";
import { invalid, invalidParameters } from "../errors.ts";
import {
  compareDecimals,
  type Decimal,
  formatDecimal,
  isShort,
  type NumberFault,
  parseDecimal,
} from "./decimal.ts";

/** A value as on the wire: an object with one member, whose name is the type. */
export type Value = AttributeValue;
export type Item = Record<string, Value>;
export type TypeName = keyof AttributeValue;

/** Reads only own properties, since an attribute may be named like a member of `Object.prototype`. */
export const attributeOf = (item: Item, name: string): Value | undefined =>
  Object.hasOwn(item, name) ? item[name] : undefined;

const MAX_NESTING = 32;
/** The depth of a value that is not stored: only the limits of a request apply to its nesting. */
const UNSTORED_DEPTH = Number.NEGATIVE_INFINITY;

const tooNested = () =>
  invalid(
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit",
  );

/** Checks the nesting of an attribute that an update wrote. @throws {AwsError} ValidationException */
export function checkNesting(value: Value, depth = 0): void {
  if (depth >= MAX_NESTING) throw tooNested();
  for (const name in value.M) checkNesting(value.M[name]!, depth + 1);
  for (const element of value.L ?? []) checkNesting(element, depth + 1);
}

/** The type of a checked value. */
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
export const decimalIn = (text: string): Decimal => decimalOf(parseDecimal(text), text);

/** The number that was parsed or computed. @throws {AwsError} ValidationException for a fault */
export function decimalOf(found: Decimal | NumberFault, text = ""): Decimal {
  if (typeof found === "string") throw invalid(FAULTS[found](text));
  return found;
}

/** Checks the value of a placeholder. @throws {AwsError} ValidationException */
export const checkedOperand = (value: Value): Value => checkedValue(value, UNSTORED_DEPTH);

/**
 * Checks a value and returns it with canonical numbers: the same object if nothing changed. A value with several types is
 * only rejected after the content of each was checked.
 * @throws {AwsError} ValidationException
 */
export function checkedValue(value: Value, depth = 0): Value {
  let checked: Value | undefined;
  let type: TypeName = "S";
  let count = 0;
  let isSparse = false;
  for (const name in value) {
    if (value[name as TypeName] === undefined) {
      isSparse = true;
      continue;
    }
    if (depth >= MAX_NESTING) throw tooNested();
    const one = checkedContent(value, name as TypeName, depth);
    if (count++ > 0) continue;
    checked = one;
    type = name as TypeName;
  }
  if (!checked)
    throw invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
  if (count > 1)
    throw invalid(
      "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
    );
  return isSparse ? ({ [type]: checked[type] } as Value) : checked;
}

function checkedContent(value: Value, type: TypeName, depth: number): Value {
  switch (type) {
    case "N": {
      const plain = plainNumber(value.N!);
      return plain === value.N ? value : { N: plain };
    }
    case "NULL":
      if (value.NULL !== true)
        throw invalidParameters("Null attribute value types must have the value of true");
      return value;
    case "SS":
    case "NS":
    case "BS":
      return checkedSet(value, type);
    case "M": {
      const checked = checkedItem(value.M!, depth + 1);
      return checked === value.M ? value : { M: checked };
    }
    case "L": {
      const checked = value.L!.map((element) => checkedValue(element, depth + 1));
      return checked.every((element, at) => element === value.L![at]) ? value : { L: checked };
    }
    default:
      return value;
  }
}

const plainNumber = (text: string) => (isShort(text) ? text : formatDecimal(decimalIn(text)));

/** Checks all values of an item and returns it with canonical numbers. @throws {AwsError} ValidationException */
export function checkedItem(item: Item, depth = 0): Item {
  let checked = item;
  for (const name in item) {
    checkName(name);
    const value = checkedValue(item[name]!, depth);
    if (value === item[name]) continue;
    // The spread copies an own `__proto__` attribute, so that the assignment below does not set the prototype.
    if (checked === item) checked = { ...item };
    checked[name] = value;
  }
  return checked;
}

const MAX_NAME_BYTES = 65_535;
const LARGE_NAME = "Attribute name is too large, must be less than 65536 bytes";

/** Checks the length of an attribute name. @throws {AwsError} ValidationException */
export function checkName(name: string): void {
  // A character takes three bytes at most.
  if (name.length * 3 > MAX_NAME_BYTES && Buffer.byteLength(name) > MAX_NAME_BYTES) throw invalid(LARGE_NAME);
}

const EMPTY_SETS = {
  SS: "An string set  may not be empty",
  NS: "An number set  may not be empty",
  BS: "Binary sets should not be empty",
};

function checkedSet(value: Value, type: "SS" | "NS" | "BS"): Value {
  const elements: readonly (string | Uint8Array)[] = value[type]!;
  if (elements.length === 0) throw invalidParameters(EMPTY_SETS[type]);
  const plain = type === "NS" ? elements.map((text) => plainNumber(text as string)) : elements;
  const distinct = new Set(plain.map((element) => (typeof element === "string" ? element : base64(element))));
  if (distinct.size < plain.length) {
    if (type === "NS") throw invalid("Input collection contains duplicates");
    const texts = elements.map((element) => (typeof element === "string" ? element : base64(element)));
    throw invalidParameters(
      `Input collection [${texts.join(", ")}]${type === "BS" ? "of type BS" : ""} contains duplicates.`,
    );
  }
  return plain.every((element, at) => element === elements[at]) ? value : ({ [type]: plain } as Value);
}

export const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");

/** Whether type and content are equal, regardless of the order of a set. */
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

/** Compares two strings (by their UTF-8 bytes), numbers or byte strings; `undefined` if the values have no order. */
export function compareValues(a: Value, b: Value): number | undefined {
  if (a.S !== undefined && b.S !== undefined) return Buffer.compare(Buffer.from(a.S), Buffer.from(b.S));
  if (a.N !== undefined && b.N !== undefined) return compareNumbers(a.N, b.N);
  if (a.B !== undefined && b.B !== undefined) return Buffer.compare(a.B, b.B);
  return undefined;
}

const compareNumbers = (a: string, b: string): number =>
  isShort(a) && isShort(b) ? Number(a) - Number(b) : compareDecimals(decimalIn(a), decimalIn(b));

/** Runs a check of a placeholder's value. @throws what `check` throws, with the placeholder in its message */
export function named<R>(name: string, check: () => R): R {
  try {
    return check();
  } catch (error) {
    // Errors about attribute names do not state the placeholder.
    if (!(error instanceof AwsError) || error.message === LARGE_NAME) throw error;
    throw invalid(`ExpressionAttributeValues contains invalid value: ${error.message} for key ${name}`);
  }
}

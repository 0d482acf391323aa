import {
  add,
  compareDecimals,
  Decimal,
  decimalOf,
  divide,
  multiply,
  negate,
  numberOf,
  ofInteger,
  remainder,
  textOf,
  truncated,
} from "./decimal.ts";
import { castFailed, failure } from "./errors.ts";
import type { Arithmetic, TypeName } from "./syntax.ts";
import { Timestamp, timestampOf, timestampText } from "./timestamps.ts";

/** A value: `undefined` is MISSING, `bigint` an int, `number` a float. */
export type Value =
  | undefined
  | null
  | boolean
  | string
  | bigint
  | number
  | Decimal
  | Timestamp
  | Value[]
  | Structure;

export interface Structure {
  readonly [name: string]: Value;
}

export type Numeric = bigint | number | Decimal;

export const isNumeric = (value: Value): value is Numeric =>
  typeof value === "bigint" || typeof value === "number" || value instanceof Decimal;

export const isAbsent = (value: Value): value is null | undefined => value === null || value === undefined;

export function isStructure(value: Value): value is Structure {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return !(value instanceof Decimal) && !(value instanceof Timestamp);
}

const MAX_INTEGER = 2n ** 63n - 1n;

/** Checks that an int fits into 64 bits. */
export function integer(value: bigint): bigint {
  if (value > MAX_INTEGER || value < -MAX_INTEGER - 1n) throw failure("IntegerOverflow");
  return value;
}

/** Parses a number: an int if possible. */
export function numericOf(text: string): Numeric | undefined {
  if (/^\s*[+-]?\d{1,18}\s*$/.test(text)) return BigInt(text.trim().replace(/^\+/, ""));
  const decimal = decimalOf(text);
  return decimal?.scale === 0 && abs(decimal.units) <= MAX_INTEGER ? decimal.units : decimal;
}

const abs = (value: bigint) => (value < 0n ? -value : value);

const decimal = (value: bigint | Decimal) => (typeof value === "bigint" ? ofInteger(value) : value);
const float = (value: Numeric) => (value instanceof Decimal ? numberOf(value) : Number(value));

/** Returns less than, equal to, or more than zero; `undefined` if the values cannot be compared. */
export function compare(a: Value, b: Value): number | undefined {
  if (isNumeric(a)) return isNumeric(b) ? compareNumbers(a, b) : undefined;
  if (typeof a === "string") return typeof b === "string" ? order(a, b) : undefined;
  if (typeof a === "boolean") return typeof b === "boolean" ? Number(a) - Number(b) : undefined;
  return a instanceof Timestamp && b instanceof Timestamp ? a.time - b.time : undefined;
}

function compareNumbers(a: Numeric, b: Numeric): number {
  if (typeof a === "bigint" && typeof b === "bigint") return order(a, b);
  if (typeof a === "number" || typeof b === "number") return float(a) - float(b);
  return compareDecimals(decimal(a), decimal(b));
}

function order<T extends bigint | string>(a: T, b: T): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

export function calculate(operator: Arithmetic, a: Numeric, b: Numeric): Numeric {
  if (typeof a === "number" || typeof b === "number") return floats[operator](float(a), float(b));
  if (typeof a === "bigint" && typeof b === "bigint") return integer(integers[operator](a, b));
  return decimals[operator](decimal(a), decimal(b));
}

type Operations<T> = Record<Arithmetic, (a: T, b: T) => T>;

const floats: Operations<number> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
};

const integers: Operations<bigint> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / divisor(b),
  "%": (a, b) => a % divisor(b),
};

function divisor(value: bigint): bigint {
  if (value === 0n) throw failure("IllegalSqlFunctionArgument");
  return value;
}

const decimals: Operations<Decimal> = {
  "+": add,
  "-": (a, b) => add(a, negate(b)),
  "*": multiply,
  "/": (a, b) => defined(divide(a, b)),
  "%": (a, b) => defined(remainder(a, b)),
};

function defined(value: Decimal | undefined): Decimal {
  if (!value) throw failure("IllegalSqlFunctionArgument");
  return value;
}

export function negated(value: Numeric): Numeric {
  return value instanceof Decimal ? negate(value) : typeof value === "bigint" ? integer(-value) : -value;
}

/** An average is never an int. */
export function average(sum: Numeric, count: number): Numeric | undefined {
  if (typeof sum === "number") return sum / count;
  return divide(decimal(sum), ofInteger(BigInt(count)));
}

/** Formats a scalar; returns `undefined` for any other value. */
export function textOfScalar(value: Value): string | undefined {
  switch (typeof value) {
    case "string":
      return value;
    case "bigint":
    case "boolean":
      return `${value}`;
    case "number":
      return floatText(value);
    default:
      if (value instanceof Decimal) return textOf(value);
      return value instanceof Timestamp ? timestampText(value) : undefined;
  }
}

/** Formats a float so that it is recognizable as one. */
function floatText(value: number): string {
  const text = `${value}`;
  return Number.isInteger(value) && !text.includes("e") ? `${text}.0` : text;
}

/** @throws {AwsError} CastFailed */
export function cast(value: Value, to: TypeName): Value {
  if (isAbsent(value)) return value;
  const result = CASTS[to](value);
  if (result === undefined) throw castFailed();
  return result;
}

type Present = Exclude<Value, null | undefined>;

const CASTS: Record<TypeName, (value: Present) => Value> = {
  bool(value) {
    if (typeof value === "boolean") return value;
    if (isNumeric(value)) return compare(value, 0n) !== 0;
    const text = typeof value === "string" ? value.trim().toLowerCase() : "";
    return text === "true" ? true : text === "false" ? false : undefined;
  },
  int(value) {
    const number = typeof value === "string" ? integerIn(value) : numeric(value);
    if (number === undefined) return undefined;
    if (typeof number === "number")
      return Number.isFinite(number) ? integer(BigInt(Math.trunc(number))) : undefined;
    return integer(typeof number === "bigint" ? number : truncated(number));
  },
  float(value) {
    const number = numeric(value);
    return number === undefined ? undefined : float(number);
  },
  decimal(value) {
    const number = numeric(value);
    if (number === undefined) return undefined;
    return typeof number === "number" ? decimalOf(`${number}`) : decimal(number);
  },
  string: (value) => textOfScalar(value),
  timestamp: (value) =>
    value instanceof Timestamp ? value : typeof value === "string" ? timestampOf(value) : undefined,
};

function numeric(value: Present): Numeric | undefined {
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (typeof value === "string") return numericOf(value);
  return isNumeric(value) ? value : undefined;
}

const integerIn = (text: string) =>
  /^\s*[+-]?\d{1,40}\s*$/.test(text) ? BigInt(text.trim().replace(/^\+/, "")) : undefined;

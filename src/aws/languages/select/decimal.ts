import { failure } from "./errors.ts";

/**
 * The exact value `units` × 10^-`scale`: 1.50 is 150 at scale 2. A class, so that values can be distinguished
 * by `instanceof`.
 */
export class Decimal {
  readonly units: bigint;
  readonly scale: number;

  constructor(units: bigint, scale: number) {
    this.units = units;
    this.scale = scale;
  }
}

/** Significant digits of a result. */
const PRECISION = 38;
const LIMIT = 10n ** BigInt(PRECISION);
/** The maximum number of digits before the decimal point, and after it. */
const MAX_DECIMAL_PLACES = 4_000;
/** The maximum number of digits of a literal. */
const MAX_DIGITS = 1_000;

const power = (exponent: number) => 10n ** BigInt(exponent);

/** Parses `12`, `-1.50`, `1e-7`; returns `undefined` for anything else, or too many digits. */
export function decimalOf(text: string): Decimal | undefined {
  const [, sign, whole = "", fraction = "", exponent = "0"] =
    /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/.exec(text.trim()) ?? [];
  if (sign === undefined || (whole === "" && fraction === "")) return undefined;
  const scale = fraction.length - Number(exponent);
  if (whole.length + fraction.length > MAX_DIGITS || Math.abs(scale) > MAX_DIGITS) return undefined;
  const digits = BigInt(whole + fraction);
  const units = sign === "-" ? -digits : digits;
  return scale < 0 ? new Decimal(units * power(-scale), 0) : new Decimal(units, scale);
}

export const ofInteger = (value: bigint): Decimal => new Decimal(value, 0);

export function textOf({ units, scale }: Decimal): string {
  if (scale === 0) return `${units}`;
  const digits = `${units < 0n ? -units : units}`.padStart(scale + 1, "0");
  return `${units < 0n ? "-" : ""}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

export const numberOf = (value: Decimal): number => Number(textOf(value));

/** Converts both to the larger of their scales. */
function aligned(a: Decimal, b: Decimal): [bigint, bigint, number] {
  const scale = Math.max(a.scale, b.scale);
  return [a.units * power(scale - a.scale), b.units * power(scale - b.scale), scale];
}

export function add(a: Decimal, b: Decimal): Decimal {
  const [left, right, scale] = aligned(a, b);
  return bounded(left + right, scale);
}

export const negate = ({ units, scale }: Decimal): Decimal => new Decimal(-units, scale);

export const multiply = (a: Decimal, b: Decimal): Decimal => bounded(a.units * b.units, a.scale + b.scale);

/** Rounds to 38 significant digits without trailing zeros; returns `undefined` for a division by zero. */
export function divide(a: Decimal, b: Decimal): Decimal | undefined {
  if (b.units === 0n) return undefined;
  const digits = (value: bigint) => `${value < 0n ? -value : value}`.length;
  const extra = Math.max(PRECISION - digits(a.units) + digits(b.units), 0);
  const numerator = a.units * power(extra);
  const half = (b.units < 0n ? -b.units : b.units) / 2n;
  const isNegative = numerator < 0n !== b.units < 0n;
  const rounded = (numerator + (numerator < 0n ? -half : half)) / b.units;
  return trimmed(isNegative && rounded > 0n ? -rounded : rounded, a.scale - b.scale + extra);
}

/** Rounds to the supported precision. @throws {AwsError} IntegerOverflow */
function bounded(units: bigint, scale: number): Decimal {
  if (units < LIMIT && units > -LIMIT && scale <= MAX_DECIMAL_PLACES) return new Decimal(units, scale);
  const digits = `${units < 0n ? -units : units}`.length;
  if (digits - scale > MAX_DECIMAL_PLACES) throw failure("IntegerOverflow");
  const surplus = Math.min(Math.max(digits - PRECISION, scale - MAX_DECIMAL_PLACES, 0), scale);
  if (surplus === 0) return new Decimal(units, scale);
  const half = power(surplus) / 2n;
  return new Decimal((units + (units < 0n ? -half : half)) / power(surplus), scale - surplus);
}

function trimmed(units: bigint, scale: number): Decimal {
  if (scale < 0) return bounded(units * power(-scale), 0);
  let [rest, places] = [units, scale];
  for (; places > 0 && rest % 10n === 0n; places--) rest /= 10n;
  return bounded(rest, places);
}

export function remainder(a: Decimal, b: Decimal): Decimal | undefined {
  const [left, right, scale] = aligned(a, b);
  return right === 0n ? undefined : new Decimal(left % right, scale);
}

export function compareDecimals(a: Decimal, b: Decimal): number {
  const [left, right] = aligned(a, b);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Truncates towards zero. */
export const truncated = ({ units, scale }: Decimal): bigint => units / power(scale);

/**
 * DynamoDB's numbers: up to 38 significant digits, from 1E-130 to 9.99…E+125 and their negatives, and zero.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
 */
export interface Decimal {
  negative: boolean;
  /** Significant digits, without zeros at either end; empty for zero. */
  digits: string;
  /** The value is 0.digits × 10^exponent. */
  exponent: number;
}

export type NumberFault = "not-a-number" | "too-precise" | "overflow" | "underflow";

const MOST_DIGITS = 38;
const LARGEST_EXPONENT = 126;
const SMALLEST_EXPONENT = -129;
const LONGEST_TEXT = 1_000;

const ZERO: Decimal = { negative: false, digits: "", exponent: 0 };

const MOST_SHORT = 15;
const [ZERO_CODE, NINE_CODE] = [0x30, 0x39];

/** Whole, without a sign and not long, as most numbers are: that is their plain form, and they need no closer look. */
export function isShort(text: string): boolean {
  if (text.length === 0 || text.length > MOST_SHORT || text.charCodeAt(0) === ZERO_CODE) return false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < ZERO_CODE || code > NINE_CODE) return false;
  }
  return true;
}

/** What a text says, or why it says nothing. */
export function parseDecimal(text: string): Decimal | NumberFault {
  if (isShort(text)) {
    let end = text.length;
    while (text.charCodeAt(end - 1) === ZERO_CODE) end--;
    return { negative: false, digits: text.slice(0, end), exponent: text.length };
  }
  const match =
    text.length <= LONGEST_TEXT ? /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text) : null;
  const [, sign, whole = "", fraction = "", power = "0"] = match ?? [];
  if (sign === undefined || whole.length + fraction.length === 0) return "not-a-number";
  return normal(sign === "-", whole + fraction, whole.length + Number(power));
}

function normal(negative: boolean, allDigits: string, pointAt: number): Decimal | NumberFault {
  const leading = /^0*/.exec(allDigits)![0].length;
  const digits = allDigits.slice(leading).replace(/0+$/, "");
  if (digits === "") return ZERO;
  const exponent = pointAt - leading;
  if (exponent > LARGEST_EXPONENT) return "overflow";
  if (exponent < SMALLEST_EXPONENT) return "underflow";
  if (digits.length > MOST_DIGITS) return "too-precise";
  return { negative, digits, exponent };
}

/** Plainly, without an exponent. */
export function formatDecimal({ negative, digits, exponent }: Decimal): string {
  if (digits === "") return "0";
  const sign = negative ? "-" : "";
  if (exponent <= 0) return `${sign}0.${"0".repeat(-exponent)}${digits}`;
  if (exponent >= digits.length) return sign + digits.padEnd(exponent, "0");
  return `${sign}${digits.slice(0, exponent)}.${digits.slice(exponent)}`;
}

/** Below, at or above zero, as sorting wants it. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const signs = signOf(a) - signOf(b);
  if (signs !== 0) return signs;
  const magnitude =
    a.exponent !== b.exponent
      ? a.exponent - b.exponent
      : a.digits < b.digits
        ? -1
        : a.digits > b.digits
          ? 1
          : 0;
  return a.negative ? -magnitude : magnitude;
}

const signOf = ({ negative, digits }: Decimal) => (digits === "" ? 0 : negative ? -1 : 1);

/** @throws nothing: a sum that is too large is a fault, and so is one of more than 38 digits */
export function addDecimals(a: Decimal, b: Decimal): Decimal | NumberFault {
  if (a.digits === "") return b;
  if (b.digits === "") return a;
  if (isShortInteger(a) && isShortInteger(b)) return sumOfShort(asNumber(a) + asNumber(b));
  // Both as whole numbers of the smaller one's last place.
  const place = Math.min(a.exponent - a.digits.length, b.exponent - b.digits.length);
  const whole = ({ negative, digits, exponent }: Decimal) => {
    const value = BigInt(digits.padEnd(exponent - place, "0") || "0");
    return negative ? -value : value;
  };
  const sum = whole(a) + whole(b);
  const text = (sum < 0n ? -sum : sum).toString();
  return normal(sum < 0n, text, text.length + place);
}

const SHORT_DIGITS = 14;
const isShortInteger = ({ digits, exponent }: Decimal) =>
  digits.length <= exponent && exponent <= SHORT_DIGITS;
const asNumber = ({ negative, digits, exponent }: Decimal) =>
  (negative ? -1 : 1) * Number(digits) * 10 ** (exponent - digits.length);

function sumOfShort(sum: number): Decimal | NumberFault {
  const text = String(Math.abs(sum));
  return normal(sum < 0, text, text.length);
}

export const negated = (of: Decimal): Decimal => ({ ...of, negative: of.digits !== "" && !of.negative });

/** Bytes that sort as the numbers do: sign and exponent, then two digits in a byte. Of a negative one all is inverted. */
export function decimalBytes({ negative, digits, exponent }: Decimal): Uint8Array {
  if (digits === "") return Uint8Array.of(0x80);
  const pairs = Math.ceil(digits.length / 2);
  const bytes = new Uint8Array(2 + pairs + (negative ? 1 : 0));
  // There is one exponent more than a byte holds behind the first: the largest has a beginning of its own.
  bytes[0] = exponent === LARGEST_EXPONENT ? 0x82 : 0x81;
  bytes[1] = exponent - SMALLEST_EXPONENT + 1;
  for (let at = 0; at < pairs; at++) {
    const second = 2 * at + 1 < digits.length ? digits.charCodeAt(2 * at + 1) - ZERO_CODE : 0;
    bytes[2 + at] = 10 * (digits.charCodeAt(2 * at) - ZERO_CODE) + second + 1;
  }
  if (!negative) return bytes;
  for (let at = 0; at < bytes.length - 1; at++) bytes[at] = ~bytes[at]!;
  // The shorter of two negatives is the larger.
  bytes[bytes.length - 1] = 0xff;
  return bytes;
}

const MOST_PAIRS = 20;

/** As AWS and Oracle keep numbers: an exponent to the base of 100, and pairs of digits, of negatives turned around. */
export function centesimalBytes({ negative, digits, exponent }: Decimal): Uint8Array {
  if (digits === "") return Uint8Array.of(0x80);
  const places = exponent % 2 === 0 ? digits : `0${digits}`;
  const head = 192 + Math.ceil(exponent / 2);
  const bytes = [negative ? ~head & 0xff : head];
  for (let at = 0; at < places.length; at += 2) {
    const pair = Number(places.slice(at, at + 2).padEnd(2, "0"));
    bytes.push(negative ? 101 - pair : pair + 1);
  }
  if (negative && bytes.length <= MOST_PAIRS) bytes.push(102);
  return Uint8Array.from(bytes);
}

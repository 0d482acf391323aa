/**
 * A DynamoDB number: zero, or up to 38 significant digits with a magnitude from 1E-130 to 9.99…E+125.
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

const MAX_DIGITS = 38;
const MAX_EXPONENT = 126;
const MIN_EXPONENT = -129;
const MAX_TEXT_LENGTH = 1_000;

const ZERO: Decimal = { negative: false, digits: "", exponent: 0 };

const MAX_SHORT_LENGTH = 15;
const [ZERO_CODE, NINE_CODE] = [0x30, 0x39];

/** Whether a text is a short positive integer, as most numbers are. It is then valid and in its canonical form. */
export function isShort(text: string): boolean {
  if (text.length === 0 || text.length > MAX_SHORT_LENGTH || text.charCodeAt(0) === ZERO_CODE) return false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < ZERO_CODE || code > NINE_CODE) return false;
  }
  return true;
}

/** Parses a number, or returns the reason why it is invalid. */
export function parseDecimal(text: string): Decimal | NumberFault {
  if (isShort(text)) {
    let end = text.length;
    while (text.charCodeAt(end - 1) === ZERO_CODE) end--;
    return { negative: false, digits: text.slice(0, end), exponent: text.length };
  }
  const match =
    text.length <= MAX_TEXT_LENGTH ? /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text) : null;
  const [, sign, whole = "", fraction = "", power = "0"] = match ?? [];
  if (sign === undefined || whole.length + fraction.length === 0) return "not-a-number";
  return normalized(sign === "-", whole + fraction, whole.length + Number(power));
}

function normalized(negative: boolean, allDigits: string, pointAt: number): Decimal | NumberFault {
  const leading = /^0*/.exec(allDigits)![0].length;
  const digits = allDigits.slice(leading).replace(/0+$/, "");
  if (digits === "") return ZERO;
  const exponent = pointAt - leading;
  if (exponent > MAX_EXPONENT) return "overflow";
  if (exponent < MIN_EXPONENT) return "underflow";
  if (digits.length > MAX_DIGITS) return "too-precise";
  return { negative, digits, exponent };
}

/** Formats a number in its canonical form, without an exponent. */
export function formatDecimal({ negative, digits, exponent }: Decimal): string {
  if (digits === "") return "0";
  const sign = negative ? "-" : "";
  if (exponent <= 0) return `${sign}0.${"0".repeat(-exponent)}${digits}`;
  if (exponent >= digits.length) return sign + digits.padEnd(exponent, "0");
  return `${sign}${digits.slice(0, exponent)}.${digits.slice(exponent)}`;
}

/** Negative, zero or positive, as `sort` expects it. */
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

/** The sum, or the fault of a sum that is out of range or has more than 38 digits. */
export function addDecimals(a: Decimal, b: Decimal): Decimal | NumberFault {
  if (a.digits === "") return b;
  if (b.digits === "") return a;
  if (isShortInteger(a) && isShortInteger(b)) return sumOfShort(asNumber(a) + asNumber(b));
  // Scales both to integers, in units of the smaller one's last digit.
  const place = Math.min(a.exponent - a.digits.length, b.exponent - b.digits.length);
  const whole = ({ negative, digits, exponent }: Decimal) => {
    const value = BigInt(digits.padEnd(exponent - place, "0") || "0");
    return negative ? -value : value;
  };
  const sum = whole(a) + whole(b);
  const text = (sum < 0n ? -sum : sum).toString();
  return normalized(sum < 0n, text, text.length + place);
}

const SHORT_DIGITS = 14;
const isShortInteger = ({ digits, exponent }: Decimal) =>
  digits.length <= exponent && exponent <= SHORT_DIGITS;
const asNumber = ({ negative, digits, exponent }: Decimal) =>
  (negative ? -1 : 1) * Number(digits) * 10 ** (exponent - digits.length);

function sumOfShort(sum: number): Decimal | NumberFault {
  const text = String(Math.abs(sum));
  return normalized(sum < 0, text, text.length);
}

export const negated = (of: Decimal): Decimal => ({ ...of, negative: of.digits !== "" && !of.negative });

/** Bytes that sort as the numbers do: sign and exponent, then two digits per byte. All are inverted for negative numbers. */
export function decimalBytes({ negative, digits, exponent }: Decimal): Uint8Array {
  if (digits === "") return Uint8Array.of(0x80);
  const pairs = Math.ceil(digits.length / 2);
  const bytes = new Uint8Array(2 + pairs + (negative ? 1 : 0));
  // The second byte has room for all exponents but one: the largest exponent has its own first byte.
  bytes[0] = exponent === MAX_EXPONENT ? 0x82 : 0x81;
  bytes[1] = exponent - MIN_EXPONENT + 1;
  for (let at = 0; at < pairs; at++) {
    const second = 2 * at + 1 < digits.length ? digits.charCodeAt(2 * at + 1) - ZERO_CODE : 0;
    bytes[2 + at] = 10 * (digits.charCodeAt(2 * at) - ZERO_CODE) + second + 1;
  }
  if (!negative) return bytes;
  for (let at = 0; at < bytes.length - 1; at++) bytes[at] = ~bytes[at]!;
  // Makes a negative number sort after longer ones that begin with the same digits.
  bytes[bytes.length - 1] = 0xff;
  return bytes;
}

const MAX_PAIRS = 20;

/**
 * The format in which AWS and Oracle store numbers: a base-100 exponent, then pairs of digits, which are complemented for
 * negative numbers.
 */
export function centesimalBytes({ negative, digits, exponent }: Decimal): Uint8Array {
  if (digits === "") return Uint8Array.of(0x80);
  const places = exponent % 2 === 0 ? digits : `0${digits}`;
  const head = 192 + Math.ceil(exponent / 2);
  const bytes = [negative ? ~head & 0xff : head];
  for (let at = 0; at < places.length; at += 2) {
    const pair = Number(places.slice(at, at + 2).padEnd(2, "0"));
    bytes.push(negative ? 101 - pair : pair + 1);
  }
  if (negative && bytes.length <= MAX_PAIRS) bytes.push(102);
  return Uint8Array.from(bytes);
}

import { Decimal, numberOf } from "./decimal.ts";
import { failure } from "./errors.ts";
import type { DatePart } from "./syntax.ts";
import { formatTimestamp } from "./timestamp-format.ts";
import { dateAdd, dateDiff, extract, Timestamp, timestampOf } from "./timestamps.ts";
import { compare, isAbsent, isNumeric, type Numeric, type Value } from "./values.ts";

/** A function whose arguments are neither NULL nor MISSING: with such an argument, the result is the same. */
type Plain = (...operands: never[]) => Value;

/** Functions by name. */
export const FUNCTIONS: Record<string, Plain> = {
  char_length: (text: Value) => BigInt([...string(text)].length),
  character_length: (text: Value) => BigInt([...string(text)].length),
  lower: (text: Value) => string(text).toLowerCase(),
  upper: (text: Value) => string(text).toUpperCase(),
  substring,
  to_string: (timestamp: Value, pattern: Value) => formatTimestamp(moment(timestamp), string(pattern)),
  to_timestamp: (text: Value) => {
    const timestamp = timestampOf(string(text));
    if (!timestamp) throw failure("ValueParseFailure");
    return timestamp;
  },
};

/** Positions are counted from 1, and may be before the start of the text. */
function substring(value: Value, from: Value, length?: Value): string {
  const characters = [...string(value)];
  const start = whole(from) - 1;
  if (length === undefined) return characters.slice(Math.max(start, 0)).join("");
  const count = whole(length);
  if (count < 0) throw failure("IllegalSqlFunctionArgument");
  return characters.slice(Math.max(start, 0), Math.max(start + count, 0)).join("");
}

export function trim(side: "leading" | "trailing" | "both", value: Value, removed: Value): string {
  const characters = [...string(value)];
  const set = new Set(string(removed));
  let [start, end] = [0, characters.length];
  if (side !== "trailing") while (start < end && set.has(characters[start]!)) start++;
  if (side !== "leading") while (end > start && set.has(characters[end - 1]!)) end--;
  return characters.slice(start, end).join("");
}

export function dated(
  name: "date_add" | "date_diff" | "extract",
  part: DatePart,
  [a, b]: readonly Value[],
): Value {
  if (name === "extract") return BigInt(extract(part, moment(a)));
  if (name === "date_diff") return BigInt(dateDiff(part, moment(a), moment(b)));
  return dateAdd(part, whole(a), moment(b));
}

export function coalesce(values: readonly Value[]): Value {
  return values.find((value) => !isAbsent(value)) ?? null;
}

export const nullIf = (a: Value, b: Value): Value => (compare(a, b) === 0 ? null : a);

function string(value: Value): string {
  if (typeof value !== "string") throw failure("IncorrectSqlFunctionArgumentType");
  return value;
}

/** Also accepts text that is a timestamp, because CSV values are all text. */
function moment(value: Value): Timestamp {
  const timestamp = typeof value === "string" ? timestampOf(value) : value;
  if (!(timestamp instanceof Timestamp)) throw failure("IncorrectSqlFunctionArgumentType");
  return timestamp;
}

function whole(value: Value): number {
  if (!isNumeric(value)) throw failure("IncorrectSqlFunctionArgumentType");
  const number = asNumber(value);
  if (!Number.isSafeInteger(number)) throw failure("IllegalSqlFunctionArgument");
  return number;
}

const asNumber = (value: Numeric) => (value instanceof Decimal ? numberOf(value) : Number(value));

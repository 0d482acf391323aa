/**
 * The condition operators, which compile a policy's value to a test.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
import { addressOf, blockOf, isInside } from "#lib/cidr.ts";
import { type Pattern, patternOf } from "./pattern.ts";

export interface Operator {
  /** Whether the operator holds if no value matches, or if the call does not have the key. */
  negated: boolean;
  /** Returns `undefined` for an invalid value, such as a number that cannot be parsed. */
  test(value: string, variables: boolean): Pattern | undefined;
}

type Compile = Operator["test"];

const text =
  (options: { literal?: boolean; ignoreCase?: boolean }): Compile =>
  (value, variables) =>
    patternOf(value, { variables, ...options });

const compared =
  (
    read: (text: string) => number | undefined,
    holds: (actual: number, expected: number) => boolean,
  ): Compile =>
  (value) => {
    const expected = read(value);
    if (expected === undefined) return undefined;
    return (actual) => {
      const read_ = read(actual);
      return read_ !== undefined && holds(read_, expected);
    };
  };

const boolean: Compile = (value) => {
  const expected = value.toLowerCase();
  if (expected !== "true" && expected !== "false") return undefined;
  return (actual) => actual.toLowerCase() === expected;
};

const binary: Compile = (value) =>
  /^[A-Za-z0-9+/]*={0,2}$/.test(value) ? (actual) => actual === value : undefined;

const ip: Compile = (value) => {
  const block = blockOf(value);
  if (!block) return undefined;
  return (actual) => {
    const address = addressOf(actual);
    return address !== undefined && isInside(address, block);
  };
};

/** Matches part by part, so that a wildcard does not extend past a colon. */
const arn: Compile = (value, variables) => {
  const parts = arnParts(value).map((part) => patternOf(part, { variables }));
  if (parts.length === 1) return parts[0];
  return (actual, keys) => {
    const actualParts = arnParts(actual);
    return actualParts.length === parts.length && parts.every((part, at) => part(actualParts[at]!, keys));
  };
};

/** Splits an ARN into at most six parts; colons inside variables do not separate parts. */
function arnParts(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let depth = 0;
  for (let at = 0; at < text.length && parts.length < 5; at++) {
    if (text[at] === "$" && text[at + 1] === "{") depth++;
    else if (text[at] === "}") depth = Math.max(0, depth - 1);
    else if (text[at] === ":" && depth === 0) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)];
}

function number(text: string): number | undefined {
  return /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

/** ISO 8601, or seconds since 1970. */
function date(text: string): number | undefined {
  const seconds = number(text);
  if (seconds !== undefined) return seconds * 1_000;
  if (!/^\d{4}(-\d{2}(-\d{2}(T[\d:.]+(Z|[+-]\d{2}:?\d{2})?)?)?)?$/.test(text)) return undefined;
  const time = Date.parse(/T.*(Z|[+-]\d{2}:?\d{2})$/.test(text) || !text.includes("T") ? text : `${text}Z`);
  return Number.isNaN(time) ? undefined : time;
}

const equal = (actual: number, expected: number) => actual === expected;
const less = (actual: number, expected: number) => actual < expected;
const atMost = (actual: number, expected: number) => actual <= expected;
const more = (actual: number, expected: number) => actual > expected;
const atLeast = (actual: number, expected: number) => actual >= expected;

const affirmed = (test: Compile): Operator => ({ negated: false, test });
const negated = (test: Compile): Operator => ({ negated: true, test });

export const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ["StringEquals", affirmed(text({ literal: true }))],
  ["StringNotEquals", negated(text({ literal: true }))],
  ["StringEqualsIgnoreCase", affirmed(text({ literal: true, ignoreCase: true }))],
  ["StringNotEqualsIgnoreCase", negated(text({ literal: true, ignoreCase: true }))],
  ["StringLike", affirmed(text({}))],
  ["StringNotLike", negated(text({}))],
  ["NumericEquals", affirmed(compared(number, equal))],
  ["NumericNotEquals", negated(compared(number, equal))],
  ["NumericLessThan", affirmed(compared(number, less))],
  ["NumericLessThanEquals", affirmed(compared(number, atMost))],
  ["NumericGreaterThan", affirmed(compared(number, more))],
  ["NumericGreaterThanEquals", affirmed(compared(number, atLeast))],
  ["DateEquals", affirmed(compared(date, equal))],
  ["DateNotEquals", negated(compared(date, equal))],
  ["DateLessThan", affirmed(compared(date, less))],
  ["DateLessThanEquals", affirmed(compared(date, atMost))],
  ["DateGreaterThan", affirmed(compared(date, more))],
  ["DateGreaterThanEquals", affirmed(compared(date, atLeast))],
  ["Bool", affirmed(boolean)],
  ["BinaryEquals", affirmed(binary)],
  ["IpAddress", affirmed(ip)],
  ["NotIpAddress", negated(ip)],
  ["ArnEquals", affirmed(arn)],
  ["ArnLike", affirmed(arn)],
  ["ArnNotEquals", negated(arn)],
  ["ArnNotLike", negated(arn)],
  // Its value states whether the key must be missing, so it is not compared with a value of the call.
  ["Null", affirmed(boolean)],
]);

import type { Token } from "./lexemes.ts";
import { type Bound, inBounds, type Matcher } from "./matchers.ts";
import type { PatternReader } from "./reader.ts";

const MAX_NUMBER = 5e9;
const COMPARISONS = ["=", ">=", ">", "<=", "<"];

/** Reads the value of `numeric`: `[">", 0, "<=", 5]}`. */
export function numeric(p: PatternReader): Matcher {
  p.expect("[", "Value of numeric must be an array.");
  const range = comparison(p);
  noMoreElements(p, "}");
  return range;
}

export const noMoreElements = (p: PatternReader, type: "}" | "]") =>
  p.expect(type, "Too many elements in numeric expression");

function comparison(p: PatternReader): Matcher {
  const operator = p.take();
  if (operator.type !== "string") p.fail(`Invalid member in numeric match: ${operator.text}`, operator.end);
  const value = p.take();
  if (!COMPARISONS.includes(operator.text)) {
    p.fail(`Unrecognized numeric range operator: ${operator.text}`, value.at);
  }
  if (value.type !== "number") {
    p.fail(`Value of ${operator.text === "=" ? "equals" : operator.text} must be numeric`, value.at);
  }
  const bound: Bound = { value: number(p, value), inclusive: operator.text.endsWith("=") };
  if (operator.text === "=") {
    noMoreElements(p, "]");
    return inBounds(bound, bound);
  }
  if (operator.text.startsWith("<")) {
    noMoreElements(p, "]");
    return inBounds(undefined, bound);
  }
  const more = p.take();
  return inBounds(bound, more.type === "]" ? undefined : top(p, more, bound));
}

function top(p: PatternReader, operator: Token, bottom: Bound): Bound {
  if (operator.type !== "string") p.fail(`Bad value in numeric range: ${operator.text}`, operator.end);
  if (!operator.text.startsWith("<") || !COMPARISONS.includes(operator.text)) {
    p.fail(`Bad numeric range operator: ${operator.text}`, operator.end);
  }
  const token = p.expect("number", `Value of ${operator.text} must be numeric`);
  const value = number(p, token);
  const end = p.expect("]", "Too many terms in numeric range expression");
  if (value <= bottom.value) p.fail("Bottom must be less than top", end.at);
  return { value, inclusive: operator.text.endsWith("=") };
}

export function number(p: PatternReader, { text: digits, at }: Token): number {
  const value = Number(digits);
  if (Math.abs(value) > MAX_NUMBER) p.fail("Value must be between -5.0E9 and 5.0E9, inclusive", at);
  return value;
}

import type { Token } from "./lexemes.ts";
import { matchExpression } from "./match-expression.ts";
import { equals, type Matcher } from "./matchers.ts";
import { type PatternReader, readerOf } from "./reader.ts";
import { PatternError } from "./tokens.ts";

/** One alternative of a pattern: the matchers of each field, any of which may match. */
export type Branch = ReadonlyMap<string, FieldPattern>;

export interface FieldPattern {
  path: readonly string[];
  anyOf: readonly Matcher[];
}

/** The maximum number of alternatives, which `$or` multiplies. */
const MAX_BRANCHES = 1_000;
/** Names of matchers, which cannot be distinguished from field names within `$or`. */
const RESERVED = new Set([
  "exactly",
  "prefix",
  "suffix",
  "anything-but",
  "exists",
  "numeric",
  "cidr",
  "equals-ignore-case",
  "wildcard",
  "html",
  "regex",
  "not-wildcard",
  "not-equals-ignore-case",
  "date-after",
  "date-on-or-after",
  "date-before",
  "date-on-or-before",
  "in-date-range",
  "ip-address-in-range",
  "ip-address-not-in-range",
  "<",
  "<=",
  "=",
  ">",
  ">=",
]);
const END = { type: "end", text: "" } as const;

/**
 * Compiles an event pattern, and validates it in the same order as EventBridge.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 * @throws {PatternError} with EventBridge's reason
 */
export function compilePattern(source: string): Branch[] {
  const p = readerOf(source);
  const first = p.take();
  if (first.type !== "{") p.fail("Filter is not an object", first.at);
  const branches = object(p, [new Map()], [], false);
  const more = p.peek(0);
  if (more?.type === "wrong") p.fail(more.text, more.at);
  return branches;
}

function object(p: PatternReader, branches: Branch[], path: readonly string[], inOr: boolean): Branch[] {
  let result = branches;
  let token = p.take();
  if (token.type === "}") p.fail("Empty objects are not allowed", token.at);
  for (; token.type !== "}"; token = p.take()) {
    const { text: name } = token;
    if (name === "$or" && areAlternatives(p)) {
      result = alternatives(p, result, path);
      continue;
    }
    if (inOr && RESERVED.has(name)) {
      p.fail(`${name} is Ruler reserved fieldName which cannot be used inside $or.`, token.at);
    }
    const value = p.take();
    if (value.type === "{") result = object(p, result, [...path, name], inOr);
    else if (value.type === "[") result = withField(result, { path: [...path, name], anyOf: list(p) });
    else p.fail(`"${name}" must be an object or an array`, value.at);
  }
  return result;
}

/**
 * Whether `$or` is an operator: it is an ordinary field unless its value is a list of several objects, none
 * of which begins with a matcher's name.
 * https://docs.aws.amazon.com/sns/latest/dg/and-or-logic.html#or-operator
 */
function areAlternatives(p: PatternReader): boolean {
  if (p.peek(0)?.type !== "[") return false;
  let depth = 0;
  let count = 0;
  for (let ahead = 1; ; ahead++) {
    const { type, text } = p.peek(ahead) ?? END;
    if (depth === 0 && type === "]") return count > 1;
    if (type === "wrong" || type === "end") return count > 0;
    if (depth === 0 && type !== "{") return false;
    if (depth === 1 && type === "name" && RESERVED.has(text)) return false;
    if (type === "{" && depth === 0) count++;
    if (type === "{" || type === "[") depth++;
    else if (type === "}" || type === "]") depth--;
  }
}

function alternatives(p: PatternReader, branches: Branch[], path: readonly string[]): Branch[] {
  p.take();
  const collected: Branch[] = [];
  for (let token = p.take(); token.type !== "]"; token = p.take()) {
    collected.push(...object(p, branches, path, true));
    if (collected.length > MAX_BRANCHES)
      throw new PatternError("Rule is too complex - try using fewer $or alternatives");
  }
  return collected;
}

function list(p: PatternReader): Matcher[] {
  const matchers: Matcher[] = [];
  let token = p.take();
  for (; token.type !== "]"; token = p.take()) matchers.push(entry(p, token));
  return matchers.length > 0 ? matchers : p.fail("Empty arrays are not allowed", token.at);
}

function entry(p: PatternReader, token: Token): Matcher {
  switch (token.type) {
    case "{":
      return matchExpression(p);
    case "string":
      return equals(token.text);
    case "number":
      return equals(Number(token.text));
    case "true":
    case "false":
      return equals(token.type === "true");
    case "null":
      return equals(null);
    default:
      return p.fail("Match value must be String, number, true, false, or null", token.at);
  }
}

/** If an alternative names a field twice, the last occurrence counts. */
function withField(branches: Branch[], field: FieldPattern): Branch[] {
  const name = JSON.stringify(field.path);
  return branches.map((branch) => new Map(branch).set(name, field));
}

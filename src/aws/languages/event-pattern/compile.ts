import { addressBytes } from "#lib/ip-address.ts";
import {
  absent,
  anythingBut,
  type Bound,
  equals,
  exists,
  hasPrefix,
  hasSuffix,
  ignoringCase,
  inBounds,
  inRange,
  type Matcher,
  wildcard,
} from "./matchers.ts";
import { errorAt, PatternError, type Token, tokensOf } from "./tokens.ts";

/** One of a pattern's alternatives: what each field that it names must be, any of a list. */
export type Branch = ReadonlyMap<string, FieldPattern>;

export interface FieldPattern {
  path: readonly string[];
  anyOf: readonly Matcher[];
}

/** `$or` multiplies: so many alternatives may come of it. */
const MOST_BRANCHES = 1_000;
const MOST_NUMBER = 5e9;
/** Names of matchers, which within `$or` could not be told from fields. */
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
const COMPARISONS = ["=", ">=", ">", "<=", "<"];

/**
 * Reads an event pattern, in the order in which EventBridge judges it.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 * @throws {PatternError} with EventBridge's reason
 */
export function compilePattern(source: string): Branch[] {
  const tokens = tokensOf(source);
  let next = 0;

  const fail = (message: string, offset: number): never => {
    throw errorAt(source, message, offset);
  };

  function take(): Token {
    const token = tokens[next++] ?? tokens.at(-1)!;
    return token.type === "wrong" ? fail(token.text, token.at) : token;
  }

  /** The next token, which must be of that type. */
  function expect(type: Token["type"], message: string): Token {
    const token = take();
    return token.type === type ? token : fail(message, token.at);
  }

  const onlyOneKey = () => expect("}", "Only one key allowed in match expression");
  const noMoreElements = (type: "}" | "]") => expect(type, "Too many elements in numeric expression");

  function object(branches: Branch[], path: readonly string[], inOr: boolean): Branch[] {
    let found = branches;
    let token = take();
    if (token.type === "}") fail("Empty objects are not allowed", token.at);
    for (; token.type !== "}"; token = take()) {
      const { text: name } = token;
      if (name === "$or" && areAlternatives()) {
        found = alternatives(found, path);
        continue;
      }
      if (inOr && RESERVED.has(name)) {
        fail(`${name} is Ruler reserved fieldName which cannot be used inside $or.`, token.at);
      }
      const value = take();
      if (value.type === "{") found = object(found, [...path, name], inOr);
      else if (value.type === "[") found = withField(found, { path: [...path, name], anyOf: list() });
      else fail(`"${name}" must be an object or an array`, value.at);
    }
    return found;
  }

  /**
   * `$or` is a field as any other, unless a list of several objects follows, none of which begins with a matcher's name.
   * https://docs.aws.amazon.com/sns/latest/dg/and-or-logic.html#or-operator
   */
  function areAlternatives(): boolean {
    if (tokens[next]?.type !== "[") return false;
    let depth = 0;
    let count = 0;
    for (let at = next + 1; ; at++) {
      const { type, text } = tokens[at] ?? END;
      if (depth === 0 && type === "]") return count > 1;
      if (type === "wrong" || type === "end") return count > 0;
      if (depth === 0 && type !== "{") return false;
      if (depth === 1 && type === "name" && RESERVED.has(text)) return false;
      if (type === "{" && depth === 0) count++;
      if (type === "{" || type === "[") depth++;
      else if (type === "}" || type === "]") depth--;
    }
  }

  function alternatives(branches: Branch[], path: readonly string[]): Branch[] {
    take();
    const found: Branch[] = [];
    for (let token = take(); token.type !== "]"; token = take()) {
      found.push(...object(branches, path, true));
      if (found.length > MOST_BRANCHES)
        throw new PatternError("Rule is too complex - try using fewer $or alternatives");
    }
    return found;
  }

  function list(): Matcher[] {
    const found: Matcher[] = [];
    let token = take();
    for (; token.type !== "]"; token = take()) found.push(entry(token));
    return found.length > 0 ? found : fail("Empty arrays are not allowed", token.at);
  }

  function entry(token: Token): Matcher {
    switch (token.type) {
      case "{":
        return matchExpression();
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
        return fail("Match value must be String, number, true, false, or null", token.at);
    }
  }

  function matchExpression(): Matcher {
    const name = expect("name", "Match expression name not found");
    switch (name.text) {
      case "exactly":
        return closed(equals(text("exact match pattern must be a string").text));
      case "prefix":
        return affix("prefix", hasPrefix);
      case "suffix":
        return affix("suffix", hasSuffix);
      case "equals-ignore-case":
        return closed(ignoringCase(equals, text("equals-ignore-case match pattern must be a string").text));
      case "wildcard":
        return closed(wildcardIn(text("wildcard match pattern must be a string")));
      case "cidr":
        return closed(network(text("prefix match pattern must be a string").text));
      case "exists":
        return existence();
      case "numeric": {
        expect("[", "Value of numeric must be an array.");
        const range = comparison();
        noMoreElements("}");
        return range;
      }
      case "anything-but":
        return exclusion();
      default:
        return fail(`Unrecognized match type ${name.text}`, name.at);
    }
  }

  const text = (message: string) => expect("string", message);

  function closed(matcher: Matcher): Matcher {
    onlyOneKey();
    return matcher;
  }

  function affix(name: "prefix" | "suffix", of: (text: string) => Matcher): Matcher {
    const token = take();
    if (token.type === "string") return closed(of(token.text));
    if (token.type !== "{") fail(`${name} match pattern must be a string`, token.at);
    const title = name === "prefix" ? "Prefix" : "Suffix";
    const inner = expect("name", `${title} expression name not found`);
    if (inner.text !== "equals-ignore-case") fail(`Unsupported ${name} pattern: ${inner.text}`, inner.at);
    const matcher = ignoringCase(of, text("equals-ignore-case match pattern must be a string").text);
    onlyOneKey();
    return closed(matcher);
  }

  function existence(): Matcher {
    const token = take();
    if (token.type !== "true" && token.type !== "false") {
      fail("exists match pattern must be either true or false.", token.at);
    }
    return closed(token.type === "true" ? exists : absent);
  }

  function exclusion(): Matcher {
    const token = take();
    if (token.type !== "{") {
      const matcher = anythingBut(...unwantedValues(token));
      noMoreElements("}");
      return matcher;
    }
    const name = expect("name", "Anything-But expression name not found");
    const of = Object.hasOwn(EXCLUDED, name.text)
      ? EXCLUDED[name.text]!
      : fail(`Unsupported anything-but pattern: ${name.text}`, name.at);
    const value = take();
    const unwanted = value.type === "[" ? several(of) : [of.matcher(unwantedText(value, of))];
    noMoreElements("}");
    noMoreElements("}");
    return anythingBut(...unwanted);
  }

  function unwantedValues(token: Token): Matcher[] {
    if (token.type === "string") return [equals(token.text)];
    if (token.type === "number") return [equals(number(token))];
    if (token.type !== "[") {
      fail("Value of anything-but must be an array or single string/number value.", token.at);
    }
    const found: Token[] = [];
    let value = take();
    for (; value.type !== "]"; value = take()) {
      if (value.type !== "string" && value.type !== "number") {
        fail("Inside anything but list, start|null|boolean is not supported.", value.at);
      }
      found.push(value);
    }
    if (new Set(found.map(({ type }) => type)).size !== 1) {
      fail(
        "Inside anything but list, either all values are number or string, mixed type is not supported",
        value.at,
      );
    }
    return found.map((one) => equals(one.type === "string" ? one.text : number(one)));
  }

  function several(of: Excluded): Matcher[] {
    const found: Matcher[] = [];
    for (let token = take(); token.type !== "]"; token = take())
      found.push(of.matcher(unwantedText(token, of)));
    return found;
  }

  function unwantedText(token: Token, { mustBeText, mayBeEmpty }: Excluded): Token {
    if (token.type === "{" || (token.type !== "string" && token.type !== "number" && !mustBeText)) {
      fail("Value of anything-but must be an array or single string/number value.", token.at);
    }
    if (token.type !== "string") fail(mustBeText, token.at);
    if (token.text === "" && !mayBeEmpty) fail("Null prefix/suffix not allowed", token.end);
    return token;
  }

  const EXCLUDED: Record<string, Excluded> = {
    "equals-ignore-case": {
      mustBeText: "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
      mayBeEmpty: true,
      matcher: (token) => ignoringCase(equals, token.text),
    },
    prefix: {
      mustBeText: "prefix/suffix match pattern must be a string",
      matcher: (token) => hasPrefix(token.text),
    },
    suffix: {
      mustBeText: "prefix/suffix match pattern must be a string",
      matcher: (token) => hasSuffix(token.text),
    },
    wildcard: {
      mustBeText: "wildcard match pattern must be a string",
      mayBeEmpty: true,
      matcher: wildcardIn,
    },
  };

  function comparison(): Matcher {
    const operator = take();
    if (operator.type !== "string") fail(`Invalid member in numeric match: ${operator.text}`, operator.end);
    const value = take();
    if (!COMPARISONS.includes(operator.text)) {
      fail(`Unrecognized numeric range operator: ${operator.text}`, value.at);
    }
    if (value.type !== "number") {
      fail(`Value of ${operator.text === "=" ? "equals" : operator.text} must be numeric`, value.at);
    }
    const bound: Bound = { value: number(value), inclusive: operator.text.endsWith("=") };
    if (operator.text === "=") {
      noMoreElements("]");
      return inBounds(bound, bound);
    }
    if (operator.text.startsWith("<")) {
      noMoreElements("]");
      return inBounds(undefined, bound);
    }
    const more = take();
    return inBounds(bound, more.type === "]" ? undefined : top(more, bound));
  }

  function top(operator: Token, bottom: Bound): Bound {
    if (operator.type !== "string") fail(`Bad value in numeric range: ${operator.text}`, operator.end);
    if (!operator.text.startsWith("<") || !COMPARISONS.includes(operator.text)) {
      fail(`Bad numeric range operator: ${operator.text}`, operator.end);
    }
    const token = expect("number", `Value of ${operator.text} must be numeric`);
    const value = number(token);
    const end = expect("]", "Too many terms in numeric range expression");
    if (value <= bottom.value) fail("Bottom must be less than top", end.at);
    return { value, inclusive: operator.text.endsWith("=") };
  }

  function number({ text: digits, at }: Token): number {
    const value = Number(digits);
    return Math.abs(value) <= MOST_NUMBER
      ? value
      : fail(`Value must be between -5.0E9 and 5.0E9, inclusive`, at);
  }

  function wildcardIn(token: Token): Matcher {
    try {
      return wildcard(wildcardPieces(token.text));
    } catch (error) {
      return fail((error as PatternError).message, token.end);
    }
  }

  if (take().type !== "{") fail("Filter is not an object", tokens[0]!.at);
  const branches = object([new Map()], [], false);
  const more = tokens[next];
  if (more?.type === "wrong") fail(more.text, more.at);
  return branches;
}

/** A matcher that stands within `anything-but`. */
interface Excluded {
  mustBeText: string;
  mayBeEmpty?: boolean;
  matcher: (token: Token) => Matcher;
}

/** A field that was named before in the same alternative is as it was named last. */
function withField(branches: Branch[], field: FieldPattern): Branch[] {
  const name = JSON.stringify(field.path);
  return branches.map((branch) => new Map(branch).set(name, field));
}

/** A wildcard is a `*` without a backslash before it. @throws {PatternError} */
function wildcardPieces(text: string): string[] {
  const pieces = [""];
  for (let at = 0; at < text.length; at++) {
    let char = text[at]!;
    if (char === "*") {
      if (text[at + 1] === "*") throw new PatternError(`Consecutive wildcard characters at pos ${at + 1}`);
      pieces.push("");
      continue;
    }
    if (char === "\\") {
      char = text[++at] ?? "";
      if (char !== "*" && char !== "\\") throw new PatternError(`Invalid escape character at pos ${at}`);
    }
    pieces[pieces.length - 1] += char;
  }
  return pieces;
}

/** @throws {PatternError} */
function network(text: string): Matcher {
  const [address, bits, ...more] = text.split("/");
  if (bits === undefined || more.length > 0) throw new PatternError("Malformed CIDR, one '/' required");
  if (!/^[+-]?\d{1,9}$/.test(bits)) throw new PatternError("Malformed CIDR, mask bits must be an integer");
  const mask = Number(bits);
  if (mask < 0) throw new PatternError("Malformed CIDR, mask bits must not be negative");
  const bytes = addressBytes(address!);
  if (!bytes) throw new PatternError(`Nonstandard IP address: ${address}`);
  if (bytes.length === 4 && mask > 31) throw new PatternError("IPv4 mask bits must be < 32");
  if (bytes.length === 16 && mask > 127) throw new PatternError("IPv6 mask bits must be < 128");
  return inRange(bytes, mask);
}

import { addressBytes } from "#lib/ip-address.ts";
import type { Token } from "./lexemes.ts";
import {
  absent,
  anythingBut,
  equals,
  exists,
  hasPrefix,
  hasSuffix,
  ignoringCase,
  inRange,
  type Matcher,
  wildcard,
} from "./matchers.ts";
import { noMoreElements, number, numeric } from "./numeric.ts";
import type { PatternReader } from "./reader.ts";
import { PatternError } from "./tokens.ts";

/** Reads an object that represents a matcher, after its opening brace. */
export function matchExpression(p: PatternReader): Matcher {
  const name = p.expect("name", "Match expression name not found");
  switch (name.text) {
    case "exactly":
      return closed(p, equals(text(p, "exact match pattern must be a string").text));
    case "prefix":
      return affix(p, "prefix", hasPrefix);
    case "suffix":
      return affix(p, "suffix", hasSuffix);
    case "equals-ignore-case":
      return closed(
        p,
        ignoringCase("whole", text(p, "equals-ignore-case match pattern must be a string").text),
      );
    case "wildcard":
      return closed(p, wildcardIn(p, text(p, "wildcard match pattern must be a string")));
    case "cidr":
      return closed(p, network(text(p, "prefix match pattern must be a string").text));
    case "exists":
      return existence(p);
    case "numeric":
      return numeric(p);
    case "anything-but":
      return exclusion(p);
    default:
      return p.fail(`Unrecognized match type ${name.text}`, name.at);
  }
}

const text = (p: PatternReader, message: string) => p.expect("string", message);

const onlyOneKey = (p: PatternReader) => p.expect("}", "Only one key allowed in match expression");

function closed(p: PatternReader, matcher: Matcher): Matcher {
  onlyOneKey(p);
  return matcher;
}

function affix(p: PatternReader, name: "prefix" | "suffix", of: (text: string) => Matcher): Matcher {
  const token = p.take();
  if (token.type === "string") return closed(p, of(token.text));
  if (token.type !== "{") p.fail(`${name} match pattern must be a string`, token.at);
  const title = name === "prefix" ? "Prefix" : "Suffix";
  const inner = p.expect("name", `${title} expression name not found`);
  if (inner.text !== "equals-ignore-case") p.fail(`Unsupported ${name} pattern: ${inner.text}`, inner.at);
  const matcher = ignoringCase(name, text(p, "equals-ignore-case match pattern must be a string").text);
  onlyOneKey(p);
  return closed(p, matcher);
}

function existence(p: PatternReader): Matcher {
  const token = p.take();
  if (token.type !== "true" && token.type !== "false") {
    p.fail("exists match pattern must be either true or false.", token.at);
  }
  return closed(p, token.type === "true" ? exists : absent);
}

function exclusion(p: PatternReader): Matcher {
  const token = p.take();
  if (token.type !== "{") {
    const matcher = anythingBut(...unwantedValues(p, token));
    noMoreElements(p, "}");
    return matcher;
  }
  const name = p.expect("name", "Anything-But expression name not found");
  const of = Object.hasOwn(EXCLUDED, name.text)
    ? EXCLUDED[name.text]!
    : p.fail(`Unsupported anything-but pattern: ${name.text}`, name.at);
  const value = p.take();
  const unwanted = value.type === "[" ? several(p, of) : [of.matcher(p, unwantedText(p, value, of))];
  noMoreElements(p, "}");
  noMoreElements(p, "}");
  const operators = ["anything-but" as const, ...unwanted.flatMap((one) => one.operators ?? [])];
  return { ...anythingBut(...unwanted), operators };
}

function unwantedValues(p: PatternReader, token: Token): Matcher[] {
  if (token.type === "string") return [equals(token.text)];
  if (token.type === "number") return [equals(number(p, token))];
  if (token.type !== "[") {
    p.fail("Value of anything-but must be an array or single string/number value.", token.at);
  }
  const values: Token[] = [];
  let value = p.take();
  for (; value.type !== "]"; value = p.take()) {
    if (value.type !== "string" && value.type !== "number") {
      p.fail("Inside anything but list, start|null|boolean is not supported.", value.at);
    }
    values.push(value);
  }
  if (new Set(values.map(({ type }) => type)).size !== 1) {
    p.fail(
      "Inside anything but list, either all values are number or string, mixed type is not supported",
      value.at,
    );
  }
  return values.map((one) => equals(one.type === "string" ? one.text : number(p, one)));
}

function several(p: PatternReader, of: Excluded): Matcher[] {
  const matchers: Matcher[] = [];
  for (let token = p.take(); token.type !== "]"; token = p.take())
    matchers.push(of.matcher(p, unwantedText(p, token, of)));
  return matchers;
}

function unwantedText(p: PatternReader, token: Token, { mustBeText, mayBeEmpty }: Excluded): Token {
  if (token.type === "{") {
    p.fail("Value of anything-but must be an array or single string/number value.", token.at);
  }
  if (token.type !== "string") p.fail(mustBeText, token.at);
  if (token.text === "" && !mayBeEmpty) p.fail("Null prefix/suffix not allowed", token.end);
  return token;
}

/** A matcher within `anything-but`. */
interface Excluded {
  mustBeText: string;
  mayBeEmpty?: boolean;
  matcher: (p: PatternReader, token: Token) => Matcher;
}

const EXCLUDED: Record<string, Excluded> = {
  "equals-ignore-case": {
    mustBeText: "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
    mayBeEmpty: true,
    matcher: (_, token) => ignoringCase("whole", token.text),
  },
  prefix: {
    mustBeText: "prefix/suffix match pattern must be a string",
    matcher: (_, token) => hasPrefix(token.text),
  },
  suffix: {
    mustBeText: "prefix/suffix match pattern must be a string",
    matcher: (_, token) => hasSuffix(token.text),
  },
  wildcard: {
    mustBeText: "wildcard match pattern must be a string",
    mayBeEmpty: true,
    matcher: wildcardIn,
  },
};

function wildcardIn(p: PatternReader, token: Token): Matcher {
  try {
    return wildcard(wildcardPieces(token.text));
  } catch (error) {
    return p.fail((error as PatternError).message, token.end);
  }
}

/** Splits a text at its wildcards: each `*` without a preceding backslash. @throws {PatternError} */
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

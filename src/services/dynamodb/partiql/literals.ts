import { invalid } from "../errors.ts";
import type { Placeholders } from "../expressions/placeholders.ts";
import { checkedValue, type Item, typeOf, type Value } from "../values/value.ts";
import { notWellFormed, wrongParameters } from "./errors.ts";
import type { Reader } from "./tokens.ts";

/** A literal in a statement. The values of parameters are in the request. */
export type Literal =
  | { type: "constant"; value: Value }
  | { type: "parameter"; at: number }
  | { type: "list" | "set"; elements: readonly Literal[] }
  | { type: "map"; members: readonly (readonly [string, Literal])[] };

const MAX_DEPTH = 32;

/** Parses the next literal, if there is one. */
export function parseLiteral(tokens: Reader, nextParameter: () => number, depth = 0): Literal | undefined {
  if (depth > MAX_DEPTH) throw invalid("Nesting Levels have exceeded supported limits");
  const inner = () => parseLiteral(tokens, nextParameter, depth + 1) ?? tokens.unexpected();
  const value = parseConstant(tokens);
  if (value) return { type: "constant", value };
  if (tokens.takes("?")) return { type: "parameter", at: nextParameter() };
  if (tokens.takes("[")) return { type: "list", elements: listUntil("]", tokens, inner) };
  if (tokens.takes("<<")) return { type: "set", elements: listUntil(">>", tokens, inner) };
  if (!tokens.takes("{")) return undefined;
  const member = (): [string, Literal] => {
    if (tokens.peek().type !== "text") tokens.unexpected();
    const name = tokens.take().text;
    tokens.expect(":");
    return [name, inner()];
  };
  return { type: "map", members: listUntil("}", tokens, member) };
}

function parseConstant(tokens: Reader): Value | undefined {
  const { type, text } = tokens.peek();
  if (type === "text") return { S: tokens.take().text };
  if (type === "number") return { N: tokens.take().text };
  if ((text === "-" || text === "+") && tokens.peek(1).type === "number") {
    tokens.take();
    return { N: (text === "-" ? "-" : "") + tokens.take().text };
  }
  if (tokens.takes("TRUE")) return { BOOL: true };
  if (tokens.takes("FALSE")) return { BOOL: false };
  return tokens.takes("NULL") ? { NULL: true } : undefined;
}

/** Parses a list with commas, which may be empty, up to its end token. */
function listUntil<T>(end: string, tokens: Reader, one: () => T): T[] {
  const list: T[] = [];
  if (tokens.takes(end)) return list;
  do list.push(one());
  while (tokens.takes(","));
  tokens.expect(end);
  return list;
}

/** The values of a statement's literals, with its parameters inserted. @throws {AwsError} ValidationException */
export function valuesOf(
  literals: readonly Literal[],
  parameters: number,
  sent: readonly Value[] | undefined,
): readonly Value[] {
  if ((sent?.length ?? 0) !== parameters) throw wrongParameters();
  return literals.map((literal) => checkedValue(valueBy(literal, sent ?? [])));
}

function valueBy(literal: Literal, sent: readonly Value[]): Value {
  switch (literal.type) {
    case "constant":
      return literal.value;
    case "parameter":
      return sent[literal.at]!;
    case "list":
      return { L: literal.elements.map((element) => valueBy(element, sent)) };
    case "set":
      return setOf(literal.elements.map((element) => valueBy(element, sent)));
    default: {
      const map: Item = Object.create(null);
      for (const [name, member] of literal.members) {
        if (name in map) throw notWellFormed("Duplicate key in struct");
        map[name] = valueBy(member, sent);
      }
      return { M: map };
    }
  }
}

/** A set, whose elements must all be strings, numbers or byte strings. */
function setOf(elements: readonly Value[]): Value {
  const types = new Set(elements.map(typeOf));
  const [type] = types;
  if (types.size !== 1 || (type !== "S" && type !== "N" && type !== "B"))
    throw invalid("Invalid set: all elements must be of one type: string, number or binary");
  return { [`${type}S`]: elements.map((element) => element[type]) } as Value;
}

const NO_NAMES: ReadonlySet<string> = new Set();

/** A statement's values as placeholders for expressions: the name of each is its position. */
export const literalPlaceholders = (values: readonly Value[]): Placeholders => ({
  names: () => NO_NAMES,
  path: (_, path) => path,
  value: (_, name) => values[Number(name)]!,
  settle() {},
});

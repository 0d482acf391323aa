import { invalid } from "../errors.ts";
import type { Placeholders } from "../expressions/placeholders.ts";
import { checkedValue, type Item, typeOf, type Value } from "../values/value.ts";
import { notWellFormed, wrongParameters } from "./errors.ts";
import type { Reader } from "./tokens.ts";

/** A value as a statement writes it; what a parameter stands for comes with the request. */
export type Literal =
  | { type: "constant"; value: Value }
  | { type: "parameter"; at: number }
  | { type: "list" | "set"; elements: readonly Literal[] }
  | { type: "map"; members: readonly (readonly [string, Literal])[] };

const MOST_DEPTH = 32;

/** Reads the literal that is next, if one is. */
export function parseLiteral(tokens: Reader, nextParameter: () => number, depth = 0): Literal | undefined {
  if (depth > MOST_DEPTH) throw invalid("Nesting Levels have exceeded supported limits");
  const inner = () => parseLiteral(tokens, nextParameter, depth + 1) ?? tokens.unexpected();
  const value = constant(tokens);
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

function constant(tokens: Reader): Value | undefined {
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

/** Elements with commas between them, up to an end that is next or behind one of them. */
function listUntil<T>(end: string, tokens: Reader, one: () => T): T[] {
  const list: T[] = [];
  if (tokens.takes(end)) return list;
  do list.push(one());
  while (tokens.takes(","));
  tokens.expect(end);
  return list;
}

/** What the literals of a statement stand for, its parameters filled in. @throws {AwsError} ValidationException */
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

/** All of its elements are texts, or numbers, or bytes. */
function setOf(elements: readonly Value[]): Value {
  const types = new Set(elements.map(typeOf));
  const [type] = types;
  if (types.size !== 1 || (type !== "S" && type !== "N" && type !== "B"))
    throw invalid("Invalid set: all elements must be of one type: string, number or binary");
  return { [`${type}S`]: elements.map((element) => element[type]) } as Value;
}

const NO_NAMES: ReadonlySet<string> = new Set();

/** The values of a statement, as expressions ask for them: each by its place. */
export const holdersOf = (values: readonly Value[]): Placeholders => ({
  names: () => NO_NAMES,
  path: (_, path) => path,
  value: (_, name) => values[Number(name)]!,
  settle() {},
});

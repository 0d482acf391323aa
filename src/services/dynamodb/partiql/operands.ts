import type { Operand, Path, SetOperand, Step } from "../expressions/grammar.ts";
import { notWellFormed } from "./errors.ts";
import type { Reader } from "./tokens.ts";

export const MOST_DEPTH = 200;

/** Literals are kept aside; an expression has their places. */
export interface Values {
  /** The place of the literal that is next, if one is. */
  next(): string | undefined;
}

/** What stands between commas, at least one. */
export function listOf<T>(tokens: Reader, one: () => T): T[] {
  const list = [one()];
  while (tokens.takes(",")) list.push(one());
  return list;
}

/** What an attribute is set to: an operand, or two that are added or subtracted. */
export function parseSum(tokens: Reader, values: Values): SetOperand {
  const left = parseOperand(tokens, values);
  const operator = tokens.peek().text;
  if (tokens.peek().type !== "symbol" || (operator !== "+" && operator !== "-")) return left;
  tokens.take();
  return { type: "sum", operator, left, right: parseOperand(tokens, values) };
}

/** A literal, a path, or a call of a function. */
export function parseOperand(tokens: Reader, values: Values, depth = 0): Operand {
  if (depth > MOST_DEPTH) throw notWellFormed("Expression is nested too deeply");
  const name = values.next();
  if (name !== undefined) return { type: "value", name };
  if (tokens.peek().type !== "word" || tokens.peek(1).text !== "(")
    return { type: "path", path: parsePath(tokens) };
  const called = tokens.name();
  tokens.expect("(");
  const args = listOf(tokens, () => parseOperand(tokens, values, depth + 1));
  tokens.expect(")");
  return { type: "call", name: called.toLowerCase(), args };
}

export function parsePath(tokens: Reader): Path {
  const path: Step[] = [tokens.name()];
  for (;;) {
    if (tokens.takes(".")) path.push(tokens.name());
    else if (tokens.takes("[")) {
      const { type, text } = tokens.take();
      if (type === "text") path.push(text);
      else if (type === "number" && /^\d+$/.test(text)) path.push(Number(text));
      else throw notWellFormed("Unexpected path component");
      tokens.expect("]");
    } else return path;
  }
}

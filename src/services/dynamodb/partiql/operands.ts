import type { Operand, Path, SetOperand, Step } from "../expressions/grammar.ts";
import { notWellFormed } from "./errors.ts";
import type { Reader } from "./tokens.ts";

export const MAX_DEPTH = 200;

/** Collects the literals of a statement, which its expressions refer to by their positions. */
export interface Values {
  /** Takes the next literal, if there is one. @returns its position */
  next(): string | undefined;
}

/** Parses a list with commas and at least one element. */
export function listOf<T>(tokens: Reader, one: () => T): T[] {
  const list = [one()];
  while (tokens.takes(",")) list.push(one());
  return list;
}

/** Parses the right side of an assignment: an operand, or a sum or difference of two. */
export function parseSum(tokens: Reader, values: Values): SetOperand {
  const left = parseOperand(tokens, values);
  const operator = tokens.peek().text;
  if (tokens.peek().type !== "symbol" || (operator !== "+" && operator !== "-")) return left;
  tokens.take();
  return { type: "sum", operator, left, right: parseOperand(tokens, values) };
}

/** Parses a literal, a path or a function call. */
export function parseOperand(tokens: Reader, values: Values, depth = 0): Operand {
  if (depth > MAX_DEPTH) throw notWellFormed("Expression is nested too deeply");
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

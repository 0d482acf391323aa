import { invalid } from "../errors.ts";
import type { Comparator, Condition, Operand } from "../expressions/grammar.ts";
import { notWellFormed } from "./errors.ts";
import { listOf, MAX_DEPTH, parseOperand, type Values } from "./operands.ts";
import type { Reader } from "./tokens.ts";

const MAX_IN_OPERANDS = 100;
const COMPARATORS = new Set(["=", "<>", "!=", "<", "<=", ">", ">="]);

/** Parses a WHERE clause, if one is next, into a condition of the expression language. */
export const parseWhere = (tokens: Reader, values: Values): Condition | undefined =>
  tokens.takes("WHERE") ? parseOr(tokens, values, 0) : undefined;

function parseOr(tokens: Reader, values: Values, depth: number): Condition {
  if (depth > MAX_DEPTH) throw notWellFormed("Expression is nested too deeply");
  let left = parseAnd(tokens, values, depth);
  while (tokens.takes("OR")) left = { type: "or", left, right: parseAnd(tokens, values, depth) };
  return left;
}

function parseAnd(tokens: Reader, values: Values, depth: number): Condition {
  let left = parseNot(tokens, values, depth);
  while (tokens.takes("AND")) left = { type: "and", left, right: parseNot(tokens, values, depth) };
  return left;
}

function parseNot(tokens: Reader, values: Values, depth: number): Condition {
  if (depth > MAX_DEPTH) throw notWellFormed("Expression is nested too deeply");
  if (tokens.takes("NOT")) return { type: "not", of: parseNot(tokens, values, depth + 1) };
  if (!tokens.takes("(")) return parseComparison(tokens, values);
  const inner = parseOr(tokens, values, depth + 1);
  tokens.expect(")");
  return inner;
}

function parseComparison(tokens: Reader, values: Values): Condition {
  const operand = parseOperand(tokens, values);
  if (tokens.peek().type === "symbol" && COMPARATORS.has(tokens.peek().text)) {
    const { text } = tokens.take();
    const operator = (text === "!=" ? "<>" : text) as Comparator;
    return { type: "compare", operator, left: operand, right: parseOperand(tokens, values) };
  }
  if (tokens.takes("IS")) return parseIs(operand, tokens, values);
  if (tokens.takes("NOT"))
    return { type: "not", of: parseMembership(operand, tokens, values) ?? tokens.unexpected() };
  const test = parseMembership(operand, tokens, values);
  if (test) return test;
  if (operand.type !== "call") tokens.unexpected();
  return { ...operand, name: operand.name.toLowerCase() };
}

/** Parses the rest of a BETWEEN or IN condition, if one of these is next. */
function parseMembership(operand: Operand, tokens: Reader, values: Values): Condition | undefined {
  if (tokens.takes("BETWEEN")) {
    const low = parseOperand(tokens, values);
    tokens.expect("AND");
    return { type: "between", operand, low, high: parseOperand(tokens, values) };
  }
  if (!tokens.takes("IN")) return undefined;
  const end = tokens.takes("[") ? "]" : ")";
  if (end === ")") tokens.expect("(");
  const list = listOf(tokens, () => parseOperand(tokens, values));
  tokens.expect(end);
  if (list.length > MAX_IN_OPERANDS)
    throw invalid(`The IN operator is provided with too many operands; number of operands: ${list.length}`);
  return { type: "in", operand, list };
}

/** Parses what follows IS: MISSING or NULL, or their negation. */
function parseIs(operand: Operand, tokens: Reader, values: Values): Condition {
  const isNegated = tokens.takes("NOT");
  if (tokens.takes("MISSING"))
    return { type: "call", name: isNegated ? "attribute_exists" : "attribute_not_exists", args: [operand] };
  if (tokens.peek().text.toUpperCase() !== "NULL") tokens.unexpected();
  const right = parseOperand(tokens, values);
  const equal: Condition = { type: "compare", operator: "=", left: operand, right };
  return isNegated ? { type: "not", of: equal } : equal;
}

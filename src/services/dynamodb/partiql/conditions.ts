import { invalid } from "../errors.ts";
import type { Comparator, Condition, Operand } from "../expressions/grammar.ts";
import { notWellFormed } from "./errors.ts";
import { listOf, MOST_DEPTH, parseOperand, type Values } from "./operands.ts";
import type { Reader } from "./tokens.ts";

const MOST_IN = 100;
const COMPARATORS = new Set(["=", "<>", "!=", "<", "<=", ">", ">="]);

/** What stands behind WHERE, if that is next: conditions as those of the expression languages. */
export const parseWhere = (tokens: Reader, values: Values): Condition | undefined =>
  tokens.takes("WHERE") ? either(tokens, values, 0) : undefined;

function either(tokens: Reader, values: Values, depth: number): Condition {
  if (depth > MOST_DEPTH) throw notWellFormed("Expression is nested too deeply");
  let left = both(tokens, values, depth);
  while (tokens.takes("OR")) left = { type: "or", left, right: both(tokens, values, depth) };
  return left;
}

function both(tokens: Reader, values: Values, depth: number): Condition {
  let left = negation(tokens, values, depth);
  while (tokens.takes("AND")) left = { type: "and", left, right: negation(tokens, values, depth) };
  return left;
}

function negation(tokens: Reader, values: Values, depth: number): Condition {
  if (depth > MOST_DEPTH) throw notWellFormed("Expression is nested too deeply");
  if (tokens.takes("NOT")) return { type: "not", of: negation(tokens, values, depth + 1) };
  if (!tokens.takes("(")) return comparison(tokens, values);
  const inner = either(tokens, values, depth + 1);
  tokens.expect(")");
  return inner;
}

function comparison(tokens: Reader, values: Values): Condition {
  const operand = parseOperand(tokens, values);
  if (tokens.peek().type === "symbol" && COMPARATORS.has(tokens.peek().text)) {
    const { text } = tokens.take();
    const operator = (text === "!=" ? "<>" : text) as Comparator;
    return { type: "compare", operator, left: operand, right: parseOperand(tokens, values) };
  }
  if (tokens.takes("IS")) return is(operand, tokens, values);
  if (tokens.takes("NOT"))
    return { type: "not", of: membership(operand, tokens, values) ?? tokens.unexpected() };
  const test = membership(operand, tokens, values);
  if (test) return test;
  if (operand.type !== "call") tokens.unexpected();
  return { ...operand, name: operand.name.toLowerCase() };
}

/** Between two operands, or in a list of them. */
function membership(operand: Operand, tokens: Reader, values: Values): Condition | undefined {
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
  if (list.length > MOST_IN)
    throw invalid(`The IN operator is provided with too many operands; number of operands: ${list.length}`);
  return { type: "in", operand, list };
}

function is(operand: Operand, tokens: Reader, values: Values): Condition {
  const isNegated = tokens.takes("NOT");
  if (tokens.takes("MISSING"))
    return { type: "call", name: isNegated ? "attribute_exists" : "attribute_not_exists", args: [operand] };
  if (tokens.peek().text.toUpperCase() !== "NULL") tokens.unexpected();
  const right = parseOperand(tokens, values);
  const equal: Condition = { type: "compare", operator: "=", left: operand, right };
  return isNegated ? { type: "not", of: equal } : equal;
}

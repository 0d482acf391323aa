import { failure } from "./errors.ts";
import { type Token, unexpected } from "./lexer.ts";
import type { Parser } from "./parser.ts";
import type { AggregateName, DatePart, Expression, TypeName } from "./syntax.ts";

/** Functions with a plain argument list, and their number of arguments. */
const PLAIN: Record<string, [min: number, max: number]> = {
  char_length: [1, 1],
  character_length: [1, 1],
  lower: [1, 1],
  upper: [1, 1],
  coalesce: [1, Number.POSITIVE_INFINITY],
  nullif: [2, 2],
  to_string: [2, 2],
  to_timestamp: [1, 1],
  utcnow: [0, 0],
};

const AGGREGATES: readonly string[] = ["count", "sum", "avg", "min", "max"] satisfies AggregateName[];

/** Parses a function call after its name. `keyword` is the name's token, if that is a keyword. */
export function parseCall(p: Parser, name: string, keyword?: Token): Expression {
  p.countCall();
  p.expect("(", name === "cast" ? "ParseExpectedLeftParenAfterCast" : undefined);
  switch (name) {
    case "cast":
      return castCall(p);
    case "substring":
      return substring(p);
    case "trim":
      return trim(p);
    case "extract":
      return extract(p);
    case "date_add":
    case "date_diff":
      return dated(p, name);
  }
  if (AGGREGATES.includes(name)) return aggregate(p, name as AggregateName);
  if (!Object.hasOwn(PLAIN, name)) throw keyword ? unexpected(keyword) : failure("UnsupportedFunction");
  if (p.peek().text === "*" && p.peek().kind === "symbol") throw failure("ParseUnsupportedCallWithStar");
  const operands = list(p);
  const [min, max] = PLAIN[name]!;
  if (operands.length < min || operands.length > max) throw failure("EvaluatorInvalidArguments");
  return { type: "call", name, operands };
}

function list(p: Parser): Expression[] {
  if (p.accept(")")) return [];
  const operands = [p.expression()];
  while (p.accept(",")) operands.push(p.expression());
  close(p);
  return operands;
}

const close = (p: Parser) => p.expect(")", "ParseExpectedRightParenBuiltinFunctionCall");

const TYPES: Record<string, TypeName> = {
  bool: "bool",
  boolean: "bool",
  int: "int",
  integer: "int",
  smallint: "int",
  string: "string",
  char: "string",
  character: "string",
  varchar: "string",
  float: "float",
  real: "float",
  double: "float",
  decimal: "decimal",
  dec: "decimal",
  numeric: "decimal",
  timestamp: "timestamp",
};

function castCall(p: Parser): Expression {
  const operand = p.expression();
  if (p.peek().text === ",") throw failure("ParseCastArity");
  p.expect("as", "ParseExpectedKeyword");
  const token = p.next();
  const name = token.text.toLowerCase();
  if (!Object.hasOwn(TYPES, name)) throw failure("ParseExpectedTypeName");
  if (name === "double") p.accept("precision");
  if (p.accept("(")) precision(p);
  close(p);
  return { type: "cast", operand, to: TYPES[name]! };
}

/** Parses length, precision and scale, and ignores them as S3 does. */
function precision(p: Parser): void {
  do {
    const { kind, text } = p.next();
    if (kind !== "number" || !/^\d{1,9}$/.test(text)) throw failure("ParseInvalidTypeParam");
  } while (p.accept(","));
  p.expect(")", "ParseExpectedRightParenBuiltinFunctionCall");
}

function substring(p: Parser): Expression {
  const operands = [p.expression()];
  const isWordy = p.accept("from");
  if (!isWordy) p.expect(",", "ParseExpectedArgumentDelimiter");
  operands.push(p.expression());
  if (p.accept(isWordy ? "for" : ",")) operands.push(p.expression());
  close(p);
  return { type: "call", name: "substring", operands };
}

function trim(p: Parser): Expression {
  const side = p.accept("leading") ? "leading" : p.accept("trailing") ? "trailing" : "both";
  p.accept("both");
  const isBare = p.accept("from");
  const first = p.expression();
  const operand = !isBare && p.accept("from") ? p.expression() : undefined;
  close(p);
  return operand
    ? { type: "trim", side, characters: first, operand }
    : { type: "trim", side, characters: undefined, operand: first };
}

const PARTS = ["year", "month", "day", "hour", "minute", "second", "timezone_hour", "timezone_minute"];

function partIn(p: Parser, count: number): DatePart {
  const part = p.next().text.toLowerCase();
  if (!PARTS.slice(0, count).includes(part)) throw failure("ParseExpectedDatePart");
  return part as DatePart;
}

function extract(p: Parser): Expression {
  const part = partIn(p, PARTS.length);
  p.expect("from", "ParseExpectedKeyword");
  const operands = [p.expression()];
  close(p);
  return { type: "dated", name: "extract", part, operands };
}

function dated(p: Parser, name: "date_add" | "date_diff"): Expression {
  const part = partIn(p, 6);
  p.expect(",", "ParseExpectedArgumentDelimiter");
  const operands = list(p);
  if (operands.length !== 2) throw failure("EvaluatorInvalidArguments");
  return { type: "dated", name, part, operands };
}

function aggregate(p: Parser, name: AggregateName): Expression {
  if (p.peek().text === "*" && p.peek().kind === "symbol") {
    if (name !== "count") throw failure("ParseUnsupportedCallWithStar");
    p.next();
    close(p);
    return { type: "aggregate", name, operand: undefined };
  }
  const operands = list(p);
  if (operands.length !== 1) throw failure("EvaluatorInvalidArguments");
  return { type: "aggregate", name, operand: operands[0]! };
}

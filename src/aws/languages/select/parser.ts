import { parseCall } from "./calls.ts";
import { decimalOf } from "./decimal.ts";
import { failure, invalidDataSource, type Place, type SelectErrorCode } from "./errors.ts";
import { type Token, tokensOf, unexpected } from "./lexer.ts";
import type {
  Arithmetic,
  Comparison,
  Expression,
  Name,
  PathStep,
  Projection,
  Query,
  Source,
} from "./syntax.ts";
import { timestampOf } from "./timestamps.ts";
import { integer, numericOf } from "./values.ts";

const MAX_BYTES = 256 * 1024;
/**
 * The maximum nesting of expressions and the maximum length of a chain of operators, more than any realistic
 * query has.
 */
const MAX_DEPTH = 250;

/** The maximum number of functions and similar operations, each of which may process 1 MB of text. */
const MAX_CALLS = 1_000;

/** The parser's position in the expression. */
export interface Parser {
  peek(): Token;
  next(): Token;
  /** Consumes the next token if it is that keyword or symbol; returns whether it was. */
  accept(text: string): boolean;
  /** @throws {AwsError} with that code, or ParseUnexpectedToken */
  expect(text: string, code?: SelectErrorCode): void;
  expression(): Expression;
  /** @throws {AwsError} if there are too many */
  countCall(): void;
}

/** @throws {AwsError} S3's error for an invalid expression */
export function parseQuery(text: string): Query {
  if (Buffer.byteLength(text) > MAX_BYTES) throw failure("ExpressionTooLong");
  const p = parserOf(tokensOf(text));
  if (!p.accept("select")) throw unexpected(p.peek());
  if (p.peek().text === "from" && p.peek().kind === "keyword") throw failure("ParseEmptySelect");
  const select = projections(p);
  if (!p.accept("from")) {
    throw p.peek().kind === "end" ? failure("ParseSelectMissingFrom") : unexpected(p.peek());
  }
  const from = source(p);
  const where = p.accept("where") ? p.expression() : undefined;
  const limit = p.accept("limit") ? limitOf(p) : undefined;
  if (p.peek().kind !== "end") throw unexpected(p.peek());
  return { select, from, where, limit };
}

function parserOf(tokens: readonly Token[]): Parser {
  let at = 0;
  let depth = 0;
  let calls = 0;
  const isAt = (text: string) => {
    const { kind, text: found } = tokens[at]!;
    return found === text && (kind === "keyword" || kind === "symbol");
  };
  const p: Parser = {
    peek: () => tokens[at]!,
    next: () => tokens[at === tokens.length - 1 ? at : at++]!,
    accept(text) {
      if (!isAt(text)) return false;
      at++;
      return true;
    },
    expect(text, code) {
      if (p.accept(text)) return;
      throw code ? failure(code) : unexpected(tokens[at]!);
    },
    expression() {
      if (++depth > MAX_DEPTH) throw failure("ParseUnsupportedSyntax");
      const parsed = disjunction(p);
      depth--;
      return parsed;
    },
    countCall() {
      if (++calls > MAX_CALLS) throw failure("ParseUnsupportedSyntax");
    },
  };
  return p;
}

function projections(p: Parser): Projection[] | undefined {
  if (p.accept("*")) {
    if (p.peek().text === ",") throw failure("ParseAsteriskIsNotAloneInSelectList");
    return undefined;
  }
  const list: Projection[] = [];
  do {
    if (p.peek().text === "*" && p.peek().kind === "symbol")
      throw failure("ParseAsteriskIsNotAloneInSelectList");
    const expression = p.expression();
    const alias = aliasOf(p);
    list.push(alias ? { expression, alias: alias.text } : { expression });
  } while (p.accept(","));
  return list;
}

function aliasOf(p: Parser): Name | undefined {
  const isSaid = p.accept("as");
  const { kind } = p.peek();
  if (kind === "name" || kind === "quoted") return nameOf(p.next());
  if (isSaid) throw failure("ParseExpectedIdentForAlias");
  return undefined;
}

const nameOf = ({ kind, text }: Token): Name => ({ text, exact: kind === "quoted" });

/** Parses `S3Object` or `S3Object[*].path`, each with or without an alias. */
function source(p: Parser): Source {
  const table = p.next();
  if (!/^(name|quoted)$/.test(table.kind)) throw unexpected(table);
  if (table.text.toLowerCase() !== "s3object") throw invalidDataSource(table);
  const [all, ...path] = steps(p);
  if (all && !("wildcard" in all && all.wildcard === "[*]")) throw failure("ParseInvalidPathComponent");
  const alias = aliasOf(p);
  if (p.accept(",")) throw failure("MultipleDataSourcesUnsupported");
  const last = path.at(-1) ?? all;
  const ownName = last === undefined ? { text: table.text, exact: false } : "name" in last ? last.name : ROW;
  return { path, alias: alias ?? ownName };
}

/** The default alias of rows whose path does not end in a name. */
const ROW: Name = { text: "_1", exact: false };

function steps(p: Parser): PathStep[] {
  const path: PathStep[] = [];
  for (;;) {
    if (p.accept(".")) {
      const token = p.next();
      if (token.kind === "name" || token.kind === "quoted") path.push({ name: nameOf(token) });
      else if (token.kind === "symbol" && token.text === "*") path.push({ wildcard: ".*" });
      else throw failure("ParseInvalidPathComponent");
    } else if (p.accept("[")) {
      const token = p.next();
      if (token.kind === "number" && /^\d{1,9}$/.test(token.text)) path.push({ index: Number(token.text) });
      else if (token.kind === "string") path.push({ name: { text: token.text, exact: true } });
      else if (token.kind === "symbol" && token.text === "*") path.push({ wildcard: "[*]" });
      else throw failure("ParseInvalidPathComponent");
      p.expect("]");
    } else return path;
    if (path.length > MAX_DEPTH) throw failure("ParseInvalidPathComponent");
  }
}

function limitOf(p: Parser): Expression {
  const isNegative = p.accept("-");
  const { kind, text } = p.next();
  if (kind !== "number" || !/^\d{1,18}$/.test(text)) throw failure("ParseExpectedNumber");
  if (isNegative && Number(text) !== 0) throw failure("EvaluatorNegativeLimit");
  return { type: "literal", value: BigInt(text) };
}

// Expressions, from the lowest precedence to the highest

function disjunction(p: Parser): Expression {
  const operands = [conjunction(p)];
  while (p.accept("or")) operands.push(conjunction(p));
  return operands.length === 1 ? operands[0]! : { type: "or", operands };
}

function conjunction(p: Parser): Expression {
  const operands = [negation(p)];
  while (p.accept("and")) operands.push(negation(p));
  return operands.length === 1 ? operands[0]! : { type: "and", operands };
}

function negation(p: Parser): Expression {
  let isNegated = false;
  while (p.accept("not")) isNegated = !isNegated;
  const operand = predicate(p);
  return isNegated ? { type: "not", operand } : operand;
}

const COMPARISONS: Record<string, Comparison> = {
  "=": "=",
  "<>": "<>",
  "!=": "<>",
  "<": "<",
  ">": ">",
  "<=": "<=",
  ">=": ">=",
};

function predicate(p: Parser): Expression {
  let left = sum(p);
  for (let count = 0; ; count++) {
    if (count > MAX_DEPTH) throw failure("ParseUnsupportedSyntax");
    const { kind, text } = p.peek();
    const comparison = kind === "symbol" ? COMPARISONS[text] : undefined;
    if (comparison) {
      p.next();
      left = { type: "compare", operator: comparison, left, right: sum(p) };
    } else if (p.accept("is")) left = nullTest(p, left);
    else {
      const isNegated = p.accept("not");
      const condition = membership(p, left);
      if (!condition) {
        if (isNegated) throw unexpected(p.peek());
        return left;
      }
      left = isNegated ? { type: "not", operand: condition } : condition;
    }
  }
}

function nullTest(p: Parser, operand: Expression): Expression {
  const isNegated = p.accept("not");
  const what = p.accept("null") ? "null" : p.accept("missing") ? "missing" : undefined;
  if (!what) throw failure("ParseExpectedTypeName");
  const is: Expression = { type: "is", what, operand };
  return isNegated ? { type: "not", operand: is } : is;
}

function membership(p: Parser, operand: Expression): Expression | undefined {
  if (p.accept("between")) {
    const low = sum(p);
    p.expect("and", "ParseExpectedKeyword");
    return { type: "between", operand, low, high: sum(p) };
  }
  if (p.accept("in")) {
    p.expect("(");
    const members = [p.expression()];
    while (p.accept(",")) members.push(p.expression());
    p.expect(")");
    return { type: "in", operand, members };
  }
  if (!p.accept("like")) return undefined;
  p.countCall();
  const pattern = sum(p);
  return { type: "like", operand, pattern, escaping: p.accept("escape") ? sum(p) : undefined };
}

function sum(p: Parser): Expression {
  return chain(p, product, ["+", "-", "||"]);
}

function product(p: Parser): Expression {
  return chain(p, unary, ["*", "/", "%"]);
}

function chain(p: Parser, operand: (p: Parser) => Expression, operators: readonly string[]): Expression {
  let left = operand(p);
  for (let count = 0; ; count++) {
    const { kind, text } = p.peek();
    if (kind !== "symbol" || !operators.includes(text)) return left;
    if (count > MAX_DEPTH) throw failure("ParseUnsupportedSyntax");
    if (text === "||") p.countCall();
    p.next();
    const right = operand(p);
    left =
      text === "||"
        ? { type: "concat", left, right }
        : { type: "arithmetic", operator: text as Arithmetic, left, right };
  }
}

function unary(p: Parser): Expression {
  let isNegative = false;
  for (;;) {
    if (p.accept("-")) isNegative = !isNegative;
    else if (!p.accept("+")) break;
  }
  const operand = primary(p);
  return isNegative ? { type: "negate", operand } : operand;
}

function primary(p: Parser): Expression {
  const token = p.peek();
  switch (token.kind) {
    case "number":
      return { type: "literal", value: numberIn(p.next()) };
    case "string":
      return { type: "literal", value: p.next().text };
    case "ion": {
      const value = timestampOf(p.next().text);
      if (!value) throw failure("ValueParseFailure");
      return { type: "literal", value };
    }
    case "name":
    case "quoted":
      return reference(p);
    case "keyword":
      return word(p);
    default:
      return bracketed(p);
  }
}

/** Numbers without an exponent are exact; a number with an exponent is a float. */
function numberIn({ text }: Token) {
  if (/[eE]/.test(text)) return Number(text);
  const value = text.includes(".") ? decimalOf(text) : numericOf(text);
  if (value === undefined) throw failure("ParseExpectedNumber");
  return typeof value === "bigint" ? integer(value) : value;
}

function reference(p: Parser): Expression {
  const token = p.next();
  if (token.kind === "name" && p.peek().text === "(" && p.peek().kind === "symbol") {
    return parseCall(p, token.text.toLowerCase());
  }
  const place: Place = { line: token.line, column: token.column };
  return { type: "reference", steps: [{ name: nameOf(token) }, ...steps(p)], place };
}

const WORDS: Record<string, boolean | null | undefined> = {
  true: true,
  false: false,
  null: null,
  missing: undefined,
};

function word(p: Parser): Expression {
  const token = p.next();
  if (Object.hasOwn(WORDS, token.text)) return { type: "literal", value: WORDS[token.text] };
  if (token.text === "case") return cases(p);
  if (token.text === "select") throw failure("ParseUnsupportedSelect");
  if (p.peek().kind !== "symbol" || p.peek().text !== "(") throw unexpected(token);
  return parseCall(p, token.text, token);
}

function cases(p: Parser): Expression {
  const subject = p.peek().text === "when" ? undefined : p.expression();
  const branches = [];
  while (p.accept("when")) {
    const when = p.expression();
    p.expect("then", "ParseExpectedKeyword");
    branches.push({ when, result: p.expression() });
  }
  if (branches.length === 0) throw failure("ParseExpectedWhenClause");
  const otherwise = p.accept("else") ? p.expression() : undefined;
  p.expect("end", "ParseExpectedKeyword");
  return { type: "case", subject, branches, otherwise };
}

function bracketed(p: Parser): Expression {
  if (p.peek().kind === "end") throw failure("ParseExpectedExpression");
  p.expect("(");
  if (p.peek().text === "select" && p.peek().kind === "keyword") throw failure("ParseUnsupportedSelect");
  const inner = p.expression();
  p.expect(")");
  return inner;
}

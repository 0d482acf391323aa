import { RESERVED_WORDS } from "./reserved-words.ts";
import { type Kind, type Reader, reader, type Token } from "./tokens.ts";

/** A step of a document path: an attribute name, a placeholder `#x`, or an index into a list. */
export type Step = string | number;
export type Path = readonly Step[];

export type Operand =
  | { type: "path"; path: Path }
  /** A placeholder `:x`. */
  | { type: "value"; name: string }
  | { type: "call"; name: string; args: readonly Operand[] };

export type Comparator = "=" | "<>" | "<" | "<=" | ">" | ">=";

export type Condition =
  | { type: "and" | "or"; left: Condition; right: Condition }
  | { type: "not"; of: Condition }
  | { type: "compare"; operator: Comparator; left: Operand; right: Operand }
  | { type: "between"; operand: Operand; low: Operand; high: Operand }
  | { type: "in"; operand: Operand; list: readonly Operand[] }
  | { type: "call"; name: string; args: readonly Operand[] };

export type SetOperand = Operand | { type: "sum"; operator: "+" | "-"; left: Operand; right: Operand };

export interface UpdateActions {
  set: readonly { path: Path; to: SetOperand }[];
  remove: readonly Path[];
  add: readonly { path: Path; value: Operand }[];
  delete: readonly { path: Path; value: Operand }[];
}

const COMPARATORS = new Set(["=", "<>", "<", "<=", ">", ">="]);
const isComparator = ({ type, text }: Token) =>
  COMPARATORS.has(text) || (type === "word" && ["BETWEEN", "IN"].includes(text.toUpperCase()));
const MAX_IN_OPERANDS = 100;
/** The deepest nesting of parentheses and NOT, which limits recursion. */
const MAX_PARENTHESES = 512;
const MAX_PATH_LENGTH = 32;
/** The deepest nesting of parentheses in a SET action: around a sum, and around one of its operands. */
const MAX_SUM_PARENTHESES = 1;
const MAX_INDEX = 4_294_967_294;
const REDUNDANT = "The expression has redundant parentheses;";

/** Parses a condition, filter or key condition expression. @throws {AwsError} ValidationException */
export function parseCondition(kind: Kind, source: string): Condition {
  const tokens = reader(kind, source);

  function parseOr(depth: number): Condition {
    let left = parseAnd(depth);
    while (tokens.takes("OR")) {
      tokens.count();
      left = { type: "or", left, right: parseAnd(depth) };
    }
    return left;
  }

  function parseAnd(depth: number): Condition {
    let left = parseNot(depth);
    while (tokens.takes("AND")) {
      tokens.count();
      left = { type: "and", left, right: parseNot(depth) };
    }
    return left;
  }

  function parseNot(depth: number): Condition {
    if (!tokens.takes("NOT")) return parsePrimary(depth);
    tokens.count();
    if (depth > MAX_PARENTHESES) tokens.syntax();
    return { type: "not", of: parseNot(depth + 1) };
  }

  function parsePrimary(depth: number): Condition {
    if (depth > MAX_PARENTHESES) tokens.syntax();
    return tokens.peek().text === "(" && !isOperand() ? parseParenthesized(depth) : parseComparison();
  }

  /** Whether the parentheses that begin here enclose an operand, as a comparator follows them. */
  function isOperand(): boolean {
    let open = 0;
    for (let ahead = 0; ; ahead++) {
      const { type, text } = tokens.peek(ahead);
      if (type === "end") return false;
      if (text === "(") open++;
      else if (text === ")" && --open === 0) return isComparator(tokens.peek(ahead + 1));
    }
  }

  function parseParenthesized(depth: number): Condition {
    tokens.take();
    const isTwice = tokens.peek().text === "(";
    const inner = parseOr(depth + 1);
    tokens.expect(")");
    if (isTwice && redundant.has(inner)) tokens.fail(REDUNDANT);
    redundant.add(inner);
    return inner;
  }

  function parseComparison(): Condition {
    const operand = parseOperand(tokens);
    const operator = tokens.peek();
    if (COMPARATORS.has(operator.text)) {
      tokens.take();
      tokens.count();
      return {
        type: "compare",
        operator: operator.text as Comparator,
        left: operand,
        right: parseOperand(tokens),
      };
    }
    if (tokens.takes("BETWEEN")) {
      tokens.count();
      const low = parseOperand(tokens);
      tokens.expect("AND");
      return { type: "between", operand, low, high: parseOperand(tokens) };
    }
    if (tokens.takes("IN")) {
      tokens.count();
      tokens.expect("(");
      const list = [parseOperand(tokens)];
      while (tokens.takes(",")) list.push(parseOperand(tokens));
      tokens.expect(")");
      if (list.length > MAX_IN_OPERANDS)
        tokens.fail(`The IN operator is provided with too many operands; number of operands: ${list.length}`);
      return { type: "in", operand, list };
    }
    if (operand.type !== "call") tokens.syntax();
    return operand as Condition & { type: "call" };
  }

  const redundant = new Set<Condition>();
  const condition = parseOr(0);
  tokens.end();
  return condition;
}

/** @throws {AwsError} ValidationException */
export function parseProjection(source: string): Path[] {
  const tokens = reader("ProjectionExpression", source);
  const paths = [parsePath(tokens)];
  while (tokens.takes(",")) paths.push(parsePath(tokens));
  tokens.end();
  return paths;
}

/** @throws {AwsError} ValidationException */
export function parseUpdate(source: string): UpdateActions {
  const tokens = reader("UpdateExpression", source);
  const sections = new Set<string>();
  const set: { path: Path; to: SetOperand }[] = [];
  const remove: Path[] = [];
  const add: { path: Path; value: Operand }[] = [];
  const deletions: { path: Path; value: Operand }[] = [];

  const each = (one: () => void) => {
    do one();
    while (tokens.takes(","));
  };
  do {
    const word = tokens.peek();
    const section = word.type === "word" ? word.text.toUpperCase() : "";
    if (!SECTIONS.has(section)) tokens.syntax();
    tokens.take();
    if (sections.has(section))
      tokens.fail(`The "${section}" section can only be used once in an update expression;`);
    sections.add(section);
    each(() => {
      const path = parsePath(tokens);
      if (section === "SET") {
        tokens.expect("=");
        set.push({ path, to: parseSum(tokens) });
      } else if (section === "REMOVE") remove.push(path);
      else if (tokens.peek().type !== ":value") tokens.syntax();
      else (section === "ADD" ? add : deletions).push({ path, value: parseOperand(tokens) });
    });
  } while (tokens.peek().type !== "end");
  tokens.end();
  return { set, remove, add, delete: deletions };
}

function parseSum(tokens: Reader, depth = 0): SetOperand {
  const isEnclosed = tokens.peek().text === "(";
  const left = parseTerm(tokens, depth);
  const { text: operator } = tokens.peek();
  if (operator !== "+" && operator !== "-") {
    if (isEnclosed && depth > 0) tokens.fail(REDUNDANT);
    return left;
  }
  // A sum has two operands, neither of which is a sum.
  if (left.type === "sum") return tokens.syntax();
  tokens.take();
  tokens.count();
  const start = tokens.peek();
  const right = parseTerm(tokens, depth);
  return right.type === "sum" ? tokens.syntax(start) : { type: "sum", operator, left, right };
}

/** An operand, or a parenthesized operand or sum. */
function parseTerm(tokens: Reader, depth: number): SetOperand {
  if (!tokens.takes("(")) return parseOperand(tokens);
  if (depth > MAX_SUM_PARENTHESES) tokens.fail(REDUNDANT);
  const inner = parseSum(tokens, depth + 1);
  tokens.expect(")");
  return inner;
}

function parseOperand(tokens: Reader): Operand {
  const token = tokens.peek();
  if (tokens.takes("(")) {
    const isTwice = tokens.peek().text === "(";
    const operand = parseOperand(tokens);
    tokens.expect(")");
    return isTwice ? tokens.fail(REDUNDANT) : operand;
  }
  if (token.type === ":value") {
    tokens.take();
    return { type: "value", name: token.text };
  }
  if (token.type === "word" && tokens.peek(1).text === "(") {
    if (isKeyword(tokens.kind, token)) tokens.syntax();
    tokens.take();
    tokens.take();
    tokens.count();
    const args = [parseOperand(tokens)];
    while (tokens.takes(",")) args.push(parseOperand(tokens));
    tokens.expect(")");
    return { type: "call", name: token.text, args };
  }
  return { type: "path", path: parsePath(tokens) };
}

function parsePath(tokens: Reader): Path {
  const path: Step[] = [parseName(tokens)];
  for (;;) {
    if (tokens.takes(".")) path.push(parseName(tokens));
    else if (tokens.takes("[")) {
      const index = tokens.take();
      if (index.type !== "number") tokens.syntax(index);
      tokens.expect("]");
      if (Number(index.text) > MAX_INDEX)
        tokens.fail(`List index is not within the allowable range; index: [${index.text}]`);
      path.push(Number(index.text));
    } else break;
    if (path.length > MAX_PATH_LENGTH)
      tokens.fail(`The document path has too many nesting elements; nesting levels: ${path.length}`);
  }
  return path;
}

const CONDITION_KEYWORDS: ReadonlySet<string> = new Set(["AND", "OR", "NOT", "IN", "BETWEEN"]);
const SECTIONS: ReadonlySet<string> = new Set(["SET", "REMOVE", "ADD", "DELETE"]);

/** Whether a word is a keyword of the grammar, which is a syntax error as a name rather than a reserved word. */
function isKeyword(kind: Kind, { text }: Token): boolean {
  if (kind === "ProjectionExpression") return false;
  return (kind === "UpdateExpression" ? SECTIONS : CONDITION_KEYWORDS).has(text.toUpperCase());
}

function parseName(tokens: Reader): string {
  const token = tokens.take();
  if (token.type === "#name") return token.text;
  if (token.type !== "word" || isKeyword(tokens.kind, token)) tokens.syntax(token);
  if (RESERVED_WORDS.has(token.text.toUpperCase()))
    tokens.note(`Attribute name is a reserved keyword; reserved keyword: ${token.text}`);
  return token.text;
}

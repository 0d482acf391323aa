import { invalid } from "../errors.ts";

/** The parameter that holds an expression, as errors name it. */
export type Kind =
  | "ConditionExpression"
  | "FilterExpression"
  | "KeyConditionExpression"
  | "ProjectionExpression"
  | "UpdateExpression";

export interface Token {
  type: "word" | "#name" | ":value" | "number" | "symbol" | "end";
  text: string;
  start: number;
  end: number;
}

/** The last group also matches any single character that is no token of the grammar, which the parser then rejects. */
const TOKEN =
  /\s*(?:([A-Za-z][A-Za-z0-9_]*)|(#[A-Za-z0-9_]+)|(:[A-Za-z0-9_]+)|(0|[1-9]\d*)|(<>|<=|>=|[=<>()[\].,+-]|\S))/uy;
const TYPES = ["word", "#name", ":value", "number", "symbol"] as const;
const MAX_BYTES = 4_096;
const MAX_OPERATORS = 300;

/** The tokens of an expression, one after the other. */
export interface Reader {
  readonly kind: Kind;
  peek(ahead?: number): Token;
  take(): Token;
  /** Takes the next token if it is that symbol, or that word in any case. */
  takes(text: string): boolean;
  /** Takes the next token, which must be that symbol or word. @throws {AwsError} a syntax error */
  expect(text: string): void;
  /** Counts an operator, such as AND, or a function. @throws {AwsError} if the expression has too many */
  count(): void;
  /** @throws {AwsError} */
  fail(message: string): never;
  /** Throws a syntax error at a token, by default the next one. @throws {AwsError} */
  syntax(token?: Token): never;
  /** Records a fault that is only thrown, by `end`, if the expression has no syntax error. */
  note(message: string): void;
  /** @throws {AwsError} if a token is left, or a fault was noted */
  end(): void;
}

/** @param statesSize whether the error states the size, as it does for scans @throws {AwsError} ValidationException */
export function checkSize(kind: Kind, source: string, statesSize = false): void {
  const size = Buffer.byteLength(source);
  if (size > MAX_BYTES)
    throw invalid(
      `Invalid ${kind}: Expression size has exceeded the maximum allowed size;${statesSize ? ` expression size: ${size}` : ""}`,
    );
}

export function reader(kind: Kind, source: string): Reader {
  const fail = (message: string): never => {
    throw invalid(`Invalid ${kind}: ${message}`);
  };
  if (source.trim() === "") fail("The expression can not be empty;");
  checkSize(kind, source);
  const tokens: Token[] = [];
  let at = 0;

  function syntax(token = tokens[at]!): never {
    const index = tokens.indexOf(token);
    const from = tokens[Math.max(0, index - 1)]!.start;
    const to = tokens[Math.min(tokens.length - 1, index + 1)]!.end;
    const text = token.type === "end" ? "<EOF>" : token.text;
    return fail(`Syntax error; token: "${text}", near: "${source.slice(from, to).trim()}"`);
  }

  TOKEN.lastIndex = 0;
  for (let end = source.trimEnd().length, from = 0; from < end; from = TOKEN.lastIndex) {
    const match = TOKEN.exec(source)!;
    const group = match.findIndex((text, index) => index > 0 && text !== undefined);
    const text = match[group]!;
    tokens.push({
      type: TYPES[group - 1]!,
      text,
      start: TOKEN.lastIndex - text.length,
      end: TOKEN.lastIndex,
    });
  }
  tokens.push({ type: "end", text: "", start: source.length, end: source.length });

  let noted: string | undefined;
  let operators = 0;
  const peek = (ahead = 0) => tokens[Math.min(at + ahead, tokens.length - 1)]!;
  const isNext = (text: string) => {
    const token = peek();
    return token.type === "word" ? token.text.toUpperCase() === text : token.text === text;
  };
  return {
    kind,
    peek,
    take: () => tokens[at === tokens.length - 1 ? at : at++]!,
    takes(text) {
      if (!isNext(text)) return false;
      at++;
      return true;
    },
    expect(text) {
      if (!this.takes(text)) syntax();
    },
    count() {
      if (++operators > MAX_OPERATORS)
        fail(`The expression contains too many operators; operator count: ${operators}`);
    },
    fail,
    syntax,
    note(message) {
      noted ??= message;
    },
    end() {
      if (peek().type !== "end") syntax();
      if (noted !== undefined) fail(noted);
    },
  };
}

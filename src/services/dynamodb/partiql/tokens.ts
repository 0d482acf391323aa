import { notWellFormed } from "./errors.ts";

export interface Token {
  type: "word" | "name" | "text" | "number" | "symbol" | "end";
  /** The text of the token, without the quotes of names and strings. */
  text: string;
}

const SPACE = /(?:\s|--[^\n]*)*/y;
/** A word, a "quoted name", a 'string', a number or a symbol. */
const TOKEN =
  /(?:([A-Za-z_$][\w$]*)|"((?:[^"]|"")*)"|'((?:[^']|'')*)'|((?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)|(<<|>>|<>|!=|<=|>=|[=<>()[\]{},.:;*?+-]))/y;
const TYPES = ["word", "name", "text", "number", "symbol"] as const;

/** Words that must be in double quotes to name an attribute or a table. */
const KEYWORDS = new Set(
  "ALL AND AS ASC BETWEEN BY DELETE DESC FALSE FROM GROUP HAVING IN INSERT INTO IS LIMIT MISSING NOT NULL OR ORDER REMOVE RETURNING SELECT SET TRUE UPDATE VALUES WHERE".split(
    " ",
  ),
);

export interface Reader {
  peek(ahead?: number): Token;
  take(): Token;
  /** Takes these symbols or words (in any case) if all of them are next. */
  takes(...texts: string[]): boolean;
  /** Takes these symbols or words. @throws {AwsError} ValidationException if they are not next */
  expect(...texts: string[]): void;
  /** Takes a name. @throws {AwsError} ValidationException if none is next */
  name(): string;
  /** Rejects the next token. @throws {AwsError} ValidationException */
  unexpected(): never;
}

/** The position after white space and comments. */
function skipSpace(source: string, at: number): number {
  SPACE.lastIndex = at;
  SPACE.test(source);
  return SPACE.lastIndex;
}

/** @throws {AwsError} ValidationException for an invalid token */
export function reader(source: string): Reader {
  const tokens: Token[] = [];
  for (let at = skipSpace(source, 0); at < source.length; at = skipSpace(source, TOKEN.lastIndex)) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(source);
    if (!match) throw notWellFormed("Unexpected token");
    const group = match.findIndex((text, index) => index > 0 && text !== undefined);
    const type = TYPES[group - 1]!;
    const quote = type === "name" ? '"' : "'";
    const text = match[group]!;
    tokens.push({
      type,
      text: type === "name" || type === "text" ? text.replaceAll(quote + quote, quote) : text,
    });
  }
  tokens.push({ type: "end", text: "" });
  let at = 0;

  const peek = (ahead = 0) => tokens[Math.min(at + ahead, tokens.length - 1)]!;
  const isToken = ({ type, text }: Token, expected: string) =>
    type === "word" ? text.toUpperCase() === expected : type === "symbol" && text === expected;
  const isKeyword = ({ type, text }: Token) => type === "word" && KEYWORDS.has(text.toUpperCase());
  function unexpected(): never {
    throw notWellFormed(isKeyword(peek()) ? "Unexpected keyword" : "Unexpected token");
  }
  function takes(...texts: string[]): boolean {
    if (!texts.every((text, ahead) => isToken(peek(ahead), text))) return false;
    at += texts.length;
    return true;
  }
  return {
    peek,
    take: () => tokens[at === tokens.length - 1 ? at : at++]!,
    takes,
    expect(...texts) {
      if (!takes(...texts)) unexpected();
    },
    name() {
      const token = peek();
      if ((token.type !== "name" && token.type !== "word") || isKeyword(token)) unexpected();
      at++;
      return token.text;
    },
    unexpected,
  };
}

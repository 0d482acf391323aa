import { invalidCharacter, type Place, unexpectedToken } from "./errors.ts";
import { RESERVED } from "./keywords.ts";

export interface Token extends Place {
  kind: "keyword" | "name" | "quoted" | "string" | "number" | "ion" | "symbol" | "end";
  /** A keyword in lower case; a string or quoted name without its quotes. */
  text: string;
}

const SPACE = /(?:\s|--[^\n]*)+/y;
const WORD = /[\p{L}_$][\p{L}\p{N}_$]*/uy;
const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const STRING = /'((?:[^']|'')*)'/y;
const QUOTED = /"((?:[^"]|"")*)"/y;
/** An Ion literal; S3 Select supports timestamps only. */
const ION = /`([^`]*)`/y;
const SYMBOL = /<>|!=|<=|>=|\|\||[-+*/%<>=(),.[\]]/y;

/** @throws {AwsError} LexerInvalidChar */
export function tokensOf(expression: string): Token[] {
  const tokens: Token[] = [];
  const lines = lineStarts(expression);
  let at = 0;
  const match = (pattern: RegExp) => {
    pattern.lastIndex = at;
    return pattern.exec(expression);
  };
  const add = (kind: Token["kind"], [whole]: RegExpExecArray, text = whole) => {
    tokens.push({ kind, text, ...placeOf(lines, at) });
    at += whole.length;
  };
  for (;;) {
    at += match(SPACE)?.[0].length ?? 0;
    if (at >= expression.length) break;
    if (expression.startsWith("/*", at)) {
      const end = expression.indexOf("*/", at + 2);
      if (end < 0) throw invalidCharacter(placeOf(lines, at));
      at = end + 2;
      continue;
    }
    const word = match(WORD);
    if (word) {
      const lower = word[0].toLowerCase();
      if (RESERVED.has(lower)) add("keyword", word, lower);
      else add("name", word);
      continue;
    }
    const number = match(NUMBER);
    if (number) {
      add("number", number);
      continue;
    }
    const string = match(STRING);
    const quoted = match(QUOTED);
    const ion = match(ION);
    const symbol = match(SYMBOL);
    if (string) add("string", string, string[1]!.replaceAll("''", "'"));
    else if (quoted) add("quoted", quoted, quoted[1]!.replaceAll('""', '"'));
    else if (ion) add("ion", ion, ion[1]!);
    else if (symbol) add("symbol", symbol);
    else throw invalidCharacter(placeOf(lines, at));
  }
  tokens.push({ kind: "end", text: "", ...placeOf(lines, at) });
  return tokens;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

function placeOf(starts: readonly number[], at: number): Place {
  const line = starts.findLastIndex((start) => start <= at);
  return { line: line + 1, column: at - starts[line]! + 1 };
}

export const unexpected = (token: Token) => unexpectedToken(kindOf(token), token);

/** S3's name for the kind of token. */
function kindOf({ kind, text }: Token): string {
  switch (kind) {
    case "keyword":
      return "KEYWORD";
    case "name":
      return "IDENTIFIER";
    case "quoted":
      return "QUOTED_IDENTIFIER";
    case "string":
    case "number":
      return "LITERAL";
    case "ion":
      return "ION_LITERAL";
    case "end":
      return "EOF";
    default:
      return SYMBOL_KINDS[text] ?? "OPERATOR";
  }
}

const SYMBOL_KINDS: Record<string, string> = {
  "(": "LEFT_PAREN",
  ")": "RIGHT_PAREN",
  "[": "LEFT_BRACKET",
  "]": "RIGHT_BRACKET",
  ",": "COMMA",
  ".": "DOT",
  "*": "STAR",
};

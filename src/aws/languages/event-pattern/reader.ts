import type { Token } from "./lexemes.ts";
import { errorAt, tokensOf } from "./tokens.ts";

/** Reads the tokens of a pattern. */
export interface PatternReader {
  /** Returns a token without consuming it; 0 is the next one. */
  peek(ahead: number): Token | undefined;
  /** @throws {PatternError} if the text is not valid JSON there */
  take(): Token;
  /** Consumes the next token, which must be of that type. */
  expect(type: Token["type"], message: string): Token;
  /** @throws {PatternError} always */
  fail(message: string, offset: number): never;
}

export function readerOf(source: string): PatternReader {
  const tokens = tokensOf(source);
  let next = 0;
  const reader: PatternReader = {
    peek: (ahead) => tokens[next + ahead],
    take() {
      const token = tokens[next++] ?? tokens.at(-1)!;
      return token.type === "wrong" ? reader.fail(token.text, token.at) : token;
    },
    expect(type, message) {
      const token = reader.take();
      return token.type === type ? token : reader.fail(message, token.at);
    },
    fail(message, offset) {
      throw errorAt(source, message, offset);
    },
  };
  return reader;
}

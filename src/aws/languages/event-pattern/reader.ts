import type { Token } from "./lexemes.ts";
import { errorAt, tokensOf } from "./tokens.ts";

/** The tokens of a pattern, one after another. */
export interface PatternReader {
  /** Looks at a token without taking it; 0 is the next one. */
  peek(ahead: number): Token | undefined;
  /** @throws {PatternError} where the text does not go on as JSON does */
  take(): Token;
  /** The next token, which must be of that type. */
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

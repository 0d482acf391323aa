import { JqSyntaxError } from "./values.ts";

/** The maximum terms of a query, as all of them are evaluated for every record. */
const MAX_TERMS = 256;
const NAME = /[A-Za-z_]\w*/y;
/** Whitespace and comments. */
const SPACES = /(?:\s|#[^\n]*)*/y;

export type Reader = ReturnType<typeof reader>;

/** Reads the tokens of a query. A token is *tight* if no whitespace precedes it. */
export function reader(source: string) {
  let position = 0;
  let terms = 0;
  function read(pattern: RegExp, isTight = false): string | undefined {
    if (!isTight) skip();
    pattern.lastIndex = position;
    const [token] = pattern.exec(source) ?? [];
    if (token !== undefined) position = pattern.lastIndex;
    return token;
  }
  function skip() {
    SPACES.lastIndex = position;
    SPACES.exec(source);
    position = SPACES.lastIndex;
  }
  const fault = () => new JqSyntaxError(`not known from character ${position} on: ${source}`);
  function take(sign: string, isTight = false): boolean {
    if (!isTight) skip();
    if (!source.startsWith(sign, position)) return false;
    position += sign.length;
    return true;
  }
  return {
    read,
    take,
    fault,
    countTerm() {
      if (++terms > MAX_TERMS) throw fault();
    },
    expect(sign: string) {
      if (!take(sign)) throw fault();
    },
    name: (isTight = false): string | undefined => read(NAME, isTight),
    word(word: string): boolean {
      const before = position;
      if (read(NAME) === word) return true;
      position = before;
      return false;
    },
    /** Matches a pattern at the current position without consuming it. */
    next(pattern: RegExp): string | undefined {
      const before = position;
      const token = read(pattern);
      position = before;
      return token;
    },
    end() {
      skip();
      if (position < source.length) throw fault();
    },
  };
}

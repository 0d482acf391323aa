import { JqSyntaxError } from "./values.ts";

/** More than any sensible query has: each is worked out for every record. */
const MAX_TERMS = 256;
const NAME = /[A-Za-z_]\w*/y;
/** White space and comments. */
const SPACES = /(?:\s|#[^\n]*)*/y;

export type Reader = ReturnType<typeof reader>;

/** Takes a query apart, from its beginning on. Whatever is tight to what stands before it follows without a space. */
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
    /** What a pattern would read next stays to be read. */
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

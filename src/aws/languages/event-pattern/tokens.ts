import { named, scalarAt, stringAt, type Token } from "./lexemes.ts";

export class PatternError extends Error {}

const MAX_DEPTH = 1_000;
const MAX_SOURCE_LENGTH = 500;
const EXPECTED_VALUE =
  "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

/** An error at an offset, in the words of AWS's parser. */
export const errorAt = (source: string, message: string, offset: number): PatternError =>
  new PatternError(`${message}\n at ${placeIn(source, offset)}`);

/** `[Source: (String)"…"; line: 1, column: 3]` */
function placeIn(source: string, offset: number): string {
  const before = source.slice(0, offset).split("\n");
  const more = source.length - MAX_SOURCE_LENGTH;
  const excerpt = `"${source.slice(0, MAX_SOURCE_LENGTH)}"${more > 0 ? `[truncated ${more} chars]` : ""}`;
  return `[Source: (String)${excerpt}; line: ${before.length}, column: ${before.at(-1)!.length + 1}]`;
}

/** The position of a syntax error, as AWS's parser reports it. */
export const placeOfFault = (source: string): string => placeIn(source, tokensOf(source).at(-1)!.at);

/** The value at the beginning of a pattern: AWS's parser stops after it and ignores the rest. */
export const valueIn = (source: string): string => source.slice(0, tokensOf(source).at(-1)!.end);

/** An unclosed list or object, with the offset after its first character. */
interface Open {
  kind: "Array" | "Object";
  at: number;
}

const CLOSERS = { Array: "]", Object: "}" } as const;

/** All tokens of one JSON value. If the text is not valid JSON, the last token is the error. */
export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  const open: Open[] = [];
  let at = 0;

  /** Adds a token and advances past it; returns false for an error. */
  const add = (token: Token): boolean => {
    tokens.push(token);
    at = token.end;
    return token.type !== "wrong";
  };
  const bracket = (char: "{" | "}" | "[" | "]") => add({ type: char, text: char, at: at + 1, end: at + 1 });
  const isSpace = (code: number) => code === 32 || code === 10 || code === 13 || code === 9;
  const skipSpace = () => {
    while (at < source.length && isSpace(source.charCodeAt(at))) at++;
  };
  const wrong = (message: string, offset = at): false => {
    tokens.push({ type: "wrong", text: message, at: offset, end: offset });
    return false;
  };
  const startOf = (from: Open) => placeIn(source, from.at - 1);

  /** An unexpected token. */
  function unexpected(expected: string): false {
    const char = source[at];
    if (char !== undefined) return wrong(`Unexpected character (${named(char)}): ${expected}`, at + 1);
    return wrong(`Unexpected end-of-input within/between ${open.at(-1)?.kind ?? "root"} entries`);
  }

  /**
   * Handles the text after an entry, or before the first: only the end of the innermost list or object is
   * allowed.
   */
  function unclosed(expected: string): false {
    const last = open.at(-1)!;
    const char = source[at];
    if (char === undefined) {
      const close = `expected close marker for ${last.kind} (start marker at ${startOf(last)})`;
      return wrong(`Unexpected end-of-input: ${close}`);
    }
    if (char !== "]" && char !== "}") return unexpected(expected);
    const start = `(for ${last.kind} starting at ${startOf(last)})`;
    return wrong(`Unexpected close marker '${char}': expected '${CLOSERS[last.kind]}' ${start}`, at + 1);
  }

  function value(depth: number): boolean {
    skipSpace();
    const char = source[at];
    if (char === "{" || char === "[") {
      if (depth === MAX_DEPTH)
        return wrong(`Document nesting depth exceeds the maximum allowed (${MAX_DEPTH})`);
      bracket(char);
      open.push({ kind: char === "{" ? "Object" : "Array", at });
      return char === "{" ? object(depth) : array(depth);
    }
    if (char === "]" || char === "}") return unexpected("expected a value");
    const scalar = scalarAt(source, at);
    return scalar ? add(scalar) : unexpected(EXPECTED_VALUE);
  }

  function object(depth: number): boolean {
    skipSpace();
    for (let first = true; source[at] !== "}"; first = false) {
      if (!first) {
        if (source[at] !== ",") return unclosed("was expecting comma to separate Object entries");
        at++;
        skipSpace();
      }
      if (source[at] !== '"')
        return (first ? unclosed : unexpected)("was expecting double-quote to start field name");
      const text = stringAt(source, at, "name");
      if (text.type === "wrong") return add(text);
      at = text.end;
      skipSpace();
      if (source[at] !== ":") return unexpected("was expecting a colon to separate field name and value");
      const name = { ...text, end: at + 1 };
      add(name);
      const next = tokens.length;
      const isWhole = value(depth + 1);
      name.at = tokens[next]!.at;
      if (!isWhole) return false;
      skipSpace();
    }
    return close("}");
  }

  function array(depth: number): boolean {
    skipSpace();
    if (source[at] === undefined || source[at] === "}") return unclosed("expected a value");
    for (let first = true; source[at] !== "]"; first = false) {
      if (!first) {
        if (source[at] !== ",") return unclosed("was expecting comma to separate Array entries");
        at++;
      }
      if (!value(depth + 1)) return false;
      skipSpace();
    }
    return close("]");
  }

  function close(char: "}" | "]"): boolean {
    open.pop();
    return bracket(char);
  }

  skipSpace();
  if (at >= source.length || value(0)) add({ type: "end", text: "", at, end: at });
  return tokens;
}

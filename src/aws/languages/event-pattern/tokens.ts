/**
 * JSON, token by token. A pattern is judged as it is read, and whoever wrote a wrong one is told the place at which AWS's
 * reader stood when it saw that; so each token knows that place.
 */
export interface Token {
  type: "{" | "}" | "[" | "]" | "name" | "string" | "number" | "true" | "false" | "null" | "wrong" | "end";
  /** Name or string unescaped; a number as it was written; of what is wrong, the reason. */
  text: string;
  /** Offset behind what the reader has looked at: of a string its first quote, of a name the beginning of its value. */
  at: number;
  /** Offset behind the whole token. */
  end: number;
}

export class PatternError extends Error {}

const MAX_DEPTH = 1_000;
const SHOWN_SOURCE = 500;
const LITERALS = { t: "true", f: "false", n: "null" } as const;
const EXPECTED_TOKEN =
  "was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

/** An error at an offset, worded as AWS's reader does. */
export const errorAt = (source: string, message: string, offset: number): PatternError =>
  new PatternError(`${message}\n at ${placeIn(source, offset)}`);

/** `[Source: (String)"…"; line: 1, column: 3]` */
function placeIn(source: string, offset: number): string {
  const before = source.slice(0, offset).split("\n");
  const more = source.length - SHOWN_SOURCE;
  const shown = `"${source.slice(0, SHOWN_SOURCE)}"${more > 0 ? `[truncated ${more} chars]` : ""}`;
  return `[Source: (String)${shown}; line: ${before.length}, column: ${before.at(-1)!.length + 1}]`;
}

/** Where a text that is no JSON ceases to be, as AWS's reader tells it. */
export const placeOfFault = (source: string): string => placeIn(source, tokensOf(source).at(-1)!.at);

/** All tokens of one JSON value. Ends with what is wrong where the text does not go on as JSON does. */
export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;

  const push = (type: Token["type"], text: string, looked: number) => {
    const token = { type, text, at: looked, end: at };
    tokens.push(token);
    return token;
  };
  const isSpace = (code: number) => code === 32 || code === 10 || code === 13 || code === 9;
  const skipSpace = () => {
    while (at < source.length && isSpace(source.charCodeAt(at))) at++;
  };
  const wrong = (message: string, offset = at): false => {
    tokens.push({ type: "wrong", text: message, at: offset, end: offset });
    return false;
  };
  const unexpected = (expected: string): false => {
    if (at >= source.length) return wrong("Unexpected end-of-input");
    const char = source[at]!;
    return wrong(`Unexpected character ('${char}' (code ${char.charCodeAt(0)})): ${expected}`, at + 1);
  };

  /** The text of the string that begins here; `undefined` where it does not end well. */
  function string(): string | undefined {
    const begin = at;
    for (at++; at < source.length; at++) {
      const char = source[at];
      if (char === "\\") at++;
      else if (char === '"') {
        at++;
        try {
          return JSON.parse(source.slice(begin, at)) as string;
        } catch {
          wrong("Unrecognized character escape or illegal unquoted character");
          return undefined;
        }
      }
    }
    wrong("Unexpected end-of-input in VALUE_STRING");
    return undefined;
  }

  function value(depth: number): boolean {
    skipSpace();
    const char = source[at];
    if (char === "{" || char === "[") {
      if (depth === MAX_DEPTH)
        return wrong(`Document nesting depth exceeds the maximum allowed (${MAX_DEPTH})`);
      at++;
      push(char, char, at);
      return char === "{" ? object(depth) : array(depth);
    }
    if (char === '"') {
      const looked = at + 1;
      const text = string();
      if (text === undefined) return false;
      push("string", text, looked);
      return true;
    }
    const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
    number.lastIndex = at;
    const digits = number.exec(source)?.[0];
    if (digits !== undefined) {
      at += digits.length;
      push("number", digits, at);
      return true;
    }
    return literal();
  }

  function literal(): boolean {
    const word = /[\p{L}\p{N}_$]+/uy;
    word.lastIndex = at;
    const found = word.exec(source)?.[0];
    if (found === undefined)
      return unexpected(
        "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
      );
    at += found.length;
    const meant = LITERALS[found[0] as keyof typeof LITERALS];
    if (found !== meant) return wrong(`Unrecognized token '${found}': ${EXPECTED_TOKEN}`);
    push(meant, found, at);
    return true;
  }

  function object(depth: number): boolean {
    skipSpace();
    for (let first = true; source[at] !== "}"; first = false) {
      if (!first) {
        if (source[at] !== ",") return unexpected("was expecting comma to separate Object entries");
        at++;
        skipSpace();
      }
      if (source[at] !== '"') return unexpected("was expecting double-quote to start field name");
      const text = string();
      if (text === undefined) return false;
      skipSpace();
      if (source[at] !== ":") return unexpected("was expecting a colon to separate field name and value");
      at++;
      const name = push("name", text, at);
      const next = tokens.length;
      const isWhole = value(depth + 1);
      name.at = tokens[next]!.at;
      if (!isWhole) return false;
      skipSpace();
    }
    at++;
    push("}", "}", at);
    return true;
  }

  function array(depth: number): boolean {
    skipSpace();
    for (let first = true; source[at] !== "]"; first = false) {
      if (!first) {
        if (source[at] !== ",") return unexpected("was expecting comma to separate Array entries");
        at++;
      }
      if (!value(depth + 1)) return false;
      skipSpace();
    }
    at++;
    push("]", "]", at);
    return true;
  }

  if (value(0)) push("end", "", at);
  return tokens;
}

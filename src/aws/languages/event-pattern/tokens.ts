/**
 * JSON, token by token. A pattern is validated while it is read, and its error names the position at which AWS's parser
 * detects it: so each token has that position.
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
  const excerpt = `"${source.slice(0, SHOWN_SOURCE)}"${more > 0 ? `[truncated ${more} chars]` : ""}`;
  return `[Source: (String)${excerpt}; line: ${before.length}, column: ${before.at(-1)!.length + 1}]`;
}

/** The position of a syntax error, as AWS's parser reports it. */
export const placeOfFault = (source: string): string => placeIn(source, tokensOf(source).at(-1)!.at);

/** The value with which a pattern begins: AWS's reader stops behind it, whatever follows. */
export const valueIn = (source: string): string => source.slice(0, tokensOf(source).at(-1)!.end);

/** Lists and objects that are open, with the offsets behind their first characters. */
interface Open {
  kind: "Array" | "Object";
  at: number;
}

const CLOSERS = { Array: "]", Object: "}" } as const;

/** All tokens of one JSON value. Ends with what is wrong where the text does not go on as JSON does. */
export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  const open: Open[] = [];
  let at = 0;

  const push = (type: Token["type"], text: string, start: number) => {
    const token = { type, text, at: start, end: at };
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
  const named = (char: string) => `('${char}' (code ${char.charCodeAt(0)}))`;
  const startOf = (from: Open) => placeIn(source, from.at - 1);

  /** An unexpected token. */
  function unexpected(expected: string): false {
    const char = source[at];
    if (char !== undefined) return wrong(`Unexpected character ${named(char)}: ${expected}`, at + 1);
    return wrong(`Unexpected end-of-input within/between ${open.at(-1)?.kind ?? "root"} entries`);
  }

  /** After an entry, or where the first might stand: what is open may be closed here, and nothing else. */
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

  /** The text of the string that begins here; `undefined` where it does not end well. */
  function string(what: "name" | "string value"): string | undefined {
    const begin = at;
    for (at++; at < source.length; at++) {
      const char = source[at]!;
      if (char === '"') {
        at++;
        return JSON.parse(source.slice(begin, at)) as string;
      }
      if (char < " ") {
        const illegal = `Illegal unquoted character ((CTRL-CHAR, code ${char.charCodeAt(0)}))`;
        wrong(`${illegal}: has to be escaped using backslash to be included in ${what}`, at + 1);
        return undefined;
      }
      if (char === "\\" && !escaped()) return undefined;
    }
    const end = what === "name" ? " in field name" : ": was expecting closing quote for a string value";
    wrong(`Unexpected end-of-input${end}`);
    return undefined;
  }

  /** Goes to the last character of the escape that begins here. */
  function escaped(): boolean {
    const char = source[++at];
    if (char === undefined) return wrong("Unexpected end-of-input in character escape sequence");
    if (char !== "u") {
      const isKnown = '"\\/bfnrt'.includes(char);
      return isKnown || wrong(`Unrecognized character escape ${named(char).slice(1, -1)}`, at + 1);
    }
    for (let left = 4; left > 0; left--) {
      const digit = source[++at];
      if (digit === undefined) return wrong("Unexpected end-of-input in character escape sequence");
      if (!/[\da-f]/i.test(digit)) return unexpected("expected a hex-digit for character escape sequence");
    }
    return true;
  }

  function value(depth: number): boolean {
    skipSpace();
    const char = source[at];
    if (char === "{" || char === "[") {
      if (depth === MAX_DEPTH)
        return wrong(`Document nesting depth exceeds the maximum allowed (${MAX_DEPTH})`);
      at++;
      push(char, char, at);
      open.push({ kind: char === "{" ? "Object" : "Array", at });
      return char === "{" ? object(depth) : array(depth);
    }
    if (char === '"') {
      const start = at + 1;
      const text = string("string value");
      if (text === undefined) return false;
      push("string", text, start);
      return true;
    }
    if (char === "]" || char === "}") return unexpected("expected a value");
    return char !== undefined && /[-\d]/.test(char) ? number() : literal();
  }

  function number(): boolean {
    const form = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
    form.lastIndex = at;
    const digits = form.exec(source)?.[0];
    if (digits === undefined) {
      at++;
      return noDigit("expected digit (0-9) to follow minus sign, for valid numeric value");
    }
    at += digits.length;
    const [next = "", after = ""] = source.slice(at, at + 2);
    if (/^-?0$/.test(digits) && /\d/.test(next))
      return wrong("Invalid numeric value: Leading zeroes not allowed", at + 1);
    if (next === "." && !/[.eE]/.test(digits)) {
      at++;
      return noDigit("Decimal point not followed by a digit");
    }
    if (/[eE]/.test(next) && !/[eE]/.test(digits)) {
      at += /[+-]/.test(after) ? 2 : 1;
      return noDigit("Exponent indicator not followed by a digit");
    }
    push("number", digits, at);
    return true;
  }

  function noDigit(expected: string): false {
    const char = source[at];
    if (char === undefined) return wrong("Unexpected end-of-input in numeric value");
    return wrong(`Unexpected character ${named(char)} in numeric value: ${expected}`, at + 1);
  }

  function literal(): boolean {
    const word = /[\p{L}\p{N}_$]+/uy;
    word.lastIndex = at;
    const text = word.exec(source)?.[0];
    if (text === undefined)
      return unexpected(
        "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
      );
    at += text.length;
    const literal = LITERALS[text[0] as keyof typeof LITERALS];
    if (text !== literal) return wrong(`Unrecognized token '${text}': ${EXPECTED_TOKEN}`);
    push(literal, text, at);
    return true;
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
      const text = string("name");
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

  function close(char: "}" | "]"): true {
    open.pop();
    at++;
    push(char, char, at);
    return true;
  }

  skipSpace();
  if (at >= source.length || value(0)) push("end", "", at);
  return tokens;
}

/**
 * A token of JSON. A pattern is validated while it is read, and its error names the position at which AWS's
 * parser detects it, so each token has that position.
 */
export interface Token {
  type: "{" | "}" | "[" | "]" | "name" | "string" | "number" | "true" | "false" | "null" | "wrong" | "end";
  /** A name or string, unescaped; a number as written; for an error, the message. */
  text: string;
  /**
   * The offset up to which the parser has read: after a string's opening quote, or after a name at the start
   * of its value.
   */
  at: number;
  /** The offset after the whole token. */
  end: number;
}

const LITERALS = { t: "true", f: "false", n: "null" } as const;
const EXPECTED_TOKEN =
  "was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

/** An error in the words of AWS's parser, with its position. */
const wrong = (message: string, at: number): Token => ({ type: "wrong", text: message, at, end: at });

/** Reads a string, number or literal; returns `undefined` if none begins there. */
export function scalarAt(source: string, begin: number): Token | undefined {
  const char = source[begin] ?? "";
  if (char === '"') return stringAt(source, begin, "string");
  return /[-\d]/.test(char) ? numberAt(source, begin) : literalAt(source, begin);
}

/** `'x' (code 120)` */
export const named = (char: string): string => `'${char}' (code ${char.charCodeAt(0)})`;

export function stringAt(source: string, begin: number, type: "name" | "string"): Token {
  const what = type === "name" ? "name" : "string value";
  let at = begin + 1;
  while (at < source.length) {
    const char = source[at]!;
    if (char === '"') {
      const text = JSON.parse(source.slice(begin, at + 1)) as string;
      return { type, text, at: begin + 1, end: at + 1 };
    }
    if (char < " ") {
      const illegal = `Illegal unquoted character ((CTRL-CHAR, code ${char.charCodeAt(0)}))`;
      return wrong(`${illegal}: has to be escaped using backslash to be included in ${what}`, at + 1);
    }
    const end = char === "\\" ? endOfEscape(source, at) : at + 1;
    if (typeof end !== "number") return end;
    at = end;
  }
  const missing = type === "name" ? " in field name" : ": was expecting closing quote for a string value";
  return wrong(`Unexpected end-of-input${missing}`, at);
}

function endOfEscape(source: string, begin: number): number | Token {
  const unfinished = wrong("Unexpected end-of-input in character escape sequence", source.length);
  const char = source[begin + 1];
  if (char === undefined) return unfinished;
  if (char !== "u") {
    const isKnown = '"\\/bfnrt'.includes(char);
    return isKnown ? begin + 2 : wrong(`Unrecognized character escape ${named(char)}`, begin + 2);
  }
  const end = begin + 6;
  for (let at = begin + 2; at < end; at++) {
    const digit = source[at];
    if (digit === undefined) return unfinished;
    if (!/[\da-f]/i.test(digit))
      return wrong(
        `Unexpected character (${named(digit)}): expected a hex-digit for character escape sequence`,
        at + 1,
      );
  }
  return end;
}

function numberAt(source: string, begin: number): Token {
  const form = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
  form.lastIndex = begin;
  const digits = form.exec(source)?.[0];
  if (digits === undefined)
    return noDigit(source, begin + 1, "expected digit (0-9) to follow minus sign, for valid numeric value");
  const end = begin + digits.length;
  const [next = "", after = ""] = source.slice(end, end + 2);
  if (/^-?0$/.test(digits) && /\d/.test(next))
    return wrong("Invalid numeric value: Leading zeroes not allowed", end + 1);
  if (next === "." && !/[.eE]/.test(digits))
    return noDigit(source, end + 1, "Decimal point not followed by a digit");
  if (/[eE]/.test(next) && !/[eE]/.test(digits))
    return noDigit(source, end + (/[+-]/.test(after) ? 2 : 1), "Exponent indicator not followed by a digit");
  return { type: "number", text: digits, at: end, end };
}

function noDigit(source: string, at: number, expected: string): Token {
  const char = source[at];
  if (char === undefined) return wrong("Unexpected end-of-input in numeric value", at);
  return wrong(`Unexpected character (${named(char)}) in numeric value: ${expected}`, at + 1);
}

function literalAt(source: string, begin: number): Token | undefined {
  const word = /[\p{L}\p{N}_$]+/uy;
  word.lastIndex = begin;
  const text = word.exec(source)?.[0];
  if (text === undefined) return undefined;
  const end = begin + text.length;
  const type = LITERALS[text[0] as keyof typeof LITERALS];
  return text === type
    ? { type, text, at: end, end }
    : wrong(`Unrecognized token '${text}': ${EXPECTED_TOKEN}`, end);
}

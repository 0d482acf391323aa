import type { Item, Value } from "../values/value.ts";

/** A depth limit, greater than that of a valid item. */
const MAX_DEPTH = 40;

/** Text that is no Ion, or whose type has no counterpart in DynamoDB. */
class Invalid extends Error {}

/**
 * The items in a piece of Ion text: each `{Item: {…}}`. `undefined` stands for what is no item, or has attributes of types that
 * DynamoDB does not document: integers, floats, timestamps, symbols, clobs and s-expressions.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataImport.Format.html
 * @param text any number of scalars, and at most one value in brackets, which ends it
 */
export function itemsOfIon(text: string): readonly (Item | undefined)[] {
  const parser = new Parser(text);
  const items: (Item | undefined)[] = [];
  while (parser.hasNext()) items.push(parser.next()?.M?.Item?.M);
  return items;
}

const SPACE = /(?:\s+|\/\/[^\n]*|\/\*.*?\*\/)*/sy;
const WORD = /[A-Za-z_$][A-Za-z0-9_$]*/y;
const QUOTED = /'([^'\\\n]*(?:\\.[^'\\\n]*)*)'/sy;
const SHORT = /"([^"\\\n]*(?:\\.[^"\\\n]*)*)"/sy;
const LONG = /'''([^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*)'''/sy;
const BLOB = /\{\{([A-Za-z0-9+/\s]*(?:=\s*){0,2})\}\}/y;
/** A decimal has a point or an exponent, and ends where a character that is in no number follows. */
const DECIMAL =
  /-?(?:0|[1-9](?:_?\d)*)(?:\.(?:\d(?:_?\d)*)?(?:[dD][+-]?\d+)?|[dD][+-]?\d+)(?![^\s{}[\](),"'/])/y;
/** A scalar that is none of the others. */
const OTHER = /"[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*'|[^\s{}[\](),"'/]+/sy;
const NULL_TYPE = /\.[a-z]+/y;

class Parser {
  readonly #text: string;
  #at = 0;
  /** Whether a bracket has been opened since the value began. */
  #isBracketed = false;

  constructor(text: string) {
    this.#text = text;
  }

  /** Whether a value follows, behind any version markers and the commas of a list. */
  hasNext(): boolean {
    while (this.#takes("$ion_1_0") || this.#takes(","));
    return this.#at < this.#text.length;
  }

  /** The next value; `undefined` if it is invalid. What follows an invalid scalar is read, too. */
  next(): Value | undefined {
    this.#isBracketed = false;
    try {
      return this.#value(0);
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      if (this.#isBracketed) this.#end();
      return undefined;
    }
  }

  #end(): void {
    this.#at = this.#text.length;
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (!found) return undefined;
    this.#at = pattern.lastIndex;
    return found;
  }

  /** Takes a symbol of the notation behind any space. */
  #takes(symbol: string): boolean {
    this.#match(SPACE);
    if (!this.#text.startsWith(symbol, this.#at)) return false;
    this.#at += symbol.length;
    return true;
  }

  #opens(bracket: string): boolean {
    if (!this.#takes(bracket)) return false;
    this.#isBracketed = true;
    return true;
  }

  #value(depth: number): Value {
    this.#match(SPACE);
    if (depth > MAX_DEPTH) this.#refuse();
    const string = this.#string();
    if (string !== undefined) return { S: string };
    const symbol = this.#symbol();
    if (symbol === undefined) return this.#unnamed(depth);
    if (this.#takes("::")) return annotated(symbol, this.#value(depth + 1));
    if (symbol === "true" || symbol === "false") return { BOOL: symbol === "true" };
    if (symbol !== "null") throw new Invalid();
    this.#match(NULL_TYPE);
    return { NULL: true };
  }

  #unnamed(depth: number): Value {
    const number = this.#match(DECIMAL);
    if (number) return { N: number[0].replaceAll("_", "").replace(/d/i, "e") };
    const blob = this.#match(BLOB);
    if (blob) return { B: Buffer.from(blob[1]!, "base64") };
    if (this.#opens("[")) {
      const elements: Value[] = [];
      this.#members("]", () => elements.push(this.#value(depth + 1)));
      return { L: elements };
    }
    if (!this.#opens("{")) this.#refuse();
    const fields: Item = Object.create(null);
    this.#members("}", () => {
      this.#match(SPACE);
      const name = this.#string() ?? this.#symbol();
      if (name === undefined || !this.#takes(":")) throw new Invalid();
      fields[name] = this.#value(depth + 1);
    });
    return { M: fields };
  }

  /** Takes a value of a type without a counterpart, or of none. @throws {Invalid} */
  #refuse(): never {
    if (!this.#match(OTHER)) this.#end();
    throw new Invalid();
  }

  /** Takes members that are separated by commas, up to a closing bracket. */
  #members(closing: string, take: () => void): void {
    while (!this.#takes(closing)) {
      take();
      if (this.#takes(",")) continue;
      if (!this.#takes(closing)) throw new Invalid();
      return;
    }
  }

  /** Long strings that follow each other are one string. */
  #string(): string | undefined {
    const short = this.#match(SHORT);
    if (short) return unescaped(short[1]!);
    let text: string | undefined;
    for (let long = this.#match(LONG); long; long = this.#match(LONG)) {
      text = (text ?? "") + unescaped(long[1]!);
      this.#match(SPACE);
    }
    return text;
  }

  #symbol(): string | undefined {
    const quoted = this.#match(QUOTED);
    return quoted ? unescaped(quoted[1]!) : this.#match(WORD)?.[0];
  }
}

/** A list with the annotation of a set is one; other annotations mean nothing. */
function annotated(annotation: string, value: Value): Value {
  const type = /^\$dynamodb_(SS|NS|BS)$/.exec(annotation)?.[1] as "SS" | "NS" | "BS" | undefined;
  if (!type) return value;
  const elements = value.L?.map((element) => element[type[0] as "S" | "N" | "B"]);
  if (!elements || elements.includes(undefined)) throw new Invalid();
  return { [type]: elements } as Value;
}

const ESCAPE = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|(\r\n|.))/gs;
const ESCAPED: Readonly<Record<string, string>> = {
  "0": "\0",
  a: "\x07",
  b: "\b",
  t: "\t",
  n: "\n",
  f: "\f",
  r: "\r",
  v: "\v",
  '"': '"',
  "'": "'",
  "?": "?",
  "\\": "\\",
  "/": "/",
  // A line break that is escaped is none.
  "\n": "",
  "\r": "",
  "\r\n": "",
};
const MAX_CODE_POINT = 0x10ffff;

/** @throws {Invalid} also for text that has no UTF-8 */
function unescaped(text: string): string {
  const plain = text.includes("\\") ? text.replace(ESCAPE, characterOf) : text;
  if (!plain.isWellFormed()) throw new Invalid();
  return plain;
}

function characterOf(_: string, x?: string, u?: string, long?: string, character = ""): string {
  const hex = x ?? u ?? long;
  const code = hex === undefined ? Number.NaN : Number.parseInt(hex, 16);
  if (code > MAX_CODE_POINT) throw new Invalid();
  if (hex !== undefined) return u === undefined ? String.fromCodePoint(code) : String.fromCharCode(code);
  const plain = ESCAPED[character];
  if (plain === undefined) throw new Invalid();
  return plain;
}

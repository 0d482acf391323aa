import { Unreadable } from "./csv.ts";

/** The most characters of one value. */
const MAX_CHARACTERS = 4 * 2 ** 20;

/** What encloses text in which brackets have no meaning: strings, comments and blobs. */
const CLOSING = { "'''": "'''", "'": "'", '"': '"', "//": "\n", "/*": "*/", "{{": "}}" };
type Opening = keyof typeof CLOSING;
const OPENINGS = Object.keys(CLOSING) as Opening[];
/** The most characters that decide what the first of them means. */
const AHEAD = 3;

/**
 * Splits Ion text behind each struct, list, s-expression, blob or clob that is not within another, without parsing it. What
 * follows the last one is a piece, too. A list of all values is taken for the values, since it may be as long as the file:
 * its brackets only separate pieces, and each value but the first begins with a comma.
 * https://amazon-ion.github.io/ion-docs/docs/spec.html
 * @throws {Unreadable} if a value is too long, or brackets do not match
 */
export async function* ionValues(text: AsyncIterable<string>): AsyncGenerator<string> {
  const splitter = new Splitter();
  for await (const piece of text) yield* splitter.valuesIn(piece);
  yield* splitter.last();
}

class Splitter {
  #text = "";
  #at = 0;
  #within: Opening | undefined;
  #depth = 0;
  #isInList = false;

  /** Yields the values that end in a piece. The rest of the piece begins the next value. */
  *valuesIn(piece: string): Generator<string> {
    this.#text += piece;
    yield* this.#values(this.#text.length - AHEAD);
    if (this.#text.length > MAX_CHARACTERS) throw new Unreadable("a value without an end");
  }

  *last(): Generator<string> {
    yield* this.#values(this.#text.length - 1);
    if (this.#depth > 0 || this.#isInList || (this.#within && this.#within !== "//"))
      throw new Unreadable("a value without an end");
    yield this.#text;
  }

  /** @param end the last position at which it is known what a character means */
  *#values(end: number): Generator<string> {
    const { length } = this.#text;
    let last = end;
    for (;;) {
      const pattern = this.#within ? ENDS[this.#within] : STARTS;
      pattern.lastIndex = this.#at;
      const found = pattern.exec(this.#text);
      this.#at = found ? found.index : Math.max(this.#at, this.#text.length);
      if (!found || found.index > last) return;
      if (this.#within) {
        if (!this.#takeWithin(this.#within)) continue;
        yield this.#cut(0);
      } else if (this.#depth === 0 && found[0] === (this.#isInList ? "]" : "[")) {
        this.#isInList = !this.#isInList;
        yield this.#cut(1);
      } else if (this.#take(found[0])) yield this.#cut(0);
      else continue;
      last = end - (length - this.#text.length);
    }
  }

  /** Returns the text so far. The rest begins behind it and some skipped characters. */
  #cut(skipped: number): string {
    const piece = this.#text.slice(0, this.#at);
    this.#text = this.#text.slice(this.#at + skipped);
    this.#at = 0;
    return piece;
  }

  /** Takes what may end the text within which it is. Returns whether a value ends with it. */
  #takeWithin(opening: Opening): boolean {
    const closing = CLOSING[opening];
    const character = this.#text[this.#at]!;
    if (this.#text.startsWith(closing, this.#at)) {
      this.#at += closing.length;
      this.#within = undefined;
      return opening === "{{" && this.#depth === 0;
    }
    if (opening === "{{" && character !== "}") {
      // A string makes it a clob, whose braces are like any others.
      this.#within = undefined;
      this.#depth += 2;
    } else this.#at += character === "\\" ? 2 : 1;
    return false;
  }

  /** Takes what begins here. Returns whether a value ends with it. */
  #take(character: string): boolean {
    this.#within = OPENINGS.find((opening) => this.#text.startsWith(opening, this.#at));
    this.#at += this.#within?.length ?? 1;
    if (this.#within) return false;
    if ("{[(".includes(character)) this.#depth++;
    if (!"}])".includes(character)) return false;
    if (this.#depth === 0) throw new Unreadable("a bracket that closes nothing");
    return --this.#depth === 0;
  }
}

/** Characters that may begin something, and those that may end it. */
const STARTS = /["'/{}[\]()]/g;
const ENDS: Record<Opening, RegExp> = {
  "'''": /['\\]/g,
  "'": /['\\]/g,
  '"': /["\\]/g,
  "//": /\n/g,
  "/*": /\*/g,
  "{{": /["'}]/g,
};

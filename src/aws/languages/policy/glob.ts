/** Matches texts against patterns with wildcards, in which these two characters represent the wildcards. */

/** `*`, and `?` below: lone surrogates do not occur in well-formed text. */
export const ANY = "\udc00";
export const ONE = "\udc01";
const ONE_CODE = ONE.charCodeAt(0);

/** The product of lengths up to which backtracking takes a few milliseconds at most. */
const SMALL = 2 ** 20;
const WORD = 32;

export function matchesGlob(glob: string, text: string): boolean {
  return glob.length * text.length <= SMALL ? matchesShort(glob, text) : matchesLong(glob, text);
}

/** Backtracks only to the last `*`, so the time grows with the product of both lengths at most. */
function matchesShort(glob: string, text: string): boolean {
  let at = 0;
  let reading = 0;
  let star = -1;
  let mark = 0;
  while (reading < text.length) {
    const symbol = glob[at];
    if (symbol === ANY) {
      star = at++;
      mark = reading;
    } else if (symbol === ONE || symbol === text[reading]) {
      at++;
      reading++;
    } else if (star >= 0) {
      at = star + 1;
      reading = ++mark;
    } else {
      return false;
    }
  }
  while (glob[at] === ANY) at++;
  return at === glob.length;
}

/** Finds the pieces between the `*` one after another: each as early as possible, the last at the end. */
function matchesLong(glob: string, text: string): boolean {
  const [first = "", ...rest] = glob.split(ANY);
  const last = rest.pop();
  if (last === undefined) return glob.length === text.length && fits(glob, text, 0);
  if (!fits(first, text, 0)) return false;
  let at = first.length;
  for (const piece of rest) {
    at = endOf(piece, text, at);
    if (at < 0) return false;
  }
  return text.length - last.length >= at && fits(last, text, text.length - last.length);
}

function fits(piece: string, text: string, from: number): boolean {
  if (from + piece.length > text.length) return false;
  for (let at = 0; at < piece.length; at++)
    if (piece[at] !== ONE && piece[at] !== text[from + at]) return false;
  return true;
}

/**
 * The end of a piece's first occurrence, -1 if there is none. One bit for each beginning of the piece says whether
 * the text that has been read ends with it, and an operation shifts 32 of them, so that a text in which most
 * beginnings recur everywhere takes no longer than any (Baeza-Yates and Gonnet).
 */
function endOf(piece: string, text: string, from: number): number {
  if (piece === "") return from;
  const words = Math.ceil(piece.length / WORD);
  const { places, anywhere } = placesIn(piece, words);
  const found = new Uint32Array(words);
  const last = (piece.length - 1) % WORD;
  for (let at = from; at < text.length; at++) {
    const fitting = places.get(text.charCodeAt(at)) ?? anywhere;
    let carried = 1;
    for (let word = 0; word < words; word++) {
      const bits = found[word]!;
      found[word] = ((bits << 1) | carried) & fitting[word]!;
      carried = bits >>> (WORD - 1);
    }
    if ((found[words - 1]! >>> last) & 1) return at + 1;
  }
  return -1;
}

/** The places of each character in a piece as bits, which include those of `?`; `anywhere` has only these. */
function placesIn(piece: string, words: number): { places: Map<number, Uint32Array>; anywhere: Uint32Array } {
  const anywhere = new Uint32Array(words);
  const mark = (bits: Uint32Array, at: number) => {
    bits[Math.floor(at / WORD)]! |= 1 << (at % WORD);
  };
  for (let at = 0; at < piece.length; at++) if (piece[at] === ONE) mark(anywhere, at);
  const places = new Map<number, Uint32Array>();
  for (let at = 0; at < piece.length; at++) {
    const code = piece.charCodeAt(at);
    if (code === ONE_CODE) continue;
    let bits = places.get(code);
    if (!bits) places.set(code, (bits = anywhere.slice()));
    mark(bits, at);
  }
  return { places, anywhere };
}

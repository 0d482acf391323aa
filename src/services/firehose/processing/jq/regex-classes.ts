/** Whether a character, by its code point, is in a set. */
export type LetterTest = (letter: number) => boolean;
/** Whether a position between two characters matches an assertion. */
export type PlaceTest = (letters: readonly number[], place: number) => boolean;

export const NEWLINE = 10;

export const matching =
  (pattern: RegExp): LetterTest =>
  (letter) =>
    pattern.test(String.fromCodePoint(letter));
export const not =
  (test: LetterTest): LetterTest =>
  (letter) =>
    !test(letter);

/** Also tests the character's upper and lower case. */
export const inAnyCase =
  (test: LetterTest): LetterTest =>
  (letter) => {
    const text = String.fromCodePoint(letter);
    return test(letter) || [text.toLowerCase(), text.toUpperCase()].some((other) => isLetterOf(test, other));
  };

/** False for a text of more than one character, such as the upper case of `ß`. */
function isLetterOf(test: LetterTest, text: string): boolean {
  const [letter, ...more] = text;
  return more.length === 0 && test(letter!.codePointAt(0)!);
}

const isWord = matching(/[\p{L}\p{M}\p{N}\p{Pc}]/u);
const isDigit = matching(/\p{Nd}/u);
const isSpace = matching(/\s/u);
const isHexadecimal = matching(/[0-9A-Fa-f]/);

/** The classes by the letter after the backslash; its upper case is the complement. */
export const CLASSES: Readonly<Record<string, LetterTest>> = {
  d: isDigit,
  w: isWord,
  s: isSpace,
};

/** `[:digit:]` */
export const POSIX: ReadonlyMap<string, LetterTest> = new Map(
  Object.entries({
    alnum: matching(/[\p{L}\p{M}\p{Nd}]/u),
    alpha: matching(/[\p{L}\p{M}]/u),
    blank: matching(/[ \t\p{Zs}]/u),
    cntrl: matching(/\p{Cc}/u),
    digit: isDigit,
    lower: matching(/\p{Ll}/u),
    punct: matching(/[\p{P}\p{S}]/u),
    space: isSpace,
    upper: matching(/\p{Lu}/u),
    word: isWord,
    xdigit: isHexadecimal,
  }),
);

/** Control characters that are written with a backslash. */
export const CONTROLS: Readonly<Record<string, number>> = {
  "0": 0,
  a: 7,
  t: 9,
  n: NEWLINE,
  v: 11,
  f: 12,
  r: 13,
  e: 27,
};

const isEdge: PlaceTest = (letters, place) => {
  const isWordAt = (at: number) => at >= 0 && at < letters.length && isWord(letters[at]!);
  return isWordAt(place - 1) !== isWordAt(place);
};
export const isStart: PlaceTest = (_, place) => place === 0;
const isEnd: PlaceTest = (letters, place) => place === letters.length;
/** The end of the text, or the position before a final newline. */
export const isEndOfLine: PlaceTest = (letters, place) =>
  place === letters.length || (place === letters.length - 1 && letters[place] === NEWLINE);

/** `\b` */
export const PLACES: Readonly<Record<string, PlaceTest>> = {
  b: isEdge,
  B: (letters, place) => !isEdge(letters, place),
  A: isStart,
  z: isEnd,
  Z: isEndOfLine,
};

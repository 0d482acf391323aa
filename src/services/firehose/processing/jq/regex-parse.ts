import {
  CLASSES,
  CONTROLS,
  inAnyCase,
  isEndOfLine,
  isStart,
  type LetterTest,
  matching,
  NEWLINE,
  not,
  PLACES,
  type PlaceTest,
  POSIX,
} from "./regex-classes.ts";
import { countSteps, JqError, JqSyntaxError } from "./values.ts";

/** A parsed regular expression. */
export type Node =
  | { kind: "letter"; test: LetterTest }
  | { kind: "place"; test: PlaceTest }
  | { kind: "sequence"; nodes: Node[] }
  | { kind: "choice"; nodes: Node[] }
  | { kind: "repeat"; node: Node; least: number; most: number; isLazy: boolean }
  | { kind: "group"; node: Node; index: number };

/** The names of the groups, in order; `null` for an unnamed group. */
export type GroupNames = (string | null)[];

const MAX_NESTED = 64;
const MAX_GROUPS = 64;
const MAX_REPEATED = 1_000;
/** The maximum quantifiers of one part: `a*?*?` */
const MAX_REPETITIONS = 8;
const MAX_LENGTH = 4_096;
/** The members of a set that are tested in the time of one step. */
const MEMBERS_ASKED = 8;
const ENDLESS = Number.POSITIVE_INFINITY;
const CONTROL = /0(?![0-7])|[atnvfre]/y;
/** After a backslash, these are not literals: they are a back-reference or an unsupported escape. */
const LETTER_OR_DIGIT = /[A-Za-z0-9]/y;

/**
 * Parses an Oniguruma expression in Perl's syntax, which jq uses, as far as it can be matched in one pass over a text.
 * @param isSpaced whether whitespace and comments in it are ignored
 * @param ignoresCase whether upper and lower case are equal
 * @throws {JqSyntaxError} for back-references, lookaround, and other unsupported constructs
 * @throws {JqError} for an invalid expression
 */
export function parseRegex(
  source: string,
  isSpaced: boolean,
  ignoresCase: boolean,
): { node: Node; names: GroupNames } {
  if (source.length > MAX_LENGTH) throw new JqError("the regular expression is too long");
  const text = reader(source, isSpaced, ignoresCase);
  const node = choice(text, 0);
  if (!text.isAtEnd()) throw text.malformed();
  return { node, names: text.names };
}

type Reader = ReturnType<typeof reader>;

function reader(source: string, isSpaced: boolean, ignoresCase: boolean) {
  let position = 0;
  const names: GroupNames = [];
  function read(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = position;
    const token = pattern.exec(source) ?? undefined;
    if (token) position = pattern.lastIndex;
    return token;
  }
  return {
    names,
    read,
    /** Applies the expression's case sensitivity; called before a test is negated. */
    cased: (test: LetterTest): LetterTest => (ignoresCase ? inAnyCase(test) : test),
    take: (sign: string): boolean => {
      if (!source.startsWith(sign, position)) return false;
      position += sign.length;
      return true;
    },
    isAt: (signs: string): boolean => position < source.length && signs.includes(source[position]!),
    isAtEnd: () => position >= source.length,
    skipSpaces: () => void (isSpaced && read(/(?:\s|#[^\n]*)*/y)),
    /** Reads a character. @returns its code point */
    letter(): number {
      const point = source.codePointAt(position);
      if (point === undefined) throw malformed();
      position += String.fromCodePoint(point).length;
      return point;
    },
    malformed,
    unknown: () => new JqSyntaxError(`not known from character ${position} on: ${source}`),
  };
  function malformed() {
    return new JqError(`${source} is no regular expression`);
  }
}

function choice(text: Reader, depth: number): Node {
  if (depth > MAX_NESTED) throw text.malformed();
  const nodes = [sequence(text, depth)];
  while (text.take("|")) nodes.push(sequence(text, depth));
  return nodes.length === 1 ? nodes[0]! : { kind: "choice", nodes };
}

function sequence(text: Reader, depth: number): Node {
  const nodes: Node[] = [];
  for (;;) {
    text.skipSpaces();
    if (text.isAtEnd() || text.isAt("|)")) return { kind: "sequence", nodes };
    nodes.push(repeated(text, atom(text, depth)));
  }
}

function repeated(text: Reader, once: Node): Node {
  let node = once;
  for (let repetitions = 0; ; repetitions++) {
    text.skipSpaces();
    const times = timesAhead(text);
    if (!times) return node;
    if (repetitions === MAX_REPETITIONS) throw text.malformed();
    const [least, most] = times;
    if (most < least || (most === ENDLESS ? least : most) > MAX_REPEATED) throw text.malformed();
    const isLazy = text.take("?");
    // A possessive quantifier makes no difference at the end of the expression.
    if (!isLazy && text.take("+") && !text.isAtEnd()) throw text.unknown();
    node = { kind: "repeat", node, least, most, isLazy };
  }
}

function timesAhead(text: Reader): [least: number, most: number] | undefined {
  if (text.take("*")) return [0, ENDLESS];
  if (text.take("+")) return [1, ENDLESS];
  if (text.take("?")) return [0, 1];
  const braces = text.read(/\{(\d+)(,?)(\d*)\}/y);
  if (!braces) return undefined;
  const [, least, comma, most] = braces;
  if (comma === "") return [Number(least), Number(least)];
  return [Number(least), most === "" ? ENDLESS : Number(most)];
}

function atom(text: Reader, depth: number): Node {
  if (text.take("(")) return group(text, depth + 1);
  if (text.take("[")) return { kind: "letter", test: set(text, depth + 1) };
  if (text.take("\\")) return escaped(text);
  if (text.take(".")) return { kind: "letter", test: (letter) => letter !== NEWLINE };
  if (text.take("^")) return { kind: "place", test: isStart };
  if (text.take("$")) return { kind: "place", test: isEndOfLine };
  if (text.isAt("*+?")) throw text.malformed();
  return exactly(text, text.letter());
}

const exactly = (text: Reader, letter: number): Node => ({
  kind: "letter",
  test: text.cased((other) => other === letter),
});

function group(text: Reader, depth: number): Node {
  const isCounted = !text.take("?:");
  const name = text.read(/\?<([A-Za-z_]\w*)>/y)?.[1] ?? null;
  if (name === null && text.isAt("?")) throw text.unknown();
  const index = isCounted ? text.names.push(name) : 0;
  if (index > MAX_GROUPS) throw text.unknown();
  const node = choice(text, depth);
  if (!text.take(")")) throw text.malformed();
  return isCounted ? { kind: "group", node, index } : node;
}

function escaped(text: Reader): Node {
  const place = text.read(/[bBAzZ]/y)?.[0];
  if (place !== undefined) return { kind: "place", test: PLACES[place]! };
  const test = classAhead(text);
  return test ? { kind: "letter", test } : exactly(text, escapedLetter(text));
}

/** `\d`, `\D`, `\p{L}`, `\p{^digit}` */
function classAhead(text: Reader): LetterTest | undefined {
  const property = text.read(/([pP])\{(\^?)(\w+)\}/y);
  if (property) {
    const [, sign, hat, name] = property;
    const test = text.cased(POSIX.get(name!.toLowerCase()) ?? unicodeClass(text, name!));
    return (sign === "P") === (hat === "^") ? test : not(test);
  }
  const sign = text.read(/[dws]/iy)?.[0];
  if (sign === undefined) return undefined;
  const test = text.cased(CLASSES[sign.toLowerCase()]!);
  return sign === sign.toLowerCase() ? test : not(test);
}

function unicodeClass(text: Reader, name: string): LetterTest {
  try {
    return matching(new RegExp(`\\p{${name}}`, "u"));
  } catch {
    throw text.unknown();
  }
}

function escapedLetter(text: Reader): number {
  const digits = text.read(/x(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{1,2}))/y);
  if (digits) return Number.parseInt(digits[1] ?? digits[2]!, 16);
  const control = text.read(CONTROL)?.[0];
  if (control !== undefined) return CONTROLS[control]!;
  if (text.read(LETTER_OR_DIGIT)) throw text.unknown();
  return text.letter();
}

/** A set in brackets. */
function set(text: Reader, depth: number): LetterTest {
  if (depth > MAX_NESTED) throw text.malformed();
  const isNegated = text.take("^");
  const tests: LetterTest[] = [];
  do tests.push(member(text, depth));
  while (!text.take("]"));
  const isOne = text.cased((letter) => {
    countSteps(Math.floor(tests.length / MEMBERS_ASKED));
    return tests.some((test) => test(letter));
  });
  return isNegated ? not(isOne) : isOne;
}

/** A member of a set: a class, a nested set, a character, or a range of characters. */
function member(text: Reader, depth: number): LetterTest {
  const posix = text.read(/\[:(\^?)(\w+):\]/y);
  if (posix) {
    const test = POSIX.get(posix[2]!);
    if (!test) throw text.malformed();
    return posix[1] === "^" ? not(test) : test;
  }
  if (text.take("&&")) throw text.unknown();
  if (text.take("[")) return set(text, depth + 1);
  const isEscaped = text.take("\\");
  const test = isEscaped ? classAhead(text) : undefined;
  if (test) return test;
  const from = isEscaped ? letterOfSet(text) : text.letter();
  if (!text.read(/-(?!\])/y)) return (letter) => letter === from;
  const to = text.take("\\") ? letterOfSet(text) : text.letter();
  if (to < from) throw text.malformed();
  return (letter) => letter >= from && letter <= to;
}

/** A character in a set, where `\b` is a backspace. */
const letterOfSet = (text: Reader): number => (text.take("b") ? 8 : escapedLetter(text));

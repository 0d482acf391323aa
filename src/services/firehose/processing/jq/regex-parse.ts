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

/** A regular expression, taken apart. */
export type Node =
  | { kind: "letter"; test: LetterTest }
  | { kind: "place"; test: PlaceTest }
  | { kind: "sequence"; nodes: Node[] }
  | { kind: "choice"; nodes: Node[] }
  | { kind: "repeat"; node: Node; least: number; most: number; isLazy: boolean }
  | { kind: "group"; node: Node; index: number };

/** The name of each group, the first one's first; `null` for one without. */
export type GroupNames = (string | null)[];

const MAX_NESTED = 64;
const MAX_GROUPS = 64;
const MAX_REPEATED = 1_000;
/** Of one part: `a*?*?` */
const MAX_REPETITIONS = 8;
const LONGEST = 4_096;
/** Members of a set that are asked in the time of a step. */
const MEMBERS_ASKED = 8;
const ENDLESS = Number.POSITIVE_INFINITY;
const CONTROL = /0(?![0-7])|[atnvfre]/y;
/** Behind a backslash such a one is none of its own: it stands for a former group, or for what is not known here. */
const LETTER_OR_DIGIT = /[A-Za-z0-9]/y;

/**
 * Reads an expression of Oniguruma's in Perl's syntax, which jq uses, as far as it can be matched in one pass over a text.
 * @param isSpaced whether white space and comments in it count for nothing
 * @param ignoresCase whether capitals and small letters count for the same
 * @throws {JqSyntaxError} for references, for looking around, and for what else is not known here
 * @throws {JqError} for what is no expression
 */
export function parseRegex(
  source: string,
  isSpaced: boolean,
  ignoresCase: boolean,
): { node: Node; names: GroupNames } {
  if (source.length > LONGEST) throw new JqError("the regular expression is too long");
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
    /** As the expression is to tell letters apart; before that is turned round. */
    cased: (test: LetterTest): LetterTest => (ignoresCase ? inAnyCase(test) : test),
    take: (sign: string): boolean => {
      if (!source.startsWith(sign, position)) return false;
      position += sign.length;
      return true;
    },
    isAt: (signs: string): boolean => position < source.length && signs.includes(source[position]!),
    isAtEnd: () => position >= source.length,
    skipSpaces: () => void (isSpaced && read(/(?:\s|#[^\n]*)*/y)),
    /** By its code point. */
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
    // What gives nothing back makes no difference where nothing follows.
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

/** What stands in brackets. */
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

/** A class, a set in a set, a letter, or all letters between two. */
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

/** In a set, `\b` is a letter, too. */
const letterOfSet = (text: Reader): number => (text.take("b") ? 8 : escapedLetter(text));

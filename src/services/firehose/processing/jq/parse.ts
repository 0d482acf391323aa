import { functionOf } from "./functions.ts";
import { LEVELS, operatorOf } from "./operators.ts";
import { at, bounded, type Filter, isTrue, JqError, JqSyntaxError, type Json, textOf } from "./values.ts";

const MOST_NESTED = 64;
/** More than any sensible query has: each is worked out for every record. */
const MOST_TERMS = 256;
const NAME = /[A-Za-z_]\w*/y;
const NUMBER = /\d+(?:\.\d*)?(?:[eE][+-]?\d+)?/y;
const SIGN = /\/\/|==|!=|<=|>=|(?:or|and)\b|[<>+\-*/%]/y;
const TEXT = /[^"\\]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const WORDS = new Set([
  "if",
  "then",
  "elif",
  "else",
  "end",
  "and",
  "or",
  "as",
  "def",
  "reduce",
  "foreach",
  "try",
]);

/**
 * Reads an object of jq 1.6 that names filters of one value each: paths, operators, conditions, texts and functions.
 * @throws {JqSyntaxError} for all else that jq can say
 */
export function parseObject(source: string): Map<string, Filter> {
  const text = reader(source);
  const found = members(text, 0);
  text.end();
  return found;
}

type Reader = ReturnType<typeof reader>;

function reader(source: string) {
  let position = 0;
  let terms = 0;
  const spaces = /(?:\s|#[^\n]*)*/y;
  function read(pattern: RegExp, isTight = false): string | undefined {
    if (!isTight) skip();
    pattern.lastIndex = position;
    const [found] = pattern.exec(source) ?? [];
    if (found !== undefined) position = pattern.lastIndex;
    return found;
  }
  function skip() {
    spaces.lastIndex = position;
    spaces.exec(source);
    position = spaces.lastIndex;
  }
  const fault = () => new JqSyntaxError(`not known from character ${position} on: ${source}`);
  function take(sign: string, isTight = false): boolean {
    if (!isTight) skip();
    if (!source.startsWith(sign, position)) return false;
    position += sign.length;
    return true;
  }
  return {
    read,
    take,
    fault,
    countTerm() {
      if (++terms > MOST_TERMS) throw fault();
    },
    expect(sign: string) {
      if (!take(sign)) throw fault();
    },
    word(word: string): boolean {
      const before = position;
      if (read(NAME) === word) return true;
      position = before;
      return false;
    },
    /** What a pattern would read next stays to be read. */
    next(pattern: RegExp): string | undefined {
      const before = position;
      const found = read(pattern);
      position = before;
      return found;
    },
    end() {
      skip();
      if (position < source.length) throw fault();
    },
  };
}

/** A filter after a filter. */
function pipe(text: Reader, depth: number): Filter {
  if (depth > MOST_NESTED) throw text.fault();
  let filter = operation(text, depth, 0);
  while (text.take("|")) {
    const [before, after] = [filter, operation(text, depth, 0)];
    filter = (input) => after(before(input));
  }
  return filter;
}

function operation(text: Reader, depth: number, level: number): Filter {
  const signs = LEVELS[level];
  if (!signs) return term(text, depth);
  const left = operation(text, depth, level + 1);
  if (level === 0) {
    if (text.next(SIGN) !== "//") return left;
    text.expect("//");
    // The only one that begins from the right.
    if (depth > MOST_NESTED) throw text.fault();
    return operatorOf("//", left, operation(text, depth + 1, 0));
  }
  let filter = left;
  for (let sign = text.next(SIGN); sign !== undefined && signs.includes(sign); sign = text.next(SIGN)) {
    text.expect(sign);
    filter = operatorOf(sign, filter, operation(text, depth, level + 1));
  }
  return filter;
}

/** A value, and the way on from there. */
function term(text: Reader, depth: number): Filter {
  let filter = value(text, depth);
  for (;;) {
    const key = step(text, depth);
    if (key) filter = stepOn(filter, key);
    else if (text.take("?")) filter = forgiving(filter);
    else return filter;
  }
}

const stepOn =
  (from: Filter, key: Filter): Filter =>
  (input) =>
    at(from(input), key(input));
const forgiving =
  (filter: Filter): Filter =>
  (input) => {
    try {
      return filter(input);
    } catch (error) {
      if (error instanceof JqError) return null;
      throw error;
    }
  };

/** `.name`, `."name"`, `[key]` or `.[key]` */
function step(text: Reader, depth: number): Filter | undefined {
  if (text.take(".")) {
    const name = text.read(NAME, true);
    if (name !== undefined) return () => name;
    if (text.take('"', true)) return quoted(text, depth);
    if (!text.take("[", true)) throw text.fault();
  } else if (!text.take("[")) return undefined;
  const key = pipe(text, depth + 1);
  text.expect("]");
  return key;
}

function value(text: Reader, depth: number): Filter {
  if (depth > MOST_NESTED) throw text.fault();
  text.countTerm();
  if (text.take("(")) {
    const inner = pipe(text, depth + 1);
    text.expect(")");
    return inner;
  }
  if (text.take("{")) throw text.fault();
  if (text.take("-")) return operatorOf("-", () => 0, term(text, depth + 1));
  if (text.take('"')) return quoted(text, depth);
  const number = text.read(NUMBER);
  if (number !== undefined) return () => Number(number);
  if (text.next(/\./y) !== undefined) {
    const key = text.next(/\.(?=[A-Za-z_"[])/y) === undefined ? undefined : step(text, depth);
    if (key) return (input) => at(input, key(input));
    text.expect(".");
    return (input) => input;
  }
  return named(text, depth);
}

function named(text: Reader, depth: number): Filter {
  const name = text.read(NAME);
  if (name === "if") return condition(text, depth);
  if (name === undefined || WORDS.has(name)) throw text.fault();
  const constant = { null: null, true: true, false: false }[name];
  if (constant !== undefined) return () => constant;
  const told: Filter[] = [];
  if (text.take("(")) {
    do told.push(pipe(text, depth + 1));
    while (text.take(";"));
    text.expect(")");
  }
  const filter = functionOf(name, told);
  if (!filter) throw text.fault();
  return filter;
}

function condition(text: Reader, depth: number): Filter {
  if (depth > MOST_NESTED) throw text.fault();
  const test = pipe(text, depth + 1);
  if (!text.word("then")) throw text.fault();
  const then = pipe(text, depth + 1);
  let otherwise: Filter;
  if (text.word("elif")) otherwise = condition(text, depth + 1);
  else {
    if (!text.word("else")) throw text.fault();
    otherwise = pipe(text, depth + 1);
    if (!text.word("end")) throw text.fault();
  }
  return (input) => (isTrue(test(input)) ? then(input) : otherwise(input));
}

/** What stands behind a quote, up to the next one: `\(…)` in it is a filter. */
function quoted(text: Reader, depth: number): Filter {
  const parts: (string | Filter)[] = [];
  while (!text.take('"', true)) {
    if (text.take("\\(", true)) {
      parts.push(pipe(text, depth + 1));
      text.expect(")");
      continue;
    }
    const read = text.read(TEXT, true);
    if (read === undefined) throw text.fault();
    parts.push(read.startsWith("\\") ? (JSON.parse(`"${read}"`) as string) : read);
  }
  return (input: Json) => {
    let all = "";
    for (const one of parts) all = bounded(all + (typeof one === "string" ? one : textOf(one(input))));
    return all;
  };
}

function members(text: Reader, depth: number): Map<string, Filter> {
  const found = new Map<string, Filter>();
  text.expect("{");
  if (text.take("}")) return found;
  do {
    const key = keyOf(text, depth);
    found.set(key, text.take(":") ? pipe(text, depth + 1) : (input) => at(input, key));
  } while (text.take(","));
  text.expect("}");
  return found;
}

function keyOf(text: Reader, depth: number): string {
  const name = text.read(NAME);
  if (name !== undefined) return name;
  text.expect('"');
  const key = text.next(/(?:[^"\\]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*(?=")/y);
  if (key === undefined) throw text.fault();
  return quoted(text, depth)(null) as string;
}

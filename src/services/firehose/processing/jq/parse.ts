import { type Format, formatOf } from "./formats.ts";
import { functionOf } from "./functions.ts";
import { LEVELS, operatorOf, valuesOrNone } from "./operators.ts";
import { type Reader, reader } from "./reader.ts";
import {
  at,
  beginSteps,
  bounded,
  countSize,
  each,
  elementsOf,
  type Filter,
  isTrue,
  JqError,
  type Json,
  product,
  slice,
  textOf,
} from "./values.ts";

const MAX_NESTED = 64;
const NUMBER = /\d+(?:\.\d*)?(?:[eE][+-]?\d+)?/y;
const SIGN = /\/\/|==|!=|<=|>=|(?:or|and)\b|[<>+\-*/%]/y;
const TEXT = /[^"\\]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const FORMAT = /@[a-z]\w*/y;
const WORDS = new Set(
  "if then elif else end and or as def reduce foreach try catch label import include __loc__".split(" "),
);
const CONSTANTS: ReadonlyMap<string, Json> = new Map([
  ["null", null],
  ["true", true],
  ["false", false],
]);
/** The maximum steps for constant expressions, which are evaluated while parsing. */
const MAX_STEPS_OF_CONSTANTS = 2 ** 16;

/**
 * Parses a jq 1.6 object constructor whose values are filters: paths, operators, conditions, strings, constructors, functions.
 * @throws {JqSyntaxError} for variables, definitions, assignments, and invalid syntax
 */
export function parseObject(source: string): Map<string, Filter> {
  beginSteps(MAX_STEPS_OF_CONSTANTS);
  const text = reader(source);
  const found = members(text, 0);
  text.end();
  return found;
}

/** `a | b`: applies one filter to the results of another. */
function pipe(text: Reader, depth: number, next = list): Filter {
  if (depth > MAX_NESTED) throw text.fault();
  let filter = next(text, depth);
  while (text.take("|")) {
    const [before, after] = [filter, next(text, depth)];
    filter = (input) => each(before(input), after);
  }
  return filter;
}

/** `a, b`: the results of one filter, followed by those of another. */
function list(text: Reader, depth: number): Filter {
  const filters = [operation(text, depth)];
  while (text.take(",")) filters.push(operation(text, depth));
  if (filters.length === 1) return filters[0]!;
  return (input) => bounded(filters.flatMap((filter) => filter(input)));
}

function operation(text: Reader, depth: number, level = 0): Filter {
  const signs = LEVELS[level];
  if (!signs) return term(text, depth);
  const left = operation(text, depth, level + 1);
  if (level === 0) {
    if (text.next(SIGN) !== "//") return left;
    text.expect("//");
    // The only right-associative operator.
    if (depth > MAX_NESTED) throw text.fault();
    return operatorOf("//", left, operation(text, depth + 1));
  }
  let filter = left;
  for (let sign = text.next(SIGN); sign !== undefined && signs.includes(sign); sign = text.next(SIGN)) {
    text.expect(sign);
    filter = operatorOf(sign, filter, operation(text, depth, level + 1));
  }
  return filter;
}

/** A term: a value, followed by path steps. */
function term(text: Reader, depth: number): Filter {
  let filter = value(text, depth);
  for (;;) {
    const next = step(text, depth);
    if (next) filter = stepOn(filter, next);
    else if (text.take("?")) {
      text.countTerm();
      filter = forgiving(filter);
    } else return filter;
  }
}

/** One step of a path, from a value; keys and indices are evaluated on the input of the whole path. */
type Step = (value: Json, input: Json) => readonly Json[];

const stepOn =
  (from: Filter, next: Step): Filter =>
  (input) =>
    each(from(input), (value) => next(value, input));
const forgiving =
  (filter: Filter): Filter =>
  (input) =>
    valuesOrNone(filter, input);

/** `.name`, `."name"`, `[key]`, `[from:to]`, `[]`; the last three also after a dot */
function step(text: Reader, depth: number): Step | undefined {
  if (text.take(".")) {
    const name = text.name(true);
    if (name !== undefined) return (value) => [at(value, name)];
    if (text.take('"', true)) return lookup(quoted(text, depth));
    if (!text.take("[", true)) throw text.fault();
  } else if (!text.take("[")) return undefined;
  if (text.take("]")) return elementsOf;
  const from = text.next(/:/y) === undefined ? pipe(text, depth + 1) : undefined;
  if (!text.take(":")) {
    text.expect("]");
    return lookup(from!);
  }
  const to = text.next(/\]/y) === undefined ? pipe(text, depth + 1) : undefined;
  text.expect("]");
  return (value, input) =>
    product(from?.(input) ?? [null], to?.(input) ?? [null], (start, end) => slice(value, start, end));
}

const lookup =
  (key: Filter): Step =>
  (value, input) =>
    key(input).map((one) => at(value, one));

function value(text: Reader, depth: number): Filter {
  if (depth > MAX_NESTED) throw text.fault();
  text.countTerm();
  if (text.take("(")) return closed(text, pipe(text, depth + 1), ")");
  if (text.take("[")) return array(text, depth);
  if (text.next(/\{/y) !== undefined) return object(members(text, depth + 1));
  if (text.take("-")) return operatorOf("-", () => [0], term(text, depth + 1));
  if (text.take('"')) return quoted(text, depth);
  const format = text.read(FORMAT);
  if (format !== undefined) return formatted(text, depth, format);
  const number = text.read(NUMBER);
  if (number !== undefined) return () => [Number(number)];
  if (text.take("..")) return functionOf("recurse", [])!;
  if (text.next(/\./y) !== undefined) {
    const first = text.next(/\.(?=[A-Za-z_"[])/y) === undefined ? undefined : step(text, depth);
    if (first) return (input) => first(input, input);
    text.expect(".");
    return (input) => [input];
  }
  return named(text, depth);
}

function closed(text: Reader, filter: Filter, sign: string): Filter {
  text.expect(sign);
  return filter;
}

function array(text: Reader, depth: number): Filter {
  if (text.take("]")) return () => [[]];
  const elements = closed(text, pipe(text, depth + 1), "]");
  return (input) => [[...elements(input)]];
}

/** An object for each combination of the members' values. */
const object =
  (fields: ReadonlyMap<string, Filter>): Filter =>
  (input) => {
    let objects: readonly Record<string, Json>[] = [{}];
    for (const [name, filter] of fields)
      objects = product(objects, filter(input), (before, one) => {
        countSize(before);
        return { ...before, [name]: one };
      });
    return objects;
  };

function formatted(text: Reader, depth: number, name: string): Filter {
  const format = formatOf(name);
  if (!format) throw text.fault();
  return text.take('"') ? quoted(text, depth, format) : (input) => [format(input)];
}

function named(text: Reader, depth: number): Filter {
  const name = text.name();
  if (name === "if") return condition(text, depth);
  if (name === "try") return attempt(text, depth);
  if (name === undefined || WORDS.has(name)) throw text.fault();
  const constant = CONSTANTS.get(name);
  if (constant !== undefined) return () => [constant];
  const parameters: Filter[] = [];
  if (text.take("(")) {
    do parameters.push(pipe(text, depth + 1));
    while (text.take(";"));
    text.expect(")");
  }
  const filter = functionOf(name, parameters);
  if (!filter) throw text.fault();
  return filter;
}

function condition(text: Reader, depth: number): Filter {
  if (depth > MAX_NESTED) throw text.fault();
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
  return (input) => test(input).flatMap((one) => (isTrue(one) ? then(input) : otherwise(input)));
}

/** `try … catch …`: the handler's input is the error message. */
function attempt(text: Reader, depth: number): Filter {
  const filter = term(text, depth + 1);
  if (!text.word("catch")) return forgiving(filter);
  const rescue = term(text, depth + 1);
  return (input) => {
    try {
      return filter(input);
    } catch (error) {
      if (error instanceof JqError) return rescue(error.message);
      throw error;
    }
  };
}

/** A string after its opening quote; the values of an interpolated filter `\(…)` are written in a format. */
function quoted(text: Reader, depth: number, format: Format = textOf): Filter {
  const parts: (string | Filter)[] = [];
  while (!text.take('"', true)) {
    if (text.take("\\(", true)) {
      parts.push(closed(text, pipe(text, depth + 1), ")"));
      continue;
    }
    const letters = text.read(TEXT, true);
    if (letters === undefined) throw text.fault();
    parts.push(letters.startsWith("\\") ? (JSON.parse(`"${letters}"`) as string) : letters);
  }
  return (input) => {
    let texts: readonly string[] = [""];
    for (const part of parts) {
      const ends = typeof part === "string" ? [part] : part(input).map(format);
      texts = product(ends, texts, (end, before) => bounded(before + end));
    }
    return texts;
  };
}

function members(text: Reader, depth: number): Map<string, Filter> {
  const found = new Map<string, Filter>();
  text.expect("{");
  if (text.take("}")) return found;
  do {
    const key = keyOf(text, depth);
    // A comma ends the value.
    found.set(key, text.take(":") ? pipe(text, depth, operation) : (input) => [at(input, key)]);
  } while (text.take(","));
  text.expect("}");
  return found;
}

function keyOf(text: Reader, depth: number): string {
  const name = text.name();
  if (name !== undefined) return name;
  text.expect('"');
  const key = text.next(/(?:[^"\\]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*(?=")/y);
  if (key === undefined) throw text.fault();
  return quoted(text, depth)(null)[0] as string;
}

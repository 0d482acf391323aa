import { entriesOf, objectOf } from "./entries.ts";
import { FILTER_FUNCTIONS } from "./filter-functions.ts";
import { add, split } from "./operators.ts";
import { gmtime, mktime, strftime, strptime } from "./times.ts";
import {
  arrayIn,
  bounded,
  compare,
  countSearch,
  countSize,
  countSteps,
  each,
  elementsOf,
  type Filter,
  isTrue,
  JqError,
  type Json,
  joined,
  jsonOf,
  MAX_LEVELS,
  numberIn,
  objectIn,
  parseJson,
  stringIn,
  textOf,
  typeOf,
} from "./values.ts";

const ISO = "%Y-%m-%dT%H:%M:%SZ";

/** Functions of the input, and of the input with one or two parameters. */
type Plain = (input: Json) => Json;
type Binary = (input: Json, parameter: Json) => Json;

const math =
  (name: string, of: (value: number) => number): Plain =>
  (input) =>
    of(numberIn(input, name));

const PLAIN: Readonly<Record<string, Plain>> = {
  tostring: textOf,
  tojson: jsonOf,
  fromjson,
  tonumber,
  type: typeOf,
  length,
  utf8bytelength: (input) => Buffer.byteLength(stringIn(input, "utf8bytelength")),
  not: (input) => !isTrue(input),
  ascii_downcase: (input) => lettersIn(input, "ascii_downcase", /[A-Z]+/g, (all) => all.toLowerCase()),
  ascii_upcase: (input) => lettersIn(input, "ascii_upcase", /[a-z]+/g, (all) => all.toUpperCase()),
  explode: (input) => bounded([...stringIn(input, "explode")].map((letter) => letter.codePointAt(0)!)),
  implode,
  floor: math("floor", Math.floor),
  ceil: math("ceil", Math.ceil),
  // Halves round away from zero, as in C.
  round: math("round", (value) => Math.sign(value) * Math.round(Math.abs(value))),
  sqrt: math("sqrt", Math.sqrt),
  fabs: math("fabs", Math.abs),
  log: math("log", Math.log),
  log2: math("log2", Math.log2),
  log10: math("log10", Math.log10),
  exp: math("exp", Math.exp),
  keys: (input) => keysOf(input).sort(compare),
  keys_unsorted: keysOf,
  first: (input) => arrayIn(input, "first")[0] ?? null,
  last: (input) => arrayIn(input, "last").at(-1) ?? null,
  reverse: (input) => arrayIn(input, "reverse").toReversed(),
  sort: (input) => arrayIn(input, "sort").toSorted(compare),
  unique: (input) =>
    arrayIn(input, "unique")
      .toSorted(compare)
      .filter((one, index, all) => index === 0 || compare(one, all[index - 1]!) !== 0),
  min: (input) => arrayIn(input, "min").toSorted(compare)[0] ?? null,
  max: (input) => arrayIn(input, "max").toSorted(compare).at(-1) ?? null,
  add: (input) => elementsOf(input).reduce(add, null),
  any: (input) => arrayIn(input, "any").some(isTrue),
  all: (input) => arrayIn(input, "all").every(isTrue),
  flatten: (input) => flattened(arrayIn(input, "flatten"), MAX_LEVELS),
  to_entries: (input) => entriesOf(objectIn(input, "to_entries")),
  from_entries: (input) => objectOf(arrayIn(input, "from_entries")),
  gmtime: (input) => gmtime(input),
  localtime: (input) => gmtime(input),
  mktime: (input) => mktime(input),
  todate: (input) => strftime(input, ISO),
  todateiso8601: (input) => strftime(input, ISO),
  fromdate: (input) => mktime(strptime(input, ISO)),
  fromdateiso8601: (input) => mktime(strptime(input, ISO)),
};

const BINARY: Readonly<Record<string, Binary>> = {
  strftime: (input, format) => bounded(strftime(input, stringIn(format, "strftime"))),
  strflocaltime: (input, format) => bounded(strftime(input, stringIn(format, "strflocaltime"))),
  strptime: (input, format) => strptime(input, stringIn(format, "strptime")),
  split: (input, by) => {
    const all = stringIn(input, "split");
    return all === "" ? [] : split(all, stringIn(by, "split"));
  },
  join: (input, by) =>
    joined(
      arrayIn(input, "join").map((one) => (one === null ? "" : textOf(one))),
      stringIn(by, "join"),
    ),
  startswith: (input, start) => stringIn(input, "startswith").startsWith(stringIn(start, "startswith")),
  endswith: (input, end) => stringIn(input, "endswith").endsWith(stringIn(end, "endswith")),
  ltrimstr: (input, start) =>
    typeof input === "string" && typeof start === "string" && input.startsWith(start)
      ? input.slice(start.length)
      : input,
  rtrimstr: (input, end) =>
    typeof input === "string" && typeof end === "string" && end !== "" && input.endsWith(end)
      ? input.slice(0, -end.length)
      : input,
  has,
  in: (input, container) => has(container, input),
  contains,
  inside: (input, container) => contains(container, input),
  indices,
  index: (input, sought) => first(indices(input, sought)),
  rindex: (input, sought) => last(indices(input, sought)),
  flatten: (input, depth) => flattened(arrayIn(input, "flatten"), numberIn(depth, "flatten")),
};

const first = (values: Json): Json => (values as Json[] | null)?.[0] ?? null;
const last = (values: Json): Json => (values as Json[] | null)?.at(-1) ?? null;

/** @returns `undefined` for an unsupported function */
export function functionOf(name: string, parameters: readonly Filter[]): Filter | undefined {
  const own = `${name}/${parameters.length}`;
  if (Object.hasOwn(FILTER_FUNCTIONS, own)) return FILTER_FUNCTIONS[own]!(...parameters);
  if (parameters.length === 0 && Object.hasOwn(PLAIN, name)) {
    const plain = PLAIN[name]!;
    return (input) => {
      countSize(input);
      return [plain(input)];
    };
  }
  if (parameters.length !== 1 || !Object.hasOwn(BINARY, name)) return undefined;
  const [parameter] = parameters as [Filter];
  const binary = BINARY[name]!;
  return (input) =>
    each(parameter(input), (one) => {
      countSize(input);
      countSize(one);
      return [binary(input, one)];
    });
}

function fromjson(input: Json): Json {
  const text = stringIn(input, "fromjson");
  // A value made from a few characters takes as much time as any value, and more memory than they do.
  countSteps(text.length >> 2);
  return parseJson(text);
}

function tonumber(input: Json): Json {
  if (typeof input === "number") return input;
  const text = stringIn(input, "tonumber").trim();
  if (!/^-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(text))
    throw new JqError("tonumber is of what is a number");
  return Number(text);
}

function length(input: Json): number {
  if (input === null) return 0;
  if (typeof input === "number") return Math.abs(input);
  if (typeof input === "string") return [...input].length;
  return Array.isArray(input) ? input.length : elementsOf(input).length;
}

function implode(input: Json): string {
  const points = arrayIn(input, "implode").map((point) => numberIn(point, "implode"));
  if (points.some((point) => !Number.isInteger(point) || point < 0 || point > 0x10ffff))
    throw new JqError("implode is of code points");
  return bounded(points.map((point) => String.fromCodePoint(point)).join(""));
}

function keysOf(input: Json): Json[] {
  return Array.isArray(input) ? input.map((_, index) => index) : Object.keys(objectIn(input, "keys"));
}

function flattened(list: readonly Json[], levels: number): Json[] {
  countSteps(list.length);
  return bounded(
    list.flatMap((one) => (Array.isArray(one) && levels > 0 ? flattened(one, levels - 1) : [one])),
  );
}

const lettersIn = (input: Json, name: string, letters: RegExp, to: (all: string) => string) =>
  stringIn(input, name).replace(letters, to);

function has(input: Json, key: Json): boolean {
  if (Array.isArray(input)) {
    const index = numberIn(key, "has");
    return index >= 0 && index < input.length;
  }
  return Object.hasOwn(objectIn(input, "has"), stringIn(key, "has"));
}

function contains(whole: Json, part: Json): boolean {
  if (typeof whole === "string" && typeof part === "string") {
    countSearch(whole, part);
    return whole.includes(part);
  }
  if (Array.isArray(whole) && Array.isArray(part)) return part.every((one) => hasOneWith(whole, one));
  countSize(part);
  if (typeOf(whole) === "object" && typeOf(part) === "object")
    return Object.entries(part as object).every(
      ([key, value]) => has(whole, key) && contains((whole as Record<string, Json>)[key]!, value as Json),
    );
  if (typeOf(whole) !== typeOf(part))
    throw new JqError(`a ${typeOf(whole)} and a ${typeOf(part)} cannot contain each other`);
  return compare(whole, part) === 0;
}

const hasOneWith = (list: readonly Json[], part: Json): boolean =>
  list.some((one) => {
    countSteps();
    return typeOf(one) === typeOf(part) && contains(one, part);
  });

/** The positions of a string, an element or a sequence of elements. */
function indices(input: Json, sought: Json): Json {
  if (input === null) return null;
  if (typeof input === "string") return placesOf(stringIn(sought, "indices"), input);
  const found: number[] = [];
  const run = Array.isArray(sought) ? sought : [sought];
  const all = arrayIn(input, "indices");
  for (let index = 0; index + run.length <= all.length && run.length > 0; index++) {
    countSteps(run.length);
    if (run.every((one, place) => compare(one, all[index + place]!) === 0)) found.push(index);
  }
  return found;
}

/** The positions in bytes, as jq 1.6 counts them. */
function placesOf(sought: string, text: string): number[] {
  countSearch(text, sought);
  const found: number[] = [];
  let bytes = 0;
  let counted = 0;
  for (let at = sought === "" ? -1 : text.indexOf(sought); at >= 0; at = text.indexOf(sought, at + 1)) {
    countSteps();
    bytes += Buffer.byteLength(text.slice(counted, at));
    counted = at;
    found.push(bytes);
  }
  return found;
}

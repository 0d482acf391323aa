import { gmtime, mktime, strftime, strptime } from "./times.ts";
import {
  bounded,
  compare,
  type Filter,
  isTrue,
  JqError,
  type Json,
  jsonOf,
  numberIn,
  stringIn,
  textOf,
  typeOf,
} from "./values.ts";

const ISO = "%Y-%m-%dT%H:%M:%SZ";

/** Of the input alone, and of it and arguments. */
type Plain = (input: Json) => Json;
type Taking = (input: Json, ...told: Filter[]) => Json;

const math =
  (name: string, of: (value: number) => number): Plain =>
  (input) =>
    of(numberIn(input, name));
const text = (input: Json, told: Filter, name: string) => stringIn(told(input), name);

const PLAIN: Readonly<Record<string, Plain>> = {
  tostring: textOf,
  tojson: jsonOf,
  tonumber,
  type: typeOf,
  length,
  not: (input) => !isTrue(input),
  ascii_downcase: (input) => lettersIn(input, "ascii_downcase", /[A-Z]+/g, (all) => all.toLowerCase()),
  ascii_upcase: (input) => lettersIn(input, "ascii_upcase", /[a-z]+/g, (all) => all.toUpperCase()),
  floor: math("floor", Math.floor),
  ceil: math("ceil", Math.ceil),
  // As C does: halves go away from zero.
  round: math("round", (value) => Math.sign(value) * Math.round(Math.abs(value))),
  sqrt: math("sqrt", Math.sqrt),
  fabs: math("fabs", Math.abs),
  keys: (input) => Object.keys(containerIn(input, "keys")).sort(),
  first: (input) => listIn(input, "first")[0] ?? null,
  last: (input) => listIn(input, "last").at(-1) ?? null,
  reverse: (input) => listIn(input, "reverse").toReversed(),
  sort: (input) => listIn(input, "sort").toSorted(compare),
  unique: (input) =>
    listIn(input, "unique")
      .toSorted(compare)
      .filter((one, at, all) => at === 0 || compare(one, all[at - 1]!) !== 0),
  min: (input) => listIn(input, "min").toSorted(compare)[0] ?? null,
  max: (input) => listIn(input, "max").toSorted(compare).at(-1) ?? null,
  gmtime: (input) => gmtime(input),
  mktime: (input) => mktime(input),
  todate: (input) => strftime(input, ISO),
  todateiso8601: (input) => strftime(input, ISO),
  fromdate: (input) => mktime(strptime(input, ISO)),
  fromdateiso8601: (input) => mktime(strptime(input, ISO)),
};

const TAKING: Readonly<Record<string, Taking>> = {
  strftime: (input, format) => strftime(input, text(input, format!, "strftime")),
  strptime: (input, format) => strptime(input, text(input, format!, "strptime")),
  split: (input, by) => {
    const separator = text(input, by!, "split");
    const all = stringIn(input, "split");
    return all === "" ? [] : all.split(separator);
  },
  join: (input, by) => joined(listIn(input, "join"), text(input, by!, "join")),
  startswith: (input, start) => stringIn(input, "startswith").startsWith(text(input, start!, "startswith")),
  endswith: (input, end) => stringIn(input, "endswith").endsWith(text(input, end!, "endswith")),
  ltrimstr: (input, start) => {
    const told = start!(input);
    const has = typeof input === "string" && typeof told === "string" && input.startsWith(told);
    return has ? input.slice(told.length) : input;
  },
  rtrimstr: (input, end) => {
    const told = end!(input);
    const has = typeof input === "string" && typeof told === "string" && told !== "" && input.endsWith(told);
    return has ? input.slice(0, -told.length) : input;
  },
  has: (input, key) => {
    const told = key!(input);
    if (Array.isArray(input)) return numberIn(told, "has") >= 0 && (told as number) < input.length;
    return Object.hasOwn(containerIn(input, "has"), stringIn(told, "has"));
  },
};

/** The separator alone may be what makes it long. */
function joined(list: readonly Json[], by: string): string {
  const texts = list.map((one) => (one === null ? "" : textOf(one)));
  if (texts.length * by.length > 2 ** 20) throw new JqError("a value is too long");
  return bounded(texts.join(by));
}

/** `undefined` for one that is not known here. */
export function functionOf(name: string, told: readonly Filter[]): Filter | undefined {
  if (told.length === 0) return Object.hasOwn(PLAIN, name) ? PLAIN[name] : undefined;
  const taking = told.length === 1 && Object.hasOwn(TAKING, name) ? TAKING[name] : undefined;
  return taking && ((input) => taking(input, ...told));
}

function tonumber(input: Json): Json {
  if (typeof input === "number") return input;
  const told = stringIn(input, "tonumber").trim();
  if (!/^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(told))
    throw new JqError("tonumber is of what is a number");
  return Number(told);
}

function length(input: Json): number {
  if (input === null) return 0;
  if (typeof input === "number") return Math.abs(input);
  if (typeof input === "string") return [...input].length;
  return Object.keys(containerIn(input, "length")).length;
}

const lettersIn = (input: Json, name: string, letters: RegExp, to: (all: string) => string) =>
  stringIn(input, name).replace(letters, to);

function listIn(input: Json, name: string): Json[] {
  if (Array.isArray(input)) return input;
  throw new JqError(`${name} is of arrays, and not of ${typeOf(input)}`);
}

function containerIn(input: Json, name: string): Record<string, Json> | Json[] {
  if (typeof input === "object" && input !== null) return input;
  throw new JqError(`${name} is of objects, and not of ${typeOf(input)}`);
}

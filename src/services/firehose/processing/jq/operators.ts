import {
  bounded,
  compare,
  countSearch,
  countSize,
  type Filter,
  isTrue,
  JqError,
  type Json,
  MAX_LENGTH,
  product,
  typeOf,
} from "./values.ts";

type Operator = (left: Json, right: Json) => Json;

const refused = (operator: string, left: Json, right: Json) =>
  new JqError(`${typeOf(left)} and ${typeOf(right)} have no ${operator}`);

const numeric =
  (operator: string, of: (left: number, right: number) => number): Operator =>
  (left, right) => {
    if (typeof left !== "number" || typeof right !== "number") throw refused(operator, left, right);
    return of(left, right);
  };

export function add(left: Json, right: Json): Json {
  if (left === null) return right;
  if (right === null) return left;
  if (typeof left === "string" && typeof right === "string") return bounded(left + right);
  if (Array.isArray(left) && Array.isArray(right)) return bounded(left.concat(right));
  if (typeOf(left) === "object" && typeOf(right) === "object") {
    countSize(left);
    countSize(right);
    return { ...(left as object), ...(right as object) };
  }
  return numeric("sum", (a, b) => a + b)(left, right);
}

function subtract(left: Json, right: Json): Json {
  if (!Array.isArray(left) || !Array.isArray(right))
    return numeric("difference", (a, b) => a - b)(left, right);
  return left.filter((value) => !right.some((other) => compare(value, other) === 0));
}

function multiply(left: Json, right: Json): Json {
  if (typeof left === "string" && typeof right === "number") return repeated(left, right);
  if (typeOf(left) === "object" && typeOf(right) === "object") return mergedDeep(left, right);
  return numeric("product", (a, b) => a * b)(left, right);
}

function repeated(text: string, times: number): string | null {
  if (text === "") return times > 0 ? "" : null;
  if (text.length * times > MAX_LENGTH) throw new JqError("a value is too long");
  return times > 0 ? bounded(text.repeat(Math.ceil(times))) : null;
}

/** Merges objects recursively; for other values, the right one wins. */
function mergedDeep(left: Json, right: Json): Json {
  countSize(left);
  countSize(right);
  const merged = new Map(Object.entries(left as Record<string, Json>));
  for (const [key, value] of Object.entries(right as Record<string, Json>)) {
    const former = merged.get(key) ?? null;
    const areObjects = typeOf(former) === "object" && typeOf(value) === "object";
    merged.set(key, areObjects ? mergedDeep(former, value) : value);
  }
  return Object.fromEntries(merged);
}

function divide(left: Json, right: Json): Json {
  if (typeof left === "string" && typeof right === "string") return split(left, right);
  if (right === 0) throw new JqError("what is divided by zero has no quotient");
  return numeric("quotient", (a, b) => a / b)(left, right);
}

export function split(text: string, by: string): string[] {
  countSearch(text, by);
  return bounded(text.split(by));
}

function remainder(left: Json, right: Json): Json {
  return numeric("remainder", (a, b) => {
    if (Math.trunc(b) === 0) throw new JqError("what is divided by zero has no remainder");
    return Math.trunc(a) % Math.trunc(b);
  })(left, right);
}

const OPERATORS: Readonly<Record<string, Operator>> = {
  "+": add,
  "-": subtract,
  "*": multiply,
  "/": divide,
  "%": remainder,
  "==": (a, b) => compare(a, b) === 0,
  "!=": (a, b) => compare(a, b) !== 0,
  "<": (a, b) => compare(a, b) < 0,
  "<=": (a, b) => compare(a, b) <= 0,
  ">": (a, b) => compare(a, b) > 0,
  ">=": (a, b) => compare(a, b) >= 0,
};

/** The operators by precedence, lowest first. */
export const LEVELS: readonly (readonly string[])[] = [
  ["//"],
  ["or"],
  ["and"],
  ["==", "!=", "<=", ">=", "<", ">"],
  ["+", "-"],
  ["*", "/", "%"],
];

export function operatorOf(sign: string, left: Filter, right: Filter): Filter {
  if (sign === "or" || sign === "and") return logical(sign === "or", left, right);
  if (sign === "//") return alternative(left, right);
  const operator = OPERATORS[sign]!;
  return (input) => product(right(input), left(input), (b, a) => operator(a, b));
}

/** Evaluates the right side only if the left side does not decide. */
const logical =
  (decides: boolean, left: Filter, right: Filter): Filter =>
  (input) =>
    left(input).flatMap((a) => (isTrue(a) === decides ? [decides] : right(input).map(isTrue)));

/** `//`: the right side, if the left side has no values other than `null`, `false` and failures. */
const alternative =
  (left: Filter, right: Filter): Filter =>
  (input) => {
    const values = valuesOrNone(left, input).filter(isTrue);
    return values.length > 0 ? values : right(input);
  };

/** The values of a filter, none if it fails. */
export function valuesOrNone(filter: Filter, input: Json): readonly Json[] {
  try {
    return filter(input);
  } catch (error) {
    if (error instanceof JqError) return [];
    throw error;
  }
}

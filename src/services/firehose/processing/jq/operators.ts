import { bounded, compare, type Filter, isTrue, JqError, type Json, typeOf } from "./values.ts";

type Operator = (left: Json, right: Json) => Json;

const refused = (operator: string, left: Json, right: Json) =>
  new JqError(`${typeOf(left)} and ${typeOf(right)} have no ${operator}`);

const numeric =
  (operator: string, of: (left: number, right: number) => number): Operator =>
  (left, right) => {
    if (typeof left !== "number" || typeof right !== "number") throw refused(operator, left, right);
    return of(left, right);
  };

function add(left: Json, right: Json): Json {
  if (left === null) return right;
  if (right === null) return left;
  if (typeof left === "string" && typeof right === "string") return bounded(left + right);
  if (Array.isArray(left) && Array.isArray(right)) return bounded(left.concat(right));
  if (typeOf(left) === "object" && typeOf(right) === "object")
    return { ...(left as object), ...(right as object) };
  return numeric("sum", (a, b) => a + b)(left, right);
}

function divide(left: Json, right: Json): Json {
  if (typeof left === "string" && typeof right === "string") return left.split(right);
  if (right === 0) throw new JqError("what is divided by zero has no quotient");
  return numeric("quotient", (a, b) => a / b)(left, right);
}

function remainder(left: Json, right: Json): Json {
  return numeric("remainder", (a, b) => {
    if (Math.trunc(b) === 0) throw new JqError("what is divided by zero has no remainder");
    return Math.trunc(a) % Math.trunc(b);
  })(left, right);
}

const OPERATORS: Readonly<Record<string, Operator>> = {
  "+": add,
  "-": numeric("difference", (a, b) => a - b),
  "*": numeric("product", (a, b) => a * b),
  "/": divide,
  "%": remainder,
  "==": (a, b) => compare(a, b) === 0,
  "!=": (a, b) => compare(a, b) !== 0,
  "<": (a, b) => compare(a, b) < 0,
  "<=": (a, b) => compare(a, b) <= 0,
  ">": (a, b) => compare(a, b) > 0,
  ">=": (a, b) => compare(a, b) >= 0,
};

/** From the loosest to the tightest. */
export const LEVELS: readonly (readonly string[])[] = [
  ["//"],
  ["or"],
  ["and"],
  ["==", "!=", "<=", ">=", "<", ">"],
  ["+", "-"],
  ["*", "/", "%"],
];

export function operatorOf(sign: string, left: Filter, right: Filter): Filter {
  if (sign === "or") return (input) => isTrue(left(input)) || isTrue(right(input));
  if (sign === "and") return (input) => isTrue(left(input)) && isTrue(right(input));
  if (sign === "//") return alternative(left, right);
  const operator = OPERATORS[sign]!;
  return (input) => operator(left(input), right(input));
}

/** What is nothing, false or a failure gives way to the other. */
const alternative =
  (left: Filter, right: Filter): Filter =>
  (input) => {
    try {
      const value = left(input);
      if (isTrue(value)) return value;
    } catch (error) {
      if (!(error instanceof JqError)) throw error;
    }
    return right(input);
  };

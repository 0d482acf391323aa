import { type Aggregate, aggregate } from "./aggregates.ts";
import { failure } from "./errors.ts";
import { coalesce, dated, FUNCTIONS, nullIf, trim } from "./functions.ts";
import { likePattern } from "./like.ts";
import type { Comparison, Expression } from "./syntax.ts";
import { Timestamp } from "./timestamps.ts";
import {
  calculate,
  cast,
  compare,
  isAbsent,
  isNumeric,
  type Numeric,
  negated,
  numericOf,
  type Value,
} from "./values.ts";

/** Computes an expression's value for a row. */
export type Evaluate<Row> = (row: Row) => Value;

/** The names that an expression can refer to. */
export interface Scope<Row> {
  /** @throws {AwsError} if no row can have it */
  resolve(reference: Expression & { type: "reference" }): Evaluate<Row>;
  /** Whether all values of a row are text, which is converted to numbers where an operator requires them. */
  isUntyped: boolean;
  /** Milliseconds since 1970. */
  now: number;
}

/** An aggregate function in an expression, and its argument. */
export interface AggregateCall<Row> {
  of: Evaluate<Row>;
  into: Aggregate;
}

interface CompileContext<Row> {
  scope: Scope<Row>;
  /** Set where aggregate functions are allowed; outside of them, no reference to a row is then allowed. */
  gathered: AggregateCall<Row>[] | undefined;
}

/** Compiles an expression that is evaluated for each row. */
export function compile<Row>(expression: Expression, scope: Scope<Row>): Evaluate<Row> {
  return compiled(expression, { scope, gathered: undefined });
}

/** Compiles an expression that is evaluated once, over all rows. */
export function compileAggregate<Row>(
  expression: Expression,
  scope: Scope<Row>,
  gathered: AggregateCall<Row>[],
): () => Value {
  const evaluate = compiled(expression, { scope, gathered });
  return () => evaluate(undefined as Row);
}

export function hasAggregate(expression: Expression): boolean {
  if (expression.type === "aggregate") return true;
  return Object.values(expression).some((part) =>
    [part].flat().some((one) => isExpression(one) && hasAggregate(one)),
  );
}

function isExpression(part: unknown): part is Expression {
  if (typeof part !== "object" || part === null) return false;
  return "type" in part || ("when" in part && "result" in part);
}

function compiled<Row>(expression: Expression, on: CompileContext<Row>): Evaluate<Row> {
  const of = (inner: Expression) => compiled(inner, on);
  switch (expression.type) {
    case "literal": {
      const { value } = expression;
      return () => value;
    }
    case "reference":
      if (on.gathered) throw failure("UnsupportedSqlStructure");
      return on.scope.resolve(expression);
    case "aggregate":
      return compileAggregateCall(expression, on);
    case "not": {
      const operand = of(expression.operand);
      return (row) => not(operand(row));
    }
    case "and":
      return junction(expression.operands.map(of), false);
    case "or":
      return junction(expression.operands.map(of), true);
    case "is": {
      const [operand, isWanted] = [of(expression.operand), NULL_TESTS[expression.what]];
      return (row) => isWanted(operand(row));
    }
    case "compare":
      return compileComparison(expression, on);
    case "between": {
      const { operand, low, high } = expression;
      const above = compileComparison({ operator: ">=", left: operand, right: low }, on);
      const below = compileComparison({ operator: "<=", left: operand, right: high }, on);
      return junction([above, below], false);
    }
    case "in": {
      const { operand, members } = expression;
      return junction(
        members.map((member) => compileComparison({ operator: "=", left: operand, right: member }, on)),
        true,
      );
    }
    case "like":
      return compileLike(expression, on);
    case "negate": {
      const operand = number(expression.operand, on);
      return (row) => present(operand(row), (value) => negated(value as Numeric));
    }
    case "arithmetic": {
      const { operator } = expression;
      const [left, right] = [number(expression.left, on), number(expression.right, on)];
      return (row) => both(left(row), right(row), (a, b) => calculate(operator, a as Numeric, b as Numeric));
    }
    case "concat": {
      const [left, right] = [of(expression.left), of(expression.right)];
      return (row) => both(left(row), right(row), concatenated);
    }
    case "case":
      return compileCase(expression, on);
    case "cast": {
      const [operand, to] = [of(expression.operand), expression.to];
      return (row) => cast(operand(row), to);
    }
    case "trim": {
      const operand = of(expression.operand);
      const characters = expression.characters ? of(expression.characters) : () => " ";
      return (row) => both(operand(row), characters(row), (text, set) => trim(expression.side, text, set));
    }
    case "dated": {
      const { name, part } = expression;
      const operands = operandsOf(expression.operands, on, name === "date_add" ? [0] : []);
      return (row) => all(operands, row, (values) => dated(name, part, values));
    }
    case "call":
      return compileCall(expression, on);
  }
}

const NULL_TESTS: Record<"null" | "missing", (value: Value) => boolean> = {
  // A missing value is also null.
  null: isAbsent,
  missing: (value) => value === undefined,
};

/** Any value but true and false gives NULL. */
function not(value: Value): Value {
  return typeof value === "boolean" ? !value : null;
}

/** `or` if `decisive` is true, `and` if it is false: an operand with that value decides. */
function junction<Row>(operands: Evaluate<Row>[], decisive: boolean): Evaluate<Row> {
  return (row) => {
    let result: Value = !decisive;
    for (const operand of operands) {
      const value = operand(row);
      if (value === decisive) return decisive;
      if (typeof value !== "boolean") result = null;
    }
    return result;
  };
}

const ORDERS: Record<Comparison, (order: number) => boolean> = {
  "=": (order) => order === 0,
  "<>": (order) => order !== 0,
  "<": (order) => order < 0,
  ">": (order) => order > 0,
  "<=": (order) => order <= 0,
  ">=": (order) => order >= 0,
};

/** Values of different types are neither equal nor ordered. */
function compileComparison<Row>(
  { operator, left, right }: { operator: Comparison; left: Expression; right: Expression },
  on: CompileContext<Row>,
): Evaluate<Row> {
  const [a, b] = [compiled(left, on), compiled(right, on)];
  const isIn = ORDERS[operator];
  const mixed = operator === "=" ? false : operator === "<>" ? true : null;
  const infers = on.scope.isUntyped;
  return (row) => {
    let [x, y] = [a(row), b(row)];
    if (isAbsent(x) || isAbsent(y)) return null;
    if (infers && typeof x !== typeof y) [x, y] = [typed(x, y), typed(y, x)];
    const order = compare(x, y);
    return order === undefined || Number.isNaN(order) ? mixed : isIn(order);
  };
}

/** Converts a text to the type of the value that it is compared with. */
function typed(value: Value, other: Value): Value {
  if (typeof value !== "string" || typeof other === "string") return value;
  if (isNumeric(other)) return numericOf(value) ?? value;
  if (typeof other === "boolean" && /^(true|false)$/i.test(value)) return value.toLowerCase() === "true";
  return other instanceof Timestamp && value !== "" ? cast(value, "timestamp") : value;
}

/** Throws at evaluation if the value is not a number. @throws {AwsError} */
function number<Row>(expression: Expression, on: CompileContext<Row>): Evaluate<Row> {
  const evaluate = compiled(expression, on);
  const infers = on.scope.isUntyped;
  return (row) => {
    const value = evaluate(row);
    if (isAbsent(value) || isNumeric(value)) return value;
    const number = infers && typeof value === "string" ? numericOf(value) : undefined;
    if (number === undefined) throw failure("IncorrectSqlFunctionArgumentType");
    return number;
  };
}

function present(value: Value, then: (value: Value) => Value): Value {
  return isAbsent(value) ? value : then(value);
}

function both(a: Value, b: Value, then: (a: Value, b: Value) => Value): Value {
  if (a === undefined || b === undefined) return undefined;
  return a === null || b === null ? null : then(a, b);
}

const MAX_CHARACTERS = 1_048_576;

function concatenated(a: Value, b: Value): Value {
  if (typeof a !== "string" || typeof b !== "string") throw failure("IncorrectSqlFunctionArgumentType");
  if (a.length + b.length > MAX_CHARACTERS) throw failure("ColumnTooLong");
  return a + b;
}

function all<Row>(operands: readonly Evaluate<Row>[], row: Row, then: (values: Value[]) => Value): Value {
  const values = operands.map((operand) => operand(row));
  if (values.includes(undefined)) return undefined;
  return values.includes(null) ? null : then(values);
}

function compileLike<Row>(
  { operand, pattern, escaping }: Expression & { type: "like" },
  on: CompileContext<Row>,
): Evaluate<Row> {
  const [text, like] = [compiled(operand, on), compiled(pattern, on)];
  const escapes = escaping ? compiled(escaping, on) : () => "";
  let latest: { pattern: Value; escaping: Value; matches: (text: string) => boolean } | undefined;
  return (row) => {
    const [value, pattern, by] = [text(row), like(row), escapes(row)];
    if (isAbsent(value) || isAbsent(pattern) || isAbsent(by)) return null;
    if (typeof value !== "string" || typeof pattern !== "string" || typeof by !== "string") {
      throw failure("LikeInvalidInputs");
    }
    if (latest?.pattern !== pattern || latest.escaping !== by) {
      const matches = likePattern(pattern, escaping ? by : undefined);
      latest = { pattern, escaping: by, matches };
    }
    return latest.matches(value);
  };
}

function compileCase<Row>(
  { subject, branches, otherwise }: Expression & { type: "case" },
  on: CompileContext<Row>,
): Evaluate<Row> {
  const ready = branches.map(({ when, result }) => ({
    isChosen: subject
      ? compileComparison({ operator: "=", left: subject, right: when }, on)
      : compiled(when, on),
    result: compiled(result, on),
  }));
  const last = otherwise ? compiled(otherwise, on) : () => null;
  return (row) => (ready.find(({ isChosen }) => isChosen(row) === true)?.result ?? last)(row);
}

/** Compiles operands. Those at the given positions must be numbers. */
function operandsOf<Row>(
  operands: Expression[],
  on: CompileContext<Row>,
  numbers: readonly number[],
): Evaluate<Row>[] {
  return operands.map((operand, at) => (numbers.includes(at) ? number(operand, on) : compiled(operand, on)));
}

function compileCall<Row>(
  { name, operands: args }: Expression & { type: "call" },
  on: CompileContext<Row>,
): Evaluate<Row> {
  const operands = operandsOf(args, on, name === "substring" ? [1, 2] : []);
  if (name === "coalesce") return (row) => coalesce(operands.map((operand) => operand(row)));
  if (name === "nullif") return (row) => nullIf(operands[0]!(row), operands[1]!(row));
  if (name === "utcnow") {
    const now = new Timestamp(on.scope.now, "second", 3, 0);
    return () => now;
  }
  const apply = FUNCTIONS[name] as (...values: Value[]) => Value;
  return (row) => all(operands, row, (values) => apply(...values));
}

function compileAggregateCall<Row>(
  { name, operand }: Expression & { type: "aggregate" },
  on: CompileContext<Row>,
): Evaluate<Row> {
  if (!on.gathered) throw failure("UnsupportedSqlStructure");
  const inner: CompileContext<Row> = { scope: on.scope, gathered: undefined };
  const into = aggregate(name);
  const of = operand ? (NUMBERS.has(name) ? number(operand, inner) : compiled(operand, inner)) : () => 1n;
  on.gathered.push({ of, into });
  return () => into.result();
}

const NUMBERS: ReadonlySet<string> = new Set(["sum", "avg"]);

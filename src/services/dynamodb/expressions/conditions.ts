import { memoizeByObject, memoizeByPair, memoizeByText } from "#lib/memoize.ts";
import { hasBytes, hasText } from "#lib/substring.ts";
import {
  base64,
  compareValues,
  type Item,
  isEqual,
  type TypeName,
  typeOf,
  type Value,
} from "../values/value.ts";
import { fail, wrongType } from "./faults.ts";
import {
  checkConditionFunction,
  checkCount,
  checkOperandFunction,
  throwFirstFault,
  walkCondition,
} from "./functions.ts";
import { type Comparator, type Condition, type Operand, parseCondition } from "./grammar.ts";
import { type Binding, type Bound, bindOperand, shownValue } from "./operands.ts";
import { shownPath } from "./paths.ts";
import type { Placeholders } from "./placeholders.ts";
import type { Kind } from "./tokens.ts";

/** Whether an item meets a condition. */
export type Test = (item: Item) => boolean;

const CACHE_SIZE = 2_000;
const parsed = {
  ConditionExpression: memoizeByText(CACHE_SIZE, (source) => parseCondition("ConditionExpression", source)),
  FilterExpression: memoizeByText(CACHE_SIZE, (source) => parseCondition("FilterExpression", source)),
};

/** @throws {AwsError} ValidationException */
export function conditionOf(kind: keyof typeof parsed, source: string, placeholderMap: Placeholders): Test {
  return testOf(kind, parsed[kind](source), placeholderMap);
}

/** @throws {AwsError} ValidationException */
export function testOf(kind: Kind, condition: Condition, placeholderMap: Placeholders): Test {
  try {
    return bind({ kind, placeholderMap }, condition);
  } catch (error) {
    throwFirstFault(kind, placeholderMap, (look) => walkCondition(condition, look), checkOperandFunction);
    throw error;
  }
}

function bind(binding: Binding, condition: Condition): Test {
  const { kind } = binding;
  switch (condition.type) {
    case "and": {
      const left = bind(binding, condition.left);
      const right = bind(binding, condition.right);
      return (item) => left(item) && right(item);
    }
    case "or": {
      const left = bind(binding, condition.left);
      const right = bind(binding, condition.right);
      return (item) => left(item) || right(item);
    }
    case "not": {
      const of = bind(binding, condition.of);
      return (item) => !of(item);
    }
    case "compare":
      return comparison(binding, condition);
    case "between": {
      const [operand, low, high] = [condition.operand, condition.low, condition.high].map((one) =>
        bindOperand(binding, one),
      );
      checkDistinct(binding, "BETWEEN", operand!, low!, high!);
      for (const bound of [low!, high!]) checkOrdered(binding, "BETWEEN", bound);
      checkBounds(binding, low!, high!);
      return (item) => {
        const [value, from, to] = [operand!.read(item), low!.read(item), high!.read(item)];
        return ordered(value, from, (order) => order >= 0) && ordered(value, to, (order) => order <= 0);
      };
    }
    case "in": {
      const operand = bindOperand(binding, condition.operand);
      const list = condition.list.map((one) => bindOperand(binding, one));
      checkDistinct(binding, "IN", operand, ...list);
      return (item) => {
        const value = operand.read(item);
        return value !== undefined && list.some((one) => equal(value, one.read(item)));
      };
    }
    default:
      checkConditionFunction(kind, condition.name);
      checkCount(kind, condition);
      return call(binding, condition.name, condition.args);
  }
}

const ORDERS: Partial<Record<Comparator, (order: number) => boolean>> = {
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

function comparison(
  binding: Binding,
  { operator, left: l, right: r }: Condition & { type: "compare" },
): Test {
  const left = bindOperand(binding, l);
  const right = bindOperand(binding, r);
  checkDistinct(binding, operator, left, right);
  const holds = ORDERS[operator];
  if (!holds) {
    const expected = operator === "=";
    // A missing attribute is unequal to everything.
    return (item) => equal(left.read(item), right.read(item)) === expected;
  }
  for (const bound of [left, right]) checkOrdered(binding, operator, bound);
  return (item) => ordered(left.read(item), right.read(item), holds);
}

/** An expression may compare or search the same documents and sets, of 400 KB each, hundreds of times. */
const equalDocuments = memoizeByPair<Value, boolean>(isEqual);
const hasElement = memoizeByPair((list: Value, element: Value) =>
  list.L!.some((one) => isEqual(one, element)),
);
const bytesIn = memoizeByObject((set: readonly Uint8Array[]) => new Set(set.map(base64)));

function equal(a: Value | undefined, b: Value | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a.M || a.L || a.SS || a.NS || a.BS ? equalDocuments(a, b) : isEqual(a, b);
}

function ordered(a: Value | undefined, b: Value | undefined, holds: (order: number) => boolean): boolean {
  const order = a && b && compareValues(a, b);
  return order !== undefined && holds(order);
}

const ORDERED: ReadonlySet<TypeName> = new Set(["S", "N", "B"]);

function checkOrdered({ kind }: Binding, operator: string, { type }: Bound): void {
  if (type && !ORDERED.has(type)) wrongType(kind, operator, type);
}

function checkDistinct({ kind }: Binding, operator: string, { path }: Bound, ...others: Bound[]): void {
  if (!path || !others.some((other) => other.path && shownPath(path) === shownPath(other.path))) return;
  fail(
    kind,
    `The first operand must be distinct from the remaining operands for this operator or function; operator: ${operator}, first operand: ${shownPath(path)}`,
  );
}

function checkBounds({ kind }: Binding, { constant: low }: Bound, { constant: high }: Bound): void {
  if (!low || !high) return;
  const operands = `lower bound operand: ${shownValue(low)}, upper bound operand: ${shownValue(high)}`;
  if (typeOf(low) !== typeOf(high))
    fail(kind, `The BETWEEN operator requires same data type for lower and upper bounds; ${operands}`);
  if (compareValues(low, high)! > 0)
    fail(
      kind,
      `The BETWEEN operator requires upper bound to be greater than or equal to lower bound; ${operands}`,
    );
}

/** The type that errors state for a path, whose type is unknown. */
const ANY_TYPE = "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}";
const TYPE_NAMES: ReadonlySet<string> = new Set(["B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M"]);

function call(binding: Binding, name: string, args: readonly Operand[]): Test {
  const { kind } = binding;
  switch (name) {
    case "attribute_exists":
    case "attribute_not_exists": {
      const of = pathOperand(binding, name, args[0]!);
      const expected = name === "attribute_exists";
      return (item) => (of.read(item) !== undefined) === expected;
    }
    case "attribute_type": {
      const of = pathOperand(binding, name, args[0]!);
      const { constant, type = ANY_TYPE } = bindOperand(binding, args[1]!);
      if (constant?.S === undefined) return wrongType(kind, name, type);
      if (!TYPE_NAMES.has(constant.S))
        fail(
          kind,
          `Invalid attribute type name found; type: ${constant.S}, valid types: {${[...TYPE_NAMES].join(",")}}`,
        );
      return (item) => {
        const value = of.read(item);
        return value !== undefined && typeOf(value) === constant.S;
      };
    }
    case "begins_with": {
      const [of, prefix] = args.map((one) => bindOperand(binding, one));
      checkDistinct(binding, name, of!, prefix!);
      for (const { type } of [of!, prefix!])
        if (type && type !== "S" && type !== "B") wrongType(kind, name, type);
      return (item) => beginsWith(of!.read(item), prefix!.read(item));
    }
    default: {
      const [of, element] = args.map((one) => bindOperand(binding, one));
      checkDistinct(binding, name, of!, element!);
      return (item) => contains(of!.read(item), element!.read(item));
    }
  }
}

function pathOperand(binding: Binding, name: string, operand: Operand): Bound {
  const bound = bindOperand(binding, operand);
  if (!bound.path)
    fail(binding.kind, `Operator or function requires a document path; operator or function: ${name}`);
  return bound;
}

export function beginsWith(value: Value | undefined, prefix: Value | undefined): boolean {
  if (value?.S !== undefined && prefix?.S !== undefined) return value.S.startsWith(prefix.S);
  if (!value?.B || !prefix?.B) return false;
  return Buffer.compare(value.B.subarray(0, prefix.B.length), prefix.B) === 0;
}

/** Whether a string contains a substring, or a set or list an element. */
export function contains(value: Value | undefined, element: Value | undefined): boolean {
  if (!value || !element) return false;
  if (value.S !== undefined) return element.S !== undefined && hasText(value.S, element.S);
  if (value.B) return element.B !== undefined && hasBytes(value.B, element.B);
  if (value.SS) return element.S !== undefined && value.SS.includes(element.S);
  if (value.NS) return element.N !== undefined && value.NS.includes(element.N);
  if (value.BS) return element.B !== undefined && bytesIn(value.BS).has(base64(element.B));
  return value.L !== undefined && hasElement(value, element);
}

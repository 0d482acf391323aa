import { remembered } from "#lib/remembered.ts";
import { emptyKey, invalid, invalidParameters } from "../errors.ts";
import { checkKeySizes, partitionNames, sortNames } from "../items/keys.ts";
import type { KeyNames } from "../store.ts";
import { type Item, type TypeName, typeOf, type Value } from "../values/value.ts";
import { checkBounds, checkOrdered } from "./conditions.ts";
import { type Condition, type Operand, parseCondition } from "./grammar.ts";
import { type Binding, bindOperand, checkCount, checkName, fail, wrongType } from "./operands.ts";
import type { Placeholders } from "./placeholders.ts";

/** What a query says of one attribute of a key. */
export interface KeyCondition {
  operator: "=" | "<" | "<=" | ">" | ">=" | "BETWEEN" | "begins_with";
  values: readonly Value[];
}

const KIND = "KeyConditionExpression";
const parsed = remembered(2_000, (source) => parseCondition(KIND, source));

/** By attribute. @throws {AwsError} ValidationException */
export function keyConditionsOf(source: string, holders: Placeholders): Map<string, KeyCondition> {
  const found = new Map<string, KeyCondition>();
  for (const one of conjunction(parsed(source))) {
    const [name, condition] = keyCondition({ kind: KIND, holders }, one);
    if (found.has(name)) fail(KIND, "KeyConditionExpressions must only contain one condition per key");
    found.set(name, condition);
  }
  return found;
}

function conjunction(condition: Condition): Condition[] {
  if (condition.type === "and") return [...conjunction(condition.left), ...conjunction(condition.right)];
  if (condition.type === "or" || condition.type === "not")
    fail(KIND, `Invalid operator used in KeyConditionExpression: ${condition.type.toUpperCase()}`);
  return [condition];
}

function keyCondition(binding: Binding, condition: Condition): [string, KeyCondition] {
  switch (condition.type) {
    case "compare": {
      if (condition.operator === "<>") fail(KIND, "Invalid operator used in KeyConditionExpression: <>");
      const sides = [condition.left, condition.right];
      const isTurned = condition.left.type === "value" && condition.right.type === "path";
      const [of, to] = isTurned ? sides.reverse() : sides;
      const value = bindOperand(binding, to!);
      checkOrdered(binding, condition.operator, value);
      const operator = isTurned ? TURNED[condition.operator]! : condition.operator;
      return [attributeOf(binding, of!), { operator: operator as "=", values: [constant(value.constant)] }];
    }
    case "between": {
      const [low, high] = [condition.low, condition.high].map((one) => bindOperand(binding, one));
      for (const bound of [low!, high!]) checkOrdered(binding, "BETWEEN", bound);
      checkBounds(binding, low!, high!);
      const values = [constant(low!.constant), constant(high!.constant)];
      return [attributeOf(binding, condition.operand), { operator: "BETWEEN", values }];
    }
    case "call": {
      checkName(KIND, condition.name);
      if (condition.name !== "begins_with")
        fail(KIND, `Invalid operator used in KeyConditionExpression: ${condition.name}`);
      checkCount(KIND, condition, 2);
      const [of, prefix] = condition.args;
      if (of!.type !== "path")
        fail(
          KIND,
          "Invalid condition in KeyConditionExpression: begins_with operator must have the key attribute as its first operand",
        );
      const value = prefix && constant(bindOperand(binding, prefix).constant);
      if (value && value.S === undefined && value.B === undefined)
        wrongType(KIND, "begins_with", typeOf(value));
      return [attributeOf(binding, of!), { operator: "begins_with", values: [value!] }];
    }
    default:
      return fail(KIND, `Invalid operator used in KeyConditionExpression: ${condition.type.toUpperCase()}`);
  }
}

const TURNED: Record<string, string> = { "=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<=" };

function attributeOf({ kind, holders }: Binding, operand: Operand): string {
  if (operand.type === "call") fail(KIND, "KeyConditionExpressions cannot contain nested operations");
  if (operand.type !== "path")
    return fail(KIND, "Invalid condition in KeyConditionExpression: No key attribute specified");
  const path = holders.path(kind, operand.path);
  if (path.length > 1) fail(KIND, "KeyConditionExpressions cannot have conditions on nested attributes");
  return String(path[0]);
}

function constant(value: Value | undefined): Value {
  return (
    value ??
    fail(KIND, "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition")
  );
}

/** Which part of a table or index a query is about. */
export interface KeyRange {
  /** Of the attributes by which items are found. */
  partition: Item;
  /** Values of the first attributes in whose order items stand; and what is said of the one behind them. */
  equal: readonly Value[];
  sort: KeyCondition | undefined;
}

/**
 * Holds conditions to the key that they are about.
 * @throws {AwsError} ValidationException
 */
export function keyRangeOf(
  conditions: ReadonlyMap<string, KeyCondition>,
  key: KeyNames,
  types: Readonly<Record<string, string>>,
): KeyRange {
  const partition: Item = {};
  for (const name of partitionNames(key)) {
    const condition = conditions.get(name);
    if (!condition) throw missed(name);
    if (condition.operator !== "=") throw invalid("Query key condition not supported");
    partition[name] = condition.values[0]!;
  }
  const sorts = sortNames(key);
  const asked = sorts.findLastIndex((name) => conditions.has(name));
  const count = Object.keys(partition).length + asked + 1;
  const gap = sorts.find((name, at) => at < Math.max(asked, 1) && !conditions.has(name));
  if (gap !== undefined && (asked > 0 || conditions.size > count)) throw missed(gap);
  if (conditions.size > count) throw invalid("Query key condition not supported");
  checkValues(conditions, types);
  const said = sorts.slice(0, asked + 1).map((name) => conditions.get(name)!);
  const equal = said.slice(0, -1);
  if (equal.some(({ operator }) => operator !== "=")) throw invalid("Query key condition not supported");
  for (const value of said.at(-1)?.values ?? []) checkKeySizes(key, { ...partition, [sorts[asked]!]: value });
  return { partition, equal: equal.map(({ values }) => values[0]!), sort: said.at(-1) };
}

const missed = (name: string) => invalid(`Query condition missed key schema element: ${name}`);

function checkValues(
  conditions: ReadonlyMap<string, KeyCondition>,
  types: Readonly<Record<string, string>>,
): void {
  for (const [name, { values }] of conditions) {
    for (const value of values) {
      const type: TypeName = typeOf(value);
      if (type !== types[name])
        throw invalidParameters("Condition parameter type does not match schema type");
      if (value.S === "" || value.B?.length === 0)
        throw emptyKey(
          `The AttributeValue for a key attribute cannot contain an empty ${type === "S" ? "string" : "binary"} value. Key: ${name}`,
        );
    }
  }
}

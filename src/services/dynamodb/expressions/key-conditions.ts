import { memoizeByText } from "#lib/memoize.ts";
import { emptyKey, invalid, invalidParameters } from "../errors.ts";
import { checkKeySizes, namesOf, partitionNames, sortNames } from "../items/keys.ts";
import type { KeyNames } from "../store.ts";
import { compareValues, type Item, isEqual, type TypeName, typeOf, type Value } from "../values/value.ts";
import { beginsWith, testOf } from "./conditions.ts";
import { type Condition, type Operand, parseCondition } from "./grammar.ts";
import type { Placeholders } from "./placeholders.ts";

/** The condition of a query on one key attribute. */
export interface KeyCondition {
  operator: "=" | "<" | "<=" | ">" | ">=" | "BETWEEN" | "begins_with";
  values: readonly Value[];
}

const KIND = "KeyConditionExpression";
const parsed = memoizeByText(2_000, (source) => parseCondition(KIND, source));

/**
 * Parses a key condition and checks what applies to every condition. The rules for keys alone are checked later, by
 * `keyConditionsOf`, since AWS reports the faults of all other expressions first.
 * @throws {AwsError} ValidationException
 */
export function keyConditionOf(source: string, placeholderMap: Placeholders): Condition {
  const condition = parsed(source);
  testOf(KIND, condition, placeholderMap);
  return condition;
}

/** The conditions on key attributes, by attribute name. @throws {AwsError} ValidationException */
export function keyConditionsOf(
  condition: Condition,
  placeholderMap: Placeholders,
): Map<string, KeyCondition> {
  const conditions = new Map<string, KeyCondition>();
  collect(conditions, placeholderMap, condition);
  return conditions;
}

function collect(
  conditions: Map<string, KeyCondition>,
  placeholderMap: Placeholders,
  condition: Condition,
): void {
  if (condition.type === "and") {
    collect(conditions, placeholderMap, condition.left);
    collect(conditions, placeholderMap, condition.right);
    return;
  }
  const { operator, operands } = checkedOperation(condition);
  const at = pathPosition(operands);
  const name = String(placeholderMap.path(KIND, (operands[at] as Operand & { type: "path" }).path)[0]);
  if (conditions.has(name)) throw invalid("KeyConditionExpressions must only contain one condition per key");
  const values = operands
    .filter((operand) => operand.type === "value")
    .map((operand) => placeholderMap.value(KIND, operand.name));
  conditions.set(name, { operator: at === 0 ? operator : MIRRORED[operator]!, values });
}

const wrongOperator = (name: string) => invalid(`Invalid operator used in ${KIND}: ${name}`);
const wrongCondition = (why: string) => invalid(`Invalid condition in ${KIND}: ${why}`);
const notFirst = (operator: string) =>
  wrongCondition(`${operator} operator must have the key attribute as its first operand`);

function checkedOperation(condition: Exclude<Condition, { type: "and" }>): {
  operator: KeyCondition["operator"];
  operands: readonly Operand[];
} {
  switch (condition.type) {
    case "compare": {
      const { operator, left, right } = condition;
      if (operator === "<>") throw wrongOperator(operator);
      return { operator, operands: [left, right] };
    }
    case "between": {
      const { operand, low, high } = condition;
      if (low.type === "path" || high.type === "path") throw notFirst("BETWEEN");
      return { operator: "BETWEEN", operands: [operand, low, high] };
    }
    case "call":
      if (condition.name !== "begins_with") throw wrongOperator(condition.name);
      if (condition.args[0]!.type !== "path") throw notFirst("begins_with");
      return { operator: "begins_with", operands: condition.args };
    default:
      throw wrongOperator(condition.type.toUpperCase());
  }
}

/** The position of the attribute among a condition's operands, of which exactly one must be a path. */
function pathPosition(operands: readonly Operand[]): number {
  let nameAt = -1;
  for (const [at, operand] of operands.entries()) {
    if (operand.type === "call") throw invalid("KeyConditionExpressions cannot contain nested operations");
    if (operand.type === "value") continue;
    if (nameAt >= 0) throw wrongCondition("Multiple attribute names used in one condition");
    if (operand.path.length > 1)
      throw invalid("KeyConditionExpressions cannot have conditions on nested attributes");
    nameAt = at;
  }
  if (nameAt < 0) throw wrongCondition("No key attribute specified");
  return nameAt;
}

const MIRRORED: Partial<Record<KeyCondition["operator"], KeyCondition["operator"]>> = {
  "=": "=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

/** The part of a table or index that a query reads. */
export interface KeyRange {
  /** The values of the partition key attributes. */
  partition: Item;
  /** The values of the first sort key attributes; `sort` is the condition on the next one. */
  equal: readonly Value[];
  sort: KeyCondition | undefined;
}

/**
 * Checks key conditions against a key schema.
 * @throws {AwsError} ValidationException
 */
export function keyRangeOf(
  conditions: ReadonlyMap<string, KeyCondition>,
  key: KeyNames,
  types: Readonly<Record<string, string>>,
): KeyRange {
  const partition: Item = Object.create(null);
  for (const name of partitionNames(key)) {
    const condition = conditions.get(name);
    if (!condition) throw missed(name);
    if (condition.operator !== "=") throw invalid("Query key condition not supported");
    partition[name] = condition.values[0]!;
  }
  const sorts = sortNames(key);
  const lastSort = sorts.findLastIndex((name) => conditions.has(name));
  const count = Object.keys(partition).length + lastSort + 1;
  const gap = sorts.find((name, at) => at < Math.max(lastSort, 1) && !conditions.has(name));
  if (gap !== undefined && (lastSort > 0 || conditions.size > count)) throw missed(gap);
  if (conditions.size > count) throw invalid("Query key condition not supported");
  checkValues(conditions, types);
  const sortConditions = sorts.slice(0, lastSort + 1).map((name) => conditions.get(name)!);
  const equal = sortConditions.slice(0, -1);
  if (equal.some(({ operator }) => operator !== "=")) throw invalid("Query key condition not supported");
  const last = sortConditions.at(-1)?.values ?? [];
  if (last.length === 0) checkKeySizes(key, partition);
  for (const value of last) checkKeySizes(key, { ...partition, [sorts[lastSort]!]: value });
  return { partition, equal: equal.map(({ values }) => values[0]!), sort: sortConditions.at(-1) };
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

export const isInPartition = ({ partition }: KeyRange, key: KeyNames, item: Item): boolean =>
  partitionNames(key).every((name) => isEqual(item[name]!, partition[name]!));

/** Whether the sort key of an item is in a range. */
export function meetsSort({ equal, sort }: KeyRange, key: KeyNames, item: Item): boolean {
  const sorts = sortNames(key);
  const isEqualBefore = equal.every((value, at) => isEqual(item[sorts[at]!]!, value));
  return isEqualBefore && (!sort || meets(sort, item[sorts[equal.length]!]!));
}

function meets({ operator, values: [low, high] }: KeyCondition, value: Value): boolean {
  const order = compareValues(value, low!)!;
  switch (operator) {
    case "=":
      return order === 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
    case "BETWEEN":
      return order >= 0 && compareValues(value, high!)! <= 0;
    default:
      return beginsWith(value, low);
  }
}

/** Checks that a filter contains no key attributes, which only key conditions may. @throws {AwsError} ValidationException */
export function checkNoKeys(
  key: KeyNames,
  where: string,
  filtered: ReadonlySet<string> | ReadonlyMap<string, unknown>,
): void {
  const name = namesOf(key).find((one) => filtered.has(one));
  if (name !== undefined)
    throw invalid(`${where} can only contain non-primary key attributes: Primary key attribute: ${name}`);
}

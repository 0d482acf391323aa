import { invalid, invalidParameters } from "../errors.ts";
import type { Comparator, Condition, Operand } from "../expressions/grammar.ts";
import type { KeyCondition } from "../expressions/key-conditions.ts";
import { namesOf, partitionNames, sortNames } from "../items/keys.ts";
import type { KeyNames, Table } from "../store.ts";
import { type Item, isEqual, typeOf, type Value } from "../values/value.ts";

/** The single item that a condition selects by its key, and the rest of the condition. */
export interface Singleton {
  key: Item;
  rest: Condition | undefined;
}

/** The part of a table or index that a condition can match: all of it if `partitions` is `undefined`. */
export interface Reach {
  /** The possible values of the partition key attributes. */
  partitions: readonly Item[] | undefined;
  /** The values of the first sort key attributes; `sort` is the condition on the next one. */
  equal: readonly Value[];
  sort: KeyCondition | undefined;
}

const MAX_PARTITIONS = 50;

/** `undefined` if the condition has no equality for every key attribute. */
export function singletonIn(
  key: KeyNames,
  where: Condition | undefined,
  values: readonly Value[],
): Singleton | undefined {
  const rest = conjuncts(where);
  const found: Item = Object.create(null);
  for (const name of namesOf(key)) {
    const at = rest.findIndex((one) => comparedWith(one, name, values)?.operator === "=");
    if (at < 0) return undefined;
    found[name] = comparedWith(rest[at]!, name, values)!.value;
    rest.splice(at, 1);
  }
  return { key: found, rest: rest.length > 0 ? rest.reduce(and) : undefined };
}

/** @throws {AwsError} ValidationException for a key of another type than the table's */
export function reachOf(
  { types }: Table,
  key: KeyNames,
  where: Condition | undefined,
  values: readonly Value[],
): Reach {
  const parts = conjuncts(where);
  let partitions: Item[] | undefined = [{}];
  for (const name of partitionNames(key)) {
    const found = firstOf(parts, (one) => equals(one, name, values));
    for (const value of found ?? []) checkType(types[name], value);
    partitions = found && partitions && combined(partitions, name, distinct(found));
  }
  const equal: Value[] = [];
  let sort: KeyCondition | undefined;
  for (const name of sortNames(key)) {
    const found = firstOf(parts, (one) => sortCondition(one, name, values));
    if (!found) break;
    for (const value of found.values) checkType(types[name], value);
    if (sort) equal.push(sort.values[0]!);
    sort = found;
    if (found.operator !== "=") break;
  }
  return { partitions, equal, sort };
}

/** The combinations of key values. @throws {AwsError} ValidationException if there are too many */
function combined(partitions: readonly Item[], name: string, values: readonly Value[]): Item[] {
  const count = partitions.length * values.length;
  if (count > MAX_PARTITIONS)
    throw invalid(`The IN operator is provided with too many operands; number of operands: ${count}`);
  return partitions.flatMap((partition) => values.map((value) => ({ ...partition, [name]: value })));
}

const distinct = (values: readonly Value[]) =>
  values.filter((one, at) => values.findIndex((other) => isEqual(one, other)) === at);

function checkType(type: string | undefined, value: Value): void {
  if (typeOf(value) !== type) throw invalidParameters("Condition parameter type does not match schema type");
}

const and = (left: Condition, right: Condition): Condition => ({ type: "and", left, right });

/** The operands of a condition's outermost ANDs. */
function conjuncts(where: Condition | undefined): Condition[] {
  if (!where) return [];
  if (where.type !== "and") return [where];
  return [...conjuncts(where.left), ...conjuncts(where.right)];
}

function firstOf<T>(parts: readonly Condition[], find: (one: Condition) => T | undefined): T | undefined {
  for (const part of parts) {
    const found = find(part);
    if (found !== undefined) return found;
  }
  return undefined;
}

const isAttribute = (operand: Operand | undefined, name: string) =>
  operand?.type === "path" && operand.path.length === 1 && operand.path[0] === name;
const valueIn = (operand: Operand | undefined, values: readonly Value[]) =>
  operand?.type === "value" ? values[Number(operand.name)]! : undefined;
const allIn = (operands: readonly Operand[], values: readonly Value[]) => {
  const found = operands.map((one) => valueIn(one, values));
  return found.every((value) => value !== undefined) ? found : undefined;
};

const MIRRORED: Record<Comparator, Comparator> = {
  "=": "=",
  "<>": "<>",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

function comparedWith(one: Condition, name: string, values: readonly Value[]) {
  if (one.type !== "compare") return undefined;
  const { left, right, operator } = one;
  const value = isAttribute(left, name) ? valueIn(right, values) : undefined;
  if (value) return { operator, value };
  const other = isAttribute(right, name) ? valueIn(left, values) : undefined;
  return other && { operator: MIRRORED[operator], value: other };
}

function equals(one: Condition, name: string, values: readonly Value[]): readonly Value[] | undefined {
  const compared = comparedWith(one, name, values);
  if (compared?.operator === "=") return [compared.value];
  if (one.type === "in") return isAttribute(one.operand, name) ? allIn(one.list, values) : undefined;
  if (one.type !== "or") return undefined;
  const [left, right] = [equals(one.left, name, values), equals(one.right, name, values)];
  // More alternatives are matched by a full scan.
  return left && right && left.length + right.length <= MAX_PARTITIONS ? [...left, ...right] : undefined;
}

function sortCondition(one: Condition, name: string, values: readonly Value[]): KeyCondition | undefined {
  const compared = comparedWith(one, name, values);
  if (compared && compared.operator !== "<>")
    return { operator: compared.operator, values: [compared.value] };
  if (one.type === "between" && isAttribute(one.operand, name)) {
    const bounds = allIn([one.low, one.high], values);
    return bounds && { operator: "BETWEEN", values: bounds };
  }
  if (one.type === "call" && one.name === "begins_with" && isAttribute(one.args[0], name)) {
    const prefix = valueIn(one.args[1], values);
    return prefix && prefix.N === undefined ? { operator: "begins_with", values: [prefix] } : undefined;
  }
  return undefined;
}

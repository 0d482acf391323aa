import { setOwn } from "#aws/protocols/values/malformed.ts";
import { memoizeByText } from "#lib/memoize.ts";
import { invalid } from "../errors.ts";
import { addDecimals, type Decimal, formatDecimal, isShort, negated } from "../values/decimal.ts";
import { decimalIn, decimalOf, type Item, type TypeName, typeOf, type Value } from "../values/value.ts";
import { fail, wrongType } from "./faults.ts";
import { checkCount, checkUpdateFunction, throwFirstFault, type Visitor, walkOperand } from "./functions.ts";
import { type Operand, type Path, parseUpdate, type SetOperand, type UpdateActions } from "./grammar.ts";
import { clashIn, valueAt } from "./paths.ts";
import type { Placeholders } from "./placeholders.ts";

/** An update with its placeholders resolved. */
export interface Update {
  paths: readonly Path[];
  /** The paths that are written rather than removed. */
  written: readonly Path[];
  /** Whether it comes from the legacy `AttributeUpdates`, whose errors have other messages. */
  isOlder?: true;
  /** Whether it only removes, and so creates no item. */
  isRemoval: boolean;
  /** Returns a changed copy of an item. @throws {AwsError} ValidationException */
  apply(item: Item): Item;
}

const KIND = "UpdateExpression";
const parsed = memoizeByText(2_000, parseUpdate);

/** @throws {AwsError} ValidationException */
export function updateOf(source: string, placeholderMap: Placeholders): Update {
  return updateBy(parsed(source), placeholderMap);
}

/** @throws {AwsError} ValidationException */
export function updateBy(actions: UpdateActions, placeholderMap: Placeholders): Update {
  try {
    return bind(actions, placeholderMap);
  } catch (error) {
    const operands = [
      ...actions.set.flatMap(({ path, to }) => [{ type: "path", path } as const, to]),
      ...actions.remove.map((path) => ({ type: "path", path }) as const),
      ...[...actions.add, ...actions.delete].flatMap(({ path, value }) => [
        { type: "path", path } as const,
        value,
      ]),
    ];
    const walk = (visitor: Visitor) => {
      for (const operand of operands) walkOperand(operand, visitor);
    };
    throwFirstFault(KIND, placeholderMap, walk, checkUpdateFunction);
    throw error;
  }
}

function bind({ set, remove, add, delete: deletions }: UpdateActions, placeholderMap: Placeholders): Update {
  const pathOf = (path: Path) => placeholderMap.path(KIND, path);
  const assignments = set.map(({ path, to }) => ({ path: pathOf(path), value: bindSum(placeholderMap, to) }));
  const removals = remove.map(pathOf);
  const additions = add.map(({ path, value }) => ({
    path: pathOf(path),
    value: constantFor("ADD", placeholderMap, value),
  }));
  const subtractions = deletions.map(({ path, value }) => ({
    path: pathOf(path),
    value: constantFor("DELETE", placeholderMap, value),
  }));
  const paths = [
    ...assignments.map(({ path }) => path),
    ...removals,
    ...additions.map(({ path }) => path),
    ...subtractions.map(({ path }) => path),
  ];
  const clash = clashIn(paths);
  if (clash) fail(KIND, clash);
  const changes: { path: Path; value: (item: Item) => Change }[] = [
    ...assignments,
    ...additions.map(({ path, value }) => ({
      path,
      value: (item: Item) => added(valueAt(item, path), value),
    })),
    ...subtractions.map(({ path, value }) => ({
      path,
      value: (item: Item) => without(valueAt(item, path), value),
    })),
  ];
  // Values past the end of a list are appended in the order of their indexes.
  const inOrder = changes.toSorted((a, b) => comparePaths(a.path, b.path));
  const nested = new Set(paths.filter(({ length }) => length > 1).map(([name]) => name!));

  return {
    paths,
    written: changes.map(({ path }) => path),
    isRemoval: assignments.length + additions.length === 0,
    apply(item) {
      const changed: Item = { ...item };
      // Attributes with nested changes are copied before they are written to.
      for (const name of nested) if (Object.hasOwn(item, name)) changed[name] = structuredClone(item[name]!);
      // All values and list indexes refer to the original item.
      const values = inOrder.map(({ value }) => value(item));
      const gone = [...removals];
      for (const [at, { path }] of inOrder.entries()) {
        const value = values[at];
        if (value === "nothing") gone.push(path);
        else if (value) write(changed, path, value);
      }
      // Removals run from the end of a list to its beginning, so that the remaining indexes stay valid.
      for (const path of gone.toSorted((a, b) => comparePaths(b, a)))
        if (isIn(item, path)) removeAt(changed, path);
      return changed;
    },
  };
}

/** The new value at a path; "nothing" removes it, `undefined` leaves it unchanged. */
type Change = ReturnType<typeof without>;
type Read = (item: Item) => Value;

const noSuchAttribute = () =>
  invalid("The provided expression refers to an attribute that does not exist in the item");
const wrongData = () => invalid("An operand in the update expression has an incorrect data type");
const noSuchPath = () => invalid("The document path provided in the update expression is invalid for update");

function bindSum(placeholderMap: Placeholders, operand: SetOperand): Read {
  if (operand.type !== "sum") return bindValue(placeholderMap, operand);
  checkTypes(placeholderMap, operand.operator, [operand.left, operand.right], "N");
  const left = bindValue(placeholderMap, operand.left);
  const right = bindValue(placeholderMap, operand.right);
  return (item) => {
    const [a, b] = [left(item).N, right(item).N];
    if (a === undefined || b === undefined) throw wrongData();
    return operand.operator === "+" ? sum(a, b) : sumOf(decimalIn(a), negated(decimalIn(b)));
  };
}

/** For short integers, JavaScript's addition is exact. */
const sum = (a: string, b: string): Value =>
  isShort(a) && isShort(b) ? { N: String(Number(a) + Number(b)) } : sumOf(decimalIn(a), decimalIn(b));

/** A sum out of range is reported with the same messages as an invalid number in a request. */
const sumOf = (a: Decimal, b: Decimal): Value => ({ N: formatDecimal(decimalOf(addDecimals(a, b))) });

function bindValue(placeholderMap: Placeholders, operand: Operand): Read {
  if (operand.type === "value") {
    const constant = placeholderMap.value(KIND, operand.name);
    return () => constant;
  }
  if (operand.type === "path") {
    const path = placeholderMap.path(KIND, operand.path);
    return (item) => {
      const value = valueAt(item, path);
      if (!value) throw noSuchAttribute();
      return value;
    };
  }
  const { name, args } = operand;
  checkUpdateFunction(KIND, name);
  checkCount(KIND, operand);
  if (name === "if_not_exists") {
    const [of] = args;
    if (of!.type !== "path")
      return fail(KIND, "Operator or function requires a document path; operator or function: if_not_exists");
    const path = placeholderMap.path(KIND, of!.path);
    const otherwise = bindValue(placeholderMap, args[1]!);
    return (item) => valueAt(item, path) ?? otherwise(item);
  }
  checkTypes(placeholderMap, name, args, "L");
  const [first, second] = args.map((arg) => bindValue(placeholderMap, arg));
  return (item) => {
    const [a, b] = [first!(item).L, second!(item).L];
    if (!a || !b) throw wrongData();
    return { L: [...a, ...b] };
  };
}

function checkTypes(
  placeholderMap: Placeholders,
  operator: string,
  operands: readonly SetOperand[],
  expected: TypeName,
): void {
  for (const operand of operands) {
    const type = typeIn(placeholderMap, operand);
    if (type && type !== expected) wrongType(KIND, operator, type);
  }
}

/** The type of an operand, if it does not depend on the item. */
function typeIn(placeholderMap: Placeholders, operand: SetOperand): TypeName | undefined {
  switch (operand.type) {
    case "value":
      return typeOf(placeholderMap.value(KIND, operand.name));
    case "path":
      return undefined;
    case "sum":
      return "N";
    default:
      if (operand.name === "list_append") return "L";
      return operand.name === "if_not_exists" && operand.args[1]
        ? typeIn(placeholderMap, operand.args[1])
        : undefined;
  }
}

const LONG_NAMES: Record<TypeName, string> = {
  S: "STRING",
  N: "NUMBER",
  B: "BINARY",
  SS: "STRING_SET",
  NS: "NUMBER_SET",
  BS: "BINARY_SET",
  M: "MAP",
  L: "LIST",
  NULL: "NULL",
  BOOL: "BOOLEAN",
};
const ALLOWED_TYPES = {
  ADD: new Set<TypeName>(["N", "SS", "NS", "BS"]),
  DELETE: new Set<TypeName>(["SS", "NS", "BS"]),
};

function constantFor(operator: "ADD" | "DELETE", placeholderMap: Placeholders, operand: Operand): Value {
  if (operand.type !== "value") return fail(KIND, `Syntax error; operator: ${operator}`);
  const constant = placeholderMap.value(KIND, operand.name);
  const type = typeOf(constant);
  if (!ALLOWED_TYPES[operator].has(type))
    fail(
      KIND,
      `Incorrect operand type for operator or function; operator: ${operator}, operand type: ${LONG_NAMES[type]}, typeSet: ALLOWED_FOR_${operator}_OPERAND`,
    );
  return constant;
}

/** The result of ADD: the sum of numbers, the union of sets. */
export function added(present: Value | undefined, value: Value): Value {
  if (!present) return value;
  const type = typeOf(value);
  if (typeOf(present) !== type) throw wrongData();
  if (value.N !== undefined) return sum(present.N!, value.N);
  const known = present[type] as Elements;
  return { [type]: known.concat(others(value[type] as Elements, known)) } as Value;
}

/** The result of DELETE from a set; "nothing" if no element remains, since a set is never empty. */
export function without(present: Value | undefined, value: Value): Value | "nothing" | undefined {
  if (!present) return undefined;
  const type = typeOf(value);
  if (typeOf(present) !== type) throw wrongData();
  const left = others(present[type] as Elements, value[type] as Elements);
  return left.length === 0 ? "nothing" : ({ [type]: left } as Value);
}

type Elements = (string | Uint8Array)[];

/** The elements that are not in `known`. */
function others(of: Elements, known: Elements): Elements {
  const names = new Set(known.map(elementName));
  return of.filter((one) => !names.has(elementName(one)));
}

const elementName = (one: string | Uint8Array) =>
  typeof one === "string" ? one : Buffer.from(one).toString("base64");

/** Writes a value at a path. An index past the end of a list appends the value. */
function write(item: Item, path: Path, value: Value): void {
  const last = path.at(-1)!;
  if (path.length === 1) {
    setOwn(item, String(last), value);
    return;
  }
  const parent = valueAt(item, path.slice(0, -1));
  if (typeof last === "number" && parent?.L) {
    if (last < parent.L.length) parent.L[last] = value;
    else parent.L.push(value);
  } else if (typeof last === "string" && parent?.M) setOwn(parent.M, last, value);
  else throw noSuchPath();
}

/**
 * Whether the original item has a value at a path: elements that the update itself appended are not removed.
 * @throws {AwsError} ValidationException if the path's parent does not exist
 */
function isIn(item: Item, path: Path): boolean {
  if (path.length === 1) return true;
  const parent = valueAt(item, path.slice(0, -1));
  if (!(typeof path.at(-1) === "number" ? parent?.L : parent?.M)) throw noSuchPath();
  return valueAt(item, path) !== undefined;
}

function removeAt(item: Item, path: Path): void {
  const last = path.at(-1)!;
  if (path.length === 1) {
    delete item[last];
    return;
  }
  const parent = valueAt(item, path.slice(0, -1))!;
  if (typeof last === "number") parent.L!.splice(last, 1);
  else delete parent.M![last];
}

function comparePaths(a: Path, b: Path): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const [x, y] = [a[at]!, b[at]!];
    if (x !== y)
      return typeof x === "number" && typeof y === "number" ? x - y : String(x) < String(y) ? -1 : 1;
  }
  return a.length - b.length;
}

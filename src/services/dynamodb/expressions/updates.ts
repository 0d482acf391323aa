import { setOwn } from "#aws/protocols/malformed.ts";
import { memoizeByText } from "#lib/memoize.ts";
import { invalid } from "../errors.ts";
import { addDecimals, type Decimal, formatDecimal, isShort, negated } from "../values/decimal.ts";
import { decimalIn, decimalOf, type Item, type TypeName, typeOf, type Value } from "../values/value.ts";
import { fail, wrongType } from "./faults.ts";
import { checkCount, checkUpdating, type Look, tellForemost, walkOperand } from "./functions.ts";
import { type Operand, type Path, parseUpdate, type SetOperand, type UpdateActions } from "./grammar.ts";
import { clashIn, valueAt } from "./paths.ts";
import type { Placeholders } from "./placeholders.ts";

/** A bound update: what it makes of an item, and which paths it writes. */
export interface Update {
  paths: readonly Path[];
  /** Those that are written into, and not taken away. */
  written: readonly Path[];
  /** From before there were expressions: it is refused in other words. */
  isOlder?: true;
  /** It takes away only, and so makes no item where there is none. */
  isRemoval: boolean;
  /** A new item; the old one stays as it is. @throws {AwsError} ValidationException */
  apply(item: Item): Item;
}

const KIND = "UpdateExpression";
const parsed = memoizeByText(2_000, parseUpdate);

/** @throws {AwsError} ValidationException */
export function updateOf(source: string, holders: Placeholders): Update {
  return updateBy(parsed(source), holders);
}

/** @throws {AwsError} ValidationException */
export function updateBy(actions: UpdateActions, holders: Placeholders): Update {
  try {
    return bind(actions, holders);
  } catch (error) {
    const operands = [
      ...actions.set.flatMap(({ path, to }) => [{ type: "path", path } as const, to]),
      ...actions.remove.map((path) => ({ type: "path", path }) as const),
      ...[...actions.add, ...actions.delete].flatMap(({ path, value }) => [
        { type: "path", path } as const,
        value,
      ]),
    ];
    const walk = (look: Look) => {
      for (const operand of operands) walkOperand(operand, look);
    };
    tellForemost(KIND, holders, walk, checkUpdating);
    throw error;
  }
}

function bind({ set, remove, add, delete: deletions }: UpdateActions, holders: Placeholders): Update {
  const pathOf = (path: Path) => holders.path(KIND, path);
  const assignments = set.map(({ path, to }) => ({ path: pathOf(path), value: bindSum(holders, to) }));
  const removals = remove.map(pathOf);
  const additions = add.map(({ path, value }) => ({
    path: pathOf(path),
    value: constantFor("ADD", holders, value),
  }));
  const subtractions = deletions.map(({ path, value }) => ({
    path: pathOf(path),
    value: constantFor("DELETE", holders, value),
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
  // What is appended to a list stands in the order of the places that were named for it.
  const inOrder = changes.toSorted((a, b) => byPlace(a.path, b.path));
  const nested = new Set(paths.filter(({ length }) => length > 1).map(([name]) => name!));

  return {
    paths,
    written: changes.map(({ path }) => path),
    isRemoval: assignments.length + additions.length === 0,
    apply(item) {
      const changed: Item = { ...item };
      // What is written into is written into a copy.
      for (const name of nested) if (Object.hasOwn(item, name)) changed[name] = structuredClone(item[name]!);
      // Every value is taken from the item as it was, and every place is one in it.
      const values = inOrder.map(({ value }) => value(item));
      const gone = [...removals];
      for (const [at, { path }] of inOrder.entries()) {
        const value = values[at];
        if (value === "nothing") gone.push(path);
        else if (value) write(changed, path, value);
      }
      // From the end of a list to its beginning, so that no place moves before its turn.
      for (const path of gone.toSorted((a, b) => byPlace(b, a))) if (isIn(item, path)) erase(changed, path);
      return changed;
    },
  };
}

/** What is to stand in a place: nothing at all, or, where it is undefined, what is there. */
type Change = ReturnType<typeof without>;
type Read = (item: Item) => Value;

const noSuchAttribute = () =>
  invalid("The provided expression refers to an attribute that does not exist in the item");
const wrongData = () => invalid("An operand in the update expression has an incorrect data type");
const noSuchPath = () => invalid("The document path provided in the update expression is invalid for update");

function bindSum(holders: Placeholders, operand: SetOperand): Read {
  if (operand.type !== "sum") return bindValue(holders, operand);
  checkTypes(holders, operand.operator, [operand.left, operand.right], "N");
  const left = bindValue(holders, operand.left);
  const right = bindValue(holders, operand.right);
  return (item) => {
    const [a, b] = [left(item).N, right(item).N];
    if (a === undefined || b === undefined) throw wrongData();
    return operand.operator === "+" ? sum(a, b) : sumOf(decimalIn(a), negated(decimalIn(b)));
  };
}

/** Of most numbers the engine's own is right. */
const sum = (a: string, b: string): Value =>
  isShort(a) && isShort(b) ? { N: String(Number(a) + Number(b)) } : sumOf(decimalIn(a), decimalIn(b));

/** A fault of the sum is told in the words of a number that was sent. */
const sumOf = (a: Decimal, b: Decimal): Value => ({ N: formatDecimal(decimalOf(addDecimals(a, b))) });

function bindValue(holders: Placeholders, operand: Operand): Read {
  if (operand.type === "value") {
    const constant = holders.value(KIND, operand.name);
    return () => constant;
  }
  if (operand.type === "path") {
    const path = holders.path(KIND, operand.path);
    return (item) => {
      const value = valueAt(item, path);
      if (!value) throw noSuchAttribute();
      return value;
    };
  }
  const { name, args } = operand;
  checkUpdating(KIND, name);
  checkCount(KIND, operand);
  if (name === "if_not_exists") {
    const [of] = args;
    if (of!.type !== "path")
      return fail(KIND, "Operator or function requires a document path; operator or function: if_not_exists");
    const path = holders.path(KIND, of!.path);
    const otherwise = bindValue(holders, args[1]!);
    return (item) => valueAt(item, path) ?? otherwise(item);
  }
  checkTypes(holders, name, args, "L");
  const [first, second] = args.map((arg) => bindValue(holders, arg));
  return (item) => {
    const [a, b] = [first!(item).L, second!(item).L];
    if (!a || !b) throw wrongData();
    return { L: [...a, ...b] };
  };
}

function checkTypes(
  holders: Placeholders,
  operator: string,
  operands: readonly SetOperand[],
  due: TypeName,
): void {
  for (const operand of operands) {
    const type = typeIn(holders, operand);
    if (type && type !== due) wrongType(KIND, operator, type);
  }
}

/** Where it is known without the item. */
function typeIn(holders: Placeholders, operand: SetOperand): TypeName | undefined {
  switch (operand.type) {
    case "value":
      return typeOf(holders.value(KIND, operand.name));
    case "path":
      return undefined;
    case "sum":
      return "N";
    default:
      if (operand.name === "list_append") return "L";
      return operand.name === "if_not_exists" && operand.args[1]
        ? typeIn(holders, operand.args[1])
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
const TAKEN = {
  ADD: new Set<TypeName>(["N", "SS", "NS", "BS"]),
  DELETE: new Set<TypeName>(["SS", "NS", "BS"]),
};

function constantFor(operator: "ADD" | "DELETE", holders: Placeholders, operand: Operand): Value {
  if (operand.type !== "value") return fail(KIND, `Syntax error; operator: ${operator}`);
  const constant = holders.value(KIND, operand.name);
  const type = typeOf(constant);
  if (!TAKEN[operator].has(type))
    fail(
      KIND,
      `Incorrect operand type for operator or function; operator: ${operator}, operand type: ${LONG_NAMES[type]}, typeSet: ALLOWED_FOR_${operator}_OPERAND`,
    );
  return constant;
}

/** What ADD makes: of numbers their sum, of sets their union. */
export function added(present: Value | undefined, value: Value): Value {
  if (!present) return value;
  const type = typeOf(value);
  if (typeOf(present) !== type) throw wrongData();
  if (value.N !== undefined) return sum(present.N!, value.N);
  const known = present[type] as Elements;
  return { [type]: known.concat(others(value[type] as Elements, known)) } as Value;
}

/** What DELETE leaves of a set; a set is never empty. */
export function without(present: Value | undefined, value: Value): Value | "nothing" | undefined {
  if (!present) return undefined;
  const type = typeOf(value);
  if (typeOf(present) !== type) throw wrongData();
  const left = others(present[type] as Elements, value[type] as Elements);
  return left.length === 0 ? "nothing" : ({ [type]: left } as Value);
}

type Elements = (string | Uint8Array)[];

/** Those of some elements that are not among others. */
function others(of: Elements, known: Elements): Elements {
  const names = new Set(known.map(elementName));
  return of.filter((one) => !names.has(elementName(one)));
}

const elementName = (one: string | Uint8Array) =>
  typeof one === "string" ? one : Buffer.from(one).toString("base64");

/** Behind the end of a list a value is appended, wherever it was to be. */
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

/** Of an item as it was: what was appended just now stays. @throws {AwsError} for a path that leads into nothing */
function isIn(item: Item, path: Path): boolean {
  if (path.length === 1) return true;
  const parent = valueAt(item, path.slice(0, -1));
  if (!(typeof path.at(-1) === "number" ? parent?.L : parent?.M)) throw noSuchPath();
  return valueAt(item, path) !== undefined;
}

function erase(item: Item, path: Path): void {
  const last = path.at(-1)!;
  if (path.length === 1) {
    delete item[last];
    return;
  }
  const parent = valueAt(item, path.slice(0, -1))!;
  if (typeof last === "number") parent.L!.splice(last, 1);
  else delete parent.M![last];
}

function byPlace(a: Path, b: Path): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const [x, y] = [a[at]!, b[at]!];
    if (x !== y)
      return typeof x === "number" && typeof y === "number" ? x - y : String(x) < String(y) ? -1 : 1;
  }
  return a.length - b.length;
}

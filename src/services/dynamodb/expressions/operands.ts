import { invalid } from "../errors.ts";
import { sizeOf } from "../values/size.ts";
import { type Item, type TypeName, typeOf, type Value } from "../values/value.ts";
import type { Operand, Path } from "./grammar.ts";
import { valueAt } from "./paths.ts";
import type { Placeholders } from "./placeholders.ts";
import type { Kind } from "./tokens.ts";

/** An operand of a condition, its placeholders filled. */
export interface Bound {
  /** Of what stands in the item. */
  path?: Path;
  /** Of a constant. */
  constant?: Value;
  read(item: Item): Value | undefined;
}

/** Whose expression it is, and what stands for names and values in it. */
export interface Binding {
  kind: Kind;
  holders: Placeholders;
}

export const fail = (kind: Kind, message: string): never => {
  throw invalid(`Invalid ${kind}: ${message}`);
};

export const wrongType = (kind: Kind, operator: string, type: string): never =>
  fail(
    kind,
    `Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${type}`,
  );

const misused = (kind: Kind, name: string) =>
  fail(kind, `The function is not allowed to be used this way in an expression; function: ${name}`);

/** @throws {AwsError} ValidationException */
export function bindOperand({ kind, holders }: Binding, operand: Operand): Bound {
  if (operand.type === "path") {
    const path = holders.path(kind, operand.path);
    return { path, read: (item) => valueAt(item, path) };
  }
  if (operand.type === "value") {
    const constant = holders.value(kind, operand.name);
    return { constant, read: () => constant };
  }
  checkName(kind, operand.name);
  if (operand.name !== "size") misused(kind, operand.name);
  checkCount(kind, operand, 1);
  if (operand.args[0]!.type === "call") misused(kind, operand.args[0]!.name);
  const of = bindOperand({ kind, holders }, operand.args[0]!);
  if (of.constant && !MEASURABLE.has(typeOf(of.constant))) wrongType(kind, "size", typeOf(of.constant));
  return {
    read(item) {
      const value = of.read(item);
      const size = value && measured(value);
      return size === undefined ? undefined : { N: String(size) };
    },
  };
}

const FUNCTIONS = new Set([
  "attribute_exists",
  "attribute_not_exists",
  "attribute_type",
  "begins_with",
  "contains",
  "size",
  "if_not_exists",
  "list_append",
]);
const MEASURABLE: ReadonlySet<TypeName> = new Set(["S", "B", "SS", "NS", "BS", "L", "M"]);

export function checkName(kind: Kind, name: string): void {
  if (!FUNCTIONS.has(name)) fail(kind, `Invalid function name; function: ${name}`);
}

export function checkCount(
  kind: Kind,
  { name, args }: { name: string; args: readonly unknown[] },
  count: number,
): void {
  if (args.length !== count)
    fail(
      kind,
      `Incorrect number of operands for operator or function; operator or function: ${name}, number of operands: ${args.length}`,
    );
}

/** What `size` says: characters are counted in UTF-8, lists and maps by their elements. */
function measured(value: Value): number | undefined {
  const type = typeOf(value);
  if (!MEASURABLE.has(type)) return undefined;
  if (type === "S" || type === "B") return sizeOf(value);
  return type === "M" ? Object.keys(value.M!).length : (value[type] as unknown[]).length;
}

/** As errors show a constant: `AttributeValue: {S:a}`. */
export function shownValue(value: Value): string {
  const type = typeOf(value);
  return `AttributeValue: {${type}:${type === "B" ? "java.nio.HeapByteBuffer" : String(value[type])}}`;
}

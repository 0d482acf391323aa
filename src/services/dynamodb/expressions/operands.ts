import { sizeOf } from "../values/size.ts";
import { type Item, type TypeName, typeOf, type Value } from "../values/value.ts";
import { wrongType } from "./faults.ts";
import { checkCount, checkOperandFunction } from "./functions.ts";
import type { Operand, Path } from "./grammar.ts";
import { valueAt } from "./paths.ts";
import type { Placeholders } from "./placeholders.ts";
import type { Kind } from "./tokens.ts";

/** An operand of a condition, with its placeholders resolved. */
export interface Bound {
  /** The document path, if the operand is one. */
  path?: Path;
  /** The value, if the operand is a constant. */
  constant?: Value;
  /** The type, if it does not depend on the item: that of a constant or of `size`. */
  type?: TypeName;
  read(item: Item): Value | undefined;
}

/** The kind of an expression, and the placeholders that it may use. */
export interface Binding {
  kind: Kind;
  placeholderMap: Placeholders;
}

/** @throws {AwsError} ValidationException */
export function bindOperand({ kind, placeholderMap }: Binding, operand: Operand): Bound {
  if (operand.type === "path") {
    const path = placeholderMap.path(kind, operand.path);
    return { path, read: (item) => valueAt(item, path) };
  }
  if (operand.type === "value") {
    const constant = placeholderMap.value(kind, operand.name);
    return { constant, type: typeOf(constant), read: () => constant };
  }
  checkOperandFunction(kind, operand.name);
  checkCount(kind, operand);
  const of = bindOperand({ kind, placeholderMap }, operand.args[0]!);
  if (of.type && !MEASURABLE.has(of.type)) wrongType(kind, "size", of.type);
  return {
    type: "N",
    read(item) {
      const value = of.read(item);
      const size = value && sizeResult(value);
      return size === undefined ? undefined : { N: String(size) };
    },
  };
}

const MEASURABLE: ReadonlySet<TypeName> = new Set(["S", "B", "SS", "NS", "BS", "L", "M"]);

/** The result of `size`: the bytes of a string (in UTF-8) or byte string, the number of elements of a set, list or map. */
function sizeResult(value: Value): number | undefined {
  const type = typeOf(value);
  if (!MEASURABLE.has(type)) return undefined;
  if (type === "S" || type === "B") return sizeOf(value);
  return type === "M" ? Object.keys(value.M!).length : (value[type] as unknown[]).length;
}

/** A constant as errors show it: `AttributeValue: {S:a}`. */
export function shownValue(value: Value): string {
  const type = typeOf(value);
  return `AttributeValue: {${type}:${type === "B" ? "java.nio.HeapByteBuffer" : String(value[type])}}`;
}

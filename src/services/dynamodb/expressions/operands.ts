import { sizeOf } from "../values/size.ts";
import { type Item, type TypeName, typeOf, type Value } from "../values/value.ts";
import { wrongType } from "./faults.ts";
import { checkCount, checkMeasure } from "./functions.ts";
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
  /** Where it is known without the item: a constant's, or that of a size. */
  type?: TypeName;
  read(item: Item): Value | undefined;
}

/** Whose expression it is, and what stands for names and values in it. */
export interface Binding {
  kind: Kind;
  holders: Placeholders;
}

/** @throws {AwsError} ValidationException */
export function bindOperand({ kind, holders }: Binding, operand: Operand): Bound {
  if (operand.type === "path") {
    const path = holders.path(kind, operand.path);
    return { path, read: (item) => valueAt(item, path) };
  }
  if (operand.type === "value") {
    const constant = holders.value(kind, operand.name);
    return { constant, type: typeOf(constant), read: () => constant };
  }
  checkMeasure(kind, operand.name);
  checkCount(kind, operand);
  const of = bindOperand({ kind, holders }, operand.args[0]!);
  if (of.type && !MEASURABLE.has(of.type)) wrongType(kind, "size", of.type);
  return {
    type: "N",
    read(item) {
      const value = of.read(item);
      const size = value && measured(value);
      return size === undefined ? undefined : { N: String(size) };
    },
  };
}

const MEASURABLE: ReadonlySet<TypeName> = new Set(["S", "B", "SS", "NS", "BS", "L", "M"]);

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

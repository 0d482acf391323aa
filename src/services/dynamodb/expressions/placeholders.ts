import { invalid, itemTooLarge } from "../errors.ts";
import { MAX_ITEM_BYTES, sizeOf } from "../values/size.ts";
import { checkedOperand, checkName, named, type Value } from "../values/value.ts";
import type { Path, Step } from "./grammar.ts";
import type { Kind } from "./tokens.ts";

/** Resolves the names and values of one request's placeholders, and tracks which of them its expressions use. */
export interface Placeholders {
  /** The top-level attributes that the paths in expressions of a kind begin with. */
  names(kind: Kind): ReadonlySet<string>;
  /** A path with its placeholders replaced by attribute names. @throws {AwsError} ValidationException */
  path(kind: Kind, path: Path): Path;
  /** @throws {AwsError} ValidationException */
  value(kind: Kind, name: string): Value;
  /** Checks that all placeholders are used. @throws {AwsError} ValidationException */
  settle(): void;
}

export interface PlaceholderParameters {
  ExpressionAttributeNames?: Record<string, string> | undefined;
  ExpressionAttributeValues?: Record<string, Value> | undefined;
}

const MAX_PLACEHOLDER_BYTES = 255;
/** The most bytes of placeholders and their contents: applies to names, to values, and to both together. */
const MAX_BYTES = 2 * 1024 * 1024;

/** @throws {AwsError} ValidationException */
export function placeholders({
  ExpressionAttributeNames: names,
  ExpressionAttributeValues: sent,
}: PlaceholderParameters): Placeholders {
  const [nameKeys, bytesOfNames] = checkedNames(names);
  const [values, bytesOfValues] = checkedValues(sent);
  if (bytesOfNames + bytesOfValues > MAX_BYTES)
    throw invalid("Combined size of ExpressionAttributeNames and ExpressionAttributeValues exceeds max size");
  /** The used names and values, which differ in their first character. */
  const used = new Set<string>();
  const usedNames: [kind: Kind, name: string][] = [];

  function nameOf(kind: Kind, step: Step): Step {
    if (typeof step === "number" || !step.startsWith("#")) return step;
    used.add(step);
    if (names && Object.hasOwn(names, step)) return names[step]!;
    throw invalid(
      `Invalid ${kind}: An expression attribute name used in the document path is not defined; attribute name: ${step}`,
    );
  }

  return {
    names: (kind) => new Set(usedNames.filter(([of]) => of === kind).map(([, name]) => name)),
    path(kind, path) {
      const named = path.map((step) => nameOf(kind, step));
      usedNames.push([kind, String(named[0])]);
      return named;
    },
    value(kind, name) {
      used.add(name);
      const value = values.get(name);
      if (value) return value;
      throw invalid(
        `Invalid ${kind}: An expression attribute value used in expression is not defined; attribute value: ${name}`,
      );
    },
    settle() {
      if (used.size === nameKeys.length + values.size) return;
      const unused = (keys: string[]) => keys.filter((key) => !used.has(key)).join(", ");
      const reason = unused(nameKeys)
        ? `ExpressionAttributeNames unused in expressions: keys: {${unused(nameKeys)}}`
        : `ExpressionAttributeValues unused in expressions: keys: {${unused([...values.keys()])}}`;
      throw invalid(`Value provided in ${reason}`);
    },
  };
}

const TOO_LONG = "contains invalid key: The expression attribute map contains a key that is too long;";

type Sized<T> = [content: T, bytes: number];

function checkedNames(names: Record<string, string> | undefined): Sized<string[]> {
  if (!names) return [[], 0];
  const keys = Object.keys(names);
  if (keys.length === 0) throw invalid("ExpressionAttributeNames must not be empty");
  let bytes = 0;
  for (const key of keys) {
    const size = Buffer.byteLength(key);
    if (size > MAX_PLACEHOLDER_BYTES)
      throw invalid(`ExpressionAttributeNames ${TOO_LONG} size of key: ${size}`);
    if (!/^#[A-Za-z0-9_]+$/.test(key))
      throw invalid(`ExpressionAttributeNames contains invalid key: Syntax error; key: "${key}"`);
    const length = Buffer.byteLength(names[key]!);
    if (length === 0)
      throw invalid(`ExpressionAttributeNames contains invalid value: Empty attribute name for key ${key}`);
    checkName(names[key]!);
    bytes += size + length;
  }
  if (bytes > MAX_BYTES) throw invalid("ExpressionAttributeNames exceeds max size");
  return [keys, bytes];
}

function checkedValues(sent: Record<string, Value> | undefined): Sized<Map<string, Value>> {
  const values = new Map<string, Value>();
  if (!sent) return [values, 0];
  const keys = Object.keys(sent);
  if (keys.length === 0) throw invalid("ExpressionAttributeValues must not be empty");
  for (const key of keys) {
    if (Buffer.byteLength(key) > MAX_PLACEHOLDER_BYTES)
      throw invalid(`ExpressionAttributeValues ${TOO_LONG}`);
    if (!/^:[A-Za-z0-9_]+$/.test(key))
      throw invalid(`ExpressionAttributeValues contains invalid key: Syntax error; key: "${key}"`);
  }
  let bytes = 0;
  for (const key of keys) {
    const [value, size] = named(key, () => checkedValue(sent[key]!));
    values.set(key, value);
    bytes += Buffer.byteLength(key) + size;
  }
  if (bytes > MAX_BYTES) throw invalid("ExpressionAttributeValues exceeds max size");
  return [values, bytes];
}

/** @throws {AwsError} ValidationException, also for a value that is larger than an item may be */
function checkedValue(sent: Value): Sized<Value> {
  const value = checkedOperand(sent);
  const size = sizeOf(value);
  if (size > MAX_ITEM_BYTES) throw itemTooLarge();
  return [value, size];
}

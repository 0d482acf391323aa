import { inJavaMap } from "#lib/java-map.ts";
import { memoizeByObject } from "#lib/memoize.ts";
import type { Member, ScalarShape, Shape } from "./shapes.ts";

/** The wording of a violation: that of AWS's older framework, or of the servers that Smithy generates. */
export type Dialect = "coral" | "coral-hashed" | "smithy";

export type Step = { name: string } | { index: number } | { key: string };

export interface Place {
  parent: Place | undefined;
  step: Step;
  /** Within a structure whose values must not be printed. */
  isSecret?: boolean | undefined;
}

interface Words {
  path(place: Place | undefined): string;
  sentence(shape: Shape, value: unknown, path: string, rule: string, isSecret: boolean): string;
  /** What a value of the shape must satisfy, in the order of telling. */
  rules(shape: Shape): Rule[];
  /** Entries of lists and maps are checked together, and reported in one sentence with these rules. */
  gathered?(rules: readonly Rule[]): string;
  /** Members in the order of telling, each with all that is wrong with it; without it, those that are missing come first. */
  inOrder?(members: readonly Member[]): readonly Member[];
}

export interface Rule {
  holds(value: unknown): boolean;
  words: string;
}

const coral: Words = {
  path: (place) => steps(place).map(coralStep).join("."),
  sentence(shape, value, path, rule, isHidden) {
    return `Value ${isHidden && value !== null ? "" : coralValue(shape, value)}at '${path}' failed to satisfy constraint: ${rule}`;
  },
  rules: memoizeByObject((shape: Shape) => [
    ...formRules(shape, (text) => text.length),
    ...coralBounds(shape),
  ]),
  // In brackets, the upper bound comes first and the pattern last.
  gathered: (rules) =>
    `[${rules
      .map(({ words }) => words)
      .reverse()
      .join(", ")}]`,
};

/** DynamoDB reports the length of an index's name before its pattern, and the pattern of other names before their length. */
const LENGTH_FIRST = new Set(["IndexName"]);

const coralHashed: Words = {
  ...coral,
  rules: memoizeByObject((shape: Shape) =>
    LENGTH_FIRST.has(shape.name) ? coral.rules(shape).toReversed() : coral.rules(shape),
  ),
  inOrder: (members) => inJavaMap(members, ({ name }) => decapitalized(name)),
};

const smithy: Words = {
  path: (place) =>
    steps(place)
      .map((step) => `/${smithyStep(step)}`)
      .join(""),
  sentence(_shape, value, path, rule) {
    const length = rule.includes("must have length") ? ` with length ${lengthOf(value, codePoints)}` : "";
    return `Value${length} at '${path}' failed to satisfy constraint: ${rule}`;
  },
  rules: memoizeByObject((shape: Shape) => [...smithyBounds(shape), ...formRules(shape, codePoints)]),
};

export const dialects: Record<Dialect, Words> = { coral, "coral-hashed": coralHashed, smithy };

type Length = (text: string) => number;

/** Java counts UTF-16 units, as JavaScript does; Smithy counts characters. */
function codePoints(text: string): number {
  let count = text.length;
  for (let at = 1; at < text.length; at++) if (isLow(text, at) && isHigh(text, at - 1)) count--;
  return count;
}

const isHigh = (text: string, at: number) => (text.charCodeAt(at) & 0xfc00) === 0xd800;
const isLow = (text: string, at: number) => (text.charCodeAt(at) & 0xfc00) === 0xdc00;

function formRules(shape: Shape, length: Length): Rule[] {
  if (shape.kind !== "scalar") return [];
  const rules: Rule[] = [];
  const { enum: values, pattern, max } = shape;
  if (values !== undefined) {
    const allowed = new Set(values);
    rules.push({
      holds: (value) => allowed.has(value as string),
      words: `Member must satisfy enum value set: [${values.join(", ")}]`,
    });
  }
  if (pattern !== undefined && shape.type === "string") {
    rules.push({
      // A text that is too long is reported as such and not matched: some of these patterns are slow on long texts.
      holds: (value) =>
        (max !== undefined && length(value as string) > max) || matches(shape, value as string),
      words: `Member must satisfy regular expression pattern: ${pattern}`,
    });
  }
  return rules;
}

function matches({ regex }: ScalarShape, value: string): boolean {
  return regex === undefined || regex.test(value);
}

function coralBounds(shape: Shape): Rule[] {
  if (shape.kind === "structure" || shape.kind === "document") return [];
  const { min, max } = shape;
  const measure = measureOf(shape, (text) => text.length);
  if (measure === undefined) return [];
  const what = isNumber(shape) ? "value" : "length";
  const rules: Rule[] = [];
  if (min !== undefined) {
    rules.push({
      holds: (value) => !(measure(value) < min),
      words: `Member must have ${what} greater than or equal to ${boundText(shape, min)}`,
    });
  }
  if (max !== undefined) {
    rules.push({
      holds: (value) => !(measure(value) > max),
      words: `Member must have ${what} less than or equal to ${boundText(shape, max)}`,
    });
  }
  return rules;
}

function smithyBounds(shape: Shape): Rule[] {
  if (shape.kind === "structure" || shape.kind === "document") return [];
  const { min, max } = shape;
  const measure = measureOf(shape, codePoints);
  if (measure === undefined || (min === undefined && max === undefined)) return [];
  const subject = isNumber(shape) ? "Member must be" : "Member must have length";
  const bounds =
    min === undefined
      ? `less than or equal to ${max}`
      : max === undefined
        ? `greater than or equal to ${min}`
        : `between ${min} and ${max} inclusive`;
  return [
    {
      holds: (value) => !(measure(value) < (min ?? -Infinity)) && !(measure(value) > (max ?? Infinity)),
      words: `${subject} ${bounds}`,
    },
  ];
}

const numbers = new Set(["byte", "short", "integer", "long", "biginteger", "float", "double", "bigdecimal"]);

function isNumber(shape: Shape): boolean {
  return shape.kind === "scalar" && numbers.has(shape.type);
}

/** Java prints a double's bound as `1.0`. */
function boundText(shape: Shape, bound: number): string {
  const fraction = shape.kind === "scalar" && (shape.type === "double" || shape.type === "float");
  return fraction && Number.isInteger(bound) ? bound.toFixed(1) : String(bound);
}

/** What `min` and `max` are of: a number itself, or a length. A stream's length is not known here. */
function measureOf(shape: Shape, length: Length): ((value: unknown) => number) | undefined {
  if (isNumber(shape)) return Number;
  if (shape.kind === "scalar" && !["string", "character", "blob"].includes(shape.type)) return undefined;
  return (value) => lengthOf(value, length);
}

/** NaN, which is neither too small nor too large, for what has no length. */
function lengthOf(value: unknown, length: Length): number {
  if (typeof value === "string") return length(value);
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length;
  if (typeof value !== "object" || value === null || Symbol.asyncIterator in value) return Number.NaN;
  return Object.keys(value).length;
}

export function isHidden(place: Place | undefined): boolean {
  for (let at = place; at !== undefined; at = at.parent) if (at.isSecret) return true;
  return false;
}

function steps(place: Place | undefined): Step[] {
  const steps: Step[] = [];
  for (let at = place; at !== undefined; at = at.parent) steps.unshift(at.step);
  return steps;
}

function coralStep(step: Step): string {
  if ("name" in step) return decapitalized(step.name);
  return `${"index" in step ? step.index + 1 : shortened(step.key)}.member`;
}

export const decapitalized = (name: string) => name.slice(0, 1).toLowerCase() + name.slice(1);

function smithyStep(step: Step): string {
  if ("name" in step) return step.name;
  return String("index" in step ? step.index : shortened(step.key));
}

/** `'x' `, `null `, or the empty text for a value that must not be printed. */
function coralValue(shape: Shape, value: unknown): string {
  if (value === null) return "null ";
  if (isSecret(shape)) return "";
  return `'${printed(shape, value)}' `;
}

function isSecret(shape: Shape): boolean {
  if (shape.kind === "document") return false;
  if (shape.sensitive) return true;
  if (shape.kind === "list") return isSecret(shape.member);
  if (shape.kind === "map") return isSecret(shape.key) || isSecret(shape.value);
  return shape.kind === "scalar" && shape.type === "blob";
}

/**
 * Characters of one value. Of a batch with a record too many AWS tells them all, but one of many megabytes would be told
 * with ten times as many, and keep all others waiting.
 */
const MAX_PRINTED = 200_000;

/** As Java prints lists and maps, and the classes that Coral makes of structures: `KeySchemaElement(keyType=HASH)`. */
function printed(shape: Shape, value: unknown): string {
  const pieces = print(shape, value);
  let text = "";
  for (const piece of pieces) {
    text += piece;
    if (text.length > MAX_PRINTED) break;
  }
  return shortened(text);
}

const shortened = (text: string) => (text.length > MAX_PRINTED ? `${text.slice(0, MAX_PRINTED)}...` : text);

function* print(shape: Shape, value: unknown): Generator<string> {
  if (value === undefined || value === null) yield "null";
  else if (value instanceof Date) yield value.toISOString();
  else if (value instanceof Uint8Array)
    yield `java.nio.HeapByteBuffer[pos=0 lim=${value.length} cap=${value.length}]`;
  else if (shape.kind === "list") {
    for (const [at, item] of (value as unknown[]).entries()) {
      yield at === 0 ? "[" : ", ";
      yield* print(shape.member, item);
    }
    yield (value as unknown[]).length === 0 ? "[]" : "]";
  } else if (shape.kind === "map") {
    const entries = value as Record<string, unknown>;
    let opening = "{";
    for (const key in entries) {
      yield `${opening}${key}=`;
      yield* print(shape.value, entries[key]);
      opening = ", ";
    }
    yield opening === "{" ? "{}" : "}";
  } else if (shape.kind === "structure") {
    let opening = `${shape.name}(`;
    for (const { name, shape: of } of shape.members) {
      yield `${opening}${decapitalized(name)}=`;
      yield* print(of, (value as Record<string, unknown>)[name]);
      opening = ", ";
    }
    yield shape.members.length === 0 ? `${shape.name}()` : ")";
  } else yield String(value);
}

import { memoizeByObject } from "#lib/memoize.ts";
import {
  type Dialect,
  decapitalized,
  dialects,
  isHidden,
  type Place,
  type Step,
} from "./constraint-words.ts";
import type { ListShape, MapShape, ScalarShape, Shape, StructureShape } from "./shapes.ts";

/** One thing that is wrong with an input, in AWS's words. Smithy's services also list these apart, as `fieldList`. */
export interface Violation {
  /** `tags.1.member.key`, or `/tags/0/key` in Smithy's dialect. */
  path: string;
  message: string;
  /** Reported only beside other violations. */
  beside?: true;
}

/** Violations that AWS reports at once. */
export const MAX_REPORTED = 10;

/**
 * Violations of the model's constraints by an input: what is missing, too short, too long, out of range, or does not match.
 * @param more what was found besides
 */
export function violations(
  shape: StructureShape,
  input: object,
  dialect: Dialect,
  more: readonly Violation[] = [],
): Violation[] {
  const check = compiled[dialect](shape);
  const any: Violation[] = [];
  check?.(input, ANYWHERE, any);
  const collected = [...more];
  if (any.length > 0) {
    const own: Violation[] = [];
    check?.(input, undefined, own);
    collected.push(...own);
  }
  if (collected.every(({ beside }) => beside)) return [];
  return inOrder(shape, collected, dialect).slice(0, MAX_REPORTED);
}

function inOrder(shape: StructureShape, collected: Violation[], dialect: Dialect): Violation[] {
  const members = dialects[dialect].inOrder?.(shape.members);
  if (collected.length < 2 || !members) return collected;
  const places = new Map(members.map(({ name }, at) => [decapitalized(name), at]));
  const placed = collected.map((violation) => ({
    violation,
    at: places.get(violation.path.split(".", 1)[0]!) ?? -1,
  }));
  return placed.sort((a, b) => a.at - b.at).map(({ violation }) => violation);
}

/** The place of a first pass, which only finds out whether there are violations: most inputs have none. */
const ANYWHERE: Place = { parent: undefined, step: { name: "" } };

const below = (place: Place | undefined, step: Step, isSecret?: boolean): Place =>
  place === ANYWHERE ? place : { parent: place, step, isSecret };

/** All of them in one sentence, as an exception's message. */
export function violationMessage(collected: readonly Violation[], dialect: Dialect): string {
  const count = `${collected.length} validation error${collected.length === 1 ? "" : "s"} detected`;
  return `${count}${dialect === "smithy" ? ". " : ": "}${collected.map(({ message }) => message).join("; ")}`;
}

/** The path is only spelt out where there is a violation. */
type Check = (value: unknown, place: Place | undefined, collected: Violation[]) => void;
type Gather = (entries: unknown[], value: unknown, place: Place | undefined, collected: Violation[]) => void;

const compiled: Record<Dialect, (shape: Shape) => Check | undefined> = {
  coral: compiler("coral"),
  "coral-hashed": compiler("coral-hashed"),
  smithy: compiler("smithy"),
};

function compiler(dialect: Dialect): (shape: Shape) => Check | undefined {
  const words = dialects[dialect];
  const checks = memoizeByObject((shape: Shape) => ({
    check: constrained(shape) ? container(shape) : undefined,
  }));
  const checkOf = (shape: Shape) => checks(shape).check;

  function container(shape: Shape): Check | undefined {
    switch (shape.kind) {
      case "structure":
        return structure(shape);
      case "list":
        return list(shape);
      case "map":
        return map(shape);
      default:
        return undefined;
    }
  }

  function report(
    shape: Shape,
    value: unknown,
    place: Place | undefined,
    rule: string,
    collected: Violation[],
  ): void {
    if (collected.length === MAX_REPORTED) return;
    if (place === ANYWHERE) return void collected.push({ path: "", message: "" });
    const path = words.path(place);
    collected.push({ path, message: words.sentence(shape, value, path, rule, isHidden(place)) });
  }

  /** The checks of a value itself, and of what it contains. */
  function whole(shape: Shape): Check | undefined {
    const rules = words.rules(shape);
    const within = inside(shape);
    if (rules.length === 0) return within;
    return (value, place, collected) => {
      for (const rule of rules) if (!rule.holds(value)) report(shape, value, place, rule.words, collected);
      within?.(value, place, collected);
    };
  }

  /** A shape may contain itself, so what is inside is compiled when it is first met. */
  function inside(shape: Shape): Check | undefined {
    if (shape.kind === "scalar" || !constrained(shape)) return undefined;
    let check: Check | undefined;
    return (value, place, collected) => {
      check ??= checkOf(shape)!;
      check(value, place, collected);
    };
  }

  function structure(shape: StructureShape): Check {
    const members = (words.inOrder?.(shape.members) ?? shape.members).map((member) => ({
      member,
      step: { name: member.name } satisfies Step,
      check: whole(member.shape),
    }));
    const required = members.filter(({ member }) => member.required);
    const checked = members.filter(({ check }) => check !== undefined);
    const isSecret = shape.sensitive;
    if (words.inOrder) {
      const judged = members.filter(({ member, check }) => member.required || check !== undefined);
      return (value, place, collected) => {
        const input = value as Record<string, unknown>;
        for (const { member, step, check } of judged) {
          const item = input[member.name];
          if (item !== undefined && item !== null) check?.(item, below(place, step, isSecret), collected);
          else if (member.required)
            report(member.shape, null, below(place, step), "Member must not be null", collected);
        }
      };
    }
    return (value, place, collected) => {
      const input = value as Record<string, unknown>;
      for (const { member, step } of required) {
        const item = input[member.name];
        if (item !== undefined && item !== null) continue;
        report(member.shape, null, below(place, step), "Member must not be null", collected);
      }
      for (const { member, step, check } of checked) {
        const item = input[member.name];
        if (item !== undefined && item !== null) check!(item, below(place, step, isSecret), collected);
      }
    };
  }

  function list(shape: ListShape): Check {
    const gather = gathering(shape, shape.member, "Member");
    const check = gather === undefined ? whole(shape.member) : inside(shape.member);
    return (value, place, collected) => {
      const items = value as unknown[];
      gather?.(items, value, place, collected);
      if (check === undefined) return;
      for (let index = 0; index < items.length && collected.length < MAX_REPORTED; index++) {
        const item = items[index];
        if (item !== null && item !== undefined) check(item, below(place, { index }), collected);
      }
    };
  }

  function map(shape: MapShape): Check {
    const gatherKeys = gathering(shape, shape.key, "Map keys");
    const gatherValues = gathering(shape, shape.value, "Map value");
    const checkKey = gatherKeys === undefined ? whole(shape.key) : inside(shape.key);
    const checkValue = gatherValues === undefined ? whole(shape.value) : inside(shape.value);
    return (value, place, collected) => {
      const map = value as Record<string, unknown>;
      gatherKeys?.(Object.keys(map), map, place, collected);
      gatherValues?.(Object.values(map), map, place, collected);
      if (checkKey === undefined && checkValue === undefined) return;
      for (const key of Object.keys(map)) {
        if (collected.length === MAX_REPORTED) return;
        const here = below(place, { key });
        const item = map[key];
        checkKey?.(key, here, collected);
        if (item !== null && item !== undefined) checkValue?.(item, here, collected);
      }
    };
  }

  /** Coral reports a list or map with a wrong entry once, with all the rules for its entries. */
  function gathering(shape: ListShape | MapShape, entry: Shape, subject: string): Gather | undefined {
    if (words.gathered === undefined) return undefined;
    const rules = words.rules(entry);
    if (rules.length === 0) return undefined;
    const sentence = `${subject} must satisfy constraint: ${words.gathered(rules)}`;
    const breaks = (item: unknown) =>
      item !== null && item !== undefined && rules.some((rule) => !rule.holds(item));
    return (entries, value, place, collected) => {
      if (entries.some(breaks)) report(shape, value, place, sentence, collected);
    };
  }

  return checkOf;
}

/** Whether anything in a shape can be violated; most of a model cannot, and is not walked. */
const constrainedShapes = new WeakMap<Shape, boolean>();

function constrained(shape: Shape): boolean {
  const cached = constrainedShapes.get(shape);
  if (cached !== undefined) return cached;
  const result = reaches(shape, new Set());
  constrainedShapes.set(shape, result);
  return result;
}

function reaches(shape: Shape, seen: Set<Shape>): boolean {
  if (seen.has(shape)) return false;
  seen.add(shape);
  if (hasRules(shape)) return true;
  switch (shape.kind) {
    case "structure":
      return shape.required.length > 0 || shape.members.some((member) => reaches(member.shape, seen));
    case "list":
      return reaches(shape.member, seen);
    case "map":
      return reaches(shape.key, seen) || reaches(shape.value, seen);
    default:
      return false;
  }
}

function hasRules(shape: Shape): boolean {
  if (shape.kind === "structure" || shape.kind === "document") return false;
  if (shape.min !== undefined || shape.max !== undefined) return true;
  return shape.kind === "scalar" && hasForm(shape);
}

function hasForm({ pattern, enum: values }: ScalarShape): boolean {
  return pattern !== undefined || values !== undefined;
}

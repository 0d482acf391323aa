import fc from "fast-check";
import { expect, test } from "vitest";
import { eventPattern, type Json } from "./match.ts";
import { ruleIndex } from "./rule-index.ts";

/**
 * The simplest model of matching, as Ruler documents it: an event is a list of leaves, each with the list
 * elements that contain it; a pattern matches if, field by field in name order, there are matching leaves
 * that are in the same elements.
 */
interface Leaf {
  path: string;
  value: Json;
  /** The index of the element in each list that contains the leaf. */
  within: ReadonlyMap<string, number>;
}

function* leavesOf(value: Json, path = "", id = "", within: Leaf["within"] = new Map()): Generator<Leaf> {
  if (Array.isArray(value))
    for (const [n, one] of value.entries())
      yield* leavesOf(one, path, `${id}[${n}]`, new Map([...within, [id, n]]));
  else if (typeof value === "object" && value !== null)
    for (const [name, one] of Object.entries(value))
      yield* leavesOf(one, `${path}.${name}`, `${id}.${name}`, within);
  else yield { path, value, within };
}

type Pattern = { [name: string]: Pattern | Pattern[] | Matcher[] };
type Matcher = Json;
type Branch = { path: string; anyOf: Matcher[] }[];

/** The alternatives of a pattern, one for each combination of its `$or` branches. */
function branches(pattern: Pattern, path = ""): Branch[] {
  let found: Branch[] = [[]];
  for (const [name, value] of Object.entries(pattern)) {
    const ways =
      name === "$or"
        ? (value as Pattern[]).flatMap((one) => branches(one, path))
        : Array.isArray(value)
          ? [[{ path: `${path}.${name}`, anyOf: value as Matcher[] }]]
          : branches(value, `${path}.${name}`);
    found = found.flatMap((one) => ways.map((way) => [...one, ...way]));
  }
  return found.map((one) => one.sort((a, b) => (a.path < b.path ? -1 : 1)));
}

const isAbsence = (matcher: Matcher) => JSON.stringify(matcher) === '{"exists":false}';

function accepts(matcher: Matcher, value: Json): boolean {
  if (typeof matcher !== "object" || matcher === null) return matcher === value;
  const [[kind, operand]] = Object.entries(matcher) as [[string, Json]];
  const text = typeof value === "string" ? value : undefined;
  const number = typeof value === "number" ? value : Number.NaN;
  if (kind === "exists") return operand === true;
  if (kind === "prefix") return text?.startsWith(operand as string) ?? false;
  if (kind === "suffix") return text?.endsWith(operand as string) ?? false;
  if (kind === "equals-ignore-case") return text?.toLowerCase() === (operand as string).toLowerCase();
  if (kind === "wildcard")
    return text !== undefined && new RegExp(`^${(operand as string).replaceAll("*", ".*")}$`).test(text);
  if (kind === "numeric") return number > (operand as number[])[1]! && number <= (operand as number[])[3]!;
  return !(Array.isArray(operand) ? operand : [operand]).some((one) => accepts(one, value));
}

function holds(branch: Branch, leaves: readonly Leaf[], within: Leaf["within"] = new Map()): boolean {
  const [field, ...rest] = branch;
  if (!field) return true;
  const found = leaves.filter(
    (leaf) => leaf.path === field.path && [...leaf.within].every(([id, n]) => (within.get(id) ?? n) === n),
  );
  if (found.length === 0) return field.anyOf.some(isAbsence) && holds(rest, leaves, within);
  return found.some(
    (leaf) =>
      field.anyOf.some((one) => !isAbsence(one) && accepts(one, leaf.value)) &&
      holds(rest, leaves, new Map([...within, ...leaf.within])),
  );
}

const NAMES = ["a", "b", "c"] as const;
const text = fc.constantFrom("", "a", "b", "ab", "AB", "aXb", "1");
const number = fc.constantFrom(-1, 0, 1, 1.5, 300);
const scalar: fc.Arbitrary<Json> = fc.oneof(text, number, fc.constantFrom(true, null));
const matcher: fc.Arbitrary<Matcher> = fc.oneof(
  scalar,
  { weight: 3, arbitrary: fc.record({ exists: fc.boolean() }) },
  fc
    .constantFrom("prefix", "suffix", "equals-ignore-case")
    .chain((kind) => text.map((operand) => ({ [kind]: operand }))),
  fc.constantFrom("*", "a*", "*b", "a*b").map((wildcard) => ({ wildcard })),
  fc.constantFrom(0, 1).map((least) => ({ numeric: [">", least, "<=", 300] })),
  fc.array(text.filter(Boolean), { minLength: 1, maxLength: 2 }).map((but) => ({ "anything-but": but })),
  fc.constantFrom("a", "b").map((prefix) => ({ "anything-but": { prefix } })),
);
const list = fc.array(matcher, { minLength: 1, maxLength: 2 });
const among = <T>(value: fc.Arbitrary<T>, names: readonly string[], least = 0) =>
  fc
    .uniqueArray(fc.tuple(fc.constantFrom(...names), value), { selector: ([name]) => name, minLength: least })
    .map((all) => Object.fromEntries(all));
const { event, pattern } = fc.letrec<{ event: Json; value: Json; pattern: Pattern; field: never }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.array(tie("event"), { maxLength: 3 }),
    tie("event"),
  ),
  event: among(tie("value"), NAMES),
  field: fc.oneof({ depthSize: "small" }, list, among(list, NAMES, 1)) as never,
  pattern: fc
    .tuple(among(tie("field"), ["a", "b"], 1), fc.option(fc.array(list, { minLength: 2, maxLength: 2 })))
    .map(([fields, or]) => ({ ...fields, ...(or && { $or: or.map((c) => ({ c })) }) }) as Pattern),
}));

test("patterns match the same events as a simple model, alone and in an index", () => {
  const patterns = fc.array(pattern, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(patterns, event, (all, event) => {
      const index = ruleIndex<number>();
      const compiled = all.map((one) => eventPattern(JSON.stringify(one)));
      for (const [n, one] of compiled.entries()) index.set(String(n), one, n);
      const leaves = [...leavesOf(event)];
      const expected = all.map((one) => branches(one).some((branch) => holds(branch, leaves)));
      expect(compiled.map((one) => one.matches(event))).toEqual(expected);
      expect(index.match(event).sort()).toEqual(
        all
          .keys()
          .filter((n) => expected[n])
          .toArray(),
      );
    }),
    { numRuns: Number(process.env.NUBE_MODEL_RUNS ?? 600) },
  );
});

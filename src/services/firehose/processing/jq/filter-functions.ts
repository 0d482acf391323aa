import { entriesOf, objectOf } from "./entries.ts";
import { PATTERN_FUNCTIONS } from "./patterns.ts";
import {
  arrayIn,
  bounded,
  compare,
  countSize,
  countSteps,
  each,
  elementsOf,
  type Filter,
  isTrue,
  JqError,
  type Json,
  numberIn,
  objectIn,
  product,
  textOf,
  typeOf,
} from "./values.ts";

/** A function of filters, which it may evaluate several times, on other inputs, or not at all. */
type FilterFunction = (...parameters: Filter[]) => Filter;

/** The functions, by name and number of parameters. */
export const FILTER_FUNCTIONS: Readonly<Record<string, FilterFunction>> = {
  ...PATTERN_FUNCTIONS,
  "empty/0": () => () => [],
  "error/0": () => (input) => fail(input),
  "error/1": (message) => (input) => message!(input).map(fail),
  "recurse/0": () => (input) => bounded(withAllBelow(input, [])),
  "select/1": (test) => (input) => test!(input).flatMap((one) => (isTrue(one) ? [input] : [])),
  "map/1": (filter) => (input) => [[...each(elementsOf(input), filter!)]],
  "map_values/1": (filter) => (input) => [mapValues(input, filter!)],
  "with_entries/1": (filter) => (input) => {
    countSize(input);
    return [objectOf(each(entriesOf(objectIn(input, "with_entries")), filter!))];
  },
  "first/1": (filter) => (input) => filter!(input).slice(0, 1),
  "last/1": (filter) => (input) => filter!(input).slice(-1),
  "limit/2": (count, filter) => (input) =>
    each(count!(input), (most) => filter!(input).slice(0, Math.max(0, numberIn(most, "limit")))),
  "any/1": (test) => (input) => [each(elementsOf(input), test!).some(isTrue)],
  "all/1": (test) => (input) => [each(elementsOf(input), test!).every(isTrue)],
  "range/1": (end) => (input) => each(end!(input), (to) => range(0, numberIn(to, "range"))),
  "range/2": (start, end) => (input) =>
    each(start!(input), (from) =>
      each(end!(input), (to) => range(numberIn(from, "range"), numberIn(to, "range"))),
    ),
  "pow/2": (base, exponent) => (input) =>
    product(exponent!(input), base!(input), (power, one) => numberIn(one, "pow") ** numberIn(power, "pow")),
  "sort_by/1": (by) => (input) => [ranked(input, "sort_by", by!).map(({ value }) => value)],
  "min_by/1": (by) => (input) => [ranked(input, "min_by", by!)[0]?.value ?? null],
  "max_by/1": (by) => (input) => [ranked(input, "max_by", by!).at(-1)?.value ?? null],
  "group_by/1": (by) => (input) => [groups(input, "group_by", by!)],
  "unique_by/1": (by) => (input) => [groups(input, "unique_by", by!).map(([one]) => one!)],
  ...ofTypes({
    nulls: (type) => type === "null",
    booleans: (type) => type === "boolean",
    numbers: (type) => type === "number",
    strings: (type) => type === "string",
    arrays: (type) => type === "array",
    objects: (type) => type === "object",
    iterables: (type) => type === "array" || type === "object",
    scalars: (type) => type !== "array" && type !== "object",
    values: (type) => type !== "null",
  }),
};

function ofTypes(
  tests: Readonly<Record<string, (type: ReturnType<typeof typeOf>) => boolean>>,
): Record<string, FilterFunction> {
  return Object.fromEntries(
    Object.entries(tests).map(([name, test]) => [
      `${name}/0`,
      () => (input: Json) => (test(typeOf(input)) ? [input] : []),
    ]),
  );
}

function fail(message: Json): never {
  throw new JqError(textOf(message));
}

function withAllBelow(value: Json, found: Json[]): Json[] {
  found.push(value);
  if (typeof value === "object" && value !== null)
    for (const element of elementsOf(value)) withAllBelow(element, found);
  return found;
}

/** Replaces each element by the filter's first result for it; removes elements without a result. */
function mapValues(input: Json, filter: Filter): Json {
  countSize(input);
  if (Array.isArray(input)) return input.flatMap((one) => filter(one).slice(0, 1));
  const entries = Object.entries(objectIn(input, "map_values"));
  return Object.fromEntries(
    entries.flatMap(([key, value]) =>
      filter(value)
        .slice(0, 1)
        .map((one) => [key, one]),
    ),
  );
}

function range(from: number, to: number): Json[] {
  const values: Json[] = [];
  for (let value = from; value < to; value++) {
    countSteps();
    values.push(value);
  }
  return bounded(values);
}

interface Ranked {
  value: Json;
  rank: Json[];
}

function ranked(input: Json, name: string, by: Filter): Ranked[] {
  countSize(input);
  return arrayIn(input, name)
    .map((value) => ({ value, rank: [...by(value)] }))
    .sort((a, b) => compare(a.rank, b.rank));
}

function groups(input: Json, name: string, by: Filter): Json[][] {
  const found: Json[][] = [];
  let before: Json[] | undefined;
  for (const { value, rank } of ranked(input, name, by)) {
    if (before && compare(before, rank) === 0) found.at(-1)!.push(value);
    else found.push([value]);
    before = rank;
  }
  return found;
}

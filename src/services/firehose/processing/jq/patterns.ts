import { type Places, type Regex, regexOf } from "./regex-match.ts";
import {
  arrayIn,
  bounded,
  countSteps,
  type Filter,
  JqError,
  JqSyntaxError,
  type Json,
  product,
  stringIn,
} from "./values.ts";

/** A match in a text; positions of groups count characters. */
interface Match {
  regex: Regex;
  letters: readonly number[];
  places: Places;
}

const NONE: Filter = () => [null];

/** jq's functions of regular expressions, by name and number of parameters. */
export const PATTERN_FUNCTIONS: Readonly<Record<string, (...parameters: Filter[]) => Filter>> = {
  ...withFlags("test", (matches) => [matches.length > 0]),
  ...withFlags("match", (matches) => matches.map(describedMatch)),
  ...withFlags("capture", (matches) => matches.map(namedGroups)),
  ...withFlags("splits", (matches, input) => pieces(matches, input), "g"),
  "split/2": (pattern, flags) =>
    matching(pattern!, flags!, (matches, input) => [pieces(matches, input)], "g"),
  "scan/1": (pattern) =>
    matching(
      pattern!,
      NONE,
      (matches) =>
        matches.map((match) => (match.regex.names.length > 0 ? groupsOf(match) : groupOf(match, 0))),
      "g",
    ),
  "sub/2": (pattern, by) => substituting(pattern!, by!, NONE, ""),
  "sub/3": (pattern, by, flags) => substituting(pattern!, by!, flags!, ""),
  "gsub/2": (pattern, by) => substituting(pattern!, by!, NONE, "g"),
  "gsub/3": (pattern, by, flags) => substituting(pattern!, by!, flags!, "g"),
};

type Made = (matches: readonly Match[], input: string) => readonly Json[];

/** Defines a function without and with a parameter for flags. */
function withFlags(name: string, made: Made, more = "") {
  return {
    [`${name}/1`]: (pattern: Filter | undefined) => matching(pattern!, NONE, made, more),
    [`${name}/2`]: (pattern: Filter | undefined, flags: Filter | undefined) =>
      matching(pattern!, flags!, made, more),
  };
}

function matching(pattern: Filter, flags: Filter, made: Made, more: string): Filter {
  refuseUnknown(pattern, flags, more);
  return (input) =>
    pattern(input).flatMap((one) =>
      flags(input).flatMap((flag) => {
        const text = stringIn(input, "a match");
        return made(matchesOf(text, one, flag, more), text);
      }),
    );
}

/** A constant pattern is checked when the query is parsed. @throws {JqSyntaxError} */
function refuseUnknown(pattern: Filter, flags: Filter, more: string): void {
  try {
    for (const one of pattern(null)) for (const flag of flags(null)) compiled(one, flag, more);
  } catch (error) {
    if (error instanceof JqSyntaxError || !(error instanceof JqError)) throw error;
  }
}

/** Compiles a pattern, which may be an array of the pattern and its flags. */
function compiled(pattern: Json, flag: Json, more: string): { regex: Regex; flags: string } {
  const [source = null, own = null] = Array.isArray(pattern) ? arrayIn(pattern, "a match") : [pattern, flag];
  const flags = (own === null ? "" : stringIn(own, "a match")) + more;
  if (/[^gixnpsl]/.test(flags)) throw new JqError(`${flags} are no flags of a match`);
  if (/[psl]/.test(flags)) throw new JqSyntaxError(`not known as flags of a match: ${flags}`);
  return { regex: regexOf(stringIn(source, "a match"), flags.includes("x"), flags.includes("i")), flags };
}

/** Compiles a pattern from a record; an unsupported one fails only that record. */
function compiledInRecord(...parameters: Parameters<typeof compiled>): ReturnType<typeof compiled> {
  try {
    return compiled(...parameters);
  } catch (error) {
    if (error instanceof JqSyntaxError) throw new JqError(error.message);
    throw error;
  }
}

function matchesOf(text: string, pattern: Json, flag: Json, more: string): Match[] {
  const { regex, flags } = compiledInRecord(pattern, flag, more);
  countSteps(text.length);
  const letters = Array.from(text, (letter) => letter.codePointAt(0)!);
  const matches: Match[] = [];
  let from = 0;
  do {
    const places = regex.match(letters, from);
    if (!places) break;
    const [start, end] = places as [number, number];
    if (start < end || !flags.includes("n")) matches.push({ regex, letters, places });
    from = end === start ? end + 1 : end;
  } while (flags.includes("g") && from < letters.length);
  return bounded(matches);
}

const textOfLetters = (letters: readonly number[]): string =>
  letters.map((letter) => String.fromCodePoint(letter)).join("");

/** The text of a group; group 0 is the whole match. */
function groupOf({ letters, places }: Match, index: number): string | null {
  const [start, end] = [places[2 * index]!, places[2 * index + 1]!];
  if (start < 0 || end < 0) return null;
  countSteps(end - start);
  return textOfLetters(letters.slice(start, end));
}

const groupsOf = (match: Match): Json[] => match.regex.names.map((_, index) => groupOf(match, index + 1));

const namedGroups = (match: Match): Record<string, Json> =>
  Object.fromEntries(
    match.regex.names.flatMap((name, index) => (name === null ? [] : [[name, groupOf(match, index + 1)]])),
  );

function describedMatch(match: Match): Json {
  const { places, regex } = match;
  const described = (index: number) => {
    const [start, end] = [places[2 * index]!, places[2 * index + 1]!];
    return { offset: start, length: end < 0 ? 0 : end - start, string: groupOf(match, index) };
  };
  return {
    ...described(0),
    captures: regex.names.map((name, index) => ({ ...described(index + 1), name })),
  };
}

/** The texts between matches. */
function pieces(matches: readonly Match[], text: string): Json[] {
  if (matches.length === 0) return [text];
  const { letters } = matches[0]!;
  const parts: Json[] = [];
  let from = 0;
  for (const { places } of matches) {
    parts.push(textOfLetters(letters.slice(from, places[0])));
    from = places[1]!;
  }
  parts.push(textOfLetters(letters.slice(from)));
  return bounded(parts);
}

/** Replaces each match by a filter's result for its named groups. */
const substituting = (pattern: Filter, by: Filter, flags: Filter, more: string): Filter =>
  matching(
    pattern,
    flags,
    (matches, text) => {
      const between = pieces(matches, text) as string[];
      let texts: readonly string[] = [between[0]!];
      matches.forEach((match, index) => {
        const ends = by(namedGroups(match)).map((one) => stringIn(one, "sub") + between[index + 1]!);
        texts = product(ends, texts, (end, before) => bounded(before + end));
      });
      return texts;
    },
    more,
  );

import { failure } from "./errors.ts";

/** Compiles a LIKE pattern: `%` matches any text, `_` any character. */
export function likePattern(pattern: string, escaping: string | undefined): (text: string) => boolean {
  if (escaping !== undefined && [...escaping].length !== 1) throw failure("LikeInvalidInputs");
  const parts = partsOf(pattern, escaping);
  return (text) => matches([...text], parts);
}

const ANY_TEXT = Symbol("%");
const ANY_CHARACTER = Symbol("_");
type Part = string | typeof ANY_TEXT | typeof ANY_CHARACTER;

function partsOf(pattern: string, escaping: string | undefined): Part[] {
  const parts: Part[] = [];
  const characters = [...pattern];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at]!;
    if (character === escaping) {
      const next = characters[++at];
      if (next !== "%" && next !== "_" && next !== escaping) throw failure("LikeInvalidInputs");
      parts.push(next);
    } else if (character === "%") {
      if (parts.at(-1) !== ANY_TEXT) parts.push(ANY_TEXT);
    } else parts.push(character === "_" ? ANY_CHARACTER : character);
  }
  return parts;
}

/** The maximum number of steps to match one text, more than any meaningful pattern needs. */
const MAX_STEPS = 20_000_000;

/**
 * Backtracks only to the last `%`, so the time is bounded by text length times pattern length, and by
 * `MAX_STEPS`.
 */
function matches(text: readonly string[], parts: readonly Part[]): boolean {
  let steps = 0;
  let [at, part] = [0, 0];
  let retry: { at: number; part: number } | undefined;
  while (at < text.length) {
    if (++steps > MAX_STEPS) throw failure("LikeInvalidInputs");
    const expected = parts[part];
    if (expected === ANY_TEXT) retry = { at, part: ++part };
    else if (expected !== undefined && (expected === ANY_CHARACTER || expected === text[at])) {
      at++;
      part++;
    } else if (retry) {
      at = ++retry.at;
      part = retry.part;
    } else return false;
  }
  return parts.slice(part).every((rest) => rest === ANY_TEXT);
}

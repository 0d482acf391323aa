/**
 * Wildcards and policy variables.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
import { ANY, matchesGlob, ONE } from "./glob.ts";

/**
 * Looks up a call's condition key by its lower-case name; returns `undefined` if the call does not have it. A
 * function, since most calls are not subject to a policy with conditions.
 */
export type Keys = (name: string) => string | readonly string[] | undefined;

/** Matches a text against a policy's pattern; `keys` supplies the pattern's variables. */
export type Pattern = (text: string, keys: Keys) => boolean;

export interface PatternOptions {
  /** Whether `${…}` is a variable; policies of version 2008-10-17 have none. */
  variables: boolean;
  /** Whether `*` and `?` have no special meaning. */
  literal?: boolean;
  ignoreCase?: boolean;
}

interface Variable {
  key: string;
  /** The default if the call does not have the key. */
  fallback: string | undefined;
}

export function patternOf(source: string, options: PatternOptions): Pattern {
  const pieces = piecesOf(options.ignoreCase ? source.toLowerCase() : source, options);
  const fold = options.ignoreCase ? (text: string) => text.toLowerCase() : (text: string) => text;
  if (pieces.every((piece) => typeof piece === "string")) {
    const fixed = matcherOf(pieces.join(""));
    return options.ignoreCase ? (text) => fixed(text.toLowerCase()) : fixed;
  }
  return (text, keys) => {
    let glob = "";
    for (const piece of pieces) {
      if (typeof piece === "string") {
        glob += piece;
        continue;
      }
      const value = keys(piece.key) ?? piece.fallback;
      // A missing key, or one with several values, cannot be inserted into a text.
      if (typeof value !== "string") return false;
      glob += fold(value.toWellFormed());
    }
    return matchesGlob(glob, fold(text));
  };
}

/** Splits a pattern into texts and variables; wildcards are already replaced. */
function piecesOf(source: string, { variables, literal }: PatternOptions): (string | Variable)[] {
  const wild = (text: string) => {
    const well = text.toWellFormed();
    return literal ? well : well.replaceAll("*", ANY).replaceAll("?", ONE);
  };
  if (!variables) return [wild(source)];
  return source.split(/(\$\{[^}]*\})/).map((piece, at) => {
    if (at % 2 === 0) return wild(piece);
    const inner = piece.slice(2, -1).trim();
    if (inner === "*" || inner === "?" || inner === "$") return inner;
    const [, key, fallback] = /^([^,]+?)\s*(?:,\s*'([^']*)')?$/.exec(inner) ?? [];
    return key === undefined ? wild(piece) : { key: key.toLowerCase(), fallback };
  });
}

function matcherOf(glob: string): (text: string) => boolean {
  if (glob === ANY) return () => true;
  if (!glob.includes(ANY) && !glob.includes(ONE)) return (text) => text === glob;
  const head = glob.slice(0, -1);
  if (glob.endsWith(ANY) && !head.includes(ANY) && !head.includes(ONE))
    return (text) => text.startsWith(head);
  return (text) => matchesGlob(glob, text);
}

import type { EventPattern } from "./match.ts";
import type { Matcher } from "./matchers.ts";

/**
 * The maximum number of wildcard prefixes that a value may match at once. AWS publishes no number: it accepts
 * three patterns like `*:stack/name/*` in one field, but not four. Each counts as three prefixes: its two
 * asterisks, and the part of the name that has been matched so far.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-wildcard-matching-complexity
 */
const MAX_BEGINNINGS = 11;

export const isTooComplex = ({ branches }: EventPattern): boolean =>
  branches.some(({ fields }) => fields.some(({ anyOf }) => beginningsOf(anyOf) > MAX_BEGINNINGS));

function beginningsOf(anyOf: readonly Matcher[]): number {
  const wildcards = anyOf.flatMap(({ pieces }) => (pieces ? [pieces] : []));
  // A value has only one beginning, so wildcards count together only if the same value can match all their
  // first texts.
  const together = wildcards.map(([text = ""]) =>
    wildcards
      .filter(([other = ""]) => text.startsWith(other))
      .reduce((sum, pieces) => sum + weightOf(pieces), 0),
  );
  return Math.max(0, ...together);
}

const weightOf = ([_, ...behind]: readonly string[]): number =>
  behind.length + Math.max(0, ...behind.map(overlaps));

/**
 * The maximum number of prefixes of a text that a value may end with at once: three for `aaa`, one for `abc`.
 */
function overlaps(text: string): number {
  /**
   * By position: the longest proper prefix that the text up to there ends with, and the number of such
   * prefixes.
   */
  const longest: number[] = [];
  const count: number[] = [];
  for (let at = 0; at < text.length; at++) {
    let length = at === 0 ? 0 : longest[at - 1]!;
    while (length > 0 && text[length] !== text[at]) length = longest[length - 1]!;
    if (at > 0 && text[length] === text[at]) length++;
    longest.push(length);
    count.push(1 + (length === 0 ? 0 : count[length - 1]!));
  }
  return Math.max(0, ...count);
}

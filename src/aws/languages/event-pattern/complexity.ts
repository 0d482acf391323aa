import type { EventPattern } from "./match.ts";
import type { Matcher } from "./matchers.ts";

/**
 * A value may match the beginnings of so many wildcards at once. AWS tells no number: of `*:stack/name/*` it took three in
 * one field, and not four. Each counts as three beginnings: its two asterisks, and the part of the name that has come so far.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-wildcard-matching-complexity
 */
const MAX_BEGINNINGS = 11;

export const isTooComplex = ({ branches }: EventPattern): boolean =>
  branches.some(({ fields }) => fields.some(({ anyOf }) => beginningsOf(anyOf) > MAX_BEGINNINGS));

function beginningsOf(anyOf: readonly Matcher[]): number {
  const wildcards = anyOf.flatMap(({ pieces }) => (pieces ? [pieces] : []));
  // A value begins in one way only: together count those whose first texts can begin the same value.
  const together = wildcards.map(([text = ""]) =>
    wildcards
      .filter(([other = ""]) => text.startsWith(other))
      .reduce((sum, pieces) => sum + weightOf(pieces), 0),
  );
  return Math.max(0, ...together);
}

const weightOf = ([_, ...behind]: readonly string[]): number =>
  behind.length + Math.max(0, ...behind.map(overlaps));

/** How many beginnings of a text one value may end in: of `aaa` three, of `abc` one. */
function overlaps(text: string): number {
  /** By place: the longest beginning that the text up to there ends in, besides itself; and how many there are. */
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

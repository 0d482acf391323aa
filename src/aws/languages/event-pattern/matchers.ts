import { addressBytes, sharesPrefix } from "#lib/ip-address.ts";
import { indexOfText } from "#lib/substring.ts";

/** A scalar value of an event. */
export type Leaf = string | number | boolean | null;

/** The condition that one entry of a pattern's list puts on a value. */
export interface Matcher {
  matches(value: Leaf): boolean;
  /** The key for an index lookup, if the matcher has no other condition. */
  key?: { equals: Leaf } | { prefix: string } | { suffix: string };
  /** Whether a network includes an address, if the matcher has no other condition. */
  hasAddress?: (address: Uint8Array) => boolean;
  /** For a wildcard: the texts between its asterisks. */
  pieces?: readonly string[];
  /**
   * The operators whose number is limited, or that some services do not support, including those within
   * `anything-but`.
   */
  operators?: readonly ("wildcard" | "anything-but")[];
  /** Whether the field must be absent; `matches` is then never called. */
  isAbsence?: true;
}

export const equals = (expected: Leaf): Matcher => {
  const address = typeof expected === "string" ? addressBytes(expected) : undefined;
  // IPv6 addresses are equal in any notation.
  if (address && address.length === 16) return inRange(address, 128);
  return { matches: (value) => value === expected, key: { equals: expected } };
};

export const exists: Matcher = { matches: () => true };
export const absent: Matcher = { matches: () => false, isAbsence: true };

export const hasPrefix = (prefix: string): Matcher => ({
  matches: (value) => typeof value === "string" && value.startsWith(prefix),
  key: { prefix },
});

export const hasSuffix = (suffix: string): Matcher => ({
  matches: (value) => typeof value === "string" && value.endsWith(suffix),
  key: { suffix },
});

/**
 * Matches a text, or its beginning or end, regardless of case. Each letter of the pattern matches only itself
 * in lower and upper case, so `ß` matches `SS`, and `Σ` does not match `ς`.
 * https://github.com/aws/event-ruler/blob/main/src/main/software/amazon/event/ruler/input/EqualsIgnoreCaseParser.java
 */
export function ignoringCase(part: "whole" | "prefix" | "suffix", text: string): Matcher {
  const letters = Array.from(text, (letter) => [letter.toLowerCase(), letter.toUpperCase()] as const);
  if (part === "suffix") letters.reverse();
  const walk = part === "suffix" ? spelledBackwards : spelledOut;
  return {
    matches(value) {
      if (typeof value !== "string") return false;
      const rest = walk(letters, value);
      return part === "whole" ? rest === 0 : rest !== undefined;
    },
  };
}

type Letter = readonly [lower: string, upper: string];

/** The position in the text after those letters; `undefined` if it does not begin with them. */
function spelledOut(letters: readonly Letter[], text: string): number | undefined {
  let at = 0;
  for (const [lower, upper] of letters) {
    if (text.startsWith(lower, at)) at += lower.length;
    else if (text.startsWith(upper, at)) at += upper.length;
    else return undefined;
  }
  return text.length - at;
}

/** The same from the end of the text, with the last letter first. */
function spelledBackwards(letters: readonly Letter[], text: string): number | undefined {
  let end = text.length;
  for (const [lower, upper] of letters) {
    if (text.endsWith(lower, end)) end -= lower.length;
    else if (text.endsWith(upper, end)) end -= upper.length;
    else return undefined;
  }
  return end;
}

export function anythingBut(...unwanted: readonly Matcher[]): Matcher {
  const values = new Set(unwanted.map(({ key }) => (key && "equals" in key ? key.equals : undefined)));
  if (!values.has(undefined)) return { matches: (value) => !values.has(value) };
  return { matches: (value) => !unwanted.some((one) => one.matches(value)) };
}

export interface Bound {
  value: number;
  inclusive: boolean;
}

export function inBounds(bottom: Bound | undefined, top: Bound | undefined): Matcher {
  const { value: min, inclusive: includesMin } = bottom ?? {
    value: Number.NEGATIVE_INFINITY,
    inclusive: true,
  };
  const { value: max, inclusive: includesMax } = top ?? { value: Number.POSITIVE_INFINITY, inclusive: true };
  return {
    matches: (value) =>
      typeof value === "number" &&
      (value > min || (includesMin && value === min)) &&
      (value < max || (includesMax && value === max)),
  };
}

export function inRange(network: Uint8Array, bits: number): Matcher {
  const hasAddress = (address: Uint8Array) => sharesPrefix(address, network, bits);
  return {
    matches(value) {
      const address = typeof value === "string" ? addressBytes(value) : undefined;
      return address !== undefined && hasAddress(address);
    },
    hasAddress,
  };
}

/**
 * Whether a value meets one of the conditions. An event may have a hundred thousand values in a field, and its pattern hundreds
 * of conditions, so all that require a certain value are one lookup, and an address is parsed once for all networks.
 */
export function oneOf(matchers: readonly Matcher[]): (value: Leaf) => boolean {
  const values = new Set<Leaf>();
  const networks: NonNullable<Matcher["hasAddress"]>[] = [];
  const others: Matcher[] = [];
  for (const one of matchers) {
    if (one.isAbsence) continue;
    if (one.key && "equals" in one.key) values.add(one.key.equals);
    else if (one.hasAddress) networks.push(one.hasAddress);
    else others.push(one);
  }
  return (value) => {
    if (values.has(value)) return true;
    for (const one of others) if (one.matches(value)) return true;
    if (networks.length === 0 || typeof value !== "string") return false;
    const address = addressBytes(value);
    return address !== undefined && networks.some((hasAddress) => hasAddress(address));
  };
}

/** @param pieces the texts between the wildcards: one more than there are wildcards */
export function wildcard(pieces: readonly string[]): Matcher {
  const [first = "", ...rest] = pieces;
  const last = rest.pop();
  if (last === undefined) return equals(first);
  return {
    pieces,
    operators: ["wildcard"],
    matches(value) {
      if (typeof value !== "string" || !value.startsWith(first)) return false;
      const end = value.length - last.length;
      let at = first.length;
      for (const piece of rest) {
        const position = indexOfText(value, piece, at);
        if (position < 0) return false;
        at = position + piece.length;
      }
      return at <= end && value.endsWith(last);
    },
  };
}

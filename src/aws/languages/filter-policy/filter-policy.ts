import { compilePattern } from "../event-pattern/compile.ts";
import { eventPattern, type Json } from "../event-pattern/match.ts";
import { errorAt, PatternError, tokensOf } from "../event-pattern/tokens.ts";

/** The part of a message that a filter policy applies to: its attributes, or its body if that is JSON. */
export type FilterScope = "MessageAttributes" | "MessageBody";

/**
 * Decides which messages a subscription receives. The grammar is that of event patterns, since SNS and
 * EventBridge share a parser; scope and limits are SNS's own.
 */
export interface FilterPolicy {
  readonly scope: FilterScope;
  /** @param subject attributes by name, or the body */
  matches(subject: Json): boolean;
}

export class FilterPolicyError extends Error {}

const MAX_KEYS = 5;
const MAX_COMBINATIONS = 150;
const MAX_BYTES = 262_144;

/**
 * Compiles a filter policy.
 * https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
 * @throws {FilterPolicyError} in SNS's words, without its prefix
 */
export function filterPolicy(source: string, scope: FilterScope): FilterPolicy {
  if (Buffer.byteLength(source) > MAX_BYTES)
    throw new FilterPolicyError("FilterPolicy: Filter policy is too long");
  if (/^\s*\{\s*\}\s*$/.test(source)) return { scope, matches: () => true };
  const last = tokensOf(source).at(-1)!;
  if (last.type === "wrong") {
    const { message } = errorAt(source, last.text, last.at);
    throw new FilterPolicyError(`FilterPolicy: failed to parse JSON. ${message}`);
  }
  try {
    check(source, scope);
    const { matches } = eventPattern(source);
    return { scope, matches };
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new FilterPolicyError(`FilterPolicy: ${error.message}`);
  }
}

function check(source: string, scope: FilterScope): void {
  const branches = compilePattern(source);
  const paths = new Set<string>();
  for (const branch of branches) {
    let combinations = 1;
    for (const { path, anyOf } of branch.values()) {
      if (scope === "MessageAttributes" && path.length > 1) {
        throw new FilterPolicyError(
          "Filter policy scope MessageAttributes does not support nested filter policy",
        );
      }
      paths.add(JSON.stringify(path));
      // A nested key counts as often as it is levels deep.
      combinations *= anyOf.length * path.length;
    }
    if (combinations > MAX_COMBINATIONS)
      throw new FilterPolicyError("FilterPolicy: Filter policy is too complex");
  }
  if (paths.size > MAX_KEYS) {
    throw new FilterPolicyError(`FilterPolicy: Filter policy can not have more than ${MAX_KEYS} keys`);
  }
}

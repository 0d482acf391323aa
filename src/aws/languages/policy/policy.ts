import { memoizeByText } from "#lib/memoize.ts";
import { conditionOf } from "./condition-block.ts";
import { ANY_POLICY, type Choice, type PolicyDocument, parsePolicy, type Statement } from "./document.ts";
import { type Keys, type Pattern, patternOf } from "./pattern.ts";
import { type Caller, type Named, namedBy, STRENGTH } from "./principals.ts";

/** A compiled policy document. */
export interface Policy {
  readonly document: PolicyDocument;
  readonly statements: readonly ReadyStatement[];
}

interface ReadyStatement {
  statement: Statement;
  action: Pattern;
  /** Always true if the statement has no resource. */
  resource: Pattern;
  holds(keys: Keys): boolean;
}

/** The call that policies are evaluated for. */
export interface Question {
  caller: Caller;
  /** `s3:GetObject` */
  action: string;
  /** An ARN, or `*` for an action without a specific resource. */
  resource: string;
  keys: Keys;
}

/** A statement that applies to the call. */
export interface Finding {
  statement: Statement;
  /**
   * How its Principal element names the caller; absent in identity-based policies, which apply to their own
   * identity.
   */
  named: Named | undefined;
}

/** The statements of one policy that allow or deny a call. */
export interface Verdict {
  denied?: Finding;
  allowed?: Finding;
}

function compilePolicy(document: PolicyDocument): Policy {
  const variables = document.version === "2012-10-17";
  return {
    document,
    statements: document.statements.map((statement) => {
      const conditions = statement.conditions.map((condition) => conditionOf(condition, variables));
      return {
        statement,
        action: choiceOf(statement.action, { variables: false, ignoreCase: true }),
        resource: statement.resource ? choiceOf(statement.resource, { variables }) : () => true,
        holds: (keys) => conditions.every((holds) => holds(keys)),
      };
    }),
  };
}

function choiceOf({ not, patterns }: Choice, options: Parameters<typeof patternOf>[1]): Pattern {
  const tests = patterns.map((pattern) => patternOf(pattern, options));
  return (text, keys) => tests.some((test) => test(text, keys)) !== not;
}

/** Compiled policies are cached, because they are evaluated far more often than they change. */
const MAX_CACHED_POLICIES = 2_000;

/**
 * Compiles a policy that a service has accepted earlier.
 * @throws {PolicyError} for a text that no service can have accepted
 */
export const policyOf = memoizeByText(MAX_CACHED_POLICIES, (text) =>
  compilePolicy(parsePolicy(text, ANY_POLICY)),
);

/**
 * Evaluates a policy. An explicit deny ends the evaluation; of the statements that allow, the one with the
 * strongest naming of the caller counts.
 */
export function evaluatePolicy(policy: Policy, question: Question): Verdict {
  let allowed: Finding | undefined;
  for (const statement of policy.statements) {
    const finding = findingOf(statement, question);
    if (!finding) continue;
    if (finding.statement.effect === "Deny") return { denied: finding };
    allowed = strongest(allowed, finding);
  }
  return allowed ? { allowed } : {};
}

export function strongest(one: Finding | undefined, other: Finding | undefined): Finding | undefined {
  if (!one || !other) return one ?? other;
  return strengthOf(other) > strengthOf(one) ? other : one;
}

const strengthOf = ({ named }: Finding) => (named === undefined ? 0 : STRENGTH[named]);

function findingOf(ready: ReadyStatement, question: Question): Finding | undefined {
  const { statement, action, resource, holds } = ready;
  const { caller, keys } = question;
  if (!action(question.action, keys)) return undefined;
  const named = statement.principal && namedBy(statement.principal, caller);
  if (statement.principal && named === undefined) return undefined;
  if (!resource(question.resource, keys) || !holds(keys)) return undefined;
  return { statement, named };
}

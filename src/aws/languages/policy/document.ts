/**
 * The grammar of IAM's JSON policy language.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
import { jsonText } from "#lib/json-value.ts";
import { readConditions } from "./condition-block.ts";
import { faulty } from "./faults.ts";
import { type PrincipalList, readPrincipals } from "./principals.ts";

export interface PolicyDocument {
  version: "2008-10-17" | "2012-10-17";
  id?: string;
  statements: Statement[];
}

export interface Statement {
  sid?: string;
  effect: "Allow" | "Deny";
  /** Absent in identity-based policies. */
  principal?: PrincipalList;
  action: Choice;
  /** Absent in policies that apply to their own resource, such as a role's trust policy. */
  resource?: Choice;
  conditions: Condition[];
}

/** The values of an element or of its negation: `Action` or `NotAction`. */
export interface Choice {
  not: boolean;
  patterns: string[];
}

export interface Condition {
  /** The operator's name without quantifier and `IfExists`. */
  operator: string;
  quantifier?: "ForAllValues" | "ForAnyValue";
  ifExists: boolean;
  key: string;
  values: string[];
}

/** The elements that a kind of policy must have and must not have. */
export interface PolicyRules {
  principal: "required" | "forbidden" | "optional";
  resource: "required" | "forbidden" | "optional";
}

export const IDENTITY_POLICY: PolicyRules = { principal: "forbidden", resource: "required" };
export const RESOURCE_POLICY: PolicyRules = { principal: "required", resource: "required" };
/** Accepts the elements of every kind of policy. */
export const ANY_POLICY: PolicyRules = { principal: "optional", resource: "optional" };

const ELEMENTS = new Set(["Version", "Id", "Statement"]);
/** In the conventional order, in which services print a policy. */
export const STATEMENT_ELEMENTS: ReadonlySet<string> = new Set([
  "Sid",
  "Effect",
  "Principal",
  "NotPrincipal",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Condition",
]);

/** @throws {PolicyError} for the first fault */
export function parsePolicy(text: string, rules: PolicyRules): PolicyDocument {
  const document = record(jsonOf(text), "Policy");
  for (const element of Object.keys(document))
    if (!ELEMENTS.has(element)) throw faulty({ reason: "UnknownElement", element });
  const { Version: version = "2008-10-17", Id: id, Statement: statement } = document;
  if (version !== "2012-10-17" && version !== "2008-10-17")
    throw faulty({ reason: "InvalidVersion", value: jsonText(version) });
  if (id !== undefined && typeof id !== "string") throw faulty({ reason: "InvalidElement", element: "Id" });
  if (statement === undefined) throw faulty({ reason: "MissingElement", element: "Statement" });
  const statements = Array.isArray(statement) ? statement : [statement];
  if (statements.length === 0) throw faulty({ reason: "NoStatement" });
  const read = statements.map((statement) => readStatement(record(statement, "Statement"), rules));
  checkSids(read);
  return { version, ...(id !== undefined && { id }), statements: read };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw faulty({ reason: "NotJson" });
  }
}

function record(value: unknown, element: "Policy" | "Statement" | "Condition"): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw faulty({ reason: "NotAnObject", element });
  return value as Record<string, unknown>;
}

function readStatement(statement: Record<string, unknown>, rules: PolicyRules): Statement {
  for (const element of Object.keys(statement))
    if (!STATEMENT_ELEMENTS.has(element)) throw faulty({ reason: "UnknownElement", element });
  const { Sid: sid, Effect: effect } = statement;
  if (sid !== undefined && typeof sid !== "string")
    throw faulty({ reason: "InvalidElement", element: "Sid" });
  if (effect === undefined) throw faulty({ reason: "MissingElement", element: "Effect" });
  if (effect !== "Allow" && effect !== "Deny")
    throw faulty({ reason: "InvalidEffect", value: jsonText(effect) });
  const principal = either(statement, "Principal", rules.principal, (value, element) =>
    readPrincipals(value, element),
  );
  const action = either(statement, "Action", "required", patternsIn)!;
  for (const pattern of action.value) checkAction(pattern);
  const resource = either(statement, "Resource", rules.resource, patternsIn);
  return {
    ...(sid !== undefined && { sid }),
    effect,
    ...(principal && { principal: { not: principal.not, ...principal.value } }),
    action: { not: action.not, patterns: action.value },
    ...(resource && { resource: { not: resource.not, patterns: resource.value } }),
    conditions:
      statement.Condition === undefined ? [] : readConditions(record(statement.Condition, "Condition")),
  };
}

function either<T>(
  statement: Record<string, unknown>,
  element: string,
  rule: "required" | "forbidden" | "optional",
  read: (value: unknown, element: string) => T,
): { not: boolean; value: T } | undefined {
  const opposite = `Not${element}`;
  const [plain, negated] = [statement[element], statement[opposite]];
  if (plain !== undefined && negated !== undefined)
    throw faulty({ reason: "ContradictoryElements", element });
  const not = negated !== undefined;
  const value = not ? negated : plain;
  if (value === undefined) {
    if (rule === "required") throw faulty({ reason: "MissingElement", element });
    return undefined;
  }
  if (rule === "forbidden") throw faulty({ reason: "ForbiddenElement", element: not ? opposite : element });
  return { not, value: read(value, not ? opposite : element) };
}

function patternsIn(value: unknown, element: string): string[] {
  const patterns = Array.isArray(value) ? value : [value];
  if (patterns.length === 0 || patterns.some((pattern) => typeof pattern !== "string"))
    throw faulty({ reason: "InvalidElement", element });
  return patterns;
}

/** `*`, or a service prefix, a colon, and characters that action names may have. */
function checkAction(pattern: string): void {
  if (pattern !== "*" && !/^[A-Za-z0-9-]+:[A-Za-z0-9*?:_-]+$/.test(pattern))
    throw faulty({ reason: "InvalidAction", value: pattern });
}

function checkSids(statements: readonly Statement[]): void {
  const seen = new Set<string>();
  for (const { sid } of statements) {
    if (!sid) continue;
    if (seen.has(sid)) throw faulty({ reason: "DuplicateSid", value: sid });
    seen.add(sid);
  }
}

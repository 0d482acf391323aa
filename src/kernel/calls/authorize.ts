import { parseArn } from "#aws/arn.ts";
import type { ProtocolName } from "#aws/contract/format.ts";
import { AwsError } from "#aws/errors.ts";
import { type CallerPolicies, type Decision, evaluate, reasonOf } from "#aws/languages/policy/evaluate.ts";
import type { Keys } from "#aws/languages/policy/pattern.ts";
import { type Policy, policyOf } from "#aws/languages/policy/policy.ts";
import type { Context } from "../context.ts";
import { keysOf } from "./condition-keys.ts";
import type { Principal } from "./principal.ts";

/** One permission that a call needs, as IAM sees it. A call may need several. */
export interface AccessFact {
  /** `s3:GetObject` */
  action: string;
  resource: string;
  /** The account that owns the resource; by default the account in which the call is handled. */
  owner?: string;
  /**
   * The service's own condition keys, in addition to the global ones. A function receives the key in lower
   * case.
   */
  conditions?: Readonly<Record<string, string | readonly string[] | undefined>> | Keys;
  /**
   * The JSON text of the policy or policies attached to the resource. `null` if the resource could have a
   * policy and has none: a service principal is then denied. `undefined` if the resource type has no
   * policies.
   */
  resourcePolicy?: string | readonly string[] | null;
  /** Who is allowed by something other than a policy, such as an access control list. */
  granted?: "account" | "everyone";
  /**
   * Whether only the resource's policy can allow the action, even for its own account: a role's trust policy,
   * a key's policy.
   */
  resourceAlone?: boolean;
}

/** The properties of a call that authorization needs. */
export type AuthorizationContext = Pick<Context, "principal" | "account" | "region" | "request" | "clock"> & {
  readonly callerPolicies: CallerPolicies | undefined;
  readonly calledVia: readonly string[] | undefined;
  denied(denial: Denial): AwsError;
};

/** A denied access fact, from which the service makes its own error. */
export interface Denial {
  principal: Principal;
  fact: AccessFact;
  decision: Extract<Decision, { allowed: false }>;
  /** `because no identity-based policy allows the s3:GetObject action` */
  reason: string;
}

/** The permission to pass each role that a call hands to its service. */
export const passRoleFacts = (roles: Iterable<string | undefined>): AccessFact[] =>
  [...roles].flatMap((resource) => (resource ? [{ action: PASS_ROLE, resource }] : []));

const PASS_ROLE = "iam:PassRole";

/** @throws {AwsError} the service's own error, for the first fact that is not allowed */
export function authorize(call: AuthorizationContext, facts: readonly AccessFact[]): void {
  for (const fact of facts) {
    if (isAlwaysAllowed(call, fact)) continue;
    const decision = decide(call, fact);
    if (!decision.allowed) throw refusal(call, fact, decision);
  }
}

function refusal(call: AuthorizationContext, fact: AccessFact, decision: Denial["decision"]): AwsError {
  const { principal } = call;
  const denied = call.denied({ principal, fact, decision, reason: reasonOf(decision, fact.action) });
  if (!isForeignRole(call, fact)) return denied;
  return new AwsError(denied.code, "Cross-account pass role is not allowed.", { status: denied.status });
}

/**
 * Whether a role of another account would be passed, which is not allowed: passing a role gives a service its
 * permissions.
 */
function isForeignRole({ principal }: AuthorizationContext, { action, resource }: AccessFact): boolean {
  return action === PASS_ROLE && (parseArn(resource)?.account ?? principal.account) !== principal.account;
}

/**
 * Whether no policy can deny the action, as for nearly every call: by a root in its own account, or by a
 * service.
 */
function isAlwaysAllowed(call: AuthorizationContext, fact: AccessFact): boolean {
  const { principal, callerPolicies } = call;
  if (fact.resourceAlone) return false;
  if (principal.type === "service") return fact.resourcePolicy === undefined;
  if (principal.type !== "root" || callerPolicies || fact.resourcePolicy) return false;
  return ownerOf(call, fact) === principal.account;
}

function ownerOf(call: AuthorizationContext, fact: AccessFact): string {
  if (fact.owner !== undefined) return fact.owner;
  return (fact.action === PASS_ROLE && parseArn(fact.resource)?.account) || call.account;
}

function decide(call: AuthorizationContext, fact: AccessFact): Decision {
  const { action, resource, resourcePolicy, granted, resourceAlone } = fact;
  const owner = ownerOf(call, fact);
  return evaluate({
    caller: call.principal,
    action,
    resource,
    owner,
    keys: keysOf(call, fact, owner),
    callerPolicies: call.callerPolicies,
    resourcePolicies: resourcePolicy === undefined ? undefined : policiesOf(resourcePolicy),
    granted,
    resourceAlone,
  });
}

function policiesOf(texts: string | readonly string[] | null): Policy[] {
  if (texts === null) return [];
  return typeof texts === "string" ? [policyOf(texts)] : texts.map(policyOf);
}

/** The default error for a denied call. Its code depends on the protocol. */
export function deniedIn(protocol: ProtocolName | undefined): (denial: Denial) => AwsError {
  const isJson = protocol?.startsWith("awsJson") || protocol === "rpcv2Cbor";
  const code = isJson || protocol === "restJson1" ? "AccessDeniedException" : "AccessDenied";
  const ownCode = protocol === "ec2Query" ? "UnauthorizedOperation" : code;
  const status = isJson ? 400 : 403;
  return (denial) => new AwsError(ownCode, sentenceOf(denial), { status });
}

export function sentenceOf({ principal, fact: { action, resource }, reason }: Denial): string {
  const who = principal.type === "anonymous" ? "anonymous" : principal.arn;
  return `User: ${who} is not authorized to perform: ${action} on resource: ${resource} ${reason}`;
}

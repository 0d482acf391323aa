import { parseArn } from "#aws/arn.ts";
import type { ProtocolName } from "#aws/contract/format.ts";
import { AwsError } from "#aws/errors.ts";
import { type CallerPolicies, type Decision, judge, reasonOf } from "#aws/languages/policy/judge.ts";
import type { Keys } from "#aws/languages/policy/pattern.ts";
import { type Policy, policyOf } from "#aws/languages/policy/policy.ts";
import { keysOf } from "./condition-keys.ts";
import type { Context } from "./context.ts";
import type { Principal } from "./principal.ts";

/** One thing that a call wants to do, as IAM sees it. A call may want several. */
export interface AccessFact {
  /** `s3:GetObject` */
  action: string;
  resource: string;
  /** The account that the resource belongs to; that of the place where the call is handled unless said. */
  owner?: string;
  /** Condition keys of the service's own; those of every call are known. Asked for by their lower-case names. */
  conditions?: Readonly<Record<string, string | readonly string[] | undefined>> | Keys;
  /**
   * The policy that hangs on the resource, as its text, or several. `null` where it could have one and has none: a
   * service then needs one to enter. Not given for what cannot have any.
   */
  resourcePolicy?: string | readonly string[] | null;
  /** Something else of the resource's allows it: an access control list, to an account or to everyone. */
  granted?: "account" | "everyone";
  /** Only the resource's policy can allow it, even to its own account: a role's trust, a key's policy. */
  resourceAlone?: boolean;
}

/** What is known of a call when it is judged. */
export type AuthorizationContext = Pick<Context, "principal" | "account" | "region" | "request" | "clock"> & {
  readonly callerPolicies: CallerPolicies | undefined;
  readonly calledVia: readonly string[] | undefined;
  denied(denial: Denial): AwsError;
};

/** A refusal, before a service puts it into its own words. */
export interface Denial {
  principal: Principal;
  fact: AccessFact;
  decision: Extract<Decision, { allowed: false }>;
  /** `because no identity-based policy allows the s3:GetObject action` */
  reason: string;
}

/** What a call that hands roles to its service must be allowed to do with each of them. */
export const passRoleFacts = (roles: Iterable<string | undefined>): AccessFact[] =>
  [...roles].flatMap((resource) => (resource ? [{ action: PASS_ROLE, resource }] : []));

const PASS_ROLE = "iam:PassRole";

/** @throws {AwsError} the service's own, for the first fact that is not allowed */
export function authorize(call: AuthorizationContext, facts: readonly AccessFact[]): void {
  for (const fact of facts) {
    if (isPlain(call, fact)) continue;
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

/** Passing a role gives a service the role's permissions: a role of another account cannot be passed. */
function isForeignRole({ principal }: AuthorizationContext, { action, resource }: AccessFact): boolean {
  return action === PASS_ROLE && (parseArn(resource)?.account ?? principal.account) !== principal.account;
}

/** Whether no policy can forbid it, as for nearly every call: it is a root's in its own account, or a service's. */
function isPlain(call: AuthorizationContext, fact: AccessFact): boolean {
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
  return judge({
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

/** The refusal of services that do not word their own: its code depends on the protocol. */
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

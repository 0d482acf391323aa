/**
 * Evaluates policies of all kinds together to decide on a call.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
import {
  evaluatePolicy,
  type Finding,
  type Policy,
  type Question,
  strongest,
  type Verdict,
} from "./policy.ts";
import { type Named, STRENGTH } from "./principals.ts";

export type PolicyKind =
  | "identity-based policy"
  | "resource-based policy"
  | "permissions boundary"
  | "session policy"
  | "service control policy"
  | "resource control policy"
  | "VPC endpoint policy";

/** The policies that apply to a caller. Roots, services and anonymous callers have none. */
export interface CallerPolicies {
  /** Policies of the user or role, and of its groups. */
  identity: readonly Policy[];
  boundary?: Policy;
  /** Session policies, which limit the session's permissions. */
  session?: readonly Policy[];
  /** By level, from the organization's root down to the account: every level must allow. */
  serviceControl?: readonly (readonly Policy[])[];
}

export interface Case extends Question {
  /** The account that owns the resource. */
  owner: string;
  callerPolicies?: CallerPolicies;
  /** `undefined` for a resource type without policies. Most resources have at most one. */
  resourcePolicies?: readonly Policy[];
  /**
   * Access granted by something other than a policy, with the effect of a policy that names the caller in
   * this way: an entry in S3's ACL.
   */
  granted?: Named;
  /**
   * Whether only the resource's policy can allow the action, even for its own account: a role's trust policy,
   * a key's policy.
   */
  resourceAlone?: boolean;
  resourceControl?: readonly (readonly Policy[])[];
  endpoint?: Policy;
}

export type Decision =
  | { allowed: true; by: PolicyKind | "root" | "service" | "grant"; finding?: Finding }
  /** `finding` is the statement that denies; without one, no policy of that kind allows. */
  | { allowed: false; by: PolicyKind; finding?: Finding };

const NOTHING: Verdict = {};
const NO_POLICIES: CallerPolicies = { identity: [] };

export function evaluate(request: Case): Decision {
  const { caller, owner, callerPolicies: of = NO_POLICIES, resourcePolicies } = request;
  const identity = evaluateAll(of.identity, request);
  const boundary = of.boundary && evaluatePolicy(of.boundary, request);
  const session = of.session && evaluateAll(of.session, request);
  const resource = evaluateAll(resourcePolicies ?? [], request);
  const endpoint = request.endpoint && evaluatePolicy(request.endpoint, request);
  const resourceControl = evaluateLevels(request.resourceControl, request);
  const serviceControl = evaluateLevels(of.serviceControl, request);

  const verdicts: [PolicyKind, Verdict | undefined][] = [
    ["resource control policy", resourceControl],
    ["service control policy", serviceControl],
    ["VPC endpoint policy", endpoint],
    ["resource-based policy", resource],
    ["permissions boundary", boundary],
    ["session policy", session],
    ["identity-based policy", identity],
  ];
  for (const [by, verdict] of verdicts)
    if (verdict?.denied) return { allowed: false, by, finding: verdict.denied };
  // The surrounding policies must allow the call, whatever else allows it.
  for (const [by, verdict] of verdicts.slice(0, 3))
    if (verdict && !verdict.allowed) return { allowed: false, by };

  const named = stronger(resource.allowed?.named, request.granted);
  const byResource: Decision = resource.allowed
    ? { allowed: true, by: "resource-based policy", finding: resource.allowed }
    : { allowed: true, by: "grant" };
  const notByResource: Decision = { allowed: false, by: "resource-based policy" };
  if (caller.type === "service") {
    if (resourcePolicies === undefined && !request.resourceAlone) return { allowed: true, by: "service" };
    return named === undefined ? notByResource : byResource;
  }
  if (caller.type === "anonymous" || caller.type === "federated")
    return named === undefined ? notByResource : byResource;

  const bounded = boundedBy(boundary, session);
  const isOwn = caller.account === owner;
  if (isOwn && !request.resourceAlone) {
    if (caller.type === "root") return { allowed: true, by: "root" };
    if (named === "self" || named === "everyone") return byResource;
    if (named === "role") return bounded ?? byResource;
  } else if (named === undefined) {
    return notByResource;
  } else if (caller.type === "root" || (isOwn && named !== "account")) {
    return byResource;
  }
  if (bounded) return bounded;
  return identity.allowed
    ? { allowed: true, by: "identity-based policy", finding: identity.allowed }
    : { allowed: false, by: "identity-based policy" };
}

const stronger = (one: Named | undefined, other: Named | undefined) =>
  one === undefined || (other !== undefined && STRENGTH[other] > STRENGTH[one]) ? other : one;

/** The denial by a boundary or a session policy that does not allow the call. */
function boundedBy(boundary: Verdict | undefined, session: Verdict | undefined): Decision | undefined {
  if (boundary && !boundary.allowed) return { allowed: false, by: "permissions boundary" };
  if (session && !session.allowed) return { allowed: false, by: "session policy" };
  return undefined;
}

function evaluateAll(policies: readonly Policy[], question: Question): Verdict {
  let allowed: Finding | undefined;
  for (const policy of policies) {
    const verdict = evaluatePolicy(policy, question);
    if (verdict.denied) return verdict;
    allowed = strongest(allowed, verdict.allowed);
  }
  return allowed ? { allowed } : NOTHING;
}

function evaluateLevels(
  levels: readonly (readonly Policy[])[] | undefined,
  question: Question,
): Verdict | undefined {
  if (!levels || levels.length === 0) return undefined;
  let last: Verdict = NOTHING;
  let missing = false;
  for (const level of levels) {
    last = evaluateAll(level, question);
    if (last.denied) return last;
    missing ||= !last.allowed;
  }
  return missing ? NOTHING : last;
}

/** The last part of AWS's message: `because no identity-based policy allows the s3:GetObject action`. */
export function reasonOf({ by, finding }: Extract<Decision, { allowed: false }>, action: string): string {
  if (!finding) return `because no ${by} allows the ${action} action`;
  return `with an explicit deny in ${by.startsWith("identity") ? "an" : "a"} ${by}`;
}

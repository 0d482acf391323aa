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
import { type Caller, type Named, STRENGTH } from "./principals.ts";

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

/** The result of each kind of policy for a call. */
interface Verdicts {
  resourceControl: Verdict | undefined;
  serviceControl: Verdict | undefined;
  endpoint: Verdict | undefined;
  resource: Verdict;
  boundary: Verdict | undefined;
  session: Verdict | undefined;
  identity: Verdict;
}

export function evaluate(request: Case): Decision {
  const { callerPolicies: of = NO_POLICIES } = request;
  const verdicts: Verdicts = {
    resourceControl: evaluateLevels(request.resourceControl, request),
    serviceControl: evaluateLevels(of.serviceControl, request),
    endpoint: request.endpoint && evaluatePolicy(request.endpoint, request),
    resource: evaluateAll(request.resourcePolicies ?? [], request),
    boundary: of.boundary && evaluatePolicy(of.boundary, request),
    session: of.session && evaluateAll(of.session, request),
    identity: evaluateAll(of.identity, request),
  };
  return deniedBy(verdicts) ?? byResource(request, verdicts) ?? boundedBy(verdicts) ?? byIdentity(verdicts);
}

/** The denial by any policy, or by a surrounding policy that does not allow the call, whatever else allows it. */
function deniedBy(verdicts: Verdicts): Decision | undefined {
  const surrounding: [PolicyKind, Verdict | undefined][] = [
    ["resource control policy", verdicts.resourceControl],
    ["service control policy", verdicts.serviceControl],
    ["VPC endpoint policy", verdicts.endpoint],
  ];
  const all: [PolicyKind, Verdict | undefined][] = [
    ...surrounding,
    ["resource-based policy", verdicts.resource],
    ["permissions boundary", verdicts.boundary],
    ["session policy", verdicts.session],
    ["identity-based policy", verdicts.identity],
  ];
  for (const [by, verdict] of all)
    if (verdict?.denied) return { allowed: false, by, finding: verdict.denied };
  for (const [by, verdict] of surrounding) if (verdict && !verdict.allowed) return { allowed: false, by };
  return undefined;
}

/** The decision by the resource's side alone; `undefined` if the caller's own policies must allow the call as well. */
function byResource(request: Case, verdicts: Verdicts): Decision | undefined {
  const { caller, owner, resourcePolicies, resourceAlone = false } = request;
  const { allowed } = verdicts.resource;
  const named = stronger(allowed?.named, request.granted);
  const yes: Decision = allowed
    ? { allowed: true, by: "resource-based policy", finding: allowed }
    : { allowed: true, by: "grant" };
  const no: Decision = { allowed: false, by: "resource-based policy" };
  if (caller.type === "service" && resourcePolicies === undefined && !resourceAlone)
    return { allowed: true, by: "service" };
  if (hasNoPolicies(caller)) return named === undefined ? no : yes;

  const isOwn = caller.account === owner;
  if (isOwn && !resourceAlone) {
    if (caller.type === "root") return { allowed: true, by: "root" };
    if (named === "self" || named === "everyone") return yes;
    return named === "role" ? (boundedBy(verdicts) ?? yes) : undefined;
  }
  if (named === undefined) return no;
  return caller.type === "root" || (isOwn && named !== "account") ? yes : undefined;
}

/** Whether only the resource's side can allow this caller anything. */
const hasNoPolicies = ({ type }: Caller) =>
  type === "service" || type === "anonymous" || type === "federated";

const byIdentity = ({ identity: { allowed } }: Verdicts): Decision =>
  allowed
    ? { allowed: true, by: "identity-based policy", finding: allowed }
    : { allowed: false, by: "identity-based policy" };

const stronger = (one: Named | undefined, other: Named | undefined) =>
  one === undefined || (other !== undefined && STRENGTH[other] > STRENGTH[one]) ? other : one;

/** The denial by a boundary or a session policy that does not allow the call. */
function boundedBy({ boundary, session }: Verdicts): Decision | undefined {
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

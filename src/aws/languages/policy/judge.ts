/**
 * How policies of all kinds together decide on a call.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
import { ask, type Finding, type Policy, type Question, strongest, type Verdict } from "./policy.ts";
import { type Named, STRENGTH } from "./principals.ts";

export type PolicyKind =
  | "identity-based policy"
  | "resource-based policy"
  | "permissions boundary"
  | "session policy"
  | "service control policy"
  | "resource control policy"
  | "VPC endpoint policy";

/** The policies of a caller: a root, a service and an anonymous caller have none. */
export interface CallerPolicies {
  /** Of the user or role and of its groups. */
  identity: readonly Policy[];
  boundary?: Policy;
  /** What the session was narrowed to when it began. */
  session?: readonly Policy[];
  /** From the organization's root down to the account: each level must allow. */
  serviceControl?: readonly (readonly Policy[])[];
}

export interface Case extends Question {
  /** The account that the resource belongs to. */
  owner: string;
  callerPolicies?: CallerPolicies;
  /** `undefined` for a resource that cannot have any. Most have one at most. */
  resourcePolicies?: readonly Policy[];
  /** Something else of the resource's allows it to whom it so names, as its policy would: an entry in S3's ACL. */
  granted?: Named;
  /** Only the resource's policy can allow it, even to its own account: a role's trust, a key's policy. */
  resourceAlone?: boolean;
  resourceControl?: readonly (readonly Policy[])[];
  endpoint?: Policy;
}

export type Decision =
  | { allowed: true; by: PolicyKind | "root" | "service" | "grant"; finding?: Finding }
  /** `finding` is the statement that denies; without one, none of that kind allows. */
  | { allowed: false; by: PolicyKind; finding?: Finding };

const NOTHING: Verdict = {};
const NO_POLICIES: CallerPolicies = { identity: [] };

export function judge(request: Case): Decision {
  const { caller, owner, callerPolicies: of = NO_POLICIES, resourcePolicies } = request;
  const identity = askAll(of.identity, request);
  const boundary = of.boundary && ask(of.boundary, request);
  const session = of.session && askAll(of.session, request);
  const resource = askAll(resourcePolicies ?? [], request);
  const endpoint = request.endpoint && ask(request.endpoint, request);
  const resourceControl = askLevels(request.resourceControl, request);
  const serviceControl = askLevels(of.serviceControl, request);

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
  // What stands around a call must allow it, whoever else does.
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

/** The decision of a boundary or a session that does not allow it. */
function boundedBy(boundary: Verdict | undefined, session: Verdict | undefined): Decision | undefined {
  if (boundary && !boundary.allowed) return { allowed: false, by: "permissions boundary" };
  if (session && !session.allowed) return { allowed: false, by: "session policy" };
  return undefined;
}

function askAll(policies: readonly Policy[], question: Question): Verdict {
  let allowed: Finding | undefined;
  for (const policy of policies) {
    const verdict = ask(policy, question);
    if (verdict.denied) return verdict;
    allowed = strongest(allowed, verdict.allowed);
  }
  return allowed ? { allowed } : NOTHING;
}

function askLevels(
  levels: readonly (readonly Policy[])[] | undefined,
  question: Question,
): Verdict | undefined {
  if (!levels || levels.length === 0) return undefined;
  let last: Verdict = NOTHING;
  let missing = false;
  for (const level of levels) {
    last = askAll(level, question);
    if (last.denied) return last;
    missing ||= !last.allowed;
  }
  return missing ? NOTHING : last;
}

/** The end of AWS's sentence: `because no identity-based policy allows the s3:GetObject action`. */
export function reasonOf({ by, finding }: Extract<Decision, { allowed: false }>, action: string): string {
  if (!finding) return `because no ${by} allows the ${action} action`;
  return `with an explicit deny in ${by.startsWith("identity") ? "an" : "a"} ${by}`;
}

/**
 * The principals of a statement in a resource-based policy.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
import { canonicalUserOf } from "../../canonical-user.ts";
import { faulty } from "./faults.ts";

const TYPES = ["AWS", "Service", "Federated", "CanonicalUser"] as const;

export interface PrincipalEntry {
  type: (typeof TYPES)[number];
  /** An account is always represented by the ARN of its root. */
  value: string;
}

export interface PrincipalList {
  not: boolean;
  /** `*`: everyone, including anonymous callers. */
  everyone: boolean;
  entries: PrincipalEntry[];
}

/** A caller. The kernel's `Principal` has this shape. */
export interface Caller {
  /** `federated` is a user of an identity provider, before a session exists. */
  type: "root" | "user" | "role" | "federated" | "service" | "anonymous";
  /** Empty for services and anonymous callers. */
  account: string;
  /** For a role's session, the session's ARN; for a service, its name. */
  arn: string;
  /** `UserId` in the response of GetCallerIdentity. */
  id: string;
  /** The ARN of the session's role. */
  role?: string;
}

/**
 * How a statement names the caller, which determines the other policies that must allow the call: naming an
 * account delegates to its administrators, naming a role leaves its sessions within their boundaries.
 */
export type Named = "account" | "role" | "self" | "everyone";

/** @throws {PolicyError} */
export function readPrincipals(value: unknown, element: string): Omit<PrincipalList, "not"> {
  if (value === "*") return { everyone: true, entries: [] };
  if (typeof value === "string") throw faulty({ reason: "InvalidPrincipal", type: "", value });
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw faulty({ reason: "InvalidElement", element });
  const list: Omit<PrincipalList, "not"> = { everyone: false, entries: [] };
  for (const [type, named] of Object.entries(value)) {
    for (const name of Array.isArray(named) ? named : [named]) {
      if (typeof name !== "string") throw faulty({ reason: "InvalidElement", element });
      if (type === "AWS" && name === "*") list.everyone = true;
      else list.entries.push(entryOf(type, name));
    }
  }
  if (!list.everyone && list.entries.length === 0) throw faulty({ reason: "InvalidElement", element });
  return list;
}

function entryOf(typeName: string, name: string): PrincipalEntry {
  const type = TYPES.find((one) => one === typeName);
  if (type === undefined) throw faulty({ reason: "InvalidPrincipal", type: typeName, value: name });
  return { type, value: nameOf(type, name) };
}

/** The unique id that AWS puts in place of an identity that was deleted after the policy was written. */
const UNIQUE_ID = /^A[A-Z0-9]{15,127}$/;
const IAM_ARN = /^arn:aws(?:-cn|-us-gov)?:iam::(\d{12}):(?:root|(?:user|role)\/[\w+=,.@/-]+)$/;
const STS_ARN =
  /^arn:aws(?:-cn|-us-gov)?:sts::\d{12}:(?:assumed-role\/[\w+=,.@/-]+\/[\w+=,.@-]+|federated-user\/[\w+=,.@-]+|self)$/;
const ORIGIN_ACCESS_IDENTITY =
  /^arn:aws(?:-cn|-us-gov)?:iam::cloudfront:user\/CloudFront Origin Access Identity [A-Z0-9]+$/;

function nameOf(type: PrincipalEntry["type"], value: string): string {
  const holds = {
    AWS: () =>
      /^\d{12}$/.test(value) ||
      IAM_ARN.test(value) ||
      STS_ARN.test(value) ||
      ORIGIN_ACCESS_IDENTITY.test(value) ||
      UNIQUE_ID.test(value),
    Service: () =>
      /^[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com(\.cn)?|amazon\.com|aws\.internal)$/.test(value),
    Federated: () => value !== "" && value !== "*",
    CanonicalUser: () => /^[0-9a-f]{64}([0-9a-f]{32})?$/.test(value),
  }[type];
  if (!holds()) throw faulty({ reason: "InvalidPrincipal", type, value });
  return type === "AWS" && /^\d{12}$/.test(value) ? rootArn(value) : value;
}

const rootArn = (account: string) => `arn:aws:iam::${account}:root`;

/**
 * The strength of each naming. What a stronger one grants remains granted if a weaker one applies as well.
 */
export const STRENGTH: Record<Named, number> = { account: 0, role: 1, everyone: 2, self: 3 };

/** Returns `undefined` if the statement does not name the caller. */
export function namedBy(list: PrincipalList, caller: Caller): Named | undefined {
  if (list.not) return isExcepted(list, caller) ? undefined : "everyone";
  let best: Named | undefined = list.everyone ? "everyone" : undefined;
  for (const entry of list.entries) {
    const named = entryNames(entry, caller);
    if (named && (best === undefined || STRENGTH[named] > STRENGTH[best])) best = named;
  }
  return best;
}

function entryNames({ type, value }: PrincipalEntry, caller: Caller): Named | undefined {
  switch (type) {
    case "AWS":
      return caller.type === "service" || caller.type === "anonymous" ? undefined : awsNames(value, caller);
    case "Service":
      return caller.type === "service" && value === caller.arn ? "self" : undefined;
    case "Federated":
      return caller.type === "federated" && value === caller.id ? "self" : undefined;
    case "CanonicalUser":
      if (caller.account === "" || value !== canonicalUserOf(caller.account)) return undefined;
      return caller.type === "root" ? "self" : "account";
  }
}

function awsNames(value: string, caller: Caller): Named | undefined {
  if (value === caller.arn) return "self";
  if (value === caller.role) return "role";
  if (caller.type !== "root" && value === rootArn(caller.account)) return "account";
  if (!isUniqueIdOf(value, caller)) return undefined;
  return caller.type === "role" ? "role" : "self";
}

/** A role session's id is the role's id, a colon and the session's name. */
const isUniqueIdOf = (value: string, { id }: Caller) => id === value || id.startsWith(`${value}:`);

/**
 * Whether NotPrincipal excepts a caller. It must list all that apply: the user and the account; for a
 * session, the role as well.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
 */
function isExcepted(list: PrincipalList, caller: Caller): boolean {
  if (list.everyone) return true;
  const lists = (name: string | undefined) => list.entries.some(({ value }) => value === name);
  if (caller.type === "anonymous") return false;
  if (caller.type === "service" || caller.type === "root" || caller.type === "federated")
    return list.entries.some((entry) => entryNames(entry, caller) !== undefined);
  const account = lists(rootArn(caller.account)) || lists(canonicalUserOf(caller.account));
  return account && lists(caller.arn) && (caller.type !== "role" || lists(caller.role));
}

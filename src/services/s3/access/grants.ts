/**
 * Access control lists: permissions on a bucket or an object for grantees other than its owner.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
 */
import { canonicalUserOf } from "#aws/canonical-user.ts";
import type { Principal } from "#kernel/calls/principal.ts";

export interface Grant {
  to: Grantee;
  permission: Permission;
}

/** A canonical user id, or one of S3's groups. */
export type Grantee = { user: string } | { group: Group };
export type Permission = "FULL_CONTROL" | "READ" | "WRITE" | "READ_ACP" | "WRITE_ACP";
export type Group = "AllUsers" | "AuthenticatedUsers" | "LogDelivery";

export const PERMISSIONS: ReadonlySet<string> = new Set<Permission>([
  "FULL_CONTROL",
  "READ",
  "WRITE",
  "READ_ACP",
  "WRITE_ACP",
]);

export const GROUPS: Readonly<Record<Group, string>> = {
  AllUsers: "http://acs.amazonaws.com/groups/global/AllUsers",
  AuthenticatedUsers: "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
  LogDelivery: "http://acs.amazonaws.com/groups/s3/LogDelivery",
};

export function groupOf(uri: string): Group | undefined {
  return (Object.keys(GROUPS) as Group[]).find((group) => GROUPS[group] === uri);
}

/** The default ACL, which grants access to the owner only. */
export const ownersOnly = (account: string): Grant[] => [
  { to: { user: canonicalUserOf(account) }, permission: "FULL_CONTROL" },
];

/** Whether a grant is public: to everyone, or to everyone who has an AWS account. */
export const isPublicGrant = ({ to }: Grant): boolean =>
  "group" in to && (to.group === "AllUsers" || to.group === "AuthenticatedUsers");

/**
 * Whether an ACL grants a permission to a caller, and if so, whether by the caller's account or by a group.
 */
export function grantTo(
  grants: readonly Grant[],
  permission: Permission,
  principal: Principal,
): "account" | "everyone" | undefined {
  let found: "account" | "everyone" | undefined;
  for (const grant of grants) {
    if (grant.permission !== permission && grant.permission !== "FULL_CONTROL") continue;
    const matched = matchGrantee(grant.to, principal);
    if (matched === "everyone") return matched;
    found ??= matched;
  }
  return found;
}

function matchGrantee(to: Grantee, { type, account, arn }: Principal): "account" | "everyone" | undefined {
  if ("user" in to) return account !== "" && to.user === canonicalUserOf(account) ? "account" : undefined;
  const isIn: Record<Group, boolean> = {
    AllUsers: true,
    AuthenticatedUsers: type !== "anonymous" && type !== "service",
    LogDelivery: type === "service" && arn === "logging.s3.amazonaws.com",
  };
  return isIn[to.group] ? "everyone" : undefined;
}

export type CannedAcl =
  | "private"
  | "public-read"
  | "public-read-write"
  | "authenticated-read"
  | "aws-exec-read"
  | "log-delivery-write"
  | "bucket-owner-read"
  | "bucket-owner-full-control";

/** The canonical user id of the account with which EC2 fetches bundled images. */
const EC2 = "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c";

export const BUCKET_CANNED: ReadonlySet<string> = new Set<CannedAcl>([
  "private",
  "public-read",
  "public-read-write",
  "authenticated-read",
  "aws-exec-read",
  "log-delivery-write",
  "bucket-owner-read",
  "bucket-owner-full-control",
]);

export const OBJECT_CANNED: ReadonlySet<string> = new Set<CannedAcl>([
  "private",
  "public-read",
  "public-read-write",
  "authenticated-read",
  "aws-exec-read",
  "bucket-owner-read",
  "bucket-owner-full-control",
]);

/** Returns the grants of a canned ACL. Those for the bucket's owner add nothing to the ACL of a bucket. */
export function cannedGrants(acl: CannedAcl, owner: string, bucketOwner: string): Grant[] {
  const group = (name: Group, ...permissions: Permission[]): Grant[] =>
    permissions.map((permission) => ({ to: { group: name }, permission }));
  const bucketOwners = (permission: Permission): Grant[] =>
    bucketOwner === owner ? [] : [{ to: { user: canonicalUserOf(bucketOwner) }, permission }];
  const others: Record<CannedAcl, () => Grant[]> = {
    private: () => [],
    "public-read": () => group("AllUsers", "READ"),
    "public-read-write": () => group("AllUsers", "READ", "WRITE"),
    "authenticated-read": () => group("AuthenticatedUsers", "READ"),
    "aws-exec-read": () => [{ to: { user: EC2 }, permission: "READ" }],
    "log-delivery-write": () => group("LogDelivery", "WRITE", "READ_ACP"),
    "bucket-owner-read": () => bucketOwners("READ"),
    "bucket-owner-full-control": () => bucketOwners("FULL_CONTROL"),
  };
  return [...ownersOnly(owner), ...others[acl]()];
}

import { evaluatePolicy, policyOf } from "#aws/languages/policy/policy.ts";
import { objectArn } from "../buckets/bucket.ts";
import type { Bucket, ObjectVersion } from "../store.ts";

const SESSION = "s3-replication";

/**
 * Whether the destination's policy permits the source's role to replicate to it. Across accounts, the policy
 * must allow it; within an account, the policy must not deny it.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
 */
export function isPermitted(
  role: string,
  source: Bucket,
  destination: Bucket,
  { key, deleteMarker }: ObjectVersion,
): boolean {
  const isOwn = source.owner === destination.owner;
  if (destination.policy === undefined) return isOwn;
  const [, , , , account = "", name = ""] = role.split(":");
  const caller = {
    type: "role",
    account,
    arn: `arn:aws:sts::${account}:assumed-role/${name.replace(/^.*\//, "")}/${SESSION}`,
    id: `${name}:${SESSION}`,
    role,
  } as const;
  const keys: Record<string, string> = {
    "aws:principalarn": role,
    "aws:principalaccount": account,
    "aws:resourceaccount": destination.owner,
    "aws:securetransport": "true",
  };
  const verdict = evaluatePolicy(policyOf(destination.policy), {
    caller,
    action: deleteMarker ? "s3:ReplicateDelete" : "s3:ReplicateObject",
    resource: objectArn(destination.name, key),
    keys: (asked) => keys[asked],
  });
  return verdict.denied === undefined && (isOwn || verdict.allowed !== undefined);
}

import type { CallerPolicies } from "#aws/languages/policy/evaluate.ts";
import { policyOf } from "#aws/languages/policy/policy.ts";
import type { Principal } from "#kernel/calls/principal.ts";
import type { ConformanceCloud } from "./cloud.ts";

export interface IdentityOptions {
  account: string;
  /** Statements, each of which becomes an identity policy. */
  allows?: object[];
  boundary?: object;
  session?: object;
  tags?: Record<string, string>;
}

/** Creates users and role sessions with policies, as IAM would: access keys, each with its principal and policies. */
export function identities(cloud: ConformanceCloud) {
  const byKey = new Map<string, { principal: Principal; policies: CallerPolicies }>();

  function open() {
    const { ports } = cloud;
    ports.credentials = {
      async find(accessKeyId) {
        const known = byKey.get(accessKeyId);
        return known && { secret: "secret", principal: known.principal };
      },
    };
    ports.policies = { of: ({ accessKeyId = "" }) => byKey.get(accessKeyId)?.policies };
  }

  function keyOf(principal: Omit<Principal, "accessKeyId">, options: IdentityOptions) {
    open();
    const accessKeyId = `AKIA${String(byKey.size).padStart(16, "0")}`;
    byKey.set(accessKeyId, {
      principal: { ...principal, accessKeyId, ...(options.tags && { tags: options.tags }) },
      policies: {
        identity: (options.allows ?? []).map(identityPolicy),
        ...(options.boundary && { boundary: identityPolicy(options.boundary) }),
        ...(options.session && { session: [identityPolicy(options.session)] }),
      },
    });
    return { ...cloud.client(), credentials: { accessKeyId, secretAccessKey: "secret" } };
  }

  return {
    user: (name: string, options: IdentityOptions) =>
      keyOf(
        {
          type: "user",
          account: options.account,
          arn: `arn:aws:iam::${options.account}:user/${name}`,
          id: `AIDA${name.toUpperCase().padEnd(16, "X")}`,
        },
        options,
      ),
    session: (role: string, options: IdentityOptions) =>
      keyOf(
        {
          type: "role",
          account: options.account,
          arn: `arn:aws:sts::${options.account}:assumed-role/${role}/session`,
          id: `AROA${role.toUpperCase().padEnd(16, "X")}:session`,
          role: `arn:aws:iam::${options.account}:role/${role}`,
        },
        options,
      ),
  };
}

const identityPolicy = (statement: object) =>
  policyOf(
    JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Resource: "*", ...statement } }),
  );

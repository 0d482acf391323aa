import { expect, test } from "vitest";
import { canonicalUserOf } from "../../canonical-user.ts";
import { type Case, evaluate, reasonOf } from "./evaluate.ts";
import { policyOf } from "./policy.ts";
import type { Caller } from "./principals.ts";

const HERE = "111122223333";
const THERE = "444455556666";
const ann: Caller = {
  type: "user",
  account: HERE,
  arn: `arn:aws:iam::${HERE}:user/ann`,
  id: "AIDAANNANNANNANNA",
};
const root: Caller = { type: "root", account: HERE, arn: `arn:aws:iam::${HERE}:root`, id: HERE };
const session: Caller = {
  type: "role",
  account: HERE,
  arn: `arn:aws:sts::${HERE}:assumed-role/reader/s`,
  id: "AROAREADERREADERR:s",
  role: `arn:aws:iam::${HERE}:role/path/reader`,
};
const nobody: Caller = { type: "anonymous", account: "", arn: "*", id: "anonymous" };
const sns: Caller = { type: "service", account: "", arn: "sns.amazonaws.com", id: "sns.amazonaws.com" };

const policy = (...statements: object[]) =>
  policyOf(
    JSON.stringify({
      Version: "2012-10-17",
      Statement: statements.map((said) => ({ Effect: "Allow", Action: "s3:*", Resource: "*", ...said })),
    }),
  );
const allow = policy({});
const allowed = { identity: [allow] };
const nothing = { identity: [] };
const to = (AWS: string, more: object = {}) => policy({ Principal: { AWS }, ...more });

function outcome(caller: Caller, rest: Partial<Case> = {}): string {
  const decision = evaluate({
    caller,
    action: "s3:GetObject",
    resource: "arn:aws:s3:::b/k",
    owner: HERE,
    keys: () => undefined,
    ...rest,
  });
  return decision.allowed ? `allowed by ${decision.by}` : reasonOf(decision, "s3:GetObject");
}

const NO_IDENTITY = "because no identity-based policy allows the s3:GetObject action";
const NO_RESOURCE = "because no resource-based policy allows the s3:GetObject action";
const NO_BOUNDARY = "because no permissions boundary allows the s3:GetObject action";
const NO_SESSION = "because no session policy allows the s3:GetObject action";
const deny = policy({ Effect: "Deny" });
const denyAll = policy({ Effect: "Deny", Principal: "*" });
const other = policy({ Action: "s3:PutObject" });

test.each<[string, Caller, Partial<Case>, string]>([
  ["a user whom nothing allows", ann, { callerPolicies: nothing }, NO_IDENTITY],
  ["a user's own policy", ann, { callerPolicies: allowed }, "allowed by identity-based policy"],
  [
    "of several policies one denies",
    ann,
    { callerPolicies: { identity: [allow, deny] } },
    "with an explicit deny in an identity-based policy",
  ],
  [
    "the resource names the user",
    ann,
    { callerPolicies: nothing, resourcePolicies: [to(ann.arn)] },
    "allowed by resource-based policy",
  ],
  [
    "the resource names everyone",
    ann,
    { callerPolicies: nothing, resourcePolicies: [to("*")] },
    "allowed by resource-based policy",
  ],
  [
    "the resource names the account only",
    ann,
    { callerPolicies: nothing, resourcePolicies: [to(HERE)] },
    NO_IDENTITY,
  ],
  [
    "the resource names the account, which allows",
    ann,
    { callerPolicies: allowed, resourcePolicies: [to(HERE)] },
    "allowed by identity-based policy",
  ],
  [
    "the resource denies",
    ann,
    { callerPolicies: allowed, resourcePolicies: [denyAll] },
    "with an explicit deny in a resource-based policy",
  ],
  ["a boundary that does not allow", ann, { callerPolicies: { ...allowed, boundary: other } }, NO_BOUNDARY],
  [
    "a boundary does not bind whom the resource names",
    ann,
    { callerPolicies: { ...nothing, boundary: other }, resourcePolicies: [to(ann.arn)] },
    "allowed by resource-based policy",
  ],
  [
    "but one that denies does",
    ann,
    { callerPolicies: { ...nothing, boundary: deny }, resourcePolicies: [to(ann.arn)] },
    "with an explicit deny in a permissions boundary",
  ],
  [
    "a role's session within its session policy",
    session,
    { callerPolicies: { ...allowed, session: [allow] } },
    "allowed by identity-based policy",
  ],
  [
    "a session policy that does not allow",
    session,
    { callerPolicies: { ...allowed, session: [other] } },
    NO_SESSION,
  ],
  [
    "the resource names the role: the session policy still binds",
    session,
    { callerPolicies: { ...nothing, session: [other] }, resourcePolicies: [to(session.role!)] },
    NO_SESSION,
  ],
  [
    "the resource names the role",
    session,
    { callerPolicies: nothing, resourcePolicies: [to(session.role!)] },
    "allowed by resource-based policy",
  ],
  [
    "the resource names the session: nothing binds",
    session,
    { callerPolicies: { ...nothing, session: [other] }, resourcePolicies: [to(session.arn)] },
    "allowed by resource-based policy",
  ],
  [
    "the resource names the role by its id",
    session,
    { callerPolicies: nothing, resourcePolicies: [to("AROAREADERREADERR")] },
    "allowed by resource-based policy",
  ],
  ["root at home", root, {}, "allowed by root"],
  [
    "root at home, denied by the resource",
    root,
    { resourcePolicies: [denyAll] },
    "with an explicit deny in a resource-based policy",
  ],
  [
    "root, held by the organization",
    root,
    { callerPolicies: { ...nothing, serviceControl: [[allow], [other]] } },
    "because no service control policy allows the s3:GetObject action",
  ],
  ["root abroad", root, { owner: THERE, resourcePolicies: [] }, NO_RESOURCE],
  [
    "root abroad, named",
    root,
    { owner: THERE, resourcePolicies: [to(HERE)] },
    "allowed by resource-based policy",
  ],
  [
    "a user abroad, named but without own policy",
    ann,
    { owner: THERE, callerPolicies: nothing, resourcePolicies: [to(ann.arn)] },
    NO_IDENTITY,
  ],
  [
    "a user abroad, not named",
    ann,
    { owner: THERE, callerPolicies: allowed, resourcePolicies: [] },
    NO_RESOURCE,
  ],
  [
    "a user abroad, allowed on both sides",
    ann,
    { owner: THERE, callerPolicies: allowed, resourcePolicies: [to(HERE)] },
    "allowed by identity-based policy",
  ],
  [
    "a user abroad, bounded",
    ann,
    { owner: THERE, callerPolicies: { ...allowed, boundary: other }, resourcePolicies: [to(ann.arn)] },
    NO_BOUNDARY,
  ],
  [
    "an account by its canonical id",
    root,
    { owner: THERE, resourcePolicies: [policy({ Principal: { CanonicalUser: canonicalUserOf(HERE) } })] },
    "allowed by resource-based policy",
  ],
  ["nobody", nobody, { resourcePolicies: [to(HERE)] }, NO_RESOURCE],
  [
    "nobody, where everybody may",
    nobody,
    { resourcePolicies: [to("*")] },
    "allowed by resource-based policy",
  ],
  ["nobody, by an access list", nobody, { resourcePolicies: [], granted: "everyone" }, "allowed by grant"],
  [
    "a stranger, by an access list",
    root,
    { owner: THERE, resourcePolicies: [], granted: "account" },
    "allowed by grant",
  ],
  ["a service where no policy could be", sns, {}, "allowed by service"],
  ["a service where a policy could be", sns, { resourcePolicies: [] }, NO_RESOURCE],
  [
    "a service that is named",
    sns,
    { resourcePolicies: [policy({ Principal: { Service: "sns.amazonaws.com" } })] },
    "allowed by resource-based policy",
  ],
  [
    "another service",
    sns,
    { resourcePolicies: [policy({ Principal: { Service: "s3.amazonaws.com" } })] },
    NO_RESOURCE,
  ],
  [
    "a key's policy alone decides, also on root",
    root,
    { resourceAlone: true, resourcePolicies: [to(ann.arn)] },
    NO_RESOURCE,
  ],
  [
    "a key's policy may leave it to the account",
    ann,
    { resourceAlone: true, callerPolicies: allowed, resourcePolicies: [to(HERE)] },
    "allowed by identity-based policy",
  ],
  [
    "all but the user and the account are denied",
    ann,
    {
      callerPolicies: allowed,
      resourcePolicies: [
        policy({
          Effect: "Deny",
          Principal: undefined,
          NotPrincipal: { AWS: [HERE, ann.arn] },
        }),
      ],
    },
    "allowed by identity-based policy",
  ],
  [
    "the user without the account is no exception",
    ann,
    {
      callerPolicies: allowed,
      resourcePolicies: [policy({ Effect: "Deny", NotPrincipal: { AWS: ann.arn } })],
    },
    "with an explicit deny in a resource-based policy",
  ],
  [
    "actions know no case",
    ann,
    { callerPolicies: { identity: [policy({ Action: "S3:getobject" })] } },
    "allowed by identity-based policy",
  ],
  [
    "all actions but some",
    ann,
    { callerPolicies: { identity: [policy({ Action: undefined, NotAction: "s3:Get*" })] } },
    NO_IDENTITY,
  ],
  [
    "all resources but some",
    ann,
    { callerPolicies: { identity: [policy({ Resource: undefined, NotResource: "arn:aws:s3:::c/*" })] } },
    "allowed by identity-based policy",
  ],
  [
    "a resource control policy",
    ann,
    { callerPolicies: allowed, resourceControl: [[allow], [deny]] },
    "with an explicit deny in a resource control policy",
  ],
  [
    "a VPC endpoint's policy",
    ann,
    { callerPolicies: allowed, endpoint: to(THERE) },
    "because no VPC endpoint policy allows the s3:GetObject action",
  ],
])("%s", (_, caller, rest, expected) => expect(outcome(caller, rest)).toBe(expected));

test("the decision has the deciding statement", () => {
  const only = policy({ Sid: "one", Principal: "*" }, { Sid: "two", Effect: "Deny", Principal: "*" });
  expect(
    evaluate({
      caller: ann,
      action: "s3:GetObject",
      resource: "r",
      owner: HERE,
      keys: () => undefined,
      resourcePolicies: [only],
    }),
  ).toMatchObject({ allowed: false, by: "resource-based policy", finding: { statement: { sid: "two" } } });
});

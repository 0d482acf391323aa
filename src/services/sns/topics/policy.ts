import { parsePolicy, RESOURCE_POLICY } from "#aws/languages/policy/document.ts";
import { PolicyError } from "#aws/languages/policy/faults.ts";
import type { Place } from "#kernel/records/collection.ts";
import { topicArn } from "../arns.ts";
import type { Refusal } from "../errors.ts";
import type { Topic } from "../store.ts";

const OWNERS_ACTIONS = [
  "SNS:GetTopicAttributes",
  "SNS:SetTopicAttributes",
  "SNS:AddPermission",
  "SNS:RemovePermission",
  "SNS:DeleteTopic",
  "SNS:Subscribe",
  "SNS:ListSubscriptionsByTopic",
  "SNS:Publish",
];

/** Actions that a topic's policy may be about. */
export const POLICY_ACTIONS = new Set([
  ...OWNERS_ACTIONS.map((action) => action.slice(4)),
  "Receive",
  "GetDataProtectionPolicy",
  "PutDataProtectionPolicy",
  "ListTagsForResource",
  "TagResource",
  "UntagResource",
]);

/** The text of the topic's policy: the one that was set, or the default. */
export function policyOf(place: Place, { name, attributes }: Topic): string {
  return attributes.Policy ?? JSON.stringify(defaultPolicy(place, name));
}

/** The policy after RemovePermission has removed all statements. SetTopicAttributes does not accept such a policy. */
const EMPTY = '"Statement":[]';

/** The policy that IAM evaluates. A policy without statements allows nothing. */
export const judgedPolicy = (place: Place, topic: Topic): string | null =>
  isEmpty(topic.attributes.Policy) ? null : policyOf(place, topic);

const isEmpty = (policy: string | undefined): boolean =>
  policy?.includes(EMPTY) === true && JSON.parse(policy).Statement.length === 0;

const defaultPolicy = (place: Place, name: string) => ({
  Version: "2008-10-17",
  Id: "__default_policy_ID",
  Statement: [
    {
      Sid: "__default_statement_ID",
      Effect: "Allow",
      Principal: { AWS: "*" },
      Action: OWNERS_ACTIONS,
      Resource: topicArn(place, name),
      Condition: { StringEquals: { "AWS:SourceOwner": place.account } },
    },
  ],
});

/** @throws {AwsError} InvalidParameter */
export function checkPolicy(text: string, refuse: Refusal): void {
  checkSize(text, refuse);
  try {
    parsePolicy(text, RESOURCE_POLICY);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    const { fault } = error;
    const isPrincipal = fault.reason === "InvalidPrincipal" && fault.type === "AWS";
    throw refuse(`Policy Error: ${isPrincipal ? "PrincipalNotFound" : "null"}`);
  }
  const { Statement } = JSON.parse(text) as { Statement: Counted | Counted[] };
  const statements = [Statement].flat();
  checkCount(statements, refuse);
  const actions = statements.flatMap(({ Action = [] }) => Action);
  if (!actions.every(isInScope)) throw refuse("Policy statement action out of service scope!");
}

/** The members with quotas. */
export interface Counted {
  Action?: string | string[];
  Principal?: string | Record<string, string | string[]>;
}

/** Quotas: https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html */
const MAX_BYTES = 30 * 1_024;
const MAX_STATEMENTS = 100;
const MAX_PRINCIPALS = 200;

/** @throws {AwsError} InvalidParameter */
export function checkSize(text: string, refuse: Refusal): void {
  if (Buffer.byteLength(text) > MAX_BYTES) throw refuse(`Policy has more than ${MAX_BYTES} bytes`);
}

/** @throws {AwsError} InvalidParameter */
export function checkCount(statements: readonly Counted[], refuse: Refusal): void {
  if (statements.length > MAX_STATEMENTS) throw refuse(`Policy has more than ${MAX_STATEMENTS} statements`);
  for (const { Principal } of statements) {
    if (typeof Principal === "object" && Object.values(Principal).flat().length > MAX_PRINCIPALS)
      throw refuse(`Policy statement has more than ${MAX_PRINCIPALS} principals`);
  }
}

const KNOWN = new Set([...POLICY_ACTIONS].map((action) => action.toLowerCase()));

function isInScope(action: string): boolean {
  const [service, name = ""] = action.toLowerCase().split(":");
  return action === "*" || (service === "sns" && (name.includes("*") || KNOWN.has(name)));
}

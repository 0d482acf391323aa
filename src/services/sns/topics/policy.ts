import { parsePolicy, RESOURCE_POLICY } from "#aws/languages/policy/document.ts";
import { PolicyError } from "#aws/languages/policy/faults.ts";
import type { Place } from "#kernel/collection.ts";
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

/** The topic's policy as its text: what was set, or what every topic begins with. */
export function policyOf(place: Place, { name, attributes }: Topic): string {
  return attributes.Policy ?? JSON.stringify(defaultPolicy(place, name));
}

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
  try {
    parsePolicy(text, RESOURCE_POLICY);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    throw refuse("Policy Error: null");
  }
  const { Statement } = JSON.parse(text) as { Statement: Actions | Actions[] };
  const actions = [Statement].flat().flatMap(({ Action = [] }) => Action);
  if (!actions.every(isInScope)) throw refuse("Policy statement action out of service scope!");
}

interface Actions {
  Action?: string | string[];
}

const KNOWN = new Set([...POLICY_ACTIONS].map((action) => action.toLowerCase()));

function isInScope(action: string): boolean {
  const [service, name = ""] = action.toLowerCase().split(":");
  return action === "*" || (service === "sns" && (name.includes("*") || KNOWN.has(name)));
}

import type { AwsError } from "#aws/errors.ts";
import { type AccessFact, type Denial, passRoleFacts } from "#kernel/calls/authorize.ts";
import type { Context } from "#kernel/context.ts";
import type { Access } from "#kernel/service.ts";
import { subscriptionNamed, topicArn, topicNamed } from "./arns.ts";
import { fault } from "./errors.ts";
import { topics } from "./store.ts";
import { judgedPolicy } from "./topics/policy.ts";

/** What IAM evaluates: the action on the topic. If the topic does not exist, the operation reports that. */
async function onTopic(ctx: Context, action: string, name: string): Promise<AccessFact[]> {
  const fact: AccessFact = { action: `SNS:${action}`, resource: topicArn(ctx, name), owner: ctx.account };
  const topic = await ctx.read((tx) => tx.get(topics, [name]));
  if (!topic) return [fact];
  const conditions = { "aws:SourceOwner": ctx.principal.account || undefined };
  return [{ ...fact, conditions, resourcePolicy: judgedPolicy(ctx, topic) }];
}

const at = (action: string) => (ctx: Context, input: { TopicArn: string }) =>
  onTopic(ctx, action, topicNamed(ctx, input.TopicArn));

const of = (action: string) => (ctx: Context, input: { ResourceArn: string }) =>
  onTopic(ctx, action, topicNamed(ctx, input.ResourceArn, "ResourceArn"));

const onSubscription = (action: string) => (ctx: Context, input: { SubscriptionArn: string }) => [
  {
    action: `SNS:${action}`,
    resource: topicArn(ctx, subscriptionNamed(ctx, input.SubscriptionArn).topic),
  },
];

const inAccount = (action: string) => (ctx: Context) => [
  { action: `SNS:${action}`, resource: topicArn(ctx, "*"), owner: ctx.account },
];

export const access: Access<"sns"> = {
  AddPermission: at("AddPermission"),
  CheckIfPhoneNumberIsOptedOut: inAccount("CheckIfPhoneNumberIsOptedOut"),
  /** The token is the permission. */
  ConfirmSubscription: () => [],
  CreatePlatformApplication: inAccount("CreatePlatformApplication"),
  CreatePlatformEndpoint: inAccount("CreatePlatformEndpoint"),
  CreateSMSSandboxPhoneNumber: inAccount("CreateSMSSandboxPhoneNumber"),
  CreateTopic: (ctx, { Name }) => [
    { action: "SNS:CreateTopic", resource: topicArn(ctx, Name), owner: ctx.account },
  ],
  DeleteEndpoint: inAccount("DeleteEndpoint"),
  DeletePlatformApplication: inAccount("DeletePlatformApplication"),
  DeleteSMSSandboxPhoneNumber: inAccount("DeleteSMSSandboxPhoneNumber"),
  DeleteTopic: at("DeleteTopic"),
  GetEndpointAttributes: inAccount("GetEndpointAttributes"),
  GetPlatformApplicationAttributes: inAccount("GetPlatformApplicationAttributes"),
  GetSMSAttributes: inAccount("GetSMSAttributes"),
  GetSMSSandboxAccountStatus: inAccount("GetSMSSandboxAccountStatus"),
  GetSubscriptionAttributes: onSubscription("GetSubscriptionAttributes"),
  GetTopicAttributes: at("GetTopicAttributes"),
  ListEndpointsByPlatformApplication: inAccount("ListEndpointsByPlatformApplication"),
  ListOriginationNumbers: inAccount("ListOriginationNumbers"),
  ListPhoneNumbersOptedOut: inAccount("ListPhoneNumbersOptedOut"),
  ListPlatformApplications: inAccount("ListPlatformApplications"),
  ListSMSSandboxPhoneNumbers: inAccount("ListSMSSandboxPhoneNumbers"),
  ListSubscriptions: inAccount("ListSubscriptions"),
  ListSubscriptionsByTopic: at("ListSubscriptionsByTopic"),
  ListTagsForResource: of("ListTagsForResource"),
  ListTopics: inAccount("ListTopics"),
  OptInPhoneNumber: inAccount("OptInPhoneNumber"),
  Publish: (ctx, { TopicArn, TargetArn }) => {
    const arn = TopicArn ?? TargetArn;
    return arn === undefined || /:endpoint\//.test(arn)
      ? inAccount("Publish")(ctx)
      : onTopic(ctx, "Publish", topicNamed(ctx, arn, TopicArn ? "TopicArn" : "TargetArn"));
  },
  PublishBatch: at("Publish"),
  RemovePermission: at("RemovePermission"),
  SetEndpointAttributes: inAccount("SetEndpointAttributes"),
  SetPlatformApplicationAttributes: inAccount("SetPlatformApplicationAttributes"),
  SetSMSAttributes: inAccount("SetSMSAttributes"),
  SetSubscriptionAttributes: (ctx, input) => [
    ...onSubscription("SetSubscriptionAttributes")(ctx, input),
    ...passRoleFacts(input.AttributeName === "SubscriptionRoleArn" ? [input.AttributeValue] : []),
  ],
  SetTopicAttributes: at("SetTopicAttributes"),
  Subscribe: async (ctx, input) => [
    ...(await at("Subscribe")(ctx, input)),
    ...passRoleFacts([input.Attributes?.SubscriptionRoleArn]),
  ],
  TagResource: of("TagResource"),
  /** The handler knows from the subscription whether the caller must sign. */
  Unsubscribe: () => [],
  UntagResource: of("UntagResource"),
  VerifySMSSandboxPhoneNumber: inAccount("VerifySMSSandboxPhoneNumber"),
};

export function denied({ principal, fact: { action, resource }, reason }: Denial): AwsError {
  const who = principal.type === "anonymous" ? "anonymous" : principal.arn;
  return fault(
    "AuthorizationErrorException",
    `User: ${who} is not authorized to perform: ${action} on resource: ${resource} ${reason}`,
    { status: 403 },
  );
}

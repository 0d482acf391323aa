import {
  AddPermissionCommand,
  GetTopicAttributesCommand,
  PublishCommand,
  RemovePermissionCommand,
  SetTopicAttributesCommand,
} from "@aws-sdk/client-sns";
import { expect } from "vitest";
import { behaviour, doc } from "../cloud.ts";
import { ACCOUNT, refused, snsCloud } from "./sns.ts";

const cloud = snsCloud();
const send = ((command: never) => cloud.sns().send(command)) as ReturnType<typeof cloud.sns>["send"];

const SET = doc("sns/latest/api/API_SetTopicAttributes.html");
const ADD = doc("sns/latest/api/API_AddPermission.html");
const REMOVE = doc("sns/latest/api/API_RemovePermission.html");
const DENIES = doc("IAM/latest/UserGuide/reference_policies_evaluation-logic.html");

const attributes = async (TopicArn: string) =>
  (await send(new GetTopicAttributesCommand({ TopicArn }))).Attributes!;
const set = (TopicArn: string, AttributeName: string, AttributeValue: string) =>
  send(new SetTopicAttributesCommand({ TopicArn, AttributeName, AttributeValue }));

const labelled = (
  TopicArn: string,
  Label: string,
  ActionName = ["Publish"],
  AWSAccountId = ["111122223333"],
) => send(new AddPermissionCommand({ TopicArn, Label, ActionName, AWSAccountId }));

behaviour(
  "the default policy of a topic allows only its owner",
  doc("sns/latest/dg/sns-access-policy-use-cases.html"),
  async () => {
    const policy = JSON.parse((await attributes(await cloud.topic())).Policy!);
    expect(policy).toMatchObject({
      Version: "2008-10-17",
      Id: "__default_policy_ID",
      Statement: [
        {
          Sid: "__default_statement_ID",
          Effect: "Allow",
          Principal: { AWS: "*" },
          Condition: { StringEquals: { "AWS:SourceOwner": ACCOUNT } },
        },
      ],
    });
  },
);

behaviour(
  "a topic policy is returned without the whitespace between its members",
  "https://github.com/hashicorp/terraform-provider-aws/blob/v1.60.0/aws/resource_aws_sns_topic_policy_test.go",
  async () => {
    const arn = await cloud.topic();
    const statement = {
      Sid: "two  words",
      Effect: "Allow",
      Principal: "*",
      Action: "sns:Publish",
      Resource: arn,
    };
    const policy = { Version: "2012-10-17", Id: "default", Statement: [statement] };
    await set(arn, "Policy", JSON.stringify(policy, null, 2));
    expect((await attributes(arn)).Policy).toBe(JSON.stringify(policy));
  },
);

behaviour("a topic policy may have only actions of SNS", SET, async () => {
  const arn = await cloud.topic();
  const statement = { Sid: "s", Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: arn };
  const policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  await expect(set(arn, "Policy", policy)).rejects.toMatchObject(
    refused("Invalid parameter: Policy statement action out of service scope!"),
  );
});

const QUOTAS = doc("sns/latest/dg/sns-access-policy-language-api-permissions-reference.html");
for (const [what, some, most] of [
  ["bytes", (count: number) => [{ Sid: "s".repeat(count) }], 30_400],
  ["statements", (count: number) => Array(count).fill({}), 100],
  ["principals", (count: number) => [{ Principal: { AWS: Array(count).fill("111122223333") } }], 200],
] as const)
  behaviour(`a policy is limited to about ${most} ${what}`, QUOTAS, async () => {
    const arn = await cloud.topic();
    const statement = { Effect: "Allow", Principal: "*", Action: "sns:Publish", Resource: arn };
    const policy = (count: number) => ({
      Version: "2012-10-17",
      Statement: some(count).map((more) => ({ ...statement, ...more })),
    });
    await set(arn, "Policy", JSON.stringify(policy(most)));
    await expect(set(arn, "Policy", JSON.stringify(policy(most + 400)))).rejects.toMatchObject(
      refused(/^Invalid parameter: Policy/),
    );
    if (what === "principals") return;
    await expect(labelled(arn, "one-more", Array(20).fill("Publish"))).rejects.toMatchObject(
      refused(/^Invalid parameter: Policy/),
    );
  });

behaviour("AddPermission adds a statement to the policy", ADD, async () => {
  const arn = await cloud.topic();
  await labelled(arn, "share");
  const { Statement } = JSON.parse((await attributes(arn)).Policy!);
  expect(Statement[1]).toEqual({
    Sid: "share",
    Effect: "Allow",
    Principal: { AWS: "arn:aws:iam::111122223333:root" },
    Action: "SNS:Publish",
    Resource: arn,
  });
});

behaviour("AddPermission allows the other account", ADD, async () => {
  const TopicArn = await cloud.topic();
  const publish = () =>
    cloud.sns({ account: "111122223333" }).send(new PublishCommand({ TopicArn, Message: "m" }));
  await expect(publish()).rejects.toMatchObject({
    name: "AuthorizationErrorException",
    $metadata: { httpStatusCode: 403 },
  });
  await labelled(TopicArn, "share");
  expect((await publish()).MessageId).toBeDefined();
});

behaviour("a label is unique", ADD, async () => {
  const arn = await cloud.topic();
  await labelled(arn, "share");
  await expect(labelled(arn, "share")).rejects.toMatchObject(
    refused("Invalid parameter: Statement already exists"),
  );
});

behaviour("AddPermission refuses actions of other services", ADD, async () => {
  await expect(labelled(await cloud.topic(), "share", ["Paint"])).rejects.toMatchObject(
    refused("Invalid parameter: Policy statement action out of service scope!"),
  );
});

behaviour("RemovePermission removes the statement", REMOVE, async () => {
  const TopicArn = await cloud.topic();
  await labelled(TopicArn, "share");
  await send(new RemovePermissionCommand({ TopicArn, Label: "share" }));
  expect(JSON.parse((await attributes(TopicArn)).Policy!).Statement).toHaveLength(1);
});

behaviour("RemovePermission can remove the last statement", REMOVE, async () => {
  const TopicArn = await cloud.topic();
  await send(new RemovePermissionCommand({ TopicArn, Label: "__default_statement_ID" }));
  expect(JSON.parse((await attributes(TopicArn)).Policy!).Statement).toEqual([]);
  await send(new PublishCommand({ TopicArn, Message: "mine" }));
  const other = cloud.sns({ account: "111122223333" });
  await expect(other.send(new PublishCommand({ TopicArn, Message: "no" }))).rejects.toMatchObject({
    name: "AuthorizationErrorException",
  });
  await labelled(TopicArn, "share");
  expect(JSON.parse((await attributes(TopicArn)).Policy!).Statement).toHaveLength(1);
});

behaviour('a policy with a condition on "Statement" still denies', DENIES, async () => {
  const TopicArn = await cloud.topic();
  const Condition = { StringNotEquals: { Statement: [] } };
  const Statement = { Effect: "Deny", Principal: "*", Action: "SNS:Publish", Resource: TopicArn, Condition };
  await set(TopicArn, "Policy", JSON.stringify({ Version: "2012-10-17", Statement: [Statement] }));
  await expect(send(new PublishCommand({ TopicArn, Message: "no" }))).rejects.toMatchObject({
    name: "AuthorizationErrorException",
  });
});

behaviour("AddPermission refuses a malformed account ID", ADD, async () => {
  await expect(labelled(await cloud.topic(), "share", ["Publish"], ["nobody"])).rejects.toMatchObject(
    refused("Invalid parameter: A provided account ID is not valid"),
  );
});

behaviour("AddPermission accepts tag and data protection actions", ADD, async () => {
  const arn = await cloud.topic();
  const actions = ["GetDataProtectionPolicy", "PutDataProtectionPolicy", "ListTagsForResource"];
  await labelled(arn, "share", actions);
  const { Statement } = JSON.parse((await attributes(arn)).Policy!);
  expect(Statement[1].Action).toEqual(actions.map((action) => `SNS:${action}`));
});

behaviour("RemovePermission of a missing permission succeeds", REMOVE, async () => {
  const TopicArn = await cloud.topic();
  await send(new RemovePermissionCommand({ TopicArn, Label: "none" }));
  expect(JSON.parse((await attributes(TopicArn)).Policy!).Statement).toHaveLength(1);
});

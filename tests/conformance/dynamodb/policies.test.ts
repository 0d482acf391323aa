import {
  DeleteResourcePolicyCommand,
  DescribeContributorInsightsCommand,
  DynamoDBClient,
  GetItemCommand,
  GetResourcePolicyCommand,
  ListContributorInsightsCommand,
  PutItemCommand,
  PutResourcePolicyCommand,
  UpdateContributorInsightsCommand,
} from "@aws-sdk/client-dynamodb";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, dynamodbOn, guide, N, S } from "./client.ts";

const cloud = conformanceCloud();
const { send, withTable } = dynamodbOn(cloud);
const TableName = "shared";
withTable(TableName);

const ResourceArn = `arn:aws:dynamodb:us-east-1:000000000000:table/${TableName}`;
const OTHER = "111122223333";
const allowing = (Action: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Principal: { AWS: `arn:aws:iam::${OTHER}:root` }, Action, Resource: ResourceArn },
    ],
  });
const putPolicy = (Policy: string, ExpectedRevisionId?: string) =>
  send(new PutResourcePolicyCommand({ ResourceArn, Policy, ExpectedRevisionId }));
const getPolicy = () => send(new GetResourcePolicyCommand({ ResourceArn }));
const nameOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "accepted",
    (error: Error) => error.name,
  );

behaviour("GetResourcePolicy refuses a table without a policy", api("GetResourcePolicy"), async () => {
  expect(await nameOf(getPolicy())).toBe("PolicyNotFoundException");
});
behaviour("NO_POLICY is expected only of a table without a policy", api("PutResourcePolicy"), async () => {
  expect((await putPolicy(allowing("dynamodb:Query"), "NO_POLICY")).RevisionId).toMatch(/./);
  expect(await nameOf(putPolicy(allowing("dynamodb:Scan"), "NO_POLICY"))).toBe("PolicyNotFoundException");
});
behaviour("GetResourcePolicy returns the policy and its revision", api("GetResourcePolicy"), async () => {
  const { RevisionId } = await putPolicy(allowing("dynamodb:Query"));
  expect(await getPolicy()).toMatchObject({ Policy: allowing("dynamodb:Query"), RevisionId });
});
behaviour("PutResourcePolicy of the same policy keeps the revision", api("PutResourcePolicy"), async () => {
  const first = await putPolicy(allowing("dynamodb:Query"));
  expect((await putPolicy(allowing("dynamodb:Query"))).RevisionId).toBe(first.RevisionId);
});
behaviour("PutResourcePolicy of another policy changes the revision", api("PutResourcePolicy"), async () => {
  const first = await putPolicy(allowing("dynamodb:Query"));
  expect((await putPolicy(allowing("dynamodb:GetItem"))).RevisionId).not.toBe(first.RevisionId);
});
behaviour("PutResourcePolicy refuses an outdated expected revision", api("PutResourcePolicy"), async () => {
  expect(await nameOf(putPolicy(allowing("dynamodb:Scan"), "past"))).toBe("PolicyNotFoundException");
});
behaviour("PutResourcePolicy refuses an invalid policy", api("PutResourcePolicy"), async () => {
  expect(await nameOf(putPolicy('{"Version": "2012-10-17"}'))).toBe("ValidationException");
});
behaviour("PutResourcePolicy refuses a policy larger than 20 KB", api("PutResourcePolicy"), async () => {
  expect(await nameOf(putPolicy(allowing("dynamodb:Scan") + " ".repeat(20_480)))).toBe("ValidationException");
});
behaviour("PutResourcePolicy refuses a table that does not exist", api("PutResourcePolicy"), async () => {
  const none = { ResourceArn: `${ResourceArn}-not`, Policy: allowing("dynamodb:Scan") };
  expect(await nameOf(send(new PutResourcePolicyCommand(none)))).toBe("ResourceNotFoundException");
});
behaviour("a policy allows another account to use a table by its ARN", guide("rbac-examples"), async () => {
  const Key = { p: S("a"), s: N(1) };
  await send(new PutItemCommand({ TableName, Item: Key }));
  await putPolicy(allowing("dynamodb:GetItem"));
  const other = new DynamoDBClient(cloud.client({ account: OTHER }));
  try {
    const put = other.send(new PutItemCommand({ TableName: ResourceArn, Item: Key }));
    expect(await nameOf(put)).toBe("AccessDeniedException");
    expect((await other.send(new GetItemCommand({ TableName: ResourceArn, Key }))).Item).toEqual(Key);
  } finally {
    other.destroy();
  }
});
behaviour(
  "DeleteResourcePolicy returns the revision of the deleted policy",
  api("DeleteResourcePolicy"),
  async () => {
    const { RevisionId } = await getPolicy();
    const deleted = await send(
      new DeleteResourcePolicyCommand({ ResourceArn, ExpectedRevisionId: RevisionId }),
    );
    expect(deleted.RevisionId).toBe(RevisionId);
    expect(await nameOf(getPolicy())).toBe("PolicyNotFoundException");
  },
);
behaviour("deleting a policy again succeeds", api("DeleteResourcePolicy"), async () => {
  expect(await nameOf(send(new DeleteResourcePolicyCommand({ ResourceArn })))).toBe("accepted");
});
behaviour(
  "DeleteResourcePolicy refuses an expected revision of a deleted policy",
  api("DeleteResourcePolicy"),
  async () => {
    const gone = new DeleteResourcePolicyCommand({ ResourceArn, ExpectedRevisionId: "1" });
    expect(await nameOf(send(gone))).toBe("PolicyNotFoundException");
  },
);

behaviour("contributor insights are disabled by default", api("DescribeContributorInsights"), async () => {
  const output = await send(new DescribeContributorInsightsCommand({ TableName }));
  expect(output.ContributorInsightsStatus).toBe("DISABLED");
});
behaviour("contributor insights are enabled with their rules", api("UpdateContributorInsights"), async () => {
  const begun = await send(
    new UpdateContributorInsightsCommand({ TableName, ContributorInsightsAction: "ENABLE" }),
  );
  expect(begun.ContributorInsightsStatus).toBe("ENABLING");
  const output = await send(new DescribeContributorInsightsCommand({ TableName }));
  expect(output.ContributorInsightsStatus).toBe("ENABLED");
  expect(output.ContributorInsightsRuleList).toHaveLength(4);
});
behaviour(
  "ListContributorInsights returns the insights of tables",
  api("ListContributorInsights"),
  async () => {
    const { ContributorInsightsSummaries } = await send(new ListContributorInsightsCommand({}));
    expect(ContributorInsightsSummaries).toMatchObject([{ TableName, ContributorInsightsStatus: "ENABLED" }]);
  },
);

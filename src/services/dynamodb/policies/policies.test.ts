import { afterEach, beforeEach, expect, test } from "vitest";
import { TableName, type WithTable, withTable } from "../testing.ts";

let nube: WithTable;
beforeEach(async () => {
  nube = await withTable();
});
afterEach(() => nube.close());

const ResourceArn = `arn:aws:dynamodb:us-east-1:000000000000:table/${TableName}`;
const policy = (action: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { AWS: "arn:aws:iam::111122223333:root" },
        Action: action,
        Resource: ResourceArn,
      },
    ],
  });
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "accepted",
    (error: { code: string }) => error.code,
  );

test("a policy has a revision, which a change can require", async () => {
  const { PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy } = nube.aws.dynamodb;
  expect(await codeOf(GetResourcePolicy({ ResourceArn }))).toBe("PolicyNotFoundException");
  const Policy = policy("dynamodb:GetItem");
  const first = await PutResourcePolicy({ ResourceArn, Policy, ExpectedRevisionId: "NO_POLICY" });
  expect(await PutResourcePolicy({ ResourceArn, Policy })).toEqual(first);
  expect(await GetResourcePolicy({ ResourceArn })).toEqual({ Policy, ...first });
  const other = policy("dynamodb:Query");
  const stale = { ResourceArn, Policy: other, ExpectedRevisionId: "NO_POLICY" };
  expect(await codeOf(PutResourcePolicy(stale))).toBe("PolicyNotFoundException");
  const second = await PutResourcePolicy({
    ResourceArn,
    Policy: other,
    ExpectedRevisionId: first.RevisionId!,
  });
  expect(second.RevisionId).not.toBe(first.RevisionId);
  expect(await codeOf(DeleteResourcePolicy({ ResourceArn, ExpectedRevisionId: first.RevisionId! }))).toBe(
    "PolicyNotFoundException",
  );
  expect(await DeleteResourcePolicy({ ResourceArn })).toEqual(second);
  expect(Number((await DeleteResourcePolicy({ ResourceArn })).RevisionId)).toBeGreaterThan(
    Number(second.RevisionId),
  );
});

test("an invalid policy is rejected, and so is one for a missing table", async () => {
  const { PutResourcePolicy } = nube.aws.dynamodb;
  for (const Policy of ["{}", "no", policy("dynamodb:GetItem").replace('"Principal"', '"X"')])
    expect(await codeOf(PutResourcePolicy({ ResourceArn, Policy }))).toBe("ValidationException");
  expect(
    await codeOf(PutResourcePolicy({ ResourceArn: `${ResourceArn}x`, Policy: policy("dynamodb:GetItem") })),
  ).toBe("ResourceNotFoundException");
});

test("contributor insights are enabled separately for a table and its indexes", async () => {
  const { aws } = nube;
  const on = { TableName, ContributorInsightsAction: "ENABLE" as const };
  expect((await aws.dynamodb.DescribeContributorInsights({ TableName })).ContributorInsightsStatus).toBe(
    "DISABLED",
  );
  expect((await aws.dynamodb.UpdateContributorInsights(on)).ContributorInsightsStatus).toBe("ENABLING");
  await aws.dynamodb.UpdateContributorInsights({ ...on, IndexName: "by-g" });
  const description = await aws.dynamodb.DescribeContributorInsights({ TableName });
  expect(description.ContributorInsightsStatus).toBe("ENABLED");
  expect(description.ContributorInsightsRuleList).toHaveLength(4);
  const first = await aws.dynamodb.ListContributorInsights({ MaxResults: 1 });
  const rest = await aws.dynamodb.ListContributorInsights({ NextToken: first.NextToken! });
  expect([...first.ContributorInsightsSummaries!, ...rest.ContributorInsightsSummaries!]).toMatchObject([
    { TableName, ContributorInsightsStatus: "ENABLED" },
    { TableName, IndexName: "by-g" },
  ]);
  expect(await codeOf(aws.dynamodb.DescribeContributorInsights({ TableName, IndexName: "none" }))).toBe(
    "ResourceNotFoundException",
  );
});

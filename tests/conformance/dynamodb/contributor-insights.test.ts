import {
  type ContributorInsightsAction,
  type ContributorInsightsMode,
  DescribeContributorInsightsCommand,
  ListContributorInsightsCommand,
  UpdateContributorInsightsCommand,
  UpdateTableCommand,
} from "@aws-sdk/client-dynamodb";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { dynamodbOn, measured, type Refusal } from "./client.ts";

const cloud = conformanceCloud();
const { send, refusals, withTable } = dynamodbOn(cloud);
const TableName = "looked-at";
const s = { AttributeName: "s", KeyType: "RANGE" } as const;
const index = (IndexName: string, hash: string) => ({
  IndexName,
  KeySchema: [{ AttributeName: hash, KeyType: "HASH" as const }],
  Projection: { ProjectionType: "ALL" as const },
});
withTable(TableName, {
  GlobalSecondaryIndexes: [index("global", "s")],
  LocalSecondaryIndexes: [{ ...index("local", "p"), KeySchema: [...index("local", "p").KeySchema, s] }],
});

const source = measured("table-subresources");
const on = (action: ContributorInsightsAction, IndexName?: string, mode?: ContributorInsightsMode) =>
  send(
    new UpdateContributorInsightsCommand({
      TableName,
      IndexName,
      ContributorInsightsAction: action,
      ContributorInsightsMode: mode,
    }),
  ).then(({ $metadata: _, ...output }) => output);
const described = (IndexName?: string) =>
  send(new DescribeContributorInsightsCommand({ TableName, IndexName })).then(
    ({ $metadata: _, ...output }) => output,
  );
const listed = async (MaxResults?: number, NextToken?: string) => {
  const output = await send(new ListContributorInsightsCommand({ TableName, MaxResults, NextToken }));
  return [output.ContributorInsightsSummaries, output.NextToken] as const;
};
const ALL = "ACCESSED_AND_THROTTLED_KEYS";

refusals(
  source,
  ["Update", "Describe"].flatMap((verb): Refusal[] => {
    const more = verb === "Update" ? { ContributorInsightsAction: "ENABLE" } : {};
    return [
      ...["local", "none"].map(
        (IndexName): Refusal => [
          `${verb}ContributorInsights`,
          { TableName, IndexName, ...more },
          `Requested resource not found: Index: ${IndexName} not found for table: ${TableName}`,
          "ResourceNotFoundException",
        ],
      ),
      [
        `${verb}ContributorInsights`,
        { TableName: "nowhere", ...more },
        "Requested resource not found: Table: nowhere not found",
        "ResourceNotFoundException",
      ],
      [
        `${verb}ContributorInsights`,
        { TableName, IndexName: "", ...more },
        "IndexName must be at least 3 characters long and at most 255 characters long",
      ],
    ];
  }),
);
refusals(source, [
  [
    "ListContributorInsights",
    { TableName: "nowhere" },
    "Requested resource not found: Table: nowhere not found",
    "ResourceNotFoundException",
  ],
]);

behaviour("insights that were never enabled are described as DISABLED only", source, async () => {
  expect(await described()).toEqual({ TableName, ContributorInsightsStatus: "DISABLED" });
  expect(await listed()).toEqual([[], undefined]);
});
behaviour("disabling insights that were never enabled changes nothing", source, async () => {
  expect(await on("DISABLE")).toEqual({ TableName, ContributorInsightsStatus: "DISABLED" });
});
behaviour("enabled insights are ENABLING at first and cover all keys", source, async () => {
  expect(await on("ENABLE")).toEqual({
    TableName,
    ContributorInsightsStatus: "ENABLING",
    ContributorInsightsMode: ALL,
  });
});
behaviour("enabling enabled insights returns ENABLED and changes nothing", source, async () => {
  const before = await described();
  await cloud.advance(1_000);
  expect((await on("ENABLE")).ContributorInsightsStatus).toBe("ENABLED");
  expect((await on("ENABLE", undefined, ALL)).ContributorInsightsStatus).toBe("ENABLED");
  expect(await described()).toEqual(before);
});
behaviour("another mode enables the insights again, and the rules keep their names", source, async () => {
  const { ContributorInsightsRuleList: before } = await described();
  expect(before).toHaveLength(4);
  expect((await on("ENABLE", undefined, "THROTTLED_KEYS")).ContributorInsightsStatus).toBe("ENABLING");
  const { ContributorInsightsRuleList: after, ContributorInsightsMode } = await described();
  expect(ContributorInsightsMode).toBe("THROTTLED_KEYS");
  expect(after).toEqual(before!.filter((rule) => /-[PS]KT-/.test(rule)));
});
behaviour("enabling without a mode covers all keys again", source, async () => {
  expect(await on("ENABLE")).toMatchObject({
    ContributorInsightsStatus: "ENABLING",
    ContributorInsightsMode: ALL,
  });
});
behaviour("an index has its own insights and rules", source, async () => {
  expect((await on("ENABLE", "global")).ContributorInsightsStatus).toBe("ENABLING");
  const { ContributorInsightsRuleList: rules } = await described("global");
  expect(rules!.map((rule) => rule.replace(/\d+$/, ""))).toEqual([
    `DynamoDBContributorInsights-PKC-${TableName}-global-`,
    `DynamoDBContributorInsights-PKT-${TableName}-global-`,
  ]);
});
behaviour("a table is listed before its indexes, and the last page has no token", source, async () => {
  const [first, token] = await listed(1);
  expect(first).toEqual([{ TableName, ContributorInsightsStatus: "ENABLED", ContributorInsightsMode: ALL }]);
  expect(await listed(1, token)).toEqual([
    [
      {
        TableName,
        IndexName: "global",
        ContributorInsightsStatus: "ENABLED",
        ContributorInsightsMode: ALL,
      },
    ],
    undefined,
  ]);
});
behaviour("disabling returns the previous mode, whichever mode is sent", source, async () => {
  expect(await on("DISABLE", undefined, "THROTTLED_KEYS")).toMatchObject({
    ContributorInsightsStatus: "DISABLING",
    ContributorInsightsMode: ALL,
  });
});
behaviour("disabled insights keep their mode and time and are not listed", source, async () => {
  expect(await described()).toEqual({
    TableName,
    ContributorInsightsStatus: "DISABLED",
    ContributorInsightsMode: ALL,
    LastUpdateDateTime: expect.any(Date),
  });
  expect((await listed())[0]).toMatchObject([{ IndexName: "global" }]);
});
behaviour("the insights of an index are deleted with the index", source, async () => {
  const change = (GlobalSecondaryIndexUpdates: object[]) =>
    send(
      new UpdateTableCommand({
        TableName,
        AttributeDefinitions: [{ AttributeName: "s", AttributeType: "N" }],
        GlobalSecondaryIndexUpdates,
      }),
    );
  await change([{ Delete: { IndexName: "global" } }]);
  expect(await listed()).toEqual([[], undefined]);
  await expect(on("DISABLE", "global")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  await change([{ Create: index("global", "s") }]);
  await cloud.advance(1_000);
  expect((await described("global")).ContributorInsightsStatus).toBe("DISABLED");
});

import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import type { Handlers } from "#kernel/service.ts";
import type { ReadTransaction } from "#kernel/transaction.ts";
import { invalid, noSuchTableIndex } from "../errors.ts";
import { tableName } from "../items/rows.ts";
import { type Table, tables } from "../store.ts";
import { namedTable } from "../tables/named.ts";

const PAGE = 1_000;
const MOST_LISTED = 100;
const PURPOSE = "dynamodb/insights";

/** Whether contributor insights are on is kept, of a table and of each index; what they would show is not. */
export const insightOperations = {
  async UpdateContributorInsights(ctx, input) {
    return ctx.transact(async (tx) => {
      const table = await insightful(tx, input.TableName, input.IndexName);
      const place = input.IndexName ?? "";
      const mode = input.ContributorInsightsMode ?? table.insights?.[place]?.mode;
      const enabled = input.ContributorInsightsAction === "ENABLE";
      const setting = { enabled, mode: mode ?? "ACCESSED_AND_THROTTLED_KEYS", at: tx.now() };
      tx.put(tables, { ...table, insights: { ...table.insights, [place]: setting } });
      return {
        TableName: table.name,
        IndexName: input.IndexName,
        ContributorInsightsStatus: enabled ? ("ENABLING" as const) : ("DISABLING" as const),
        ContributorInsightsMode: setting.mode,
      };
    });
  },

  async DescribeContributorInsights(ctx, { TableName, IndexName }) {
    const table = await ctx.read((tx) => insightful(tx, TableName, IndexName));
    const setting = table.insights?.[IndexName ?? ""];
    return {
      TableName: table.name,
      IndexName,
      ContributorInsightsStatus: setting?.enabled ? ("ENABLED" as const) : ("DISABLED" as const),
      ...(setting && {
        LastUpdateDateTime: new Date(setting.at),
        ContributorInsightsMode: setting.mode,
      }),
      ...(setting?.enabled && { ContributorInsightsRuleList: rulesOf(table, IndexName, setting) }),
    };
  },

  async ListContributorInsights(ctx, { TableName, MaxResults = MOST_LISTED, NextToken }) {
    const start = NextToken === undefined ? 0 : ctx.seal.unseal(PURPOSE, NextToken);
    if (typeof start !== "number") throw invalid("Invalid NextToken");
    const all = await ctx.read((tx) =>
      TableName === undefined
        ? tx.list(tables, { limit: PAGE })
        : namedTable(tx, TableName).then((table) => [table]),
    );
    const found = all.flatMap(summariesOf);
    const end = start + (MaxResults > 0 ? MaxResults : MOST_LISTED);
    return {
      ContributorInsightsSummaries: found.slice(start, end),
      NextToken: end < found.length ? ctx.seal.seal(PURPOSE, end) : undefined,
    };
  },
} satisfies Handlers<"dynamodb">;

async function insightful(tx: ReadTransaction, given: string, index: string | undefined): Promise<Table> {
  const table = await namedTable(tx, tableName(given));
  if (index !== undefined && !table.indexes.some(({ name }) => name === index))
    throw noSuchTableIndex(table.name, index);
  return table;
}

const summariesOf = ({ name, insights = {} }: Table): DynamoDB.ContributorInsightsSummary[] =>
  Object.entries(insights).map(([index, { enabled, mode }]) => ({
    TableName: name,
    IndexName: index === "" ? undefined : index,
    ContributorInsightsStatus: enabled ? "ENABLED" : "DISABLED",
    ContributorInsightsMode: mode,
  }));

/** CloudWatch's rules: for partition keys and, where there are any, whole keys; by what is accessed, and what is throttled. */
function rulesOf(
  { name, key, indexes }: Table,
  index: string | undefined,
  { mode, at }: { mode: DynamoDB.ContributorInsightsMode; at: number },
): string[] {
  const { sort } = index === undefined ? key : indexes.find((one) => one.name === index)!.key;
  const kinds = mode === "THROTTLED_KEYS" ? ["T"] : ["C", "T"];
  const resource = index === undefined ? name : `${name}/${index}`;
  return (sort === undefined ? ["PK"] : ["PK", "SK"]).flatMap((part) =>
    kinds.map((kind) => `DynamoDBContributorInsights-${part}${kind}-${resource}-${at}`),
  );
}

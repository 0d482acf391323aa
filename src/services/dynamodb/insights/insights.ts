import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { MAX_TABLES } from "../account.ts";
import { invalid, noSuchTableIndex } from "../errors.ts";
import { tableName } from "../items/rows.ts";
import { type Insights, type Table, tables } from "../store.ts";
import { namedTable } from "../tables/named.ts";

const MAX_LISTED = 100;
const PURPOSE = "dynamodb/insights";
/** The default mode, regardless of the former one. */
const ALL_KEYS = "ACCESSED_AND_THROTTLED_KEYS";

/** Contributor Insights of tables and indexes: only the setting is stored, and no contributors are recorded. */
export const insightOperations = {
  /** Enabling or disabling insights again changes nothing, and the response shows the final status. */
  async UpdateContributorInsights(ctx, input) {
    const { TableName, IndexName, ContributorInsightsAction: action } = input;
    return ctx.transact(async (tx) => {
      const table = await tableWithInsights(tx, TableName, IndexName);
      const place = IndexName ?? "";
      const former = table.insights?.[place];
      const enabled = action === "ENABLE";
      if (enabled) checkActive(table, IndexName);
      const answer = (status: DynamoDB.ContributorInsightsStatus, mode = former?.mode) => ({
        TableName: table.name,
        IndexName,
        ContributorInsightsStatus: status,
        ContributorInsightsMode: mode,
      });
      const mode = enabled ? (input.ContributorInsightsMode ?? ALL_KEYS) : former?.mode;
      if (enabled ? former?.enabled && former.mode === mode : !former?.enabled)
        return answer(enabled ? "ENABLED" : "DISABLED");
      const setting: Insights = { enabled, mode: mode!, at: tx.now(), since: sinceOf(former, tx.now()) };
      tx.put(tables, { ...table, insights: { ...table.insights, [place]: setting } });
      return answer(enabled ? "ENABLING" : "DISABLING", setting.mode);
    });
  },

  async DescribeContributorInsights(ctx, { TableName, IndexName }) {
    const table = await ctx.read((tx) => tableWithInsights(tx, TableName, IndexName));
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

  /** Lists the enabled insights, those of each table before those of its indexes. */
  async ListContributorInsights(ctx, { TableName, MaxResults = MAX_LISTED, NextToken }) {
    const start = NextToken === undefined ? 0 : ctx.seal.unseal(PURPOSE, NextToken);
    if (typeof start !== "number") throw invalid("Invalid NextToken");
    const all = await ctx.read((tx) =>
      TableName === undefined
        ? tx.list(tables, { limit: MAX_TABLES })
        : namedTable(tx, TableName).then((table) => [table]),
    );
    const summaries = all.flatMap(summariesOf);
    const end = start + (MaxResults > 0 ? MaxResults : MAX_LISTED);
    return {
      ContributorInsightsSummaries: summaries.slice(start, end),
      NextToken: end < summaries.length ? ctx.seal.seal(PURPOSE, end) : undefined,
    };
  },
} satisfies Handlers<"dynamodb">;

/** @throws {AwsError} ValidationException */
function checkActive(table: Table, index: string | undefined): void {
  if (table.indexes.some(({ name, filling }) => name === index && filling))
    throw invalid(
      "Table or Index is not in a valid state to update Key Access Insights: IndexStatus must be ACTIVE to enable ContributorInsights.",
    );
}

/** When insights were last enabled, which a change of the mode does not affect. */
const sinceOf = (former: Insights | undefined, now: number) =>
  former?.enabled ? (former.since ?? former.at) : now;

/** Finds the table; an index must be global, since local indexes have no insights. */
async function tableWithInsights(
  tx: ReadTransaction,
  nameOrArn: string,
  index: string | undefined,
): Promise<Table> {
  const table = await namedTable(tx, tableName(nameOrArn));
  if (index !== undefined && !table.indexes.some(({ name, kind }) => name === index && kind === "global"))
    throw noSuchTableIndex(table.name, index);
  return table;
}

const summariesOf = ({ name, insights = {} }: Table): DynamoDB.ContributorInsightsSummary[] =>
  Object.entries(insights)
    .filter(([, { enabled }]) => enabled)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([index, { mode }]) => ({
      TableName: name,
      IndexName: index === "" ? undefined : index,
      ContributorInsightsStatus: "ENABLED",
      ContributorInsightsMode: mode,
    }));

/** The names of the CloudWatch rules: for partition keys and composite keys, of accessed (C) and throttled (T) items. */
function rulesOf(
  { name, key, indexes }: Table,
  index: string | undefined,
  { mode, at, since = at }: Insights,
): string[] {
  const { sort } = index === undefined ? key : indexes.find((one) => one.name === index)!.key;
  const kinds = mode === "THROTTLED_KEYS" ? ["T"] : ["C", "T"];
  const resource = index === undefined ? name : `${name}-${index}`;
  return (sort === undefined ? ["PK"] : ["PK", "SK"]).flatMap((part) =>
    kinds.map((kind) => `DynamoDBContributorInsights-${part}${kind}-${resource}-${since}`),
  );
}

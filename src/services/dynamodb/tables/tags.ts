import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import type { Place } from "#kernel/records/collection.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { invalid, noSuchResource } from "../errors.ts";
import { tableName } from "../items/rows.ts";
import { type Table, tableArn, tables } from "../store.ts";
import { isBeingCreated } from "./named.ts";
import { checkTagSet } from "./tag-rules.ts";

export const tagOperations = {
  async TagResource(ctx, { ResourceArn, Tags }) {
    return ctx.transact(async (tx) => {
      const table = await taggedTable(ctx, tx, ResourceArn);
      const added = new Map(Tags.map((tag) => [tag.Key, tag]));
      const tags: DynamoDB.Tag[] = [...table.tags.filter(({ Key }) => !added.has(Key)), ...added.values()];
      checkTagSet(tags);
      tx.put(tables, { ...table, tags });
      return {};
    });
  },

  async UntagResource(ctx, { ResourceArn, TagKeys }) {
    return ctx.transact(async (tx) => {
      const table = await taggedTable(ctx, tx, ResourceArn);
      tx.put(tables, { ...table, tags: table.tags.filter(({ Key }) => !TagKeys.includes(Key)) });
      return {};
    });
  },

  /** Returns all tags in one page, and ignores any token. */
  async ListTagsOfResource(ctx, { ResourceArn }) {
    return { Tags: (await ctx.read((tx) => taggedTable(ctx, tx, ResourceArn))).tags };
  },
} satisfies Handlers<"dynamodb">;

async function taggedTable(place: Place, tx: ReadTransaction, arn: string): Promise<Table> {
  const name = tableName(arn);
  const own = tableArn(place, name);
  if (arn !== own && !arn.startsWith(`${own}/`))
    throw invalid(`Invalid TableArn: Invalid ResourceArn provided as input ${arn}`);
  const table = await tx.get(tables, [name]);
  if (!table || isBeingCreated(table) || arn !== own) throw noSuchResource(arn);
  return table;
}

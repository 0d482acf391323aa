import type { Handlers } from "#kernel/service.ts";
import type { ReadTransaction } from "#kernel/transaction.ts";
import { invalid, noSuchResource } from "../errors.ts";
import { tableName } from "../items/rows.ts";
import { type Table, tables } from "../store.ts";

const MOST_TAGS = 50;

export const tagOperations = {
  async TagResource(ctx, { ResourceArn, Tags }) {
    return ctx.transact(async (tx) => {
      const table = await taggedTable(tx, ResourceArn);
      const names = new Set(Tags.map(({ Key }) => Key));
      const tags = [...table.tags.filter(({ Key }) => !names.has(Key)), ...Tags];
      if (tags.length > MOST_TAGS) throw invalid("One or more parameter values were invalid: Too many Tags");
      tx.put(tables, { ...table, tags });
      return {};
    });
  },

  async UntagResource(ctx, { ResourceArn, TagKeys }) {
    return ctx.transact(async (tx) => {
      const table = await taggedTable(tx, ResourceArn);
      tx.put(tables, { ...table, tags: table.tags.filter(({ Key }) => !TagKeys.includes(Key)) });
      return {};
    });
  },

  async ListTagsOfResource(ctx, { ResourceArn }) {
    return { Tags: (await ctx.read((tx) => taggedTable(tx, ResourceArn))).tags };
  },
} satisfies Handlers<"dynamodb">;

async function taggedTable(tx: ReadTransaction, arn: string): Promise<Table> {
  const table = await tx.get(tables, [tableName(arn)]);
  if (!table) throw noSuchResource(arn);
  return table;
}

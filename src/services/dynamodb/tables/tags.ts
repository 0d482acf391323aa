import type { Place } from "#kernel/collection.ts";
import type { Handlers } from "#kernel/service.ts";
import type { ReadTransaction } from "#kernel/transaction.ts";
import { invalid, invalidParameters, noSuchResource } from "../errors.ts";
import { tableName } from "../items/rows.ts";
import { type Table, tableArn, tables } from "../store.ts";
import { isComing } from "./named.ts";

const MOST_TAGS = 50;
const RESERVED = /^aws:/i;

export const tagOperations = {
  async TagResource(ctx, { ResourceArn, Tags }) {
    return ctx.transact(async (tx) => {
      if (Tags.some(({ Key }) => RESERVED.test(Key)))
        throw invalidParameters("Tag keys that begin with aws: are reserved");
      const table = await taggedTable(ctx, tx, ResourceArn);
      const added = new Map(Tags.map((tag) => [tag.Key, tag]));
      const tags = [...table.tags.filter(({ Key }) => !added.has(Key)), ...added.values()];
      if (tags.length > MOST_TAGS) throw invalid("One or more parameter values were invalid: Too many Tags");
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

  async ListTagsOfResource(ctx, { ResourceArn }) {
    return { Tags: (await ctx.read((tx) => taggedTable(ctx, tx, ResourceArn))).tags };
  },
} satisfies Handlers<"dynamodb">;

async function taggedTable(place: Place, tx: ReadTransaction, arn: string): Promise<Table> {
  const name = tableName(arn);
  const table = await tx.get(tables, [name]);
  if (!table || isComing(table) || arn !== tableArn(place, name)) throw noSuchResource(arn);
  return table;
}

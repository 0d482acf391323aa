import type { Context } from "#kernel/context.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { noSuchResource, tooManyTags } from "./errors.ts";
import { type Target, targetArn, targets } from "./store.ts";

export const MAX_TAGS = 50;

export const tagOperations = {
  async TagResource(ctx, { ResourceARN, Tags }) {
    return ctx.transact(async (tx) => {
      const target = await targetBy(ctx, tx, ResourceARN);
      const tags = { ...target.tags, ...Tags };
      if (Object.keys(tags).length > MAX_TAGS) throw tooManyTags(ResourceARN);
      tx.put(targets, { ...target, tags });
      return {};
    });
  },

  async UntagResource(ctx, { ResourceARN, TagKeys }) {
    return ctx.transact(async (tx) => {
      const target = await targetBy(ctx, tx, ResourceARN);
      const left = Object.entries(target.tags).filter(([key]) => !TagKeys.includes(key));
      tx.put(targets, { ...target, tags: Object.fromEntries(left) });
      return {};
    });
  },

  async ListTagsForResource(ctx, { ResourceARN }) {
    return { Tags: (await ctx.read((tx) => targetBy(ctx, tx, ResourceARN))).tags };
  },
} satisfies Handlers<"application-autoscaling">;

/** @throws {AwsError} ResourceNotFoundException */
async function targetBy(ctx: Context, tx: ReadTransaction, arn: string): Promise<Target> {
  const id = arn.slice(arn.lastIndexOf("/") + 1);
  const [target] = await tx.listBy(targets, "id", { in: [id], limit: 1 });
  if (!target || arn !== targetArn(ctx, id)) throw noSuchResource(arn);
  return target;
}

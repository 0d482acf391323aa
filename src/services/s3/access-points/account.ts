import type { Handlers } from "#kernel/service.ts";
import { accounts } from "../access/blocks.ts";
import { noSuchPublicAccessBlock } from "../access/errors.ts";
import { blockConfiguration, blockIn } from "../access/public-access.ts";

/** The public access block of an account, for all of its buckets and access points. */
export const accountPublicAccess = {
  async PutPublicAccessBlock(ctx, input) {
    const publicAccessBlock = blockIn(input.PublicAccessBlockConfiguration);
    return ctx.transact(async (tx) => {
      tx.put(accounts, { account: ctx.account, publicAccessBlock });
      return {};
    });
  },

  async GetPublicAccessBlock(ctx) {
    const settings = await ctx.read((tx) => tx.get(accounts, [ctx.account]));
    if (!settings?.publicAccessBlock) throw noSuchPublicAccessBlock({ AccountId: ctx.account });
    return { PublicAccessBlockConfiguration: blockConfiguration(settings.publicAccessBlock) };
  },

  async DeletePublicAccessBlock(ctx) {
    return ctx.transact((tx) => {
      tx.delete(accounts, [ctx.account]);
      return {};
    });
  },
} satisfies Handlers<"s3control">;

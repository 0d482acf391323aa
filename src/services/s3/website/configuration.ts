import type { WebsiteConfiguration } from "#aws/contract/types/s3.ts";
import type { Handlers } from "#kernel/service.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { configuration } from "../buckets/configurations.ts";
import { checkDocument } from "../documents.ts";
import { noSuchWebsite } from "./errors.ts";
import { checkWebsite } from "./validate.ts";

export const websites = configuration<WebsiteConfiguration>("website");

export const bucketWebsite = {
  async PutBucketWebsite(ctx, input) {
    checkDocument(ctx);
    const website = input.WebsiteConfiguration;
    checkWebsite(website);
    return ctx.transact(async (tx) => {
      websites.put(tx, await bucketAt(tx, input.Bucket), website);
      return {};
    });
  },

  async GetBucketWebsite(ctx, input) {
    const website = await ctx.read(async (tx) => websites.get(tx, await bucketAt(tx, input.Bucket)));
    if (!website) throw noSuchWebsite(input.Bucket);
    return website;
  },

  async DeleteBucketWebsite(ctx, input) {
    return ctx.transact(async (tx) => {
      websites.delete(tx, await bucketAt(tx, input.Bucket));
      return {};
    });
  },
} satisfies Handlers<"s3">;

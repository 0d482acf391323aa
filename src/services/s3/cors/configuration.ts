import type { CORSRule } from "#aws/contract/types/s3.ts";
import type { Handlers } from "#kernel/service.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { configuration } from "../buckets/configurations.ts";
import { checkDocument } from "../documents.ts";
import { checkSchema } from "../schema.ts";
import { noSuchCors } from "./errors.ts";
import { checkRules } from "./rules.ts";

/** The maximum size of the document in bytes: 64 KB. */
const MAX_BYTES = 65_536;

export const corsRules = configuration<CORSRule[]>("cors");

export const bucketCors = {
  async PutBucketCors(ctx, input) {
    checkDocument(ctx, { required: true, most: MAX_BYTES });
    checkSchema("PutBucketCors", input.CORSConfiguration);
    const rules = input.CORSConfiguration.CORSRules;
    checkRules(rules);
    return ctx.transact(async (tx) => {
      corsRules.put(tx, await bucketAt(tx, input.Bucket), rules);
      return {};
    });
  },

  async GetBucketCors(ctx, input) {
    const rules = await ctx.read(async (tx) => corsRules.get(tx, await bucketAt(tx, input.Bucket)));
    if (!rules) throw noSuchCors(input.Bucket);
    return { CORSRules: rules };
  },

  async DeleteBucketCors(ctx, input) {
    return ctx.transact(async (tx) => {
      corsRules.delete(tx, await bucketAt(tx, input.Bucket));
      return {};
    });
  },
} satisfies Handlers<"s3">;

import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";
import { arnOf, bucketAt } from "../buckets/bucket.ts";
import { OF_DIRECTORIES } from "../directory/policy.ts";
import { checkDocument } from "../documents.ts";
import { type Bucket, buckets } from "../store.ts";
import { blockFor } from "./blocks.ts";
import { noSuchBucketPolicy, ownersAccountOnly, publicPolicyBlocked } from "./errors.ts";
import { normalized } from "./normalized.ts";
import { checkPolicy } from "./policy-rules.ts";
import { isPublicDocument, isPublicPolicy } from "./public.ts";

export const bucketPolicies = {
  async PutBucketPolicy(ctx, input) {
    // The policy's size limit, which ignores white space, is checked later.
    checkDocument(ctx, { most: Number.POSITIVE_INFINITY });
    return ctx.transact(async (tx) => {
      const bucket = await bucketAt(tx, input.Bucket);
      checkOwnAccount(ctx, bucket, "PUT");
      const arn = arnOf(bucket);
      const vocabulary = bucket.zone === undefined ? undefined : OF_DIRECTORIES;
      const document = checkPolicy(input.Policy, { arn, objects: "/", ...(vocabulary && { vocabulary }) });
      const block = await blockFor(tx, bucket);
      if (block.policy && isPublicDocument(document))
        throw publicPolicyBlocked(ctx.principal, bucket.owner, "s3:PutBucketPolicy", arn);
      tx.put(buckets, { ...bucket, policy: normalized(input.Policy) });
      return {};
    });
  },

  async GetBucketPolicy(ctx, input) {
    const bucket = await ctx.read((tx) => bucketAt(tx, input.Bucket));
    checkOwnAccount(ctx, bucket, "GET");
    return { Policy: policyIn(bucket) };
  },

  async DeleteBucketPolicy(ctx, input) {
    return ctx.transact(async (tx) => {
      const { policy: _, ...bucket } = await bucketAt(tx, input.Bucket);
      checkOwnAccount(ctx, bucket, "DELETE");
      tx.put(buckets, bucket);
      return {};
    });
  },

  async GetBucketPolicyStatus(ctx, input) {
    const bucket = await ctx.read((tx) => bucketAt(tx, input.Bucket));
    return { PolicyStatus: { IsPublic: isPublicPolicy(policyIn(bucket)) } };
  },
} satisfies Handlers<"s3">;

function policyIn({ policy, name }: Bucket): string {
  if (policy === undefined) throw noSuchBucketPolicy(name);
  return policy;
}

/** Refuses callers of other accounts, even if a policy allows them the action. */
function checkOwnAccount({ principal }: Context, { owner }: Bucket, method: string): void {
  if (principal.account !== owner && principal.type !== "service") throw ownersAccountOnly(method);
}

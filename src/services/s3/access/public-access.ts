import type { PublicAccessBlockConfiguration } from "#aws/contract/types/s3.ts";
import type { Handlers } from "#kernel/service.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { checkDocument } from "../documents.ts";
import { buckets } from "../store.ts";
import { ALL_BLOCKED, type PublicAccessBlock } from "./blocks.ts";
import { emptyPublicAccessBlock, noSuchPublicAccessBlock } from "./errors.ts";

export const bucketPublicAccess = {
  async PutPublicAccessBlock(ctx, input) {
    checkDocument(ctx);
    const publicAccessBlock = blockIn(input.PublicAccessBlockConfiguration);
    return ctx.transact(async (tx) => {
      tx.put(buckets, { ...(await bucketAt(tx, input.Bucket)), publicAccessBlock });
      return {};
    });
  },

  async GetPublicAccessBlock(ctx, input) {
    const { publicAccessBlock = ALL_BLOCKED, name } = await ctx.read((tx) => bucketAt(tx, input.Bucket));
    if (publicAccessBlock === "None") throw noSuchPublicAccessBlock({ BucketName: name });
    return { PublicAccessBlockConfiguration: blockConfiguration(publicAccessBlock) };
  },

  async DeletePublicAccessBlock(ctx, input) {
    return ctx.transact(async (tx) => {
      tx.put(buckets, { ...(await bucketAt(tx, input.Bucket)), publicAccessBlock: "None" });
      return {};
    });
  },
} satisfies Handlers<"s3">;

/**
 * Parses a public access block. Omitted settings are off; at least one is required.
 * @throws {AwsError} InvalidRequest
 */
export function blockIn(document: PublicAccessBlockConfiguration): PublicAccessBlock {
  const {
    BlockPublicAcls: acls,
    IgnorePublicAcls: ignoreAcls,
    BlockPublicPolicy: policy,
    RestrictPublicBuckets: restrict,
  } = document;
  if ((acls ?? ignoreAcls ?? policy ?? restrict) === undefined) throw emptyPublicAccessBlock();
  return {
    acls: acls ?? false,
    ignoreAcls: ignoreAcls ?? false,
    policy: policy ?? false,
    restrict: restrict ?? false,
  };
}

export const blockConfiguration = (block: PublicAccessBlock): Required<PublicAccessBlockConfiguration> => ({
  BlockPublicAcls: block.acls,
  IgnorePublicAcls: block.ignoreAcls,
  BlockPublicPolicy: block.policy,
  RestrictPublicBuckets: block.restrict,
});

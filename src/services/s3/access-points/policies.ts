import type { Handlers } from "#kernel/service.ts";
import { blockFor, bothBlocks } from "../access/blocks.ts";
import { publicPolicyBlocked } from "../access/errors.ts";
import { normalized } from "../access/normalized.ts";
import { checkPolicy } from "../access/policy-rules.ts";
import { isPublicDocument, isPublicPolicy } from "../access/public.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { accessPointNamed } from "./access-points.ts";
import { noSuchAccessPointPolicy } from "./errors.ts";
import { type AccessPoint, accessPointArn, accessPoints, originOf } from "./store.ts";

export const accessPointPolicies = {
  async PutAccessPointPolicy(ctx, { Name, Policy }) {
    return ctx.transact(async (tx) => {
      const accessPoint = await accessPointNamed(ctx, tx, Name);
      const arn = accessPointArn(accessPoint);
      const document = checkPolicy(Policy, { arn, objects: "/object/" });
      const block = bothBlocks(
        accessPoint.publicAccessBlock,
        await blockFor(tx, await bucketAt(tx, accessPoint.bucket)),
      );
      if (block.policy && isReachable(accessPoint) && isPublicDocument(document))
        throw publicPolicyBlocked(ctx.principal, accessPoint.account, "s3:PutAccessPointPolicy", arn);
      tx.put(accessPoints, { ...accessPoint, policy: normalized(Policy) });
      return {};
    });
  },

  async GetAccessPointPolicy(ctx, { Name }) {
    return { Policy: policyIn(await ctx.read((tx) => accessPointNamed(ctx, tx, Name))) };
  },

  async GetAccessPointPolicyStatus(ctx, { Name }) {
    const accessPoint = await ctx.read((tx) => accessPointNamed(ctx, tx, Name));
    const policy = policyIn(accessPoint);
    return { PolicyStatus: { IsPublic: isReachable(accessPoint) && isPublicPolicy(policy) } };
  },

  async DeleteAccessPointPolicy(ctx, { Name }) {
    return ctx.transact(async (tx) => {
      const { policy: _, ...accessPoint } = await accessPointNamed(ctx, tx, Name);
      tx.put(accessPoints, accessPoint);
      return {};
    });
  },
} satisfies Handlers<"s3control">;

/** The policy of an access point for a VPC is never public, whatever it allows. */
const isReachable = (accessPoint: AccessPoint): boolean => originOf(accessPoint) === "Internet";

function policyIn({ policy, name }: AccessPoint): string {
  if (policy === undefined) throw noSuchAccessPointPolicy(name);
  return policy;
}

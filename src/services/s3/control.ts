import type { AccessFact } from "#kernel/calls/authorize.ts";
import type { Context } from "#kernel/context.ts";
import { type Access, defineService } from "#kernel/service.ts";
import { deniedByS3 } from "./access/errors.ts";
import { accessPointHandlers } from "./access-points/access-points.ts";
import { accountPublicAccess } from "./access-points/account.ts";
import { accessPointPolicies } from "./access-points/policies.ts";
import { accessPointArn } from "./access-points/store.ts";
import { resourceAt, resourceTags } from "./access-points/tags.ts";
import { accessDenied } from "./errors.ts";
import { multiRegionHandlers } from "./multi-region/access-points.ts";
import { asyncOperations } from "./multi-region/requests.ts";
import { multiRegionRoutes } from "./multi-region/routes.ts";
import { multiRegionAccessPoints, multiRegionArn } from "./multi-region/store.ts";

interface OfAccount {
  AccountId: string;
}

/** Returns the access facts of a call. Every call specifies an account, which must be the caller's. */
function facts(ctx: Context, { AccountId }: OfAccount, action: string, resource: string): AccessFact[] {
  const { type, bucketSession } = ctx.principal;
  if (AccountId !== ctx.account || type === "anonymous" || bucketSession) throw accessDenied();
  const isExpress = resource.startsWith("arn:aws:s3express:");
  return [{ action: `${isExpress ? "s3express" : "s3"}:${action}`, resource }];
}

const onAccount = (action: string) => (ctx: Context, input: OfAccount) => facts(ctx, input, action, "*");

const onAccessPoint = (action: string) => (ctx: Context, input: OfAccount & { Name: string }) =>
  facts(ctx, input, action, accessPointArn({ account: ctx.account, region: ctx.region, name: input.Name }));

/** A Multi-Region Access Point is named by its alias in policies, but in calls also by its name or ARN. */
const onMultiRegion =
  <I extends OfAccount>(action: string, named: (input: I) => string) =>
  async (ctx: Context, input: I) => {
    const name = named(input).replace(/^arn:aws:s3::\d{12}:accesspoint\//, "");
    const found = await ctx.read((tx) => tx.get(multiRegionAccessPoints, [ctx.account, name]));
    return facts(ctx, input, action, multiRegionArn({ account: ctx.account, alias: found?.alias ?? name }));
  };

interface Tagging extends OfAccount {
  ResourceArn: string;
  Tags?: readonly { Key: string; Value: string }[];
  TagKeys?: readonly string[];
}

const onResource = (action: string) => async (ctx: Context, input: Tagging) => {
  const accessFacts = facts(ctx, input, action, input.ResourceArn);
  const { owner, policy = null, ...resource } = await ctx.read((tx) => resourceAt(tx, input.ResourceArn));
  const conditions = {
    ...named("aws:ResourceTag", resource.abac ? resource.tags : []),
    ...named("aws:RequestTag", input.Tags ?? []),
    "aws:TagKeys": input.TagKeys?.slice() ?? input.Tags?.map(({ Key }) => Key),
  };
  return accessFacts.map((fact) => ({ ...fact, owner, resourcePolicy: policy, conditions }));
};

const named = (key: string, tags: readonly { Key: string; Value: string }[]) =>
  Object.fromEntries(tags.map(({ Key, Value }) => [`${key}/${Key}`, Value]));

const access: Access<"s3control"> = {
  CreateAccessPoint: onAccessPoint("CreateAccessPoint"),
  GetAccessPoint: onAccessPoint("GetAccessPoint"),
  ListAccessPoints: onAccount("ListAccessPoints"),
  DeleteAccessPoint: onAccessPoint("DeleteAccessPoint"),
  PutAccessPointPolicy: onAccessPoint("PutAccessPointPolicy"),
  GetAccessPointPolicy: onAccessPoint("GetAccessPointPolicy"),
  GetAccessPointPolicyStatus: onAccessPoint("GetAccessPointPolicyStatus"),
  DeleteAccessPointPolicy: onAccessPoint("DeleteAccessPointPolicy"),
  CreateMultiRegionAccessPoint: onMultiRegion("CreateMultiRegionAccessPoint", ({ Details }) => Details.Name),
  DeleteMultiRegionAccessPoint: onMultiRegion("DeleteMultiRegionAccessPoint", ({ Details }) => Details.Name),
  DescribeMultiRegionAccessPointOperation: (ctx, input) =>
    facts(ctx, input, "DescribeMultiRegionAccessPointOperation", input.RequestTokenARN),
  GetMultiRegionAccessPoint: onMultiRegion("GetMultiRegionAccessPoint", ({ Name }) => Name),
  ListMultiRegionAccessPoints: onAccount("ListMultiRegionAccessPoints"),
  PutMultiRegionAccessPointPolicy: onMultiRegion(
    "PutMultiRegionAccessPointPolicy",
    ({ Details }) => Details.Name,
  ),
  GetMultiRegionAccessPointPolicy: onMultiRegion("GetMultiRegionAccessPointPolicy", ({ Name }) => Name),
  GetMultiRegionAccessPointPolicyStatus: onMultiRegion(
    "GetMultiRegionAccessPointPolicyStatus",
    ({ Name }) => Name,
  ),
  GetMultiRegionAccessPointRoutes: onMultiRegion("GetMultiRegionAccessPointRoutes", ({ Mrap }) => Mrap),
  SubmitMultiRegionAccessPointRoutes: onMultiRegion("SubmitMultiRegionAccessPointRoutes", ({ Mrap }) => Mrap),
  PutPublicAccessBlock: onAccount("PutAccountPublicAccessBlock"),
  GetPublicAccessBlock: onAccount("GetAccountPublicAccessBlock"),
  DeletePublicAccessBlock: onAccount("PutAccountPublicAccessBlock"),
  TagResource: onResource("TagResource"),
  UntagResource: onResource("UntagResource"),
  ListTagsForResource: onResource("ListTagsForResource"),
};

/** The control plane of S3: a separate API on the same records. */
export const s3control = defineService({
  id: "s3control",
  store: "s3",
  scope: "partition",
  operations: [
    accessPointHandlers,
    accessPointPolicies,
    accountPublicAccess,
    resourceTags,
    multiRegionHandlers,
    multiRegionRoutes,
    asyncOperations,
  ],
  access,
  denied: deniedByS3,
});

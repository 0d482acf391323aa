import type { Handlers } from "#kernel/service.ts";
import { isPublicPolicy } from "../access/public.ts";
import { blockConfiguration } from "../access/public-access.ts";
import { noSuchAccessPointPolicy } from "../access-points/errors.ts";
import { invalidName, noRegions, tooManyRegions } from "./errors.ts";
import { accept } from "./requests.ts";
import {
  type MultiRegionAccessPoint,
  multiRegionAccessPointNamed,
  multiRegionAccessPoints,
} from "./store.ts";

const MAX_REGIONS = 20;
const MAX_LISTED = 100;

export const multiRegionHandlers = {
  async CreateMultiRegionAccessPoint(ctx, { ClientToken, Details }) {
    if (!isName(Details.Name)) throw invalidName();
    if (Details.Regions.length === 0) throw noRegions();
    if (Details.Regions.length > MAX_REGIONS) throw tooManyRegions();
    return accept(ctx, "CreateMultiRegionAccessPoint", ClientToken, {
      CreateMultiRegionAccessPointRequest: Details,
    });
  },

  async DeleteMultiRegionAccessPoint(ctx, { ClientToken, Details }) {
    const parameters = { DeleteMultiRegionAccessPointRequest: Details };
    return accept(ctx, "DeleteMultiRegionAccessPoint", ClientToken, parameters, Details.Name);
  },

  async GetMultiRegionAccessPoint(ctx, { Name }) {
    const found = await ctx.read((tx) => multiRegionAccessPointNamed(tx, ctx.account, Name));
    return { AccessPoint: reportOf(found) };
  },

  async ListMultiRegionAccessPoints(ctx, { NextToken, MaxResults = MAX_LISTED }) {
    const limit = Math.min(MaxResults, MAX_LISTED);
    const page = await ctx.read((tx) =>
      tx.list(multiRegionAccessPoints, {
        in: [ctx.account],
        after: NextToken === undefined ? undefined : [NextToken],
        limit: limit + 1,
      }),
    );
    const shown = page.slice(0, limit);
    return {
      AccessPoints: shown.map(reportOf),
      NextToken: page.length > limit ? shown.at(-1)?.name : undefined,
    };
  },

  async PutMultiRegionAccessPointPolicy(ctx, { ClientToken, Details }) {
    const parameters = { PutMultiRegionAccessPointPolicyRequest: Details };
    return accept(ctx, "PutMultiRegionAccessPointPolicy", ClientToken, parameters, Details.Name);
  },

  async GetMultiRegionAccessPointPolicy(ctx, { Name }) {
    const { policy } = await ctx.read((tx) => multiRegionAccessPointNamed(tx, ctx.account, Name));
    // The policy that was proposed last is shown beside the established one, also once they are the same.
    const document = policy === undefined ? undefined : { Policy: policy };
    return { Policy: { Established: document, Proposed: document } };
  },

  async GetMultiRegionAccessPointPolicyStatus(ctx, { Name }) {
    const { policy } = await ctx.read((tx) => multiRegionAccessPointNamed(tx, ctx.account, Name));
    if (policy === undefined) throw noSuchAccessPointPolicy(Name);
    return { Established: { IsPublic: isPublicPolicy(policy) } };
  },
} satisfies Handlers<"s3control">;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/multi-region-access-point-naming.html */
const isName = (name: string): boolean => /^[a-z0-9][a-z0-9-]{1,48}[a-z0-9]$/.test(name);

const reportOf = ({ name, alias, created, publicAccessBlock, routes }: MultiRegionAccessPoint) => ({
  Name: name,
  Alias: alias,
  CreatedAt: new Date(created),
  PublicAccessBlock: blockConfiguration(publicAccessBlock),
  Status: "READY" as const,
  Regions: routes.map(({ bucket, bucketOwner, region }) => ({
    Bucket: bucket,
    Region: region,
    BucketAccountId: bucketOwner,
  })),
});

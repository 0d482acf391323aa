import type { Context } from "#kernel/context.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers, Output } from "#kernel/service.ts";
import { ALL_BLOCKED } from "../access/blocks.ts";
import { blockConfiguration, blockIn } from "../access/public-access.ts";
import { noSuchBucket } from "../buckets/errors.ts";
import { isDirectoryName } from "../directory/names.ts";
import { accessDenied, notImplemented } from "../errors.ts";
import { buckets } from "../store.ts";
import { aliasOf } from "./addresses.ts";
import {
  accessPointAlreadyOwned,
  bucketElsewhere,
  invalidAccessPoint,
  noSuchAccessPoint,
  notImplementedMember,
} from "./errors.ts";
import { type AccessPoint, accessPointArn, accessPoints, originOf } from "./store.ts";
import { tagsIn } from "./tags.ts";

const MAX_LISTED = 1_000;

export const accessPointHandlers = {
  async CreateAccessPoint(ctx, input) {
    const { Name: name, Bucket: bucketName, BucketAccountId } = input;
    if (!isAccessPointName(name)) throw invalidAccessPoint();
    if (input.Scope !== undefined) throw notImplementedMember("Scope");
    if (isDirectoryName(bucketName))
      throw notImplemented("Access points of directory buckets are not implemented.");
    const tags = tagsIn(input.Tags);
    return ctx.transact(async (tx) => {
      const bucket = await tx.get(buckets, [bucketName]);
      if (!bucket) throw noSuchBucket(bucketName);
      // An access point for a bucket of another account must specify that account.
      if (bucket.owner !== (BucketAccountId ?? ctx.account)) throw accessDenied();
      if (bucket.region !== ctx.region) throw bucketElsewhere(bucketName);
      if (await tx.get(accessPoints, [ctx.account, ctx.region, name])) throw accessPointAlreadyOwned(name);
      const blocks = input.PublicAccessBlockConfiguration;
      const accessPoint: AccessPoint = {
        account: ctx.account,
        region: ctx.region,
        name,
        alias: aliasOf(name, tx.random),
        bucket: bucket.name,
        bucketOwner: bucket.owner,
        created: tx.now(),
        publicAccessBlock: blocks ? blockIn(blocks) : ALL_BLOCKED,
        ...(input.VpcConfiguration && { vpc: input.VpcConfiguration.VpcId }),
        ...(tags.length > 0 && { tags }),
      };
      tx.put(accessPoints, accessPoint);
      return { AccessPointArn: accessPointArn(accessPoint), Alias: accessPoint.alias };
    });
  },

  async GetAccessPoint(ctx, input) {
    const accessPoint = await ctx.read((tx) => accessPointNamed(ctx, tx, input.Name));
    return {
      ...summaryOf(accessPoint),
      PublicAccessBlockConfiguration: blockConfiguration(accessPoint.publicAccessBlock),
      CreationDate: new Date(accessPoint.created),
      Endpoints: endpointsIn(accessPoint.region),
    };
  },

  async ListAccessPoints(ctx, { Bucket, NextToken, MaxResults = MAX_LISTED, ...others }) {
    if (others.DataSourceId !== undefined || others.DataSourceType !== undefined)
      throw notImplementedMember("DataSourceId");
    const limit = Math.min(MaxResults, MAX_LISTED);
    const page = await ctx.read((tx) => {
      const range = { after: NextToken === undefined ? undefined : [NextToken], limit: limit + 1 };
      return Bucket === undefined
        ? tx.list(accessPoints, { ...range, in: [ctx.account, ctx.region] })
        : tx.listBy(accessPoints, "bucket", { ...range, in: [Bucket, ctx.account, ctx.region] });
    });
    const shown = page.slice(0, limit);
    return {
      AccessPointList: shown.map(summaryOf),
      NextToken: page.length > limit ? shown.at(-1)?.name : undefined,
    };
  },

  async DeleteAccessPoint(ctx, input) {
    return ctx.transact(async (tx) => {
      const { account, region, name } = await accessPointNamed(ctx, tx, input.Name);
      tx.delete(accessPoints, [account, region, name]);
      return {};
    });
  },
} satisfies Handlers<"s3control">;

/** Returns an access point by its name or ARN. @throws {AwsError} NoSuchAccessPoint */
export async function accessPointNamed(
  { account, region }: Context,
  tx: ReadTransaction,
  named: string,
): Promise<AccessPoint> {
  const name = named.replace(/^arn:aws:s3:[^:]*:\d{12}:accesspoint\//, "");
  const accessPoint = await tx.get(accessPoints, [account, region, name]);
  if (!accessPoint) throw noSuchAccessPoint(name);
  return accessPoint;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-restrictions-limitations-naming-rules.html */
const isAccessPointName = (name: string): boolean =>
  /^[a-z0-9][a-z0-9-]{1,48}[a-z0-9]$/.test(name) && !name.startsWith("xn--") && !name.endsWith("-s3alias");

function summaryOf(accessPoint: AccessPoint) {
  const { name, bucket, vpc, alias, bucketOwner } = accessPoint;
  return {
    Name: name,
    NetworkOrigin: originOf(accessPoint) as NonNullable<
      Output<"s3control", "GetAccessPoint">["NetworkOrigin"]
    >,
    VpcConfiguration: vpc === undefined ? undefined : { VpcId: vpc },
    Bucket: bucket,
    AccessPointArn: accessPointArn(accessPoint),
    Alias: alias,
    BucketAccountId: bucketOwner,
  };
}

const endpointsIn = (region: string): Record<string, string> => ({
  ipv4: `s3-accesspoint.${region}.amazonaws.com`,
  dualstack: `s3-accesspoint.dualstack.${region}.amazonaws.com`,
  fips: `s3-accesspoint-fips.${region}.amazonaws.com`,
  fips_dualstack: `s3-accesspoint-fips.dualstack.${region}.amazonaws.com`,
});

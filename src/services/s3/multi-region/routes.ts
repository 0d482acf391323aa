import type { MultiRegionAccessPointRoute } from "#aws/contract/types/s3control.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import type { AccessPoint } from "../access-points/store.ts";
import { invalidRoute, noSuchMultiRegionAccessPoint } from "./errors.ts";
import {
  type MultiRegionAccessPoint,
  multiRegionAccessPoints,
  multiRegionAccessPointWith,
  multiRegionArn,
} from "./store.ts";

const [ACTIVE, PASSIVE] = [100, 0];

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/MrapFailover.html */
export const multiRegionRoutes = {
  async GetMultiRegionAccessPointRoutes(ctx, { Mrap }) {
    const found = await ctx.read((tx) => addressed(tx, ctx.account, Mrap));
    return {
      Mrap: multiRegionArn(found),
      Routes: found.routes.map(({ bucket, region, isActive }) => ({
        Bucket: bucket,
        Region: region,
        TrafficDialPercentage: isActive ? ACTIVE : PASSIVE,
      })),
    };
  },

  async SubmitMultiRegionAccessPointRoutes(ctx, { Mrap, RouteUpdates }) {
    return ctx.transact(async (tx) => {
      const found = await addressed(tx, ctx.account, Mrap);
      const routes = RouteUpdates.reduce(updated, found.routes);
      if (!routes.some(({ isActive }) => isActive)) throw invalidRoute("At least one Region must be active.");
      tx.put(multiRegionAccessPoints, { ...found, routes });
      return {};
    });
  },
} satisfies Handlers<"s3control">;

/**
 * Returns a Multi-Region Access Point as an access point of the bucket to which requests are routed, in no Region.
 * Here all Regions are equally near: the first active one serves all requests.
 */
export function routedBy(found: MultiRegionAccessPoint): AccessPoint {
  const { account, alias, created, publicAccessBlock, policy, routes } = found;
  const { bucket, bucketOwner } = routes.find(({ isActive }) => isActive)!;
  return { account, region: "", name: alias, alias, created, publicAccessBlock, policy, bucket, bucketOwner };
}

/** @throws {AwsError} NoSuchMultiRegionAccessPoint */
async function addressed(tx: ReadTransaction, account: string, arn: string): Promise<MultiRegionAccessPoint> {
  const alias = /^arn:aws:s3::\d{12}:accesspoint\/(.+)$/.exec(arn)?.[1] ?? arn;
  const found = await multiRegionAccessPointWith(tx, alias);
  if (found?.account !== account) throw noSuchMultiRegionAccessPoint();
  return found;
}

type Routes = MultiRegionAccessPoint["routes"];

/** A route is named by its bucket, its Region or both. */
function updated(routes: Routes, update: MultiRegionAccessPointRoute): Routes {
  const { Bucket: bucket, Region: region, TrafficDialPercentage: dial } = update;
  if (dial !== ACTIVE && dial !== PASSIVE)
    throw invalidRoute("The traffic dial percentage of a route is 0 or 100.");
  if (bucket === undefined && region === undefined)
    throw invalidRoute("A route names its bucket or its Region.");
  const isMeant = (route: Routes[number]) =>
    (bucket ?? route.bucket) === route.bucket && (region ?? route.region) === route.region;
  if (!routes.some(isMeant)) throw invalidRoute("The Multi-Region Access Point has no such route.");
  return routes.map((route) => (isMeant(route) ? { ...route, isActive: dial === ACTIVE } : route));
}

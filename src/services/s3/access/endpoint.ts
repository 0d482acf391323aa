import type { Context } from "#kernel/context.ts";
import { memoizeByText } from "#lib/memoize.ts";
import { permanentRedirect } from "../buckets/errors.ts";
import type { Bucket } from "../store.ts";

/**
 * Matches host names with a Region, such as `s3.eu-west-1.localhost` and `photos.s3-eu-west-1.amazonaws.com`.
 */
const OF_A_REGION = /(?:^|\.)s3(?:express-[a-z0-9-]+(?=\.))?(?:\.dualstack)?[.-]([a-z]{2}(?:-[a-z]+)+-\d)\./;

/** Memoized, since clients use only a few different hosts. */
const regionIn = memoizeByText(1_000, (host) => OF_A_REGION.exec(host)?.[1] ?? "");

/**
 * Whether the endpoint of a call serves the bucket. A Region's endpoint serves the buckets of that Region; an
 * endpoint without a Region serves all buckets.
 */
export function isServedAt({ request }: Context, { region }: Bucket): boolean {
  const named = request === undefined ? "" : regionIn(request.host);
  return named === "" || named === region;
}

/** @throws {AwsError} PermanentRedirect */
export function checkEndpoint(ctx: Context, bucket: Bucket): void {
  if (isServedAt(ctx, bucket)) return;
  const { host } = ctx.request!;
  throw permanentRedirect(bucket, host.replace(regionIn(host), bucket.region));
}

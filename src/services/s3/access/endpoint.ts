import type { Context } from "#kernel/context.ts";
import { remembered } from "#lib/remembered.ts";
import { permanentRedirect } from "../errors.ts";
import type { Bucket } from "../store.ts";

/** `s3.eu-west-1.localhost`, `photos.s3-eu-west-1.amazonaws.com` */
const OF_A_REGION = /(?:^|\.)s3(?:\.dualstack)?[.-]([a-z]{2}(?:-[a-z]+)+-\d)\./;

/** Hosts that clients call are few. */
const regionIn = remembered(1_000, (host) => OF_A_REGION.exec(host)?.[1] ?? "");

/**
 * Whether a bucket is to be had where it was asked for. A Region's own endpoint has the buckets of that Region; one
 * that names no Region has them all.
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

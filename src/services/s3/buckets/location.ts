import { REGIONS } from "#aws/regions.ts";
import type { Bucket } from "../store.ts";
import { illegalLocationConstraint, invalidLocationConstraint } from "./errors.ts";

/** The Region of buckets without a location constraint. */
const HOME = "us-east-1";

/** The former name of eu-west-1, which a bucket that was created with it keeps. */
export const OLD_NAME = "EU";

/**
 * Returns the Region of a new bucket. The endpoint of us-east-1 creates buckets in any
 * Region, others only in their own.
 * @throws {AwsError} InvalidLocationConstraint, IllegalLocationConstraintException
 */
export function locationOf(region: string, constraint: string | undefined): string {
  if (region === HOME && constraint === undefined) return HOME;
  const named = constraint === OLD_NAME ? "eu-west-1" : constraint;
  if (named !== undefined && (named === HOME || !(REGIONS.includes(named) || named === region)))
    throw invalidLocationConstraint(named);
  if (named === undefined || (region !== HOME && named !== region))
    throw illegalLocationConstraint(constraint);
  return named;
}

/** Returns the location constraint for GetBucketLocation: none for us-east-1. */
export function constraintOf({ region, oldName }: Bucket): string | undefined {
  if (oldName) return OLD_NAME;
  return region === HOME ? undefined : region;
}

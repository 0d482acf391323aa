import { REGIONS } from "#aws/regions.ts";
import type { Bucket } from "../store.ts";
import { illegalLocationConstraint, invalidLocationConstraint } from "./errors.ts";

/** The first Region. No constraint names it: a bucket without one is here. */
const HOME = "us-east-1";

/** An older name of eu-west-1. A bucket that was created with it keeps it. */
export const OLD_NAME = "EU";

/**
 * The Region of a new bucket. The endpoint of us-east-1 creates buckets in any Region, all others only in their own.
 * @throws {AwsError} InvalidLocationConstraint, IllegalLocationConstraintException
 */
export function locationOf(region: string, constraint: string | undefined): string {
  if (region === HOME && constraint === undefined) return HOME;
  const wanted = constraint === OLD_NAME ? "eu-west-1" : constraint;
  if (wanted !== undefined && (wanted === HOME || !(REGIONS.includes(wanted) || wanted === region)))
    throw invalidLocationConstraint(wanted);
  if (wanted === undefined || (region !== HOME && wanted !== region))
    throw illegalLocationConstraint(constraint);
  return wanted;
}

/** What GetBucketLocation answers: nothing for us-east-1. */
export function constraintOf({ region, oldName }: Bucket): string | undefined {
  if (oldName) return OLD_NAME;
  return region === HOME ? undefined : region;
}

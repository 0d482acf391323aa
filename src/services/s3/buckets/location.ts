import { REGIONS } from "#aws/regions.ts";
import { illegalLocationConstraint, invalidLocationConstraint } from "../errors.ts";
import type { Bucket } from "../store.ts";

/** The first Region, which the constraint does not know: it is where a bucket is that has none. */
const HOME = "us-east-1";

/** An older name of eu-west-1, which a bucket keeps that was asked for by it. */
export const OLD_NAME = "EU";

/**
 * Where a bucket goes that is asked for in `region`. The endpoint of us-east-1 makes buckets everywhere, each other
 * one only its own.
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

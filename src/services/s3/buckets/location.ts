import { illegalLocationConstraint, invalidLocationConstraint } from "../errors.ts";
import type { Bucket } from "../store.ts";

/** The first Region, which the constraint does not know: it is where a bucket is that has none. */
const HOME = "us-east-1";
const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/;

/**
 * Where a bucket goes that is asked for in `region`. The endpoint of us-east-1 makes buckets everywhere, each other
 * one only its own.
 */
export function locationOf(region: string, constraint: string | undefined): string {
  if (constraint !== undefined && constraint !== "EU" && (constraint === HOME || !REGION.test(constraint))) {
    throw invalidLocationConstraint(constraint);
  }
  if (region === HOME && constraint === undefined) return HOME;
  const wanted = constraint === "EU" ? "eu-west-1" : constraint;
  if (wanted === undefined || (region !== HOME && wanted !== region))
    throw illegalLocationConstraint(constraint);
  return wanted;
}

/** What GetBucketLocation answers: nothing for us-east-1. */
export function constraintOf({ region }: Bucket): string | undefined {
  return region === HOME ? undefined : region;
}

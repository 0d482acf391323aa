import type { BucketLocationConstraint } from "#aws/contract/types/s3.ts";
import { illegalLocationConstraint, invalidLocationConstraint } from "../errors.ts";
import type { Bucket } from "../store.ts";

/** The first Region, which the constraint does not know: it is where a bucket is that has none. */
const HOME = "us-east-1";

/** An older name of eu-west-1, which a bucket keeps that was asked for by it. */
export const OLD_NAME = "EU";

/** Of AWS's first partition. */
const REGIONS: ReadonlySet<string> = new Set<BucketLocationConstraint>([
  "af-south-1",
  "ap-east-1",
  "ap-east-2",
  "ap-northeast-1",
  "ap-northeast-2",
  "ap-northeast-3",
  "ap-south-1",
  "ap-south-2",
  "ap-southeast-1",
  "ap-southeast-2",
  "ap-southeast-3",
  "ap-southeast-4",
  "ap-southeast-5",
  "ap-southeast-6",
  "ap-southeast-7",
  "ca-central-1",
  "ca-west-1",
  "eu-central-1",
  "eu-central-2",
  "eu-north-1",
  "eu-south-1",
  "eu-south-2",
  "eu-west-1",
  "eu-west-2",
  "eu-west-3",
  "il-central-1",
  "me-central-1",
  "me-south-1",
  "mx-central-1",
  "sa-east-1",
  "us-east-2",
  "us-west-1",
  "us-west-2",
]);

/**
 * Where a bucket goes that is asked for in `region`. The endpoint of us-east-1 makes buckets everywhere, each other
 * one only its own.
 * @throws {AwsError} InvalidLocationConstraint, IllegalLocationConstraintException
 */
export function locationOf(region: string, constraint: string | undefined): string {
  if (region === HOME && constraint === undefined) return HOME;
  const wanted = constraint === OLD_NAME ? "eu-west-1" : constraint;
  if (wanted !== undefined && (wanted === HOME || !(REGIONS.has(wanted) || wanted === region)))
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

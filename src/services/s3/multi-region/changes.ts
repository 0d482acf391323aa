/** What the requests change that are carried out later. Each change is made as a whole or not at all. */
import type {
  CreateMultiRegionAccessPointInput,
  DeleteMultiRegionAccessPointInput,
  PutMultiRegionAccessPointPolicyInput,
} from "#aws/contract/types/s3control.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import { BASE32 } from "#lib/random.ts";
import { ALL_BLOCKED } from "../access/blocks.ts";
import { checkPolicy } from "../access/policy-rules.ts";
import { isPublicDocument } from "../access/public.ts";
import { blockIn } from "../access/public-access.ts";
import { noSuchBucket } from "../buckets/errors.ts";
import { accessDenied } from "../errors.ts";
import { buckets } from "../store.ts";
import { alreadyOwned, sameBucketRegion, tooManyAccessPoints } from "./errors.ts";
import {
  type MultiRegionAccessPoint,
  multiRegionAccessPointNamed,
  multiRegionAccessPoints,
  multiRegionArn,
} from "./store.ts";

const ALIAS_LENGTH = 13;
/** The maximum of an account: API_control_ListMultiRegionAccessPoints. */
const MAX_ACCESS_POINTS = 100;

/**
 * @throws {AwsError} MultiRegionAccessPointAlreadyOwnedByYou, TooManyMultiRegionAccessPoints, NoSuchBucket,
 * MultiRegionAccessPointSameBucketRegion
 */
export async function create(
  tx: Transaction,
  account: string,
  { Name: name, PublicAccessBlock: blocks, Regions: regions }: CreateMultiRegionAccessPointInput,
): Promise<void> {
  if (await tx.get(multiRegionAccessPoints, [account, name])) throw alreadyOwned();
  const existing = await tx.list(multiRegionAccessPoints, { in: [account], limit: MAX_ACCESS_POINTS });
  if (existing.length === MAX_ACCESS_POINTS) throw tooManyAccessPoints();
  const routes = await Promise.all(regions.map((one) => routeTo(tx, account, one)));
  if (new Set(routes.map(({ region }) => region)).size < routes.length) throw sameBucketRegion();
  tx.put(multiRegionAccessPoints, {
    account,
    name,
    alias: `m${tx.random.text(ALIAS_LENGTH - 1, BASE32.toLowerCase())}.mrap`,
    created: tx.now(),
    publicAccessBlock: blocks ? blockIn(blocks) : ALL_BLOCKED,
    routes,
  });
}

type Routes = MultiRegionAccessPoint["routes"];

async function routeTo(
  tx: ReadTransaction,
  account: string,
  { Bucket: name, BucketAccountId: owner = account }: CreateMultiRegionAccessPointInput["Regions"][number],
): Promise<Routes[number]> {
  const bucket = await tx.get(buckets, [name]);
  // Directory buckets have no access points of this kind.
  if (!bucket || bucket.zone !== undefined) throw noSuchBucket(name);
  if (bucket.owner !== owner) throw accessDenied();
  return { bucket: name, bucketOwner: owner, region: bucket.region, isActive: true };
}

/** @throws {AwsError} NoSuchMultiRegionAccessPoint */
export async function remove(
  tx: Transaction,
  account: string,
  { Name: name }: DeleteMultiRegionAccessPointInput,
): Promise<void> {
  await multiRegionAccessPointNamed(tx, account, name);
  tx.delete(multiRegionAccessPoints, [account, name]);
}

/** @throws {AwsError} NoSuchMultiRegionAccessPoint, MalformedPolicy, AccessDenied */
export async function putPolicy(
  tx: Transaction,
  account: string,
  { Name: name, Policy: policy }: PutMultiRegionAccessPointPolicyInput,
): Promise<void> {
  const found = await multiRegionAccessPointNamed(tx, account, name);
  const document = checkPolicy(policy, { arn: multiRegionArn(found), objects: "/object/" });
  if (found.publicAccessBlock.policy && isPublicDocument(document)) throw accessDenied();
  // Unlike other policies of S3, it is returned as it was put.
  tx.put(multiRegionAccessPoints, { ...found, policy });
}

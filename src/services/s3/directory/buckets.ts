import type { AccessFact } from "#kernel/calls/authorize.ts";
import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import type { Handlers, Input, Output } from "#kernel/service.ts";
import { directoryArn } from "../buckets/bucket.ts";
import { bucketAlreadyExists, bucketAlreadyOwnedByYou, invalidBucketName } from "../buckets/errors.ts";
import { nameOf, tokenOf } from "../buckets/list.ts";
import { accessDenied, invalidArgument, malformedXml, notImplemented } from "../errors.ts";
import { type Bucket, buckets } from "../store.ts";
import { bucketTags } from "../tags.ts";
import { wholeSeconds } from "../versions.ts";
import { invalidRedundancy, tooManyBuckets } from "./errors.ts";
import { checkCaller, keysOf } from "./facts.ts";
import { hasZone, zoneIn } from "./names.ts";

/** The maximum number of directory buckets of an account in a Region. */
const MAX_BUCKETS = 100;
const MAX_LISTED = 1_000;

type Creation = Input<"s3", "CreateBucket">;

/**
 * Creates a directory bucket. Unlike others, it cannot be created again by its owner.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-buckets-buckets-creating.html
 * @throws {AwsError} InvalidBucketName, MalformedXML, InvalidRequest, BucketAlreadyExists,
 * BucketAlreadyOwnedByYou, TooManyBuckets
 */
export async function createDirectory(ctx: Context, input: Creation): Promise<Output<"s3", "CreateBucket">> {
  const { account: owner, region } = ctx;
  const { Bucket: name, CreateBucketConfiguration: configuration } = input;
  const zone = checkedZone(region, input);
  const tags = bucketTags(configuration?.Tags);
  return ctx.transact(async (tx) => {
    const existing = await tx.get(buckets, [name]);
    if (existing) throw existing.owner === owner ? bucketAlreadyOwnedByYou(name) : bucketAlreadyExists(name);
    await checkQuota(tx, owner, region);
    const bucket: Bucket = {
      name,
      id: tx.sequence(),
      owner,
      region,
      zone,
      created: wholeSeconds(tx.now()),
      tags,
    };
    tx.put(buckets, bucket);
    return {
      Location: `http://${name}.s3express-${zone}.${region}.amazonaws.com/`,
      BucketArn: directoryArn(bucket),
    };
  });
}

/** Returns the zone in which the request creates a bucket: its location, which its name repeats. */
function checkedZone(
  region: string,
  { Bucket: name, CreateBucketConfiguration: configuration }: Creation,
): string {
  const zone = zoneIn(name);
  if (zone === undefined) throw invalidBucketName(name);
  const { Location: location, Bucket: info, LocationConstraint: constraint } = configuration ?? {};
  if (!location || info?.Type !== "Directory" || constraint !== undefined) throw malformedXml();
  if (location.Type === "LocalZone")
    throw notImplemented("Directory buckets in Local Zones are not implemented.");
  if (location.Type !== "AvailabilityZone") throw malformedXml();
  const { DataRedundancy: redundancy = "SingleAvailabilityZone" } = info;
  if (redundancy !== "SingleAvailabilityZone") throw invalidRedundancy();
  if (location.Name !== zone || !hasZone(region, zone)) throw invalidBucketName(name);
  return zone;
}

async function checkQuota(tx: Transaction, owner: string, region: string): Promise<void> {
  const existing = await tx.listBy(buckets, "directory", { in: [owner, region], limit: MAX_BUCKETS });
  if (existing.length === MAX_BUCKETS) throw tooManyBuckets();
}

export function creationFacts(ctx: Context, input: Creation): AccessFact[] {
  checkCaller(ctx, input.Bucket, "ReadWrite");
  const { account: owner, region } = ctx;
  const bucket = { name: input.Bucket, owner, region, zone: zoneIn(input.Bucket) };
  const actions = ["s3express:CreateBucket"];
  if (input.CreateBucketConfiguration?.Tags?.length) actions.push("s3express:TagResource");
  const resource = directoryArn(bucket);
  return actions.map((action) => ({ action, resource, owner, conditions: keysOf(ctx, input, bucket) }));
}

export const directoryListing = {
  async ListDirectoryBuckets(ctx, { MaxDirectoryBuckets: limit = MAX_LISTED, ContinuationToken: token }) {
    if (!(limit >= 0 && limit <= MAX_LISTED))
      throw invalidArgument(
        `Argument max-directory-buckets must be an integer between 0 and ${MAX_LISTED}`,
        "max-directory-buckets",
        limit,
      );
    const found = await ctx.read((tx) =>
      tx.listBy(buckets, "directory", {
        in: [ctx.account, ctx.region],
        after: token ? [nameOf(token)] : undefined,
        limit: limit + 1,
      }),
    );
    const shown = found.slice(0, limit);
    return {
      Buckets: shown.map((bucket) => ({
        Name: bucket.name,
        CreationDate: new Date(bucket.created),
        BucketArn: directoryArn(bucket),
      })),
      ContinuationToken: found.length > limit && limit > 0 ? tokenOf(shown.at(-1)!.name) : undefined,
    };
  },
} satisfies Handlers<"s3">;

export function listingFacts(ctx: Context, input: object): AccessFact[] {
  if (ctx.principal.type === "anonymous") throw accessDenied();
  return [
    { action: "s3express:ListAllMyDirectoryBuckets", resource: "*", conditions: keysOf(ctx, input, {}) },
  ];
}

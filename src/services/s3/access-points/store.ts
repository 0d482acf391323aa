import { collection } from "#kernel/collection.ts";
import type { PublicAccessBlock } from "../access/blocks.ts";
import type { Tag } from "../store.ts";

/**
 * Another address of a bucket, with a policy and public access blocks of its own.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points.html
 */
export interface AccessPoint {
  /** The account of its owner, who need not own the bucket. */
  account: string;
  region: string;
  name: string;
  /** Can be used wherever a bucket's name can. */
  alias: string;
  bucket: string;
  bucketOwner: string;
  /** Milliseconds since 1970, cloud time. */
  created: number;
  /** The VPC that calls must come from. */
  vpc?: string;
  publicAccessBlock: PublicAccessBlock;
  policy?: string;
  tags?: Tag[];
}

export const accessPoints = collection<AccessPoint>("s3/access-point", {
  scope: "partition",
  key: (a) => [a.account, a.region, a.name],
  indexes: {
    alias: (a) => [a.alias],
    name: (a) => [a.account, a.name, a.region],
    bucket: (a) => [a.bucket, a.account, a.region, a.name],
  },
});

export const accessPointArn = ({ account, region, name }: Pick<AccessPoint, "account" | "region" | "name">) =>
  `arn:aws:s3:${region}:${account}:accesspoint/${name}`;

export const originOf = ({ vpc }: AccessPoint) => (vpc === undefined ? "Internet" : "VPC");

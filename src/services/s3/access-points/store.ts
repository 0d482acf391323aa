import { collection } from "#kernel/records/collection.ts";
import type { PublicAccessBlock } from "../access/blocks.ts";
import type { Tag } from "../store.ts";

/**
 * An access point: another address of a bucket, with its own policy and public access block.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points.html
 */
export interface AccessPoint {
  /** The account of the access point's owner, who need not own the bucket. */
  account: string;
  region: string;
  name: string;
  /** The alias, which can be used in place of a bucket's name. */
  alias: string;
  bucket: string;
  bucketOwner: string;
  /** Milliseconds since 1970, cloud time. */
  created: number;
  /** The VPC to which calls are restricted. */
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

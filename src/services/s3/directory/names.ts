/** The suffix of all names of directory buckets, which no other bucket's name has. */
const SUFFIX = "--x-s3";

/**
 * Whether a name is that of a directory bucket, which need not exist. The ARN of an access point may end in the
 * same way.
 */
export const isDirectoryName = (name: string): boolean => name.endsWith(SUFFIX) && !name.startsWith("arn:");

/**
 * Returns the id of the zone in a name that complies with the rules for directory buckets, otherwise
 * `undefined`.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-bucket-naming-rules.html
 */
export function zoneIn(name: string): string | undefined {
  if (name.length > MAX_LENGTH || RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix)))
    return undefined;
  return NAME.exec(name)?.[1];
}

const MAX_LENGTH = 63;
const NAME = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?--([a-z0-9]+-az\d+)--x-s3$/;
const RESERVED_PREFIXES = ["xn--", "sthree-", "amzn-s3-demo-"];

/**
 * The ids of the Availability Zones that have directory buckets.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/endpoint-directory-buckets-AZ.html
 */
const ZONES: Readonly<Record<string, readonly string[]>> = {
  "us-east-1": ["use1-az4", "use1-az5", "use1-az6"],
  "us-east-2": ["use2-az1", "use2-az2"],
  "us-west-2": ["usw2-az1", "usw2-az3", "usw2-az4"],
  "ap-south-1": ["aps1-az1", "aps1-az3"],
  "ap-northeast-1": ["apne1-az1", "apne1-az4"],
  "eu-west-1": ["euw1-az1", "euw1-az3"],
  "eu-north-1": ["eun1-az1", "eun1-az2", "eun1-az3"],
};

export const hasZone = (region: string, zone: string): boolean => ZONES[region]?.includes(zone) ?? false;

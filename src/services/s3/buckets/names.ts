/**
 * Whether a name complies with the rules for general purpose buckets, which make it a valid host name.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */
export function isBucketName(name: string): boolean {
  return (
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !/\.[.-]|-\./.test(name) &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name) &&
    !RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix)) &&
    !RESERVED_SUFFIXES.some((suffix) => name.endsWith(suffix))
  );
}

/**
 * Whether a bucket may have this name, including old buckets with looser rules.
 * Access point ARNs are accepted, too.
 */
export const wasEverValidName = (name: string): boolean =>
  /^[\w.-]{3,255}$/.test(name) || name.startsWith("arn:");

/** Returns the suffix of names that only this account can use in this Region. */
export const namespaceSuffix = (account: string, region: string) => `-${account}-${region}-an`;

/** Whether a name has the suffix of any account. */
export const isInNamespace = (name: string): boolean => /-\d{12}-[a-z]+(-[a-z]+)+-\d-an$/.test(name);

const RESERVED_PREFIXES = ["xn--", "sthree-", "amzn-s3-demo-"];
const RESERVED_SUFFIXES = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

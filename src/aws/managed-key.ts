import { hash } from "node:crypto";

/** Lengths of the groups of a UUID's digits. */
const GROUPS = [8, 4, 4, 4, 12];

/**
 * The ARN of the key that AWS manages for a service in an account, which is constant, as in AWS.
 * @param alias for example `alias/aws/s3`
 */
export function managedKeyArn(
  { account, region }: { account: string; region: string },
  alias: string,
): string {
  const digits = hash("sha256", `${account}/${region}/${alias}`);
  const id = GROUPS.map((length, at) => digits.slice(at * 12, at * 12 + length)).join("-");
  return `arn:aws:kms:${region}:${account}:key/${id}`;
}

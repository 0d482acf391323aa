/**
 * The forms in which an access point can be named in place of a bucket.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html
 */
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import { BASE32, type Random } from "#lib/random.ts";
import { routedBy } from "../multi-region/routes.ts";
import { multiRegionAccessPointWith } from "../multi-region/store.ts";
import { type AccessPoint, accessPoints } from "./store.ts";

const SUFFIX = "-s3alias";
/** The maximum length of an alias, which is that of a bucket's name. */
const MAX_ALIAS_LENGTH = 63;
const RANDOM_LENGTH = 34;

export const isAlias = (name: string): boolean => name.endsWith(SUFFIX);

/** Returns an alias: as much of the name as fits, and enough random characters to be unique. */
export function aliasOf(name: string, random: Random): string {
  const head = name.slice(0, MAX_ALIAS_LENGTH - SUFFIX.length - RANDOM_LENGTH - 1).replace(/-$/, "");
  return `${head}-${random.text(RANDOM_LENGTH, BASE32.toLowerCase())}${SUFFIX}`;
}

/**
 * Finds an access point by alias, by ARN, or by name and account as in host names: `name-111122223333`. A
 * Multi-Region Access Point is found by alias or ARN, and stands for an access point of the bucket to which it
 * routes requests.
 */
export async function accessPointAt(tx: ReadTransaction, address: string): Promise<AccessPoint | undefined> {
  if (isAlias(address)) return first(tx, "alias", [address]);
  const alias = /^(?:arn:aws:s3::\d{12}:accesspoint[/:])?([a-z0-9]+\.mrap)$/.exec(address)?.[1];
  if (alias !== undefined) {
    const found = await multiRegionAccessPointWith(tx, alias);
    return found && routedBy(found);
  }
  const [, region, account, name] =
    /^arn:aws:s3:([a-z0-9-]+):(\d{12}):accesspoint[/:](.+)$/.exec(address) ?? [];
  if (name !== undefined) return tx.get(accessPoints, [account!, region!, name]);
  const [, called, owner] = /^(.+)-(\d{12})$/.exec(address) ?? [];
  return called === undefined ? undefined : first(tx, "name", [owner!, called]);
}

async function first(tx: ReadTransaction, index: string, at: string[]): Promise<AccessPoint | undefined> {
  const [found] = await tx.listBy(accessPoints, index, { in: at, limit: 1 });
  return found;
}

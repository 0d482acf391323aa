/**
 * How an access point is called where a bucket's name stands.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html
 */
import type { ReadTransaction } from "#kernel/transaction.ts";
import { BASE32, type Random } from "#lib/random.ts";
import { type AccessPoint, accessPoints } from "./store.ts";

const SUFFIX = "-s3alias";
/** An alias is at most as long as a bucket's name. */
const MAX_ALIAS = 63;
const CHANCE = 34;

export const isAlias = (name: string): boolean => name.endsWith(SUFFIX);

/** As much of the name as there is room for, and enough random characters to be unique. */
export function aliasOf(name: string, random: Random): string {
  const head = name.slice(0, MAX_ALIAS - SUFFIX.length - CHANCE - 1).replace(/-$/, "");
  return `${head}-${random.text(CHANCE, BASE32.toLowerCase())}${SUFFIX}`;
}

/** By alias, by ARN, or by name and account as in the names of hosts: `name-111122223333`. */
export async function accessPointAt(tx: ReadTransaction, address: string): Promise<AccessPoint | undefined> {
  if (isAlias(address)) return first(tx, "alias", [address]);
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

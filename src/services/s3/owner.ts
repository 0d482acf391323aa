import { hash } from "node:crypto";
import { canonicalUserOf } from "#aws/canonical-user.ts";

/** The owner of objects that anonymous callers write into a bucket where writers own objects. */
export const ANONYMOUS_OWNER = "anonymous";
const ANONYMOUS_ID = "65a011a29cdf8ec533ec3d1ccaae921c";

/** Returns an account as outputs represent it. */
export function ownerOf(account: string): { ID: string } {
  return { ID: account === ANONYMOUS_OWNER ? ANONYMOUS_ID : canonicalUserOf(account) };
}

/** Returns the id of an account in events: 14 capital letters and digits, starting with A. */
export function customerOf(account: string): string {
  return `A${BigInt(`0x${hash("sha256", `customer ${account}`)}`)
    .toString(36)
    .toUpperCase()
    .slice(0, 13)}`;
}

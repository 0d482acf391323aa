import { hash } from "node:crypto";
import { canonicalUserOf } from "#aws/canonical-user.ts";

/** The owner of what anonymous callers write into a bucket that leaves objects to their writers. */
export const ANONYMOUS_OWNER = "anonymous";
const ANONYMOUS_ID = "65a011a29cdf8ec533ec3d1ccaae921c";

/** An account as answers have it. */
export function ownerOf(account: string): { ID: string } {
  return { ID: account === ANONYMOUS_OWNER ? ANONYMOUS_ID : canonicalUserOf(account) };
}

/** The name of an account in events: 14 capitals and digits, beginning with A. */
export function customerOf(account: string): string {
  return `A${BigInt(`0x${hash("sha256", `customer ${account}`)}`)
    .toString(36)
    .toUpperCase()
    .slice(0, 13)}`;
}

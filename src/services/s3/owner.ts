import { hash } from "node:crypto";

/** An account as S3 knows it: a canonical user id of 64 hex digits, always the same for the same account. */
export function ownerOf(account: string): { ID: string } {
  return { ID: hash("sha256", `canonical user ${account}`) };
}

/** An account as events name the owner of a bucket: 14 capitals and digits, the first an A. */
export function customerOf(account: string): string {
  return `A${BigInt(`0x${hash("sha256", `customer ${account}`)}`)
    .toString(36)
    .toUpperCase()
    .slice(0, 13)}`;
}

import { hash } from "node:crypto";

/** An account as S3 knows it: a canonical user id of 64 hex digits, always the same for the same account. */
export function ownerOf(account: string): { ID: string } {
  return { ID: hash("sha256", `canonical user ${account}`) };
}

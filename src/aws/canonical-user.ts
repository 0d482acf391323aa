import { hash } from "node:crypto";
import { memoizeByText } from "#lib/memoize.ts";

/** The id of 64 hex digits by which S3 and policies know an account, always the same for the same account. */
export const canonicalUserOf = memoizeByText(1_000, (account) => hash("sha256", `canonical user ${account}`));

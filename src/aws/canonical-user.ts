import { hash } from "node:crypto";
import { memoizeByText } from "#lib/memoize.ts";

/** The id of 64 hex digits that identifies an account in S3 and in policies; constant per account. */
export const canonicalUserOf = memoizeByText(1_000, (account) => hash("sha256", `canonical user ${account}`));

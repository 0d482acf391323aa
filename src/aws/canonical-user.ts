import { hash } from "node:crypto";
import { memoizeByText } from "#lib/memoize.ts";

/** The id of 64 hex digits that S3 and policies have for an account, always the same for the same account. */
export const canonicalUserOf = memoizeByText(1_000, (account) => hash("sha256", `canonical user ${account}`));

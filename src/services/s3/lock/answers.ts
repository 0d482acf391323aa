import type { Output } from "#kernel/service.ts";
import type { May } from "../access/may.ts";
import type { ObjectVersion } from "../store.ts";

export type LockMembers = Pick<
  Output<"s3", "HeadObject">,
  "ObjectLockMode" | "ObjectLockRetainUntilDate" | "ObjectLockLegalHoldStatus"
>;

/** A lock in GetObject and HeadObject, for callers who may also ask for it by itself. */
export function lockMembers({ retention, legalHold }: ObjectVersion, may: May): LockMembers {
  return {
    ...(retention &&
      may("s3:GetObjectRetention") && {
        ObjectLockMode: retention.mode,
        ObjectLockRetainUntilDate: new Date(retention.until),
      }),
    ...(legalHold && may("s3:GetObjectLegalHold") && { ObjectLockLegalHoldStatus: legalHold }),
  };
}

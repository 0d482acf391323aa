import type { Output } from "#kernel/service.ts";
import type { May } from "../access/may.ts";
import type { ObjectVersion } from "../store.ts";

export type LockMembers = Pick<
  Output<"s3", "HeadObject">,
  "ObjectLockMode" | "ObjectLockRetainUntilDate" | "ObjectLockLegalHoldStatus"
>;

/** Returns the lock for GetObject and HeadObject, as far as the caller may read it separately. */
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

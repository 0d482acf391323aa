import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import type { Output } from "#kernel/service.ts";
import { objectArn } from "../buckets/bucket.ts";
import type { Bucket, ObjectVersion } from "../store.ts";

type Told = Pick<
  Output<"s3", "HeadObject">,
  "ObjectLockMode" | "ObjectLockRetainUntilDate" | "ObjectLockLegalHoldStatus"
>;

/** A lock as GetObject and HeadObject tell it, to those who might also ask for it. */
export function lockMembers(ctx: Context, bucket: Bucket, version: ObjectVersion): Told | undefined {
  const { retention, legalHold } = version;
  if (!retention && !legalHold) return undefined;
  const may = (action: string) => isAllowed(ctx, bucket, action, version.key);
  return {
    ...(retention &&
      may("s3:GetObjectRetention") && {
        ObjectLockMode: retention.mode,
        ObjectLockRetainUntilDate: new Date(retention.until),
      }),
    ...(legalHold && may("s3:GetObjectLegalHold") && { ObjectLockLegalHoldStatus: legalHold }),
  };
}

function isAllowed(ctx: Context, { name, owner }: Bucket, action: string, key: string): boolean {
  try {
    ctx.authorize([{ action, resource: objectArn(name, key), owner }]);
    return true;
  } catch (error) {
    if (error instanceof AwsError) return false;
    throw error;
  }
}

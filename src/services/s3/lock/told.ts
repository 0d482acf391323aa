import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import type { Output } from "#kernel/service.ts";
import type { ReadTransaction } from "#kernel/transaction.ts";
import { byWayOf, objectFact } from "../access/facts.ts";
import { type OnObject, type Scene, sceneOf } from "../access/scene.ts";
import type { ObjectVersion } from "../store.ts";

export type ToldLock = Pick<
  Output<"s3", "HeadObject">,
  "ObjectLockMode" | "ObjectLockRetainUntilDate" | "ObjectLockLegalHoldStatus"
>;

/** A lock as GetObject and HeadObject tell it, to those who might also ask for it. */
export async function lockMembers(
  ctx: Context,
  tx: ReadTransaction,
  input: OnObject,
  { retention, legalHold }: ObjectVersion,
): Promise<ToldLock> {
  const scene = await sceneOf(ctx, tx, input);
  const may = (action: string) => !scene || isAllowed(ctx, scene, action, input);
  return {
    ...(retention &&
      may("s3:GetObjectRetention") && {
        ObjectLockMode: retention.mode,
        ObjectLockRetainUntilDate: new Date(retention.until),
      }),
    ...(legalHold && may("s3:GetObjectLegalHold") && { ObjectLockLegalHoldStatus: legalHold }),
  };
}

function isAllowed(ctx: Context, scene: Scene, action: string, input: OnObject): boolean {
  try {
    ctx.authorize(byWayOf(scene, objectFact(ctx, scene, action, input)));
    return true;
  } catch (error) {
    if (error instanceof AwsError) return false;
    throw error;
  }
}

import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import { accessPointFacts, objectFact } from "./facts.ts";
import { type OnObject, targetOf } from "./target.ts";

/** Whether the caller is allowed another action on the same object; some responses depend on this. */
export type May = (action: string) => boolean;

export async function mayWith(ctx: Context, tx: ReadTransaction, input: OnObject): Promise<May> {
  const target = await targetOf(ctx, tx, input);
  if (!target) return () => true;
  return (action) => {
    try {
      ctx.authorize(accessPointFacts(target, objectFact(ctx, target, action, input)));
      return true;
    } catch (error) {
      if (error instanceof AwsError) return false;
      throw error;
    }
  };
}

/** Whether the caller may read the tags of the current version, or of the version that the request names. */
export const mayReadTags = (may: May, { VersionId }: OnObject): boolean =>
  may(VersionId === undefined ? "s3:GetObjectTagging" : "s3:GetObjectVersionTagging");

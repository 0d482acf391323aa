import type { Transaction } from "#kernel/records/transaction.ts";
import type { Handlers, Input } from "#kernel/service.ts";
import { percentDecoded } from "#lib/percent.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { checkNoBody } from "../documents.ts";
import { preconditionFailed } from "../errors.ts";
import { checkConditionForm, checkWrite, failedCondition } from "../objects/conditions.ts";
import { existingVersion } from "../objects/existing.ts";
import { checkKey } from "../objects/key.ts";
import type { Bucket, ObjectVersion } from "../store.ts";
import { currentVersion, moveVersion } from "../versions.ts";
import { invalidRenameSource, renamedDirectory } from "./errors.ts";
import { isDone, remember, tokenIn } from "./rename-tokens.ts";

type Request = Input<"s3", "RenameObject">;

export const renaming = {
  /**
   * Renames an object, which keeps its bytes and all its properties.
   * https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-buckets-objects-rename.html
   */
  async RenameObject(ctx, input) {
    const sourceKey = sourceIn(input);
    checkNoBody(ctx);
    checkConditionForm(destinationConditions(input));
    const token = tokenIn(input);
    return ctx.transact(async (tx) => {
      const bucket = await bucketAt(tx, input.Bucket);
      if (token && (await isDone(tx, bucket, token))) return {};
      const source = await existingVersion(tx, bucket, { Key: sourceKey }, "PUT");
      checkSource(input, source, tx.now());
      await checkDestination(tx, bucket, input);
      if (sourceKey !== input.Key) await moveVersion(tx, bucket, source, input.Key);
      if (token) remember(tx, bucket, token);
      return {};
    });
  },
} satisfies Handlers<"s3">;

/** Returns the key of the source. Unlike the source of a copy, it is in the same bucket. */
function sourceIn({ Key: key, RenameSource: encoded = "" }: Request): string {
  const source = percentDecoded(encoded);
  if (!source) throw invalidRenameSource(encoded);
  for (const name of [source, key]) {
    checkKey(name);
    if (name.endsWith("/")) throw renamedDirectory(name);
  }
  return source;
}

function checkSource(input: Request, source: ObjectVersion, now: number): void {
  const failed = failedCondition(
    {
      ifMatch: input.SourceIfMatch,
      ifNoneMatch: input.SourceIfNoneMatch,
      ifModifiedSince: input.SourceIfModifiedSince,
      ifUnmodifiedSince: input.SourceIfUnmodifiedSince,
    },
    source,
    now,
  );
  if (failed) throw preconditionFailed(`x-amz-rename-source-${failed.condition}`);
}

const destinationConditions = ({ DestinationIfMatch, DestinationIfNoneMatch }: Request) => ({
  IfMatch: DestinationIfMatch,
  IfNoneMatch: DestinationIfNoneMatch,
});

async function checkDestination(tx: Transaction, bucket: Bucket, input: Request): Promise<void> {
  const existing = await currentVersion(tx, bucket, input.Key);
  checkWrite(destinationConditions(input), existing, input.Key);
  const { DestinationIfModifiedSince: ifModifiedSince, DestinationIfUnmodifiedSince: ifUnmodifiedSince } =
    input;
  if (!existing && ifModifiedSince !== undefined) throw preconditionFailed("If-Modified-Since");
  const failed = existing && failedCondition({ ifModifiedSince, ifUnmodifiedSince }, existing, tx.now());
  if (failed) throw preconditionFailed(failed.condition);
}

import type { LifecycleRule } from "#aws/contract/types/s3.ts";
import type { Handlers } from "#kernel/service.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { onlyExpiry } from "../directory/errors.ts";
import { isDirectoryName } from "../directory/names.ts";
import { checkDocument, checkStoredSize, MAX_LIST_BYTES } from "../documents.ts";
import { malformedXml } from "../errors.ts";
import { generatedId } from "../generated-id.ts";
import { checkSchema } from "../schema.ts";
import type { Bucket } from "../store.ts";
import { noLifecycle, unknownMinimum } from "./errors.ts";
import { filterOf } from "./filter.ts";
import { putAging } from "./mark.ts";
import { ensureWalks } from "./midnight.ts";
import { type LifecycleDocument, lifecycles } from "./rules.ts";
import { checkLifecycle } from "./validate.ts";

export const lifecycleConfiguration = {
  async PutBucketLifecycleConfiguration(ctx, input) {
    checkDocument(ctx, { required: true, most: MAX_LIST_BYTES });
    if (!input.LifecycleConfiguration) throw malformedXml();
    checkSchema("PutBucketLifecycleConfiguration", input.LifecycleConfiguration);
    const { Rules: rules } = input.LifecycleConfiguration;
    checkLifecycle(rules);
    if (isDirectoryName(input.Bucket)) checkForDirectory(rules);
    const minimum = minimumIn(input.TransitionDefaultMinimumObjectSize);
    const document = {
      rules: rules.map((rule) => ({ ...rule, ID: rule.ID || generatedId(ctx.random) })),
      minimum,
    };
    checkStoredSize(document);
    return ctx.transact(async (tx) => {
      const bucket = putAging(tx, { ...(await bucketAt(tx, input.Bucket)), lifecycle: true });
      lifecycles.put(tx, bucket, document);
      await ensureWalks(tx, bucket);
      return { TransitionDefaultMinimumObjectSize: minimumOf(bucket, document) };
    });
  },

  async GetBucketLifecycleConfiguration(ctx, input) {
    return ctx.read(async (tx) => {
      const bucket = await bucketAt(tx, input.Bucket);
      const document = await lifecycles.get(tx, bucket);
      if (!document) throw noLifecycle(input.Bucket);
      return {
        Rules: document.rules.map(withDates),
        TransitionDefaultMinimumObjectSize: minimumOf(bucket, document),
      };
    });
  },

  async DeleteBucketLifecycle(ctx, input) {
    return ctx.transact(async (tx) => {
      const { lifecycle: _, ...bucket } = await bucketAt(tx, input.Bucket);
      lifecycles.delete(tx, putAging(tx, bucket));
      return {};
    });
  },
} satisfies Handlers<"s3">;

/** Returns the minimum size for transitions, of which directory buckets have none. */
const minimumOf = ({ zone }: Bucket, { minimum }: LifecycleDocument) =>
  zone === undefined ? minimum : undefined;

/**
 * Checks that rules of a directory bucket only expire objects and abort uploads, and select by neither tags nor
 * versions.
 * @throws {AwsError} InvalidRequest
 */
function checkForDirectory(rules: readonly LifecycleRule[]): void {
  for (const rule of rules) {
    const others = [rule.Transitions, rule.NoncurrentVersionTransitions, rule.NoncurrentVersionExpiration];
    const isOther =
      others.some((action) => action !== undefined) || rule.Expiration?.ExpiredObjectDeleteMarker;
    if (isOther || filterOf(rule).tags.length > 0) throw onlyExpiry();
  }
}

function minimumIn(value: string | undefined): LifecycleDocument["minimum"] {
  if (value === undefined) return "all_storage_classes_128K";
  if (value === "all_storage_classes_128K" || value === "varies_by_storage_class") return value;
  throw unknownMinimum(value);
}

/** Restores the dates of a rule, which records hold as text. */
function withDates(rule: LifecycleRule): LifecycleRule {
  const dated = <T extends { Date?: Date }>(moment: T): T =>
    moment.Date === undefined ? moment : { ...moment, Date: new Date(moment.Date) };
  return {
    ...rule,
    Expiration: rule.Expiration && dated(rule.Expiration),
    Transitions: rule.Transitions?.map(dated),
  };
}

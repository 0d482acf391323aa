import type { LifecycleRule } from "#aws/contract/types/s3.ts";
import type { Handlers } from "#kernel/service.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { checkDocument, checkStoredSize, MAX_LIST_BYTES } from "../documents.ts";
import { malformedXml } from "../errors.ts";
import { generatedId } from "../generated-id.ts";
import { checkSchema } from "../schema.ts";
import { noLifecycle, unknownMinimum } from "./errors.ts";
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
      return { TransitionDefaultMinimumObjectSize: minimum };
    });
  },

  async GetBucketLifecycleConfiguration(ctx, input) {
    const document = await ctx.read(async (tx) => lifecycles.get(tx, await bucketAt(tx, input.Bucket)));
    if (!document) throw noLifecycle(input.Bucket);
    return {
      Rules: document.rules.map(withDates),
      TransitionDefaultMinimumObjectSize: document.minimum,
    };
  },

  async DeleteBucketLifecycle(ctx, input) {
    return ctx.transact(async (tx) => {
      const { lifecycle: _, ...bucket } = await bucketAt(tx, input.Bucket);
      lifecycles.delete(tx, putAging(tx, bucket));
      return {};
    });
  },
} satisfies Handlers<"s3">;

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

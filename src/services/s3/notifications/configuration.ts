import type { Handlers, Output } from "#kernel/service.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { checkDocument, checkStoredSize, MAX_LIST_BYTES } from "../documents.ts";
import { buckets } from "../store.ts";
import { checkDestinations } from "./destinations.ts";
import { type Notifications, notifications, type Target, type TargetKind } from "./store.ts";
import { checkNotifications } from "./validate.ts";

export const notificationConfiguration = {
  async PutBucketNotificationConfiguration(ctx, input) {
    checkDocument(ctx, { most: MAX_LIST_BYTES });
    const current = await ctx.read((tx) => bucketAt(tx, input.Bucket));
    const configured = checkNotifications(input.NotificationConfiguration, current, ctx.random);
    checkStoredSize(configured);
    if (!input.SkipDestinationValidation) await checkDestinations(ctx, current, configured.targets);
    return ctx.transact(async (tx) => {
      const bucket = await bucketAt(tx, input.Bucket);
      const isActive = configured.targets.length > 0 || configured.bridge;
      if (isActive) notifications.put(tx, bucket, configured);
      else notifications.delete(tx, bucket);
      tx.put(buckets, { ...bucket, notifies: isActive || undefined });
      return {};
    });
  },

  async GetBucketNotificationConfiguration(ctx, input) {
    return ctx.read(async (tx) => {
      const configured = await notifications.get(tx, await bucketAt(tx, input.Bucket));
      return configured ? described(configured) : {};
    });
  },
} satisfies Handlers<"s3">;

type Described = Output<"s3", "GetBucketNotificationConfiguration">;

function described({ targets, bridge }: Notifications): Described {
  const of = (kind: TargetKind) => {
    const ofKind = targets.filter((target) => target.kind === kind);
    return ofKind.length === 0 ? undefined : ofKind;
  };
  return {
    TopicConfigurations: of("topic")?.map((each) => ({ ...common(each), TopicArn: each.arn })),
    QueueConfigurations: of("queue")?.map((each) => ({ ...common(each), QueueArn: each.arn })),
    LambdaFunctionConfigurations: of("function")?.map((each) => ({
      ...common(each),
      LambdaFunctionArn: each.arn,
    })),
    EventBridgeConfiguration: bridge ? {} : undefined,
  };
}

/**
 * Returns the common members of a configuration. S3 capitalizes the names of
 * rules, unlike the contract's enum.
 */
function common({ id, events, rules }: Target) {
  return {
    Id: id,
    Events: events as never[],
    ...(rules && { Filter: { Key: { FilterRules: rules as never[] } } }),
  };
}

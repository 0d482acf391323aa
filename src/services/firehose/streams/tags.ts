import type * as Firehose from "#aws/contract/types/firehose.ts";
import type { Handlers } from "#kernel/service.ts";
import { invalid, tooManyTags } from "../errors.ts";
import { streamAt, streams } from "../store.ts";

const MAX_TAGS = 50;

export const tagOperations = {
  async TagDeliveryStream(ctx, { DeliveryStreamName, Tags }) {
    return ctx.transact(async (tx) => {
      const stream = await streamAt(tx, ctx, DeliveryStreamName);
      tx.put(streams, { ...stream, tags: withTags(stream.tags, Tags) });
      return {};
    });
  },

  async UntagDeliveryStream(ctx, { DeliveryStreamName, TagKeys }) {
    return ctx.transact(async (tx) => {
      const stream = await streamAt(tx, ctx, DeliveryStreamName);
      const left = Object.entries(stream.tags).filter(([key]) => !TagKeys.includes(key));
      tx.put(streams, { ...stream, tags: Object.fromEntries(left) });
      return {};
    });
  },

  async ListTagsForDeliveryStream(
    ctx,
    { DeliveryStreamName, ExclusiveStartTagKey: after, Limit = MAX_TAGS },
  ) {
    const { tags } = await ctx.read((tx) => streamAt(tx, ctx, DeliveryStreamName));
    const all = Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1));
    const rest = all.filter(([key]) => after === undefined || key > after);
    return {
      Tags: rest.slice(0, Limit).map(([Key, Value]) => (Value === "" ? { Key } : { Key, Value })),
      HasMoreTags: rest.length > Limit,
    };
  },
} satisfies Handlers<"firehose">;

/** @throws {AwsError} InvalidArgumentException, LimitExceededException */
export function withTags(
  former: Record<string, string>,
  more: readonly Firehose.Tag[],
): Record<string, string> {
  const added = Object.fromEntries(more.map(({ Key, Value = "" }) => [Key, Value]));
  if (Object.keys(added).length < more.length) throw invalid("Duplicate tag keys found.");
  const tags = { ...former, ...added };
  if (Object.keys(tags).length > MAX_TAGS) throw tooManyTags(MAX_TAGS);
  return tags;
}

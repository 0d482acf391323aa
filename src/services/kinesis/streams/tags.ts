import { parseArn } from "#aws/arn.ts";
import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";
import { consumerAt } from "../consumers/consumer.ts";
import { invalid } from "../errors.ts";
import { type Consumer, consumers, type Named, type Stream, streamAt, streams } from "../store.ts";

const MOST_TAGS = 50;

export const tagOperations = {
  AddTagsToStream: (ctx, input) => change(ctx, input, (tags) => ({ ...tags, ...input.Tags })),
  RemoveTagsFromStream: (ctx, input) => change(ctx, input, (tags) => without(tags, input.TagKeys)),
  TagResource: (ctx, { ResourceARN, Tags }) => changeOf(ctx, ResourceARN, (tags) => ({ ...tags, ...Tags })),
  UntagResource: (ctx, { ResourceARN, TagKeys }) =>
    changeOf(ctx, ResourceARN, (tags) => without(tags, TagKeys)),

  async ListTagsForStream(ctx, input) {
    const { tags } = await ctx.read((tx) => streamAt(tx, ctx, input));
    const names = Object.keys(tags).sort();
    const { ExclusiveStartTagKey: after, Limit = 50 } = input;
    const left = after === undefined ? names : names.filter((name) => name > after);
    return {
      Tags: left.slice(0, Limit).map((Key) => ({ Key, Value: tags[Key] })),
      HasMoreTags: left.length > Limit,
    };
  },

  async ListTagsForResource(ctx, { ResourceARN }) {
    const { tags = {} } = await ctx.read(
      (tx): Promise<Pick<Consumer, "tags">> =>
        isConsumer(ResourceARN)
          ? consumerAt(tx, ctx, { ConsumerARN: ResourceARN })
          : streamAt(tx, ctx, { StreamARN: streamIn(ResourceARN) }),
    );
    return { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
  },
} satisfies Handlers<"kinesis">;

/** @throws {AwsError} InvalidArgumentException */
export function checkTags(tags: Record<string, string>): void {
  if (Object.keys(tags).length > MOST_TAGS)
    throw invalid(`Failed to add tags: a stream cannot have more than ${MOST_TAGS} tags.`);
}

const isConsumer = (arn: string) => /^stream\/[^/]+\/consumer\//.test(parseArn(arn)?.resource ?? "");

/** @throws {AwsError} InvalidArgumentException */
function streamIn(arn: string): string {
  if (/^stream\/[^/]+$/.test(parseArn(arn)?.resource ?? "")) return arn;
  throw invalid(`${arn} is not the ARN of a stream.`);
}

function change(ctx: Context, named: Named, to: (tags: Stream["tags"]) => Stream["tags"]) {
  return ctx.transact(async (tx) => {
    const stream = await streamAt(tx, ctx, named);
    const tags = to(stream.tags);
    checkTags(tags);
    tx.put(streams, { ...stream, tags });
    return {};
  });
}

function changeOf(ctx: Context, arn: string, to: (tags: Stream["tags"]) => Stream["tags"]) {
  if (!isConsumer(arn)) return change(ctx, { StreamARN: streamIn(arn) }, to);
  return ctx.transact(async (tx) => {
    const consumer = await consumerAt(tx, ctx, { ConsumerARN: arn });
    const tags = to(consumer.tags ?? {});
    checkTags(tags);
    tx.put(consumers, { ...consumer, tags });
    return {};
  });
}

const without = (tags: Stream["tags"], keys: readonly string[]) =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key)));

import { parseArn } from "#aws/arn.ts";
import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";
import { consumerAt } from "../consumers/consumer.ts";
import { illegalTags, invalid, strangeTags, tooManyTags } from "../errors.ts";
import {
  type Consumer,
  consumers,
  isConsumerArn,
  type Named,
  type Stream,
  streamAt,
  streams,
} from "../store.ts";

type Tags = Stream["tags"];

const MAX_TAGS = 50;
const STRANGE = /[^\p{L}\p{Z}\p{N}_.:/=+\-@%]/u;

export const tagOperations = {
  AddTagsToStream: (ctx, input) => change(ctx, input, { add: input.Tags }),
  RemoveTagsFromStream: (ctx, input) => change(ctx, input, { remove: input.TagKeys }),
  TagResource: (ctx, { ResourceARN, Tags }) => changeOf(ctx, ResourceARN, { add: Tags }),
  UntagResource: (ctx, { ResourceARN, TagKeys }) => changeOf(ctx, ResourceARN, { remove: TagKeys }),

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
        isConsumerArn(ResourceARN)
          ? consumerAt(tx, ctx, { ConsumerARN: ResourceARN })
          : streamAt(tx, ctx, { StreamARN: streamIn(ResourceARN) }),
    );
    return { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
  },
} satisfies Handlers<"kinesis">;

/** @throws {AwsError} InvalidArgumentException */
export function checkTags(tags: Tags, stream: string, ctx: Context): void {
  checkAdded(tags, stream, ctx);
  checkCount(tags, stream, ctx);
}

function checkAdded(tags: Tags, stream: string, ctx: Context): void {
  checkLetters(Object.entries(tags).flat(), "add tags to", stream, ctx);
  if (Object.keys(tags).some((key) => key.toLowerCase().startsWith("aws:")))
    throw invalid("Tag keys that begin with aws: are reserved for system use.");
}

function checkCount(tags: Tags, stream: string, { account }: Context): void {
  if (Object.keys(tags).length > MAX_TAGS) throw tooManyTags(stream, account);
}

/** Kinesis refuses percent signs, although it lists them as valid. */
function checkLetters(texts: readonly string[], what: string, stream: string, { account }: Context): void {
  if (texts.some((text) => STRANGE.test(text))) throw strangeTags();
  if (texts.some((text) => text.includes("%"))) throw illegalTags(what, stream, account);
}

/** @throws {AwsError} InvalidArgumentException */
function streamIn(arn: string): string {
  if (/^stream\/[^/]+$/.test(parseArn(arn)?.resource ?? "")) return arn;
  throw invalid(`${arn} is not the ARN of a stream.`);
}

/** A change of tags: tags to add, or keys to remove. */
interface Change {
  add?: Tags;
  remove?: readonly string[];
}

function changed(ctx: Context, stream: string, present: Tags, { add = {}, remove = [] }: Change): Tags {
  checkAdded(add, stream, ctx);
  checkLetters(remove, "remove tags from", stream, ctx);
  const tags = without({ ...present, ...add }, remove);
  checkCount(tags, stream, ctx);
  return tags;
}

function change(ctx: Context, named: Named, what: Change) {
  return ctx.transact(async (tx) => {
    const stream = await streamAt(tx, ctx, named);
    tx.put(streams, { ...stream, tags: changed(ctx, stream.name, stream.tags, what) });
    return {};
  });
}

function changeOf(ctx: Context, arn: string, what: Change) {
  if (!isConsumerArn(arn)) return change(ctx, { StreamARN: streamIn(arn) }, what);
  return ctx.transact(async (tx) => {
    const consumer = await consumerAt(tx, ctx, { ConsumerARN: arn });
    tx.put(consumers, { ...consumer, tags: changed(ctx, consumer.stream, consumer.tags ?? {}, what) });
    return {};
  });
}

const without = (tags: Tags, keys: readonly string[]) =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key)));

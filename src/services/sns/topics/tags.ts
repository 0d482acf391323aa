import { isReservedTag, isTagText } from "#aws/tag-text.ts";
import type { Context } from "#kernel/context.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { topicNamed } from "../arns.ts";
import { checkSome, invalidTag, resourceNotFound, tooManyTags } from "../errors.ts";
import { type Tag, type Topic, topics } from "../store.ts";

const MAX_TAGS = 50;
const MAX_KEY_LENGTH = 128;
const MAX_VALUE_LENGTH = 256;

export const tagOperations = {
  async TagResource(ctx, { ResourceArn, Tags }) {
    checkSome(Tags, "tags");
    checkTags(Tags);
    return ctx.transact(async (tx) => {
      const topic = await tagged(ctx, tx, ResourceArn);
      const merged = new Map([...(topic.tags ?? []), ...Tags].map(({ Key, Value }) => [Key, Value]));
      if (merged.size > MAX_TAGS) throw tooManyTags();
      tx.put(topics, { ...topic, tags: [...merged].map(([Key, Value]) => ({ Key, Value })) });
      return {};
    });
  },

  async UntagResource(ctx, { ResourceArn, TagKeys }) {
    checkSome(TagKeys, "tagKeys");
    return ctx.transact(async (tx) => {
      const topic = await tagged(ctx, tx, ResourceArn);
      tx.put(topics, { ...topic, tags: (topic.tags ?? []).filter(({ Key }) => !TagKeys.includes(Key)) });
      return {};
    });
  },

  async ListTagsForResource(ctx, { ResourceArn }) {
    const { tags = [] } = await ctx.read((tx) => tagged(ctx, tx, ResourceArn));
    return { Tags: tags };
  },
} satisfies Handlers<"sns">;

async function tagged(ctx: Context, tx: ReadTransaction, arn: string): Promise<Topic> {
  const topic = await tx.get(topics, [topicNamed(ctx, arn, "ResourceArn")]);
  if (!topic) throw resourceNotFound();
  return topic;
}

/** @throws {AwsError} InvalidParameter, TagLimitExceeded */
export function checkTags(tags: readonly Tag[]): void {
  const seen = new Set<string>();
  for (const { Key, Value } of tags) {
    if (!isTagText(Key) || !isTagText(Value))
      throw invalidTag("Tags Reason: The given tag(s) contain invalid characters");
    if (!Key || Key.length > MAX_KEY_LENGTH || isReservedTag(Key)) throw invalidTag(`Tag key: ${Key}`);
    if (Value.length > MAX_VALUE_LENGTH) throw invalidTag(`Tag value: ${Value}`);
    if (seen.has(Key)) throw invalidTag("Duplicated keys are not allowed.");
    seen.add(Key);
  }
  if (tags.length > MAX_TAGS) throw tooManyTags();
}

import type { TagMap } from "#aws/contract/types/sqs.ts";
import { isReservedTag, isTagText } from "#aws/tag-text.ts";
import type { Context } from "#kernel/context.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { invalidParameter, missingParameter, queueDoesNotExist } from "../errors.ts";
import { type Queue, queues } from "../store.ts";
import { queueNamed } from "./addresses.ts";

const MAX_TAGS = 50;
const MAX_KEY_LENGTH = 128;
const MAX_VALUE_LENGTH = 256;

export const tagOperations = {
  async TagQueue(ctx, { QueueUrl, Tags: added }) {
    const name = queueNamed(ctx, QueueUrl);
    if (!added || Object.keys(added).length === 0) throw missingParameter("Tags");
    checkTags(name, added);
    return ctx.transact(async (tx) => {
      const queue = await queueIn(ctx, tx, name);
      const tags = { ...queue.tags, ...added };
      if (Object.keys(tags).length > MAX_TAGS) throw tooManyTags(name);
      tx.put(queues, { ...queue, tags });
      return {};
    });
  },

  async UntagQueue(ctx, { QueueUrl, TagKeys: keys }) {
    const name = queueNamed(ctx, QueueUrl);
    if (!keys || keys.length === 0 || keys.some((key) => !isKeyLength(key))) throw wrongKeyLength();
    return ctx.transact(async (tx) => {
      const queue = await queueIn(ctx, tx, name);
      const remaining = Object.entries(queue.tags ?? {}).filter(([key]) => !keys.includes(key));
      tx.put(queues, { ...queue, tags: Object.fromEntries(remaining) });
      return {};
    });
  },

  async ListQueueTags(ctx, { QueueUrl }) {
    const name = queueNamed(ctx, QueueUrl);
    const { tags = {} } = await ctx.read((tx) => queueIn(ctx, tx, name));
    return Object.keys(tags).length > 0 ? { Tags: tags } : {};
  },
} satisfies Handlers<"sqs">;

async function queueIn(ctx: Context, tx: ReadTransaction, name: string): Promise<Queue> {
  const queue = await tx.get(queues, [name]);
  if (!queue) throw queueDoesNotExist(ctx);
  return queue;
}

/** @throws {AwsError} InvalidParameterValue */
export function checkTags(queue: string, tags: TagMap | undefined): void {
  const entries = Object.entries(tags ?? {});
  if (entries.length > MAX_TAGS) throw tooManyTags(queue);
  for (const [key, value] of entries) {
    if (!isKeyLength(key)) throw wrongKeyLength();
    if (!isTagText(key)) throw notAllowed("keys");
    if (isReservedTag(key)) throw invalidParameter(`Invalid tag key: ${key}`);
    if (!isTagText(value)) throw notAllowed("values");
    if (value.length > MAX_VALUE_LENGTH) throw invalidParameter(`Invalid tag value for the key ${key}.`);
  }
}

const isKeyLength = (key: string) => key.length > 0 && key.length <= MAX_KEY_LENGTH;

const wrongKeyLength = () => invalidParameter("Tag keys must be between 1 and 128 characters in length.");

const notAllowed = (what: "keys" | "values") =>
  invalidParameter(
    `Tag ${what} may only contain unicode letters, digits, whitespace, or one of these symbols: _ . : / = + - @`,
  );

const tooManyTags = (name: string) => invalidParameter(`Too many tags added for queue ${name}.`);

import type { Context } from "#kernel/context.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import { topicNamed } from "../arns.ts";
import { topicNotFound } from "../errors.ts";
import { type Topic, topics } from "../store.ts";

/** @throws {AwsError} InvalidParameter, NotFound */
export async function topicAt(
  ctx: Context,
  tx: ReadTransaction,
  arn: string | undefined,
  member?: string,
): Promise<Topic> {
  const topic = await tx.get(topics, [topicNamed(ctx, arn, member)]);
  if (!topic) throw topicNotFound();
  return topic;
}

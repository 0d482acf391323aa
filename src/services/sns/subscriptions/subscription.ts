import type { Context } from "#kernel/context.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import { subscriptionNamed } from "../arns.ts";
import { subscriptionNotFound } from "../errors.ts";
import { type Subscription, subscriptions, topics } from "../store.ts";

/** The subscription of that ARN, if its topic is still the one that it was made for. */
export async function findSubscription(
  ctx: Context,
  tx: ReadTransaction,
  arn: string,
): Promise<Subscription | undefined> {
  const { topic: name, id } = subscriptionNamed(ctx, arn);
  const topic = await tx.get(topics, [name]);
  return topic && tx.get(subscriptions, [topic.id, id]);
}

/** @throws {AwsError} InvalidParameter, NotFound */
export async function subscriptionAt(ctx: Context, tx: ReadTransaction, arn: string): Promise<Subscription> {
  const subscription = await findSubscription(ctx, tx, arn);
  if (!subscription) throw subscriptionNotFound();
  return subscription;
}

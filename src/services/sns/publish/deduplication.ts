import type { Transaction } from "#kernel/records/transaction.ts";
import { type Message, type Published, published, type Topic } from "../store.ts";

/** The interval in which a message with the id of an earlier one is accepted but not delivered. */
const INTERVAL_MS = 5 * 60_000;
/** The maximum outdated records that one publication deletes. */
const MAX_SWEPT = 10;

/** Ids are unique in the topic, or in each group where throughput is by group. */
function idOf(topic: Topic, { deduplicationId, group }: Pick<Message, "deduplicationId" | "group">): string {
  return topic.attributes.FifoThroughputScope === "MessageGroup"
    ? `${group} ${deduplicationId}`
    : deduplicationId!;
}

export async function duplicateOf(
  tx: Transaction,
  topic: Topic,
  content: Pick<Message, "deduplicationId" | "group">,
): Promise<Published | undefined> {
  const past = await tx.listBy(published, "until", { before: [tx.now()], limit: MAX_SWEPT });
  for (const { topic: of, deduplicationId } of past) tx.delete(published, [of, deduplicationId]);
  const earlier = await tx.get(published, [topic.id, idOf(topic, content)]);
  return earlier && earlier.until > tx.now() ? earlier : undefined;
}

export function remember(tx: Transaction, topic: Topic, message: Message): void {
  tx.put(published, {
    topic: topic.id,
    deduplicationId: idOf(topic, message),
    messageId: message.id,
    sequence: message.sequence!,
    until: tx.now() + INTERVAL_MS,
  });
}

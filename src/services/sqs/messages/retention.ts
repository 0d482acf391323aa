import { type Message, messages, type Queue, type Time, voidThrough } from "../store.ts";
import type { OpenQueue, Work } from "../work.ts";

/** Messages that one transaction examines. */
const PAGE = 100;

export const expiryOf = ({ attributes }: Queue, { sent }: Message): Time =>
  sent + attributes.messageRetentionPeriod * 1_000;

export const isPast = (queue: Queue, message: Message, now: Time): boolean => expiryOf(queue, message) <= now;

/** Deletes the oldest messages that have expired. If there may be more, `expiry` stays in the past. */
export async function expire(work: Work, of: OpenQueue): Promise<void> {
  const { queue, backlog } = of;
  const { tx } = work;
  const now = tx.now();
  if (backlog.expiry > now) return;
  const retention = queue.attributes.messageRetentionPeriod * 1_000;
  const oldest = await tx.list(messages, {
    in: [queue.id],
    after: [voidThrough(queue)],
    limit: PAGE,
  });
  // In a dead-letter queue, messages are not in the order of their age.
  const past = oldest.filter((message) => isPast(queue, message, now));
  for (const message of past) work.remove(of, message, !message.content);
  const living = oldest.filter((message) => !isPast(queue, message, now));
  const isEnd = living.length > 0 || oldest.length < PAGE;
  const next = Math.min(now, ...living.map(({ sent }) => sent)) + retention;
  if (isEnd)
    work.afterwards(of, () => {
      backlog.expiry = next;
    });
}

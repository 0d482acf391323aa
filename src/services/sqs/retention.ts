import { type Message, messages, type Queue } from "./store.ts";
import type { OpenQueue, Work } from "./work.ts";

/** Messages that one transaction looks at. */
const PAGE = 100;

export const isPast = ({ attributes }: Queue, { sent }: Message, now: number): boolean =>
  sent + attributes.messageRetentionPeriod * 1_000 <= now;

/** Deletes the oldest messages that are past their time. There may be more: then `expiry` stays in the past. */
export async function expire(work: Work, of: OpenQueue): Promise<void> {
  const { queue, backlog } = of;
  const { tx } = work;
  const now = tx.now();
  if (backlog.expiry > now) return;
  const retention = queue.attributes.messageRetentionPeriod * 1_000;
  const oldest = await tx.list(messages, {
    in: [queue.id],
    after: [queue.purged?.through ?? 0],
    limit: PAGE,
  });
  const living = oldest.findIndex((message) => !isPast(queue, message, now));
  const past = living < 0 ? oldest : oldest.slice(0, living);
  for (const message of past) work.remove(of, message, !message.content);
  const isEnd = living >= 0 || oldest.length < PAGE;
  const next = living >= 0 ? oldest[living]!.sent + retention : now + retention;
  if (isEnd)
    work.afterwards(of, () => {
      backlog.expiry = next;
    });
}

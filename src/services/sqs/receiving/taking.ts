import type { Message as Received } from "#aws/contract/types/sqs.ts";
import type { MaybePromise } from "#lib/maybe-promise.ts";
import type { Backlog } from "../backlog/backlog.ts";
import { refill } from "../backlog/opening.ts";
import { tooManyInFlight } from "../errors.ts";
import { rendered } from "../messages/received.ts";
import { expire, isPast } from "../messages/retention.ts";
import { bury, isExhausted } from "../moving/redrive.ts";
import { type Message, type MessageState, messages, states, type Time, voidThrough } from "../store.ts";
import type { OpenQueue, Work } from "../work.ts";
import { recallAttempt, rememberAttempt } from "./attempts.ts";
import type { ReceiveOptions } from "./receive-options.ts";

/** AWS's limit, for both kinds of queues. */
const MAX_IN_FLIGHT = 120_000;
/** The maximum pages that one transaction loads. */
const MAX_REFILLS = 10;
/** The maximum messages, and bytes of them, that one receive moves to a dead-letter queue or deletes as expired. */
const MAX_CLEARED = 200;
const MAX_CLEARED_BYTES = 8 * 1024 * 1024;

export const isFull = ({ inFlight }: Backlog) => inFlight >= MAX_IN_FLIGHT;

interface Taken {
  messages: Received[];
  /** Whether the whole queue was searched: if not, there may be more messages. */
  isAll: boolean;
}

/** A received message and its new state. */
export interface Delivery {
  state: MessageState;
  message: Received;
}

/**
 * Receives messages in one transaction, which hides them.
 * @throws {AwsError} QueueDoesNotExist, OverLimit
 */
export async function take(
  work: Work,
  name: string,
  options: ReceiveOptions,
  isShort: boolean,
): Promise<Taken> {
  const of = await work.queue(name);
  const { queue, backlog } = of;
  const { tx, ctx } = work;
  await expire(work, of);
  const until = tx.now() + (options.visibilityTimeout ?? queue.attributes.visibilityTimeout) * 1_000;
  const repeated = await recallAttempt(work, of, options, until);
  if (repeated) return { messages: repeated, isAll: true };
  // In AWS, a long poll waits instead, and a FIFO queue never returns this error.
  if (isFull(backlog) && !queue.isFifo && isShort) throw tooManyInFlight();
  const { deliveries, isAll } = await collect(work, of, options, until);
  rememberAttempt(work, of, options, deliveries);
  tx.metric("NumberOfMessagesReceived", deliveries.length, { QueueName: queue.name });
  work.afterwards(of, () => backlog.settle(ctx.clock.now()));
  return { messages: deliveries.map(({ message }) => message), isAll };
}

/** Walks through the queue until there are enough messages, or no more. */
async function collect(work: Work, of: OpenQueue, options: ReceiveOptions, until: Time) {
  const { queue, backlog } = of;
  const { tx } = work;
  const room = Math.min(options.limit, MAX_IN_FLIGHT - backlog.inFlight);
  const walk = backlog.walk();
  work.afterwards(of, walk.commit);
  const deliveries: Delivery[] = [];
  const met = new Set<number>();
  let refills = 0;
  let cleared = 0;
  let clearedBytes = 0;
  const mayClear = () => cleared < MAX_CLEARED && clearedBytes < MAX_CLEARED_BYTES;
  while (deliveries.length < room && mayClear()) {
    const seq = walk.next();
    if (seq === undefined) {
      if (backlog.isWhole || !backlog.hasRoom || refills++ === MAX_REFILLS) break;
      await refill(tx, queue, backlog);
      continue;
    }
    // A message that was hidden again before its timeout ended is in the order twice.
    if (met.has(seq)) continue;
    met.add(seq);
    const key = [queue.id, seq];
    const message = seq > voidThrough(queue) ? await tx.get(messages, key) : undefined;
    if (!message) continue;
    const former = await tx.get(states, key);
    if (former && former.visibleAt > tx.now()) continue;
    if (await clear(work, of, message, former)) {
      cleared++;
      clearedBytes += message.size;
      continue;
    }
    const state = stateAfter(message, former, tx.now(), until);
    tx.put(states, state);
    work.afterwards(of, () => backlog.taken(message, until));
    deliveries.push({ state, message: await rendered(work, message, state, options) });
  }
  return { deliveries, isAll: mayClear() };
}

/** Deletes an expired message, or moves one that was received too often to the dead-letter queue. @returns whether it is gone */
function clear(
  work: Work,
  from: OpenQueue,
  message: Message,
  state: MessageState | undefined,
): MaybePromise<boolean> {
  if (isPast(from.queue, message, work.tx.now())) {
    work.remove(from, message, !message.content);
    return true;
  }
  return isExhausted(from.queue, state) && bury(work, from, message, state);
}

/** The state of a message after one more receive. */
function stateAfter(
  { queue, seq, group, content }: Message,
  former: MessageState | undefined,
  now: Time,
  until: Time,
): MessageState {
  const receives = (former?.receives ?? 0) + 1;
  return {
    queue,
    seq,
    visibleAt: until,
    receives,
    firstReceived: former?.firstReceived ?? now,
    received: now,
    receipt: receives,
    ...(group !== undefined && { group }),
    ...(!content && { large: true }),
  };
}

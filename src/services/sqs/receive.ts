import type { Message as Received, ReceiveMessageRequest } from "#aws/contract/types/sqs.ts";
import { isMessageId } from "#aws/messages.ts";
import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";
import type { Wait } from "#kernel/waits.ts";
import { queueNamed } from "./addresses.ts";
import { LONGEST_VISIBILITY_SECONDS } from "./attributes.ts";
import { recallAttempt, rememberAttempt } from "./attempts.ts";
import { type Backlog, backlogs } from "./backlog.ts";
import { invalidValue, notForThisQueueType, queueDoesNotExist, tooManyInFlight } from "./errors.ts";
import { refill } from "./opening.ts";
import { attributeFilter, type Filters, rendered, systemFilter } from "./received.ts";
import { buryIfExhausted } from "./redrive.ts";
import { expire, isPast } from "./retention.ts";
import { type MessageState, messages, type Queue, queues, states, voidThrough } from "./store.ts";
import { onQueues, type Work } from "./work.ts";

const MOST_MESSAGES = 10;
const LONGEST_WAIT = 20;
/** AWS's limit, for both kinds of queues. */
const MOST_IN_FLIGHT = 120_000;
/** Most pages that one transaction loads. */
const MOST_REFILLS = 10;
/** Most messages, and bytes of them, that one receive moves to a dead-letter queue or deletes as expired. */
const MOST_CLEARED = 200;
const MOST_CLEARED_BYTES = 8 * 1024 * 1024;

/** What a client asks for. */
export interface Ask extends Filters {
  limit: number;
  visibilityTimeout: number | undefined;
  waitTimeSeconds: number | undefined;
  attemptId: string | undefined;
}

export const receiveOperations = {
  async ReceiveMessage(ctx, input) {
    const name = queueNamed(ctx, input.QueueUrl);
    const ask = asked(input);
    let wait: Wait | undefined;
    try {
      for (;;) {
        const { queue, backlog } = await look(ctx, name);
        if (ask.attemptId !== undefined && !queue.isFifo)
          throw notForThisQueueType(ask.attemptId, "ReceiveRequestAttemptId");
        const seconds = ask.waitTimeSeconds ?? queue.attributes.receiveMessageWaitTimeSeconds;
        const isShort = seconds === 0;
        if (
          !backlog ||
          mayGive(ctx, backlog) ||
          ask.attemptId !== undefined ||
          (isShort && isFull(backlog))
        ) {
          const { found, isAll } = await onQueues(ctx, (work) => take(work, name, ask, isShort));
          if (found.length > 0) return { Messages: found };
          if (!isAll) continue;
        }
        if (isShort) return {};
        wait ??= ctx.wait(seconds * 1_000);
        if (wait.over) return {};
        if (backlog) await park(ctx, wait, backlog);
        if (wait.left) return {};
      }
    } finally {
      wait?.end();
    }
  },
} satisfies Handlers<"sqs">;

/** @throws {AwsError} InvalidParameterValue, InvalidAttributeName */
function asked(input: ReceiveMessageRequest): Ask {
  const { MaxNumberOfMessages: limit = 1, WaitTimeSeconds: waitTimeSeconds } = input;
  const { VisibilityTimeout: visibilityTimeout, ReceiveRequestAttemptId: attemptId } = input;
  if (limit < 1 || limit > MOST_MESSAGES)
    throw invalidValue(limit, "MaxNumberOfMessages", `Must be between 1 and ${MOST_MESSAGES}, if provided.`);
  if (waitTimeSeconds !== undefined && (waitTimeSeconds < 0 || waitTimeSeconds > LONGEST_WAIT))
    throw invalidValue(
      waitTimeSeconds,
      "WaitTimeSeconds",
      `Must be >= 0 and <= ${LONGEST_WAIT}, if provided.`,
    );
  if (
    visibilityTimeout !== undefined &&
    (visibilityTimeout < 0 || visibilityTimeout > LONGEST_VISIBILITY_SECONDS)
  )
    throw invalidValue(
      visibilityTimeout,
      "VisibilityTimeout",
      `Must be >= 0 and <= ${LONGEST_VISIBILITY_SECONDS}, if provided.`,
    );
  if (attemptId !== undefined && !isMessageId(attemptId))
    throw invalidValue(
      attemptId,
      "ReceiveRequestAttemptId",
      "ReceiveRequestAttemptId can only include alphanumeric and punctuation characters. 1 to 128 in length.",
    );
  return {
    limit,
    visibilityTimeout,
    waitTimeSeconds,
    attemptId,
    system: systemFilter(input),
    attributes: attributeFilter(input),
  };
}

/** Only reads, as most polls find nothing. */
function look(ctx: Context, name: string): Promise<{ queue: Queue; backlog: Backlog | undefined }> {
  return ctx.read(async (tx) => {
    const queue = await tx.get(queues, [name]);
    if (!queue) throw queueDoesNotExist(ctx);
    const backlog = tx.memory(backlogs).open.get(queue.id);
    backlog?.settle(tx.now());
    return { queue, backlog };
  });
}

const isFull = ({ inFlight }: Backlog) => inFlight >= MOST_IN_FLIGHT;

/** Whether a transaction may find something. */
const mayGive = ({ clock }: Context, backlog: Backlog) =>
  (backlog.hasSome && !isFull(backlog)) || backlog.expiry <= clock.now();

async function park(ctx: Context, wait: Wait, backlog: Backlog): Promise<void> {
  // Something may be found only at the next look: without this pause the loop would never let others run.
  if (mayGive(ctx, backlog)) await new Promise(setImmediate);
  let leave = () => {};
  await wait.parked((wake) => {
    leave = backlog.waiters.add(wake);
    backlog.settle(ctx.clock.now());
    if (backlog.isClosed || mayGive(ctx, backlog)) wake();
    else backlog.waiters.wakeAt(ctx, backlog.nextDue);
  });
  leave();
  // It may have been woken for a message that it no longer takes.
  if (wait.over && backlog.hasSome) backlog.waiters.wakeOne();
}

interface Taken {
  found: Received[];
  /** Whether all was looked at: if not, there may be more to find. */
  isAll: boolean;
}

async function take(work: Work, name: string, ask: Ask, isShort: boolean): Promise<Taken> {
  const of = await work.queue(name);
  const { queue, backlog } = of;
  const { tx, ctx } = work;
  await expire(work, of);
  const until = tx.now() + (ask.visibilityTimeout ?? queue.attributes.visibilityTimeout) * 1_000;
  const before = await recallAttempt(work, of, ask, until);
  if (before) return { found: before, isAll: true };
  const room = Math.min(ask.limit, MOST_IN_FLIGHT - backlog.inFlight);
  // AWS: a long poll waits instead, and a FIFO queue never says so.
  if (room <= 0 && !queue.isFifo && isShort) throw tooManyInFlight();
  const walk = backlog.walk();
  work.afterwards(of, walk.commit);
  const found: { state: MessageState; message: Received }[] = [];
  const met = new Set<number>();
  let refills = 0;
  let cleared = 0;
  let clearedBytes = 0;
  const mayClear = () => cleared < MOST_CLEARED && clearedBytes < MOST_CLEARED_BYTES;
  while (found.length < room && mayClear()) {
    const seq = walk.next();
    if (seq === undefined) {
      if (backlog.isWhole || !backlog.hasRoom || refills++ === MOST_REFILLS) break;
      await refill(tx, queue, backlog);
      continue;
    }
    // A message that was hidden again before its time had come stands in the order twice.
    if (met.has(seq)) continue;
    met.add(seq);
    const key = [queue.id, seq];
    const message = seq > voidThrough(queue) ? await tx.get(messages, key) : undefined;
    if (!message) continue;
    const known = await tx.get(states, key);
    if (known && known.visibleAt > tx.now()) continue;
    const isGone = isPast(queue, message, tx.now());
    if (isGone) work.remove(of, message, !message.content);
    if (isGone || (await buryIfExhausted(work, of, message, known))) {
      cleared++;
      clearedBytes += message.size;
      continue;
    }
    const receives = (known?.receives ?? 0) + 1;
    const state: MessageState = {
      queue: queue.id,
      seq,
      visibleAt: until,
      receives,
      firstReceived: known?.firstReceived ?? tx.now(),
      received: tx.now(),
      receipt: receives,
      ...(message.group !== undefined && { group: message.group }),
      ...(!message.content && { large: true }),
    };
    tx.put(states, state);
    work.afterwards(of, () => backlog.taken(message, until));
    found.push({ state, message: await rendered(work, message, state, ask) });
  }
  rememberAttempt(work, of, ask, found);
  tx.metric("NumberOfMessagesReceived", found.length, { QueueName: queue.name });
  work.afterwards(of, () => backlog.settle(ctx.clock.now()));
  return { found: found.map(({ message }) => message), isAll: mayClear() };
}

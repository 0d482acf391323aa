import type { ReadTransaction } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
import { refill } from "../backlog/opening.ts";
import { contentOf } from "../messages/content.ts";
import { isPast } from "../messages/retention.ts";
import { notBefore, place } from "../sending/sending.ts";
import {
  type Message,
  type MoveTask,
  messages,
  moveTasks,
  type Queue,
  states,
  voidThrough,
} from "../store.ts";
import { type OpenQueue, onQueues, type Work } from "../work.ts";

/** The maximum messages of one run if the task has no rate, and the maximum bytes of any run. */
const BATCH = 100;
const BATCH_BYTES = 8 * 1024 * 1024;
const SECOND_MS = 1_000;
const NO_SOURCE = "CouldNotDetermineMessageSource";
const NO_QUEUE = "AWS.SimpleQueueService.NonExistentQueue";

export type TaskKey = [number, number, string];

/** Moves receivable messages, in order, until the queue is empty. */
export const moveMessages = job<{ key: TaskKey }>("sqs/move", {
  run: (ctx, { key }) =>
    onQueues(ctx, async (work) => {
      const { tx } = work;
      const task = await tx.get(moveTasks, key);
      if (!task) return;
      const change = (changes: Partial<MoveTask>) => tx.put<MoveTask>(moveTasks, { ...task, ...changes });
      if (task.status === "CANCELLING") return change({ status: "CANCELLED" });
      const from = await work.find(task.source);
      if (from?.queue.id !== task.queue) return change({ status: "FAILED", failure: NO_QUEUE });
      const run = await move(work, from, task);
      const moved = task.moved + run.moved;
      if (run.failure) return change({ moved, status: "FAILED", failure: run.failure });
      if (!run.isMore) return change({ moved, status: "COMPLETED" });
      change({ moved });
      return { again: task.perSecond ? SECOND_MS : 0 };
    }),
});

interface Run {
  moved: number;
  isMore: boolean;
  failure?: string;
}

async function move(work: Work, from: OpenQueue, task: MoveTask): Promise<Run> {
  const { tx } = work;
  const { queue, backlog } = from;
  const limit = task.perSecond ?? BATCH;
  const walk = backlog.walk();
  work.afterwards(from, walk.commit);
  let moved = 0;
  let cleared = 0;
  let bytes = 0;
  while (moved < limit && cleared < BATCH && bytes < BATCH_BYTES) {
    const seq = walk.next();
    if (seq === undefined) {
      if (backlog.isWhole || !backlog.hasRoom) return { moved, isMore: false };
      await refill(tx, queue, backlog);
      continue;
    }
    const message = await visibleAt(tx, queue, seq);
    if (!message) continue;
    if (isPast(queue, message, tx.now())) {
      work.remove(from, message, !message.content);
      cleared++;
      continue;
    }
    const to = await destinationOf(work, task, message);
    if (typeof to === "string") {
      // The walk has returned this message, which must stay.
      work.afterwards(from, () => backlog.taken(message, tx.now()));
      return { moved, isMore: false, failure: to };
    }
    await redrive(work, from, to, message);
    moved++;
    bytes += message.size;
  }
  return { moved, isMore: true };
}

/** The message with a number, if it exists and is not in flight. */
async function visibleAt(tx: ReadTransaction, queue: Queue, seq: number): Promise<Message | undefined> {
  if (seq <= voidThrough(queue)) return undefined;
  const message = await tx.get(messages, [queue.id, seq]);
  const state = message && (await tx.get(states, [queue.id, seq]));
  return state && state.visibleAt > tx.now() ? undefined : message;
}

/** The destination of the task or, without one, the message's source; or the reason why there is none. */
async function destinationOf(
  work: Work,
  { destination }: MoveTask,
  { source }: Message,
): Promise<OpenQueue | string> {
  const name = destination ?? source?.split(":")[5];
  if (name === undefined) return NO_SOURCE;
  return (await work.find(name)) ?? NO_QUEUE;
}

/** As in AWS, a redriven message is a new one, with its own id and time. */
async function redrive(work: Work, from: OpenQueue, to: OpenQueue, message: Message): Promise<void> {
  const { tx } = work;
  const content = await contentOf(tx, message);
  work.remove(from, message, !message.content);
  const { group, deduplicationId, md5, size, sender } = message;
  const sent = tx.now();
  const fresh = { id: tx.uuid(), sent, notBefore: notBefore(to.queue, undefined, sent) };
  const again = { group, deduplicationId, md5, size, sender, ...fresh };
  place(work, to, { ...again, queue: to.queue.id, seq: tx.sequence() }, content);
}

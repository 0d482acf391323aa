import type { ListMessageMoveTasksResultEntry } from "#aws/contract/types/sqs.ts";
import type { Context } from "#kernel/context.ts";
import { job } from "#kernel/jobs.ts";
import type { Handlers } from "#kernel/service.ts";
import type { ReadTransaction } from "#kernel/transaction.ts";
import { contentOf } from "./content.ts";
import { fault, invalidParameter, missingParameter } from "./errors.ts";
import { refill } from "./opening.ts";
import { isPast } from "./retention.ts";
import { notBefore, place } from "./sending.ts";
import { type MoveTask, messages, moveTasks, type Queue, queues, states, voidThrough } from "./store.ts";
import { type OpenQueue, onQueues, type Work } from "./work.ts";

const FASTEST = 500;
const MOST_LISTED = 10;
/** Messages that one run moves where the task has no rate; and bytes of them, always. */
const BATCH = 100;
const BATCH_BYTES = 8 * 1024 * 1024;
const SECOND_MS = 1_000;
const NO_SOURCE = "CouldNotDetermineMessageSource";
const NO_QUEUE = "AWS.SimpleQueueService.NonExistentQueue";

export const moveTaskOperations = {
  async StartMessageMoveTask(ctx, input) {
    const { SourceArn, DestinationArn, MaxNumberOfMessagesPerSecond: perSecond } = input;
    const source = queueInArn(SourceArn, "SourceArn");
    const destination = DestinationArn ? queueInArn(DestinationArn, "DestinationArn") : undefined;
    if (perSecond !== undefined && (perSecond < 1 || perSecond > FASTEST))
      throw outOfRange("MaxNumberOfMessagesPerSecond", FASTEST);
    return onQueues(ctx, async (work) => {
      const { tx } = work;
      const from = isHere(ctx, SourceArn) ? await work.find(source) : undefined;
      if (!from) throw resourceNotFound("SourceArn");
      const target =
        destination && isHere(ctx, DestinationArn!) ? await tx.get(queues, [destination]) : undefined;
      if (destination && !target) throw resourceNotFound("DestinationArn");
      if (target?.name === source)
        throw invalidParameter("Source queue arn and destination queue arn cannot be the same.");
      if (target && target.isFifo !== from.queue.isFifo)
        throw invalidParameter("The source queue and destination queue must be of the same queue type.");
      const [reader] = await tx.listBy(queues, "byTarget", { in: [SourceArn], limit: 1 });
      if (!reader) throw invalidParameter("Source queue must be configured as a Dead Letter Queue.");
      const tasks = await tasksOf(tx, from.queue);
      if (tasks.some(({ status }) => status === "RUNNING" || status === "CANCELLING"))
        throw invalidParameter(
          "There is already a task running. Only one active task is allowed for a source queue arn at a given time.",
        );
      for (const old of tasks.slice(MOST_LISTED - 1)) tx.delete(moveTasks, moveTasks.key(old));
      const task: MoveTask = {
        queue: from.queue.id,
        source,
        id: tx.uuid(),
        started: tx.now(),
        status: "RUNNING",
        destination,
        perSecond,
        moved: 0,
        toMove: from.backlog.total - from.backlog.inFlight,
      };
      tx.put(moveTasks, task);
      tx.enqueue(moveMessages, { key: moveTasks.key(task) as TaskKey });
      return { TaskHandle: handleOf(task, SourceArn) };
    });
  },

  async CancelMessageMoveTask(ctx, { TaskHandle: handle }) {
    const { sourceArn, taskId } = taskIn(handle);
    return ctx.transact(async (tx) => {
      const source = isHere(ctx, sourceArn)
        ? await tx.get(queues, [queueInArn(sourceArn, "SourceArn")])
        : undefined;
      if (!source) throw resourceNotFound("SourceArn");
      const task = (await tasksOf(tx, source)).find(({ id }) => id === taskId);
      if (!task) throw fault("ResourceNotFoundException", "Task does not exist.");
      if (task.status !== "RUNNING")
        throw fault("UnsupportedOperation", "Only active tasks can be cancelled.");
      tx.put<MoveTask>(moveTasks, { ...task, status: "CANCELLING" });
      return { ApproximateNumberOfMessagesMoved: task.moved };
    });
  },

  async ListMessageMoveTasks(ctx, { SourceArn, MaxResults = 1 }) {
    const source = queueInArn(SourceArn, "SourceArn");
    if (MaxResults < 1 || MaxResults > MOST_LISTED) throw outOfRange("MaxResults", MOST_LISTED);
    return ctx.read(async (tx) => {
      const queue = isHere(ctx, SourceArn) ? await tx.get(queues, [source]) : undefined;
      if (!queue) throw resourceNotFound("SourceArn");
      const tasks = await tasksOf(tx, queue);
      return { Results: tasks.slice(0, MaxResults).map((task) => described(task, SourceArn)) };
    });
  },
} satisfies Handlers<"sqs">;

type TaskKey = [number, number, string];

/** Moves what can be received, in its order, until the queue is empty. */
export const moveMessages = job<{ key: TaskKey }>("sqs/move", {
  run: (ctx, { key }) =>
    onQueues(ctx, async (work) => {
      const { tx } = work;
      const task = await tx.get(moveTasks, key);
      if (!task) return;
      if (task.status === "CANCELLING") return tx.put<MoveTask>(moveTasks, { ...task, status: "CANCELLED" });
      const from = await work.find(task.source);
      if (from?.queue.id !== task.queue)
        return tx.put<MoveTask>(moveTasks, { ...task, status: "FAILED", failure: NO_QUEUE });
      const { moved, failure, isMore } = await move(work, from, task);
      const progress = { ...task, moved: task.moved + moved };
      if (failure) return tx.put<MoveTask>(moveTasks, { ...progress, status: "FAILED", failure });
      tx.put<MoveTask>(moveTasks, isMore ? progress : { ...progress, status: "COMPLETED" });
      return isMore ? { again: task.perSecond ? SECOND_MS : 0 } : undefined;
    }),
});

async function move(work: Work, from: OpenQueue, task: MoveTask) {
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
    const message = seq > voidThrough(queue) ? await tx.get(messages, [queue.id, seq]) : undefined;
    const state = message && (await tx.get(states, [queue.id, seq]));
    if (!message || (state && state.visibleAt > tx.now())) continue;
    if (isPast(queue, message, tx.now())) {
      work.remove(from, message, !message.content);
      cleared++;
      continue;
    }
    const name = task.destination ?? message.source?.split(":")[5];
    const to = name === undefined ? undefined : await work.find(name);
    if (!to) {
      // The walk has met it, and it stays.
      work.afterwards(from, () => backlog.taken(message, tx.now()));
      return { moved, isMore: false, failure: name === undefined ? NO_SOURCE : NO_QUEUE };
    }
    const content = await contentOf(tx, message);
    work.remove(from, message, !message.content);
    const { group, deduplicationId, md5, size, sender } = message;
    // AWS: what is redriven is a new message, with an id and a time of its own.
    const sent = tx.now();
    const fresh = { id: tx.uuid(), sent, notBefore: notBefore(to.queue, undefined, sent) };
    const again = { group, deduplicationId, md5, size, sender, ...fresh };
    place(work, to, { ...again, queue: to.queue.id, seq: tx.sequence() }, content);
    moved++;
    bytes += size;
  }
  return { moved, isMore: true };
}

const tasksOf = (tx: ReadTransaction, { id }: Queue) => tx.list(moveTasks, { in: [id], limit: MOST_LISTED });

function described(task: MoveTask, SourceArn: string): ListMessageMoveTasksResultEntry {
  const { status, destination, perSecond, moved, toMove, failure, started } = task;
  return {
    ...(status === "RUNNING" && { TaskHandle: handleOf(task, SourceArn) }),
    Status: status,
    SourceArn,
    ...(destination !== undefined && { DestinationArn: SourceArn.replace(/[^:]+$/, destination) }),
    ...(perSecond !== undefined && { MaxNumberOfMessagesPerSecond: perSecond }),
    ApproximateNumberOfMessagesMoved: moved,
    ApproximateNumberOfMessagesToMove: toMove,
    ...(failure !== undefined && { FailureReason: failure }),
    StartedTimestamp: started,
  };
}

const handleOf = ({ id }: MoveTask, sourceArn: string) =>
  Buffer.from(JSON.stringify({ taskId: id, sourceArn })).toString("base64");

/** @throws {AwsError} MissingParameter, InvalidParameterValue */
export function taskIn(handle: string | undefined): { taskId: string; sourceArn: string } {
  if (!handle) throw missingParameter("TaskHandle");
  try {
    const { taskId, sourceArn } = JSON.parse(Buffer.from(handle, "base64").toString());
    if (typeof taskId === "string" && typeof sourceArn === "string") return { taskId, sourceArn };
  } catch {
    // Said below.
  }
  throw invalidParameter("Value for parameter TaskHandle is invalid.");
}

const QUEUE_ARN = /^arn:aws:sqs:[a-z0-9-]+:\d{12}:([^:]+)$/;

/** @throws {AwsError} MissingParameter, InvalidParameterValue */
export function queueInArn(arn: string | undefined, parameter: string): string {
  if (!arn) throw missingParameter(parameter);
  const name = QUEUE_ARN.exec(arn)?.[1];
  if (name === undefined)
    throw invalidParameter(
      `You must use this format to specify the ${parameter}: arn:<partition>:<service>:<region>:<account-id>:<resource-id>`,
    );
  return name;
}

const isHere = ({ account, region }: Context, arn: string) =>
  arn.startsWith(`arn:aws:sqs:${region}:${account}:`);

const outOfRange = (parameter: string, most: number) =>
  invalidParameter(
    `Value for parameter ${parameter} is invalid. Reason: You must enter a number that's between 1 and ${most}.`,
  );

const resourceNotFound = (parameter: string) =>
  fault(
    "ResourceNotFoundException",
    `The resource that you specified for the ${parameter} parameter doesn't exist.`,
  );

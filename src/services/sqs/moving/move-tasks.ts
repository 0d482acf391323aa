import type { ListMessageMoveTasksResultEntry } from "#aws/contract/types/sqs.ts";
import type { Context } from "#kernel/context.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { fault, invalidParameter, missingParameter } from "../errors.ts";
import { type MoveTask, moveTasks, type Queue, queues } from "../store.ts";
import { onQueues } from "../work.ts";
import { moveMessages, type TaskKey } from "./moving.ts";

const MAX_PER_SECOND = 500;
const MAX_LISTED = 10;

export const moveTaskOperations = {
  async StartMessageMoveTask(ctx, input) {
    const { SourceArn, DestinationArn, MaxNumberOfMessagesPerSecond: perSecond } = input;
    const source = queueInArn(SourceArn, "SourceArn");
    const destination = DestinationArn ? queueInArn(DestinationArn, "DestinationArn") : undefined;
    if (perSecond !== undefined && (perSecond < 1 || perSecond > MAX_PER_SECOND))
      throw outOfRange("MaxNumberOfMessagesPerSecond", MAX_PER_SECOND);
    return onQueues(ctx, async (work) => {
      const { tx } = work;
      const from = isHere(ctx, SourceArn) ? await work.find(source) : undefined;
      if (!from) throw resourceNotFound("SourceArn");
      if (DestinationArn)
        checkDestination(from.queue, await queueAt(ctx, tx, DestinationArn, "DestinationArn"));
      await checkIsDeadLetterQueue(tx, SourceArn);
      await makeRoom(tx, from.queue);
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
      const source = await queueAt(ctx, tx, sourceArn, "SourceArn");
      const task = (await tasksOf(tx, source)).find(({ id }) => id === taskId);
      if (!task) throw fault("ResourceNotFoundException", "Task does not exist.");
      if (task.status !== "RUNNING")
        throw fault("UnsupportedOperation", "Only active tasks can be cancelled.");
      tx.put<MoveTask>(moveTasks, { ...task, status: "CANCELLING" });
      return { ApproximateNumberOfMessagesMoved: task.moved };
    });
  },

  async ListMessageMoveTasks(ctx, { SourceArn, MaxResults = 1 }) {
    queueInArn(SourceArn, "SourceArn");
    if (MaxResults < 1 || MaxResults > MAX_LISTED) throw outOfRange("MaxResults", MAX_LISTED);
    return ctx.read(async (tx) => {
      const tasks = await tasksOf(tx, await queueAt(ctx, tx, SourceArn, "SourceArn"));
      return { Results: tasks.slice(0, MaxResults).map((task) => described(task, SourceArn)) };
    });
  },
} satisfies Handlers<"sqs">;

/** @throws {AwsError} ResourceNotFoundException */
async function queueAt(ctx: Context, tx: ReadTransaction, arn: string, parameter: string): Promise<Queue> {
  const name = queueInArn(arn, parameter);
  const queue = isHere(ctx, arn) ? await tx.get(queues, [name]) : undefined;
  if (!queue) throw resourceNotFound(parameter);
  return queue;
}

/** @throws {AwsError} InvalidParameterValue */
function checkDestination(source: Queue, destination: Queue): void {
  if (destination.name === source.name)
    throw invalidParameter("Source queue arn and destination queue arn cannot be the same.");
  if (destination.isFifo !== source.isFifo)
    throw invalidParameter("The source queue and destination queue must be of the same queue type.");
}

/** @throws {AwsError} InvalidParameterValue */
async function checkIsDeadLetterQueue(tx: ReadTransaction, arn: string): Promise<void> {
  const [reader] = await tx.listBy(queues, "byTarget", { in: [arn], limit: 1 });
  if (!reader) throw invalidParameter("Source queue must be configured as a Dead Letter Queue.");
}

/** For one more task of a queue, of which the newest are kept. @throws {AwsError} InvalidParameterValue */
async function makeRoom(tx: Transaction, queue: Queue): Promise<void> {
  const tasks = await tasksOf(tx, queue);
  if (tasks.some(({ status }) => status === "RUNNING" || status === "CANCELLING"))
    throw invalidParameter(
      "There is already a task running. Only one active task is allowed for a source queue arn at a given time.",
    );
  for (const old of tasks.slice(MAX_LISTED - 1)) tx.delete(moveTasks, moveTasks.key(old));
}

const tasksOf = (tx: ReadTransaction, { id }: Queue) => tx.list(moveTasks, { in: [id], limit: MAX_LISTED });

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

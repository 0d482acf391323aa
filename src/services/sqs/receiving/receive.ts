import type { Wait } from "#kernel/calls/waits.ts";
import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";
import { type Backlog, backlogs } from "../backlog/backlog.ts";
import { notForThisQueueType, queueDoesNotExist } from "../errors.ts";
import { queueNamed } from "../queues/addresses.ts";
import { type Queue, queues } from "../store.ts";
import { onQueues } from "../work.ts";
import { type ReceiveOptions, receiveOptions } from "./receive-options.ts";
import { isFull, take } from "./taking.ts";

export const receiveOperations = {
  async ReceiveMessage(ctx, input) {
    const name = queueNamed(ctx, input.QueueUrl);
    const options = receiveOptions(input);
    let wait: Wait | undefined;
    try {
      for (;;) {
        const { queue, backlog } = await look(ctx, name);
        checkAttempt(queue, options);
        const seconds = options.waitTimeSeconds ?? queue.attributes.receiveMessageWaitTimeSeconds;
        const isShort = seconds === 0;
        if (isWorthTrying(ctx, backlog, options, isShort)) {
          const { messages, isAll } = await onQueues(ctx, (work) => take(work, name, options, isShort));
          if (messages.length > 0) return { Messages: messages };
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

/** @throws {AwsError} InvalidParameterValue */
function checkAttempt({ isFifo }: Queue, { attemptId }: ReceiveOptions): void {
  if (attemptId !== undefined && !isFifo) throw notForThisQueueType(attemptId, "ReceiveRequestAttemptId");
}

/** Looks at a queue without writing, as most polls find nothing. */
function look(ctx: Context, name: string): Promise<{ queue: Queue; backlog: Backlog | undefined }> {
  return ctx.read(async (tx) => {
    const queue = await tx.get(queues, [name]);
    if (!queue) throw queueDoesNotExist(ctx);
    const backlog = tx.memory(backlogs).open.get(queue.id);
    backlog?.settle(tx.now());
    return { queue, backlog };
  });
}

/** Whether a transaction is worthwhile: it may find messages, or fail because too many are in flight. */
const isWorthTrying = (
  ctx: Context,
  backlog: Backlog | undefined,
  { attemptId }: ReceiveOptions,
  isShort: boolean,
): boolean =>
  backlog === undefined || attemptId !== undefined || mayGive(ctx, backlog) || (isShort && isFull(backlog));

const mayGive = ({ clock }: Context, backlog: Backlog) =>
  (backlog.hasSome && !isFull(backlog)) || backlog.expiry <= clock.now();

async function park(ctx: Context, wait: Wait, backlog: Backlog): Promise<void> {
  // More messages may be found: without this pause, the loop would block the event loop.
  if (mayGive(ctx, backlog)) await new Promise(setImmediate);
  let leave = () => {};
  await wait.parked((wake) => {
    leave = backlog.waiters.add(wake);
    backlog.settle(ctx.clock.now());
    if (backlog.isClosed || mayGive(ctx, backlog)) wake();
    else backlog.waiters.wakeAt(ctx, backlog.nextDue);
  });
  leave();
  // This waiter may have been woken for a message that it no longer receives.
  if (wait.over && backlog.hasSome) backlog.waiters.wakeOne();
}

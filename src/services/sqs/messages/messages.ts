import type {
  ChangeMessageVisibilityBatchRequestEntry,
  DeleteMessageBatchRequestEntry,
} from "#aws/contract/types/sqs.ts";
import type { Handlers } from "#kernel/service.ts";
import { invalidValue, messageGone, missingParameter, receiptExpired } from "../errors.ts";
import { queueNamed } from "../queues/addresses.ts";
import { MAX_VISIBILITY_SECONDS } from "../queues/attributes.ts";
import { checkFor, drafted, send, traceOf } from "../sending/sending.ts";
import { type MessageState, states, voidThrough } from "../store.ts";
import { type OpenQueue, onQueues, type Work } from "../work.ts";
import { receiptIn } from "./receipts.ts";

export const messageOperations = {
  async SendMessage(ctx, input) {
    const name = queueNamed(ctx, input.QueueUrl);
    const draft = drafted(input, traceOf(ctx));
    return onQueues(ctx, async (work) => {
      const to = await work.queue(name);
      checkFor(ctx, to.queue, draft);
      return send(work, to, draft);
    });
  },

  async DeleteMessage(ctx, input) {
    const name = queueNamed(ctx, input.QueueUrl);
    return onQueues(ctx, async (work) => {
      await remove(work, await work.queue(name), input);
      return {};
    });
  },

  async ChangeMessageVisibility(ctx, input) {
    const name = queueNamed(ctx, input.QueueUrl);
    return onQueues(ctx, async (work) => {
      await changeVisibility(work, await work.queue(name), input);
      return {};
    });
  },
} satisfies Handlers<"sqs">;

/**
 * The state of the message of a receipt handle; `undefined` if the message is gone. All receipt handles of a standard
 * queue's message are valid for twelve hours after the last receive. A FIFO queue's message needs the last one, while it is
 * in flight: later, other messages of its group may have been received.
 * @throws {AwsError} ReceiptHandleIsInvalid, InvalidParameterValue
 */
async function receivedState(
  { ctx, tx }: Work,
  { queue, backlog }: OpenQueue,
  handle: string,
): Promise<MessageState | undefined> {
  const { seq, receipt } = receiptIn(ctx, queue, handle);
  const state = seq > voidThrough(queue) ? await tx.get(states, [queue.id, seq]) : undefined;
  if (!state) return undefined;
  const isExpired = queue.isFifo
    ? state.receipt !== receipt || !backlog.isInFlight(seq)
    : tx.now() - state.received! >= MAX_VISIBILITY_SECONDS * 1_000;
  if (isExpired) throw receiptExpired(handle);
  return state;
}

/** @throws {AwsError} ReceiptHandleIsInvalid, InvalidParameterValue */
export async function remove(
  work: Work,
  from: OpenQueue,
  { ReceiptHandle: handle }: Pick<DeleteMessageBatchRequestEntry, "ReceiptHandle">,
): Promise<void> {
  const state = await receivedState(work, from, handle);
  if (!state) return;
  work.remove(from, state, state.large === true);
  work.tx.metric("NumberOfMessagesDeleted", 1, { QueueName: from.queue.name });
}

/** @throws {AwsError} ReceiptHandleIsInvalid, InvalidParameterValue */
export async function changeVisibility(
  work: Work,
  of: OpenQueue,
  entry: Pick<ChangeMessageVisibilityBatchRequestEntry, "ReceiptHandle" | "VisibilityTimeout">,
): Promise<void> {
  const { ReceiptHandle: handle, VisibilityTimeout: timeout } = entry;
  const { backlog } = of;
  const { tx } = work;
  if (timeout === undefined) throw missingParameter("VisibilityTimeout");
  if (timeout < 0 || timeout > MAX_VISIBILITY_SECONDS)
    throw invalidValue(timeout, "VisibilityTimeout", `Must be between 0 and ${MAX_VISIBILITY_SECONDS}.`);
  const state = await receivedState(work, of, handle);
  if (!state) throw messageGone(handle);
  const isInFlight = backlog.isInFlight(state.seq);
  if (!isInFlight && timeout === 0) return;
  const until = tx.now() + timeout * 1_000;
  if (until - state.received! > MAX_VISIBILITY_SECONDS * 1_000)
    throw invalidValue(
      timeout,
      "VisibilityTimeout",
      `Total VisibilityTimeout for the message is beyond the limit [${MAX_VISIBILITY_SECONDS} seconds].`,
    );
  tx.put(states, { ...state, visibleAt: until });
  work.afterwards(of, () => {
    // In a standard queue, whoever received a message last can hide it even when it is visible again.
    if (isInFlight) backlog.changed(state.seq, until);
    else backlog.taken(state, until);
    backlog.settle(tx.now());
  });
}

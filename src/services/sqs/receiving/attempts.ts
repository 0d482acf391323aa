import type { Message as Received } from "#aws/contract/types/sqs.ts";
import { invalidValue } from "../errors.ts";
import { rendered } from "../messages/received.ts";
import { type MessageState, messages, states, type Time } from "../store.ts";
import type { OpenQueue, Work } from "../work.ts";
import type { ReceiveOptions } from "./receive-options.ts";
import type { Delivery } from "./taking.ts";

/** How long a receive can be repeated, as at AWS. */
const INTERVAL_MS = 300_000;
const MAX_KEPT = 10_000;

/** A receive from a FIFO queue that its client may repeat. Its messages are read from their rows. */
export interface Attempt {
  until: Time;
  states: MessageState[];
  handles: (string | undefined)[];
}

/**
 * Returns the same messages with the same handles, if they are still in flight, and restarts their visibility timeout.
 * @throws {AwsError} InvalidParameterValue when one of them has been deleted, changed or received otherwise
 */
export async function recallAttempt(
  work: Work,
  of: OpenQueue,
  options: ReceiveOptions,
  until: Time,
): Promise<Received[] | undefined> {
  const { attemptId } = options;
  const { backlog, queue } = of;
  const { tx } = work;
  const attempt = attemptId === undefined ? undefined : backlog.attempts.get(attemptId);
  if (!attempt || attempt.until <= tx.now()) return undefined;
  for (const { seq, receipt, visibleAt } of attempt.states) {
    const current = await tx.get(states, [queue.id, seq]);
    if (current?.receipt !== receipt || current.visibleAt !== visibleAt)
      throw invalidValue(
        attemptId!,
        "ReceiveRequestAttemptId",
        "The receiveRequestAttemptId is not valid anymore since the receive call is not retryable.",
      );
    if (!backlog.isInFlight(seq)) return undefined;
  }
  const renewed = attempt.states.map((state) => ({ ...state, visibleAt: until, received: tx.now() }));
  for (const state of renewed) {
    tx.put(states, state);
    work.afterwards(of, () => backlog.changed(state.seq, until));
  }
  work.afterwards(of, () => {
    attempt.states = renewed;
  });
  const repeated: Received[] = [];
  for (const [at, state] of renewed.entries()) {
    const message = await tx.get(messages, [queue.id, state.seq]);
    repeated.push({
      ...(await rendered(work, message!, state, options)),
      ReceiptHandle: attempt.handles[at],
    });
  }
  return repeated;
}

export function rememberAttempt(
  work: Work,
  of: OpenQueue,
  { attemptId }: ReceiveOptions,
  deliveries: readonly Delivery[],
): void {
  if (attemptId === undefined || deliveries.length === 0) return;
  const { attempts } = of.backlog;
  const now = work.tx.now();
  work.afterwards(of, () => {
    for (const [id, { until }] of attempts) {
      if (until > now && attempts.size < MAX_KEPT) break;
      attempts.delete(id);
    }
    attempts.delete(attemptId);
    attempts.set(attemptId, {
      until: now + INTERVAL_MS,
      states: deliveries.map(({ state }) => state),
      handles: deliveries.map(({ message }) => message.ReceiptHandle),
    });
  });
}

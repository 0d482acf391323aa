import type { Message as Received } from "#aws/contract/types/sqs.ts";
import { invalidValue } from "./errors.ts";
import type { Ask } from "./receive.ts";
import { rendered } from "./received.ts";
import { type MessageState, messages, states, type Time } from "./store.ts";
import type { OpenQueue, Work } from "./work.ts";

/** How long a receive can be repeated, as at AWS. */
const INTERVAL_MS = 300_000;
const MOST_KEPT = 10_000;

/** A receive from a FIFO queue that its client may repeat. The messages themselves are in their rows. */
export interface Attempt {
  until: Time;
  states: MessageState[];
  handles: (string | undefined)[];
}

/**
 * The same messages with the same handles, as long as they are in flight. Their visibility begins again.
 * @throws {AwsError} InvalidParameterValue when one of them has been deleted, changed or received otherwise
 */
export async function recallAttempt(
  work: Work,
  of: OpenQueue,
  ask: Ask,
  until: Time,
): Promise<Received[] | undefined> {
  const { attemptId } = ask;
  const { backlog, queue } = of;
  const { tx } = work;
  const attempt = attemptId === undefined ? undefined : backlog.attempts.get(attemptId);
  if (!attempt || attempt.until <= tx.now()) return undefined;
  for (const { seq, receipt, visibleAt } of attempt.states) {
    const now = await tx.get(states, [queue.id, seq]);
    if (now?.receipt !== receipt || now.visibleAt !== visibleAt)
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
  const again: Received[] = [];
  for (const [at, state] of renewed.entries()) {
    const message = await tx.get(messages, [queue.id, state.seq]);
    again.push({ ...(await rendered(work, message!, state, ask)), ReceiptHandle: attempt.handles[at] });
  }
  return again;
}

export function rememberAttempt(
  work: Work,
  of: OpenQueue,
  { attemptId }: Ask,
  found: readonly { state: MessageState; message: Received }[],
): void {
  if (attemptId === undefined || found.length === 0) return;
  const { attempts } = of.backlog;
  const now = work.tx.now();
  work.afterwards(of, () => {
    for (const [id, { until }] of attempts) {
      if (until > now && attempts.size < MOST_KEPT) break;
      attempts.delete(id);
    }
    attempts.delete(attemptId);
    attempts.set(attemptId, {
      until: now + INTERVAL_MS,
      states: found.map(({ state }) => state),
      handles: found.map(({ message }) => message.ReceiptHandle),
    });
  });
}

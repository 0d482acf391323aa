import { memory } from "#kernel/memory.ts";
import type { Attempt } from "./attempts.ts";
import type { Recent } from "./deduplication.ts";
import type { Message, MessageState, Time } from "./store.ts";
import { openWaiters, type Waiters } from "./waiters.ts";

/**
 * What can be received of a queue, in the memory of the partition's owner: the order, and who is in flight until when.
 * Of what nobody has received yet it knows a window, and pages in the rest; records say all that it knows.
 *
 * It follows what is applied. Walks only look: what they met is taken when their transaction is.
 */
export interface Backlog extends Order {
  readonly queue: number;
  /** Messages in the queue, whatever their state. */
  total: number;
  /** No message is past its time before then. */
  expiry: Time;
  readonly waiters: Waiters;
  /** Of a FIFO queue. */
  recent: Recent;
  /** Receives that may be asked for again, oldest first. */
  readonly attempts: Map<string, Attempt>;
  /** Forgotten, or its queue is gone: whoever waits must look anew. */
  isClosed: boolean;
}

/** The part in which standard and FIFO queues differ. */
export interface Order {
  readonly inFlight: number;
  readonly delayed: number;
  /** Whether more messages may be loaded. */
  readonly hasRoom: boolean;
  /** Whether all messages that nobody has received are in the window. */
  readonly isWhole: boolean;
  /** The last message that the window has taken in. */
  readonly reach: number;
  /** Takes in the next messages in order, which nobody has received: all up to the number `reach`. */
  load(page: readonly Message[], reach: number, isLast: boolean): void;
  /** Takes in a message that has a state, when the queue is opened. */
  restore(message: Pick<Message, "seq" | "group">, state: MessageState): void;
  /** Lets come back what is due. Before anything else is asked. */
  settle(now: Time): void;
  /** Whether a walk may find something. */
  readonly hasSome: boolean;
  /** When something comes back next. */
  readonly nextDue: Time | undefined;
  walk(): Walk;
  /** It has been sent, or moved here. */
  sent(message: Message): void;
  /** It has been received. */
  taken(message: Pick<Message, "seq" | "group">, until: Time): void;
  /** Whether it is in flight: as of the last `settle`. */
  isInFlight(seq: number): boolean;
  /** The visibility of a message in flight ends at another time. */
  changed(seq: number, until: Time): void;
  /** It is no more. */
  removed(seq: number): void;
}

/** Messages in the order in which they are to be received. */
export interface Walk {
  /** `undefined` at the end of what the window holds. */
  next(): number | undefined;
  /** What was met is no longer to be received. */
  commit(): void;
}

/** The queues of a partition that are open. */
export interface Backlogs {
  open: Map<number, Backlog>;
  opening: Map<number, Promise<unknown>>;
}

export const backlogs = memory<Backlogs>(
  "sqs/backlogs",
  () => ({ open: new Map(), opening: new Map() }),
  ({ open }) => {
    for (const backlog of open.values()) close(backlog);
  },
);

export function backlogOf(queue: number, order: Order): Backlog {
  // Not a copy: the order's properties are its own to change.
  return Object.defineProperties(
    {
      queue,
      total: 0,
      expiry: 0,
      waiters: openWaiters(),
      recent: new Map(),
      attempts: new Map(),
      isClosed: false,
    },
    Object.getOwnPropertyDescriptors(order),
  ) as Backlog;
}

export function close(backlog: Backlog): void {
  backlog.isClosed = true;
  backlog.waiters.wakeAll();
}

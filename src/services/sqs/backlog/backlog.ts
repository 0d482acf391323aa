import { memory } from "#kernel/records/memory.ts";
import type { Attempt } from "../receiving/attempts.ts";
import { openWaiters, type Waiters } from "../receiving/waiters.ts";
import type { Recent } from "../sending/deduplication.ts";
import type { Message, MessageState, Time } from "../store.ts";

/**
 * The receivable messages of a queue, in order, and the messages in flight with their ends. It is kept in the memory of the
 * partition's owner, and can be rebuilt from the records. It contains a window of the messages that have never been received;
 * the rest is paged in. It changes only when a transaction has been applied: a walk reads it, and the messages that the walk
 * returned are removed when its transaction is applied.
 */
export interface Backlog extends Order {
  readonly queue: number;
  /** Messages in the queue, whatever their state. */
  total: number;
  /** No message expires before this time. */
  expiry: Time;
  readonly waiters: Waiters;
  /** Recent deduplication ids of a FIFO queue. */
  recent: Recent;
  /** Receives that may be repeated, oldest first. */
  readonly attempts: Map<string, Attempt>;
  /** Set when the queue is deleted or purged: the backlog is unused, and waiters must look the queue up again. */
  isClosed: boolean;
}

/** The part in which standard and FIFO queues differ. */
export interface Order {
  readonly inFlight: number;
  readonly delayed: number;
  /** Whether more messages may be loaded. */
  readonly hasRoom: boolean;
  /** Whether all messages that have never been received are in the window. */
  readonly isWhole: boolean;
  /** The number up to which messages have been loaded. */
  readonly reach: number;
  /** Loads the next messages that have never been received: all up to the number `reach`. */
  load(page: readonly Message[], reach: number, isLast: boolean): void;
  /** Loads a message with a state, when the queue is opened. */
  restore(message: Pick<Message, "seq" | "group">, state: MessageState): void;
  /** Makes messages visible that are due. Must be called before any other method. */
  settle(now: Time): void;
  /** Whether a walk may find a message. */
  readonly hasSome: boolean;
  /** The time when the next message becomes visible. */
  readonly nextDue: Time | undefined;
  walk(): Walk;
  /** The message has been sent, or moved here. */
  sent(message: Message): void;
  /** The message has been received. */
  taken(message: Pick<Message, "seq" | "group">, until: Time): void;
  /** Whether it is in flight: as of the last `settle`. */
  isInFlight(seq: number): boolean;
  /** The visibility of a message in flight ends at another time. */
  changed(seq: number, until: Time): void;
  /** The message has been deleted. */
  removed(seq: number): void;
}

/** Messages in the order in which they are to be received. */
export interface Walk {
  /** The next message; `undefined` at the end of the window. */
  next(): number | undefined;
  /** Removes the messages that the walk returned. */
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
  // Not by spreading, which would copy the values of the order's getters.
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

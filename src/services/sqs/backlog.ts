import { memory } from "#kernel/memory.ts";
import type { Attempt } from "./attempts.ts";
import type { Recent } from "./deduplication.ts";
import type { Message, MessageState, Time } from "./store.ts";
import { openWaiters, type Waiters } from "./waiters.ts";

/**
 * What can be received of a queue: the order of its messages, and which are in flight until when. It is in the memory
 * of the partition's owner. Of the messages that nobody has received it holds a window, and the rest is paged in. All
 * of it can be read from the records again. It changes only when a transaction has been applied. A walk only looks:
 * what it met is taken out when its transaction is applied.
 */
export interface Backlog extends Order {
  readonly queue: number;
  /** Messages in the queue, whatever their state. */
  total: number;
  /** No message expires before then. */
  expiry: Time;
  readonly waiters: Waiters;
  /** Of a FIFO queue. */
  recent: Recent;
  /** Receives that may be repeated, oldest first. */
  readonly attempts: Map<string, Attempt>;
  /** No longer in use, since its queue is gone or purged: waiters must look again. */
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
  /** The number up to which messages have been loaded. */
  readonly reach: number;
  /** Takes in the next messages that nobody has received: all up to the number `reach`. */
  load(page: readonly Message[], reach: number, isLast: boolean): void;
  /** Takes in a message with a state, when the queue is opened. */
  restore(message: Pick<Message, "seq" | "group">, state: MessageState): void;
  /** Makes visible what is due. Called before anything else is asked. */
  settle(now: Time): void;
  /** Whether a walk may find something. */
  readonly hasSome: boolean;
  /** When something becomes visible next. */
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
  /** `undefined` at the end of what the window holds. */
  next(): number | undefined;
  /** Takes out what was met. */
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

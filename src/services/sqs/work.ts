import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { type Backlog, backlogs } from "./backlog/backlog.ts";
import { open } from "./backlog/opening.ts";
import { queueDoesNotExist } from "./errors.ts";
import { expiryOf } from "./messages/retention.ts";
import { findRecent, remember } from "./sending/deduplication.ts";
import {
  contents,
  counts,
  type Deduplication,
  type Message,
  messages,
  type Queue,
  queues,
  states,
} from "./store.ts";

/** A queue and its memory. */
export interface OpenQueue {
  queue: Queue;
  backlog: Backlog;
}

/** A transaction on messages, in which rows and memory change together. */
export interface Work {
  readonly ctx: Context;
  readonly tx: Transaction;
  /** @throws {AwsError} QueueDoesNotExist */
  queue(name: string): Promise<OpenQueue>;
  /** @returns `undefined` if the queue does not exist */
  find(name: string): Promise<OpenQueue | undefined>;
  /** Writes a message's rows; memory is updated when the transaction is applied. */
  add(to: OpenQueue, message: Message): void;
  /** Deletes a message's rows; memory is updated when the transaction is applied. */
  remove(from: OpenQueue, message: Pick<Message, "seq">, isLarge: boolean): void;
  /** The message of the last five minutes with a deduplication key, including this transaction's. */
  duplicateOf(of: OpenQueue, key: string): Deduplication | undefined;
  remember(of: OpenQueue, key: string, message: Message): void;
  /** Changes memory when the transaction is applied, and then wakes waiters of the queue. */
  afterwards(of: OpenQueue, then: () => void): void;
}

/** Thrown in a transaction that needs a queue that is not loaded. */
class Unopened extends Error {
  override name = "Unopened";
  readonly queue: Queue;
  constructor(queue: Queue) {
    super(`queue ${queue.name} is not open`);
    this.queue = queue;
  }
}

export async function onQueues<R>(ctx: Context, body: (work: Work) => R | Promise<R>): Promise<R> {
  for (;;) {
    try {
      return await ctx.transact(async (tx) => {
        const work = new QueueWork(ctx, tx);
        const result = await body(work);
        work.finish();
        return result;
      });
    } catch (error) {
      if (!(error instanceof Unopened)) throw error;
      await open(ctx, error.queue);
    }
  }
}

class QueueWork implements Work {
  readonly ctx: Context;
  readonly tx: Transaction;
  readonly #opened = new Map<string, OpenQueue>();
  readonly #added = new Map<Backlog, number>();
  readonly #remembered = new Map<string, Deduplication>();
  readonly #then: (() => void)[] = [];

  constructor(ctx: Context, tx: Transaction) {
    this.ctx = ctx;
    this.tx = tx;
  }

  async queue(name: string): Promise<OpenQueue> {
    const queue = await this.find(name);
    if (!queue) throw queueDoesNotExist(this.ctx);
    return queue;
  }

  async find(name: string): Promise<OpenQueue | undefined> {
    const before = this.#opened.get(name);
    if (before) return before;
    const queue = await this.tx.get(queues, [name]);
    if (!queue) return undefined;
    const backlog = this.tx.memory(backlogs).open.get(queue.id);
    if (!backlog) throw new Unopened(queue);
    backlog.settle(this.tx.now());
    const opened = { queue, backlog };
    this.#opened.set(name, opened);
    return opened;
  }

  add(to: OpenQueue, message: Message): void {
    this.#count(to.backlog, 1);
    this.tx.put(messages, message);
    if (message.notBefore !== undefined && !to.queue.isFifo) {
      const { queue, seq, notBefore, content } = message;
      this.tx.put(states, {
        queue,
        seq,
        visibleAt: notBefore,
        receives: 0,
        receipt: 0,
        ...(!content && { large: true }),
      });
    }
    this.afterwards(to, () => {
      const { backlog, queue } = to;
      backlog.sent(message);
      // A moved message may expire soon.
      backlog.expiry = Math.min(backlog.expiry, expiryOf(queue, message));
    });
  }

  remove(from: OpenQueue, { seq }: Pick<Message, "seq">, isLarge: boolean): void {
    const key = [from.queue.id, seq];
    this.#count(from.backlog, -1);
    this.tx.delete(messages, key);
    this.tx.delete(states, key);
    if (isLarge) this.tx.deleteBytes(contents, key);
    this.afterwards(from, () => from.backlog.removed(seq));
  }

  duplicateOf({ backlog, queue }: OpenQueue, key: string): Deduplication | undefined {
    return this.#remembered.get(`${queue.id} ${key}`) ?? findRecent(backlog.recent, key, this.tx.now());
  }

  remember({ backlog, queue }: OpenQueue, key: string, { id, seq }: Message): void {
    const isFresh = (other: string) => this.#remembered.has(`${queue.id} ${other}`);
    const record = remember(this.tx, backlog.recent, queue, { key, id, seq }, isFresh);
    this.#remembered.set(`${queue.id} ${key}`, record);
  }

  afterwards({ backlog }: OpenQueue, then: () => void): void {
    if (!this.#added.has(backlog)) this.#added.set(backlog, 0);
    this.#then.push(then);
  }

  #count(backlog: Backlog, change: number): void {
    this.#added.set(backlog, (this.#added.get(backlog) ?? 0) + change);
  }

  finish(): void {
    if (this.#added.size === 0) return;
    for (const [{ queue, total }, change] of this.#added) {
      if (change !== 0) this.tx.putBytes(counts, [queue], countRow(total + change));
    }
    this.tx.afterwards(() => {
      for (const then of this.#then) then();
      for (const [backlog, change] of this.#added) {
        backlog.total += change;
        if (backlog.hasSome) backlog.waiters.wakeOne();
        else backlog.waiters.wakeAt(this.ctx, backlog.nextDue);
      }
    });
  }
}

function countRow(count: number): Buffer {
  const row = Buffer.alloc(8);
  row.writeDoubleBE(count);
  return row;
}

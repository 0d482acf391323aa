import type { Context } from "#kernel/context.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import { numberQueue } from "#lib/number-queue.ts";
import { recentIn } from "../sending/deduplication.ts";
import {
  counts,
  type Message,
  type MessageState,
  messages,
  type Queue,
  states,
  voidThrough,
} from "../store.ts";
import { type Backlog, backlogOf, backlogs } from "./backlog.ts";
import { fifoOrder } from "./fifo.ts";
import { standardOrder } from "./standard.ts";

/**
 * Records per read when a queue is opened: about a millisecond, after which other calls can run.
 */
const SLICE = 40;
const STATE_SLICE = 200;
/** Messages per page that a walk loads: a few milliseconds, even with records of maximum size. */
const PAGE = 200;

/** Loads a queue into memory, once for all concurrent callers. Other calls run between its pages. */
export async function open(ctx: Context, queue: Queue): Promise<void> {
  const shelf = await ctx.read((tx) => tx.memory(backlogs));
  if (shelf.open.has(queue.id)) return;
  let opening = shelf.opening.get(queue.id);
  if (!opening) {
    opening = load(ctx, queue)
      .then((backlog) => shelf.open.set(queue.id, backlog))
      .finally(() => shelf.opening.delete(queue.id));
    shelf.opening.set(queue.id, opening);
  }
  await opening;
}

/** The backlog of a queue that has just been created or purged. */
export function emptyBacklog(queue: Queue): Backlog {
  const backlog = backlogOf(queue.id, queue.isFifo ? fifoOrder() : standardOrder());
  backlog.load([], 0, true);
  return backlog;
}

async function load(ctx: Context, queue: Queue): Promise<Backlog> {
  const backlog = backlogOf(queue.id, queue.isFifo ? fifoOrder() : standardOrder());
  const received = queue.isFifo ? await statesOf(ctx, queue) : await restoreStates(ctx, queue, backlog);
  let reach = voidThrough(queue);
  for (;;) {
    const after = reach;
    const page = await ctx.read((tx) => pageAfter(tx, queue, after, SLICE));
    const fresh: Message[] = [];
    for (const message of page) {
      const state = received.at(message.seq);
      if (!state) fresh.push(message);
      else if (state !== RESTORED) backlog.restore(message, state);
    }
    const isLast = page.length < SLICE;
    reach = page.at(-1)?.seq ?? reach;
    backlog.load(fresh, reach, isLast);
    if (isLast || (received.last <= reach && !backlog.hasRoom)) break;
    await new Promise(setImmediate);
  }
  backlog.total = await ctx.read((tx) => countOf(tx, queue));
  backlog.recent = await recentIn(ctx, queue);
  return backlog;
}

/** Loads the next messages after the window. */
export async function refill(tx: ReadTransaction, queue: Queue, backlog: Backlog): Promise<void> {
  const page = await pageAfter(tx, queue, backlog.reach, PAGE);
  backlog.load(page, page.at(-1)?.seq ?? backlog.reach, page.length < PAGE);
}

const pageAfter = (tx: ReadTransaction, { id }: Queue, seq: number, limit: number) =>
  tx.list(messages, { in: [id], after: [seq], limit });

async function countOf(tx: ReadTransaction, { id }: Queue): Promise<number> {
  const row = await tx.getBytes(counts, [id]);
  return row ? Buffer.from(row).readDoubleBE() : 0;
}

/** States by the number of their message. */
interface Received {
  at(seq: number): MessageState | typeof RESTORED | undefined;
  /** The highest number. */
  last: number;
}
const RESTORED = Symbol("in memory already");

/** The states of a FIFO queue, which are few: messages in flight or returned. */
async function statesOf(ctx: Context, queue: Queue): Promise<Received> {
  const bySeq = new Map<number, MessageState>();
  let last = 0;
  for await (const state of statesIn(ctx, queue)) {
    bySeq.set(state.seq, state);
    last = state.seq;
  }
  return { at: (seq) => bySeq.get(seq), last };
}

/** The states of a standard queue, which may be millions: only their message numbers are kept, in order. */
async function restoreStates(ctx: Context, queue: Queue, backlog: Backlog): Promise<Received> {
  const seqs = numberQueue();
  let last = 0;
  for await (const state of statesIn(ctx, queue)) {
    backlog.restore(state, state);
    seqs.push(state.seq);
    if (state.receives > 0) last = state.seq;
  }
  return {
    at(seq) {
      while ((seqs.at(0) ?? seq) < seq) seqs.drop(1);
      return seqs.at(0) === seq ? RESTORED : undefined;
    },
    last,
  };
}

async function* statesIn(ctx: Context, queue: Queue): AsyncIterable<MessageState> {
  let after = voidThrough(queue);
  for (;;) {
    const page = await ctx.read((tx) =>
      tx.list(states, { in: [queue.id], after: [after], limit: STATE_SLICE }),
    );
    yield* page;
    if (page.length < STATE_SLICE) return;
    after = page.at(-1)!.seq;
    await new Promise(setImmediate);
  }
}

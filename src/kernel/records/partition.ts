import type { MaybePromise } from "#lib/maybe-promise.ts";
import type { KeyValueStore, Lease } from "#storage/kv/kv.ts";
import { Batch, bytesOf, type Companion } from "./batch.ts";
import { openHot } from "./hot.ts";
import { readWriteLock } from "./lock.ts";
import { openMemories } from "./memory.ts";
import { type Draft, type Layers, openDraft, openView, type View } from "./overlay.ts";

/**
 * A set of keys that change together, owned by one process: it runs their transactions one after another, so
 * there are no conflicts, no retries and no phantoms.
 *
 * A transaction is *applied* as soon as it has run: the next one sees its writes. It is *durable* once the
 * store has written it to disk. What a transaction saw must not leave the process before it is durable.
 */
export interface Partition {
  readonly name: string;
  /** Runs concurrently with other reads; synchronously if neither it nor the store has to wait. */
  read<R>(run: (view: View) => MaybePromise<R>): MaybePromise<Applied<R>>;
  /** Runs exclusively. If `run` throws, nothing is written. */
  write<R>(run: (draft: Draft) => MaybePromise<R>): MaybePromise<Applied<R>>;
  /** Refuses all further transactions, and releases the lease when the running ones have ended. */
  close(): Promise<void>;
}

export interface Applied<R> {
  result: R;
  /** Resolves when everything that the transaction saw and wrote is durable; absent if it already is. */
  durable: Promise<void> | undefined;
}

/** Wraps what a transaction threw, with the durability of what it saw: an error is an answer, too. */
export class TransactionError extends Error {
  override name = "TransactionError";
  readonly durable: Promise<void> | undefined;
  constructor(cause: unknown, durable: Promise<void> | undefined) {
    super("a transaction threw", { cause });
    this.durable = durable;
  }
}

/**
 * The store cannot be written to. The call that gets this error had no effect; earlier answers remain valid.
 */
export class StoreUnavailableError extends Error {
  override name = "StoreUnavailableError";
}

export interface PartitionOptions {
  name: string;
  owner: string;
  store: KeyValueStore;
  /** The row that stores the partition's sequence; its existence also registers the partition. */
  registry: { key: Uint8Array; encode(sequence: number): Uint8Array; decode(value: Uint8Array): number };
  /** Called just before a batch is written, for rows to be written along with it. */
  accompany?: () => Companion | undefined;
}

/** The size of a block of reserved numbers: one row write per thousand numbers, and a gap after a crash. */
const SEQUENCE_BLOCK = 1_000;

interface Tenure {
  lease: Lease;
  layers: Layers;
  /** The next number, and the first number that is not reserved on disk. */
  next: number;
  reserved: number;
  /** The newest batch. The next transaction joins it unless it is being written. */
  batch: Batch | undefined;
}

const nothing = () => undefined;

export function openPartition({
  name,
  owner,
  store,
  registry,
  accompany = nothing,
}: PartitionOptions): Partition {
  const lock = readWriteLock();
  let tenure: Tenure | undefined;
  let entering: Promise<Tenure> | undefined;
  let version = 0;
  let closed = false;

  async function enter(): Promise<Tenure> {
    try {
      const lease = await store.lease(name, owner);
      const row = await store.get(registry.key);
      const reserved = row ? registry.decode(row) : 0;
      const layers: Layers = {
        store,
        overlay: new Map(),
        hot: openHot(),
        memories: openMemories(),
        newest: undefined,
      };
      tenure = { lease, layers, next: reserved, reserved, batch: undefined };
      return tenure;
    } catch (error) {
      throw new StoreUnavailableError(`partition ${name} cannot be opened`, { cause: error });
    } finally {
      entering = undefined;
    }
  }
  const tenureNow = (): MaybePromise<Tenure> => tenure ?? (entering ??= enter());

  /** Makes the writes visible to later transactions and schedules their commit. */
  function commit(of: Tenure, { writes }: Draft, reserved: number): Promise<void> {
    if (tenure !== of) throw new StoreUnavailableError(`partition ${name} lost its lease`);
    // Checked before the writes are visible: a transaction that is refused for its size must have no effect.
    const bytes = bytesOf(writes);
    const joined = of.batch?.takes(bytes) ? of.batch : undefined;
    const batch = joined ?? new Batch(of.lease, ++version, accompany);
    batch.join(bytes);
    of.reserved = reserved;
    const { overlay, hot } = of.layers;
    writes.forEach((write, text) => {
      batch.add(write, overlay.get(text));
      overlay.set(text, write);
      hot.delete(text);
    });
    if (!joined) send(of, batch);
    return batch.pending.durable;
  }

  function send(of: Tenure, batch: Batch): void {
    const { layers } = of;
    of.batch = batch;
    layers.newest = batch.pending;
    batch.pending.durable = store.commit(batch).then(
      () => {
        if (of.batch === batch) of.batch = undefined;
        batch.companion?.arrived();
        for (const write of batch.writes())
          if (layers.overlay.get(write.text) === write) layers.overlay.delete(write.text);
      },
      (error) => {
        batch.companion?.lost();
        // What later transactions saw of this batch is void: the store refuses their commits, and in-memory
        // state is dropped.
        if (tenure === of) tenure = undefined;
        layers.memories.drop();
        throw new StoreUnavailableError(`partition ${name} could not be written`, { cause: error });
      },
    );
    batch.pending.durable.catch(() => {});
  }

  /** Acquires the lock, synchronously if it is free. The caller releases it. */
  function enterNow(exclusive: boolean): MaybePromise<Tenure> {
    const turn = lock.acquire(exclusive);
    return turn || !tenure || closed ? enterLater(exclusive, turn) : tenure;
  }

  async function enterLater(exclusive: boolean, turn: Promise<void> | undefined): Promise<Tenure> {
    if (turn) await turn;
    try {
      if (closed) throw new StoreUnavailableError(`partition ${name} is closed`);
      return await tenureNow();
    } catch (error) {
      lock.release(exclusive);
      throw error;
    }
  }

  function readIn<R>({ layers }: Tenure, body: (view: View) => MaybePromise<R>): MaybePromise<Applied<R>> {
    const view = openView(layers);
    let running: MaybePromise<R>;
    try {
      running = body(view);
    } catch (error) {
      return failed(view, error, false);
    }
    if (running instanceof Promise)
      return running.then(
        (result) => hasRead(view, result),
        (error) => failed(view, error, false),
      );
    return hasRead(view, running);
  }

  function hasRead<R>(view: View, result: R): Applied<R> {
    lock.release(false);
    return { result, durable: view.seen?.durable };
  }

  function writeIn<R>(of: Tenure, body: (draft: Draft) => MaybePromise<R>): MaybePromise<Applied<R>> {
    // The reservation is part of the draft that needs it, and counts only once that draft is passed to the
    // store.
    let { reserved } = of;
    const draft = openDraft(of.layers, () => {
      const number = of.next++;
      if (number >= reserved) {
        reserved = number + SEQUENCE_BLOCK;
        draft.put(registry.key, registry.encode(reserved));
      }
      return number;
    });
    let running: MaybePromise<R>;
    try {
      running = body(draft);
    } catch (error) {
      return failed(draft, error, true);
    }
    if (running instanceof Promise)
      return running.then(
        (result) => hasWritten(of, draft, reserved, result),
        (error) => failed(draft, error, true),
      );
    return hasWritten(of, draft, reserved, running);
  }

  function hasWritten<R>(of: Tenure, draft: Draft, reserved: number, result: R): Applied<R> {
    let durable: Promise<void> | undefined;
    try {
      durable = draft.writes.size > 0 ? commit(of, draft, reserved) : draft.seen?.durable;
    } catch (error) {
      return failed(draft, error, true);
    }
    try {
      for (const effect of draft.afterwards) effect();
    } finally {
      lock.release(true);
    }
    return { result, durable };
  }

  function failed(view: View, error: unknown, exclusive: boolean): never {
    lock.release(exclusive);
    throw new TransactionError(error, view.seen?.durable);
  }

  return {
    name,
    read<R>(body: (view: View) => MaybePromise<R>): MaybePromise<Applied<R>> {
      const of = enterNow(false);
      return of instanceof Promise ? of.then((later) => readIn(later, body)) : readIn(of, body);
    },
    write<R>(body: (draft: Draft) => MaybePromise<R>): MaybePromise<Applied<R>> {
      const of = enterNow(true);
      return of instanceof Promise ? of.then((later) => writeIn(later, body)) : writeIn(of, body);
    },
    async close() {
      closed = true;
      await lock.acquire(true);
      lock.release(true);
      const last = tenure;
      tenure = undefined;
      await last?.layers.newest?.durable.catch(() => {});
      last?.layers.memories.drop();
      if (last) await store.release(last.lease);
    },
  };
}

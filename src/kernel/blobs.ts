import { type Body, BodyTooLargeError } from "#lib/body.ts";
import { type MaybePromise, whenReady } from "#lib/maybe-promise.ts";
import type { Random } from "#lib/random.ts";
import type { BlobStore, BlobWriter } from "#storage/blobs/blobs.ts";
import { collection, type Scope } from "./collection.ts";
import type { Context } from "./context.ts";
import type { DataKeys } from "./data-keys.ts";
import { type Job, job } from "./jobs.ts";
import { StoreUnavailableError } from "./partition.ts";
import type { Bytes, ReadTransaction, Transaction } from "./transaction.ts";

/**
 * Bodies of any size beside the records that point to them. Small ones stand in the store itself and change in the
 * pointer's own commit. A large one is a file: first a durable *intent* says that it may exist, then its bytes and name
 * become durable, then one transaction writes the pointer and takes the intent away. So a crash at any moment leaves
 * either a pointer to a whole file or an intent to sweep.
 *
 * At rest every body is encrypted, with a key of the cloud's or one that its service brings, and what was changed on
 * the disk is an error and never wrong bytes.
 */
export interface Blobs {
  /**
   * Takes in a body, at once if it is small and there; nothing refers to it yet. Either `keep` it in a transaction or
   * `drop` it.
   * @throws {BodyTooLargeError} and whatever the body's own end finds wrong; nothing remains then
   */
  receive(body: Body, options: ReceiveOptions): MaybePromise<StagedBlob>;
  /**
   * Gives up a body that was received; one that was kept meanwhile stays. While a commit that keeps it is under way,
   * nobody knows which it is: wait for `ctx.durable()` first.
   */
  drop(staged: StagedBlob): Promise<void>;
  /** Bytes `start` to `end` (exclusive) of a file. Call it inside the transaction that found the reference. */
  read(ref: BlobRef, start: number, end: number, options?: OpenOptions): AsyncIterable<Uint8Array>;
  /** For the sweep and the outbox only: nobody may refer to it any more. */
  remove(id: string): Promise<void>;
}

export interface ReceiveOptions {
  /** Bytes. */
  limit: number;
  /** Sees every chunk on its way, for hashes. */
  tap?: (chunk: Uint8Array) => void | Promise<void>;
  /** What the body is to be encrypted with, in place of the cloud's own keys: 32 bytes that nobody keeps. */
  secret?: Uint8Array | undefined;
}

export interface OpenOptions {
  /** As in the blob store. */
  lend?: boolean | undefined;
  /** The one that the body was received with. */
  secret?: Uint8Array | undefined;
}

/** What a record keeps of a body. */
export interface BlobRef {
  size: number;
  /** The row of a small body; absent for an empty one. */
  row?: number;
  /** The file of a large one. */
  file?: string;
  /** The name of its file's key. */
  key?: string;
}

export type StagedBlob = { size: number; inline: Uint8Array; secret?: Uint8Array | undefined } | StagedFile;

interface StagedFile {
  size: number;
  file: string;
  key: string;
  /** The process whose intent it is. */
  process: number;
}

/** Bodies of up to so many bytes are rows of the store, larger ones are files. */
export const INLINE_BYTES = 64 * 1024;

interface Intent {
  service: string;
  /** The process that wrote it: rows of one that has ended are swept. */
  process: number;
  file: string;
  order: number;
}

export const intents: Record<Scope, ReturnType<typeof intentsIn>> = {
  region: intentsIn("region"),
  account: intentsIn("account"),
  partition: intentsIn("partition"),
};

function intentsIn(scope: Scope) {
  return collection<Intent>(`kernel/intent/${scope}`, { scope, key: (i) => [i.service, i.process, i.file] });
}

const bodies = (scope: Scope): Bytes => ({ name: `kernel/body/${scope}`, scope });

/** A full or failing disk is the store's failure and not a bug: the client gets a 503, and may retry. */
async function onDisk<R>(work: Promise<R>): Promise<R> {
  try {
    return await work;
  } catch (error) {
    throw new StoreUnavailableError("a body could not be written", { cause: error });
  }
}

export interface BlobHome {
  service: string;
  scope: Scope;
  process: number;
  write<R>(body: (tx: Transaction) => R | Promise<R>): Promise<R>;
}

/** A service's blobs and the transaction steps on them. */
export interface BlobSteps {
  /**
   * Makes a staged body part of the transaction. A small one takes over the row of `former`, a body whose last reference
   * goes in this transaction; `reusesRow` then tells that there is nothing to discard.
   * @throws if its intent was swept meanwhile
   */
  keep(tx: Transaction, staged: StagedBlob, former?: BlobRef): MaybePromise<BlobRef>;
  /** The body goes when the transaction has taken effect. */
  discard(tx: Transaction, ref: BlobRef): void;
  /** A small body's bytes; `undefined` for a file. */
  inline(
    tx: ReadTransaction,
    ref: BlobRef,
    options?: Pick<OpenOptions, "secret">,
  ): MaybePromise<Uint8Array | undefined>;
}

export function blobSteps(service: string, scope: Scope): BlobSteps {
  const rows = bodies(scope);

  async function keepFile(tx: Transaction, { size, file, key, process }: StagedFile): Promise<BlobRef> {
    const intent = [service, process, file];
    if (!(await tx.get(intents[scope], intent))) throw new Error("the blob's intent is gone");
    tx.delete(intents[scope], intent);
    return { size, file, key };
  }

  return {
    keep(tx, staged, former) {
      if (!("inline" in staged)) return keepFile(tx, staged);
      if (staged.size === 0) return { size: 0 };
      const row = former?.row ?? tx.sequence();
      tx.putSealed(rows, [service, row], staged.inline, staged.secret);
      return { size: staged.size, row };
    },
    discard(tx, ref) {
      if (ref.row !== undefined) tx.deleteBytes(rows, [service, ref.row]);
      if (ref.file !== undefined) tx.enqueue(removeBlob, { file: ref.file });
    },
    inline(tx, ref, { secret } = {}) {
      if (ref.file !== undefined) return undefined;
      if (ref.row === undefined) return new Uint8Array();
      return whenReady(tx.getSealed(rows, [service, ref.row], secret), (bytes) => {
        if (!bytes) throw new Error(`body ${ref.row} of ${service} is missing`);
        return bytes;
      });
    },
  };
}

/** Whether a body has taken over the row of a former one. */
export const reusesRow = (former: BlobRef, body: BlobRef | undefined): boolean =>
  former.row !== undefined && former.row === body?.row;

/** Runs the transaction that keeps a staged body; drops the body if it throws, or a large one if it cannot be written. */
export async function keepOrDrop<R>(
  ctx: Context,
  staged: StagedBlob,
  write: (tx: Transaction) => MaybePromise<R>,
): Promise<R> {
  try {
    const result = await ctx.transact(write);
    if ("file" in staged) await ctx.durable();
    return result;
  } catch (error) {
    await ctx.blobs.drop(staged);
    throw error;
  }
}

/** Every service enqueues it, so the kernel registers it itself. */
export const removeBlob: Job<{ file: string }> = job("kernel/remove-blob", {
  attempts: Number.POSITIVE_INFINITY,
  run: async (ctx, { file }) => ctx.blobs.remove(file),
});

/** Where names and keys of blobs come from. */
export interface BlobMeans {
  random: Random;
  keys: DataKeys;
}

export function openBlobs(home: BlobHome, store: BlobStore, means: BlobMeans): Blobs {
  return new BlobsOf(home, store, means);
}

/** A class for its prototype: one is made for every call that brings a body. */
class BlobsOf implements Blobs {
  readonly #home: BlobHome;
  readonly #store: BlobStore;
  readonly #means: BlobMeans;

  constructor(home: BlobHome, store: BlobStore, means: BlobMeans) {
    this.#home = home;
    this.#store = store;
    this.#means = means;
  }

  receive(body: Body, options: ReceiveOptions): MaybePromise<StagedBlob> {
    if (body.size === undefined || body.size > INLINE_BYTES || body.size > options.limit)
      return this.#receiveStream(body, options);
    const { tap, secret } = options;
    return whenReady(body.bytes(INLINE_BYTES), (inline) =>
      whenReady(tap?.(inline), () => ({ size: inline.length, inline, secret })),
    );
  }

  async drop(staged: StagedBlob): Promise<void> {
    if ("file" in staged) await this.#forget(staged.file);
  }

  read(
    { file, key }: BlobRef,
    start: number,
    end: number,
    { secret, lend }: OpenOptions = {},
  ): AsyncIterable<Uint8Array> {
    const dataKey = key === undefined ? undefined : this.#means.keys.find(key, secret);
    return this.#store.read(file!, start, end, { lend: lend ?? false, key: dataKey });
  }

  remove(file: string): Promise<void> {
    return this.#store.remove(file);
  }

  async #receiveStream(body: Body, { limit, tap, secret }: ReceiveOptions): Promise<StagedBlob> {
    const { random, keys } = this.#means;
    const earlyChunks: Uint8Array[] = [];
    let size = 0;
    let file: string | undefined;
    let key: ReturnType<DataKeys["make"]> | undefined;
    let intended: Promise<void> | undefined;
    let writer: BlobWriter | undefined;
    try {
      for await (const chunk of body) {
        size += chunk.length;
        if (size > limit) throw new BodyTooLargeError(`more than ${limit} bytes`);
        const tapped = tap?.(chunk);
        if (tapped) await tapped;
        if (writer) await onDisk(writer.write(chunk));
        else earlyChunks.push(chunk);
        if (writer || size <= INLINE_BYTES) continue;
        file = random.hex(32);
        intended = this.#intend(file);
        intended.catch(() => {});
        key = keys.make(secret);
        writer = await onDisk(this.#store.create(file, key));
        for (const early of earlyChunks.splice(0)) await onDisk(writer.write(early));
      }
      if (!writer || !file || !key) return { size, inline: Buffer.concat(earlyChunks), secret };
      await intended;
      await onDisk(writer.commit());
      return { size, file, key: key.name, process: this.#home.process };
    } catch (error) {
      await writer?.abort();
      if (file) await intended?.then(() => this.#forget(file!)).catch(() => {});
      throw error;
    }
  }

  async #intend(file: string): Promise<void> {
    const { scope, service, process, write } = this.#home;
    await write((tx) => tx.put(intents[scope], { service, process, file, order: tx.sequence() }));
  }

  async #forget(file: string): Promise<void> {
    const { scope, service, process, write } = this.#home;
    const key = [service, process, file];
    // Written anew before the file goes: a commit that kept it and seemed to fail cannot take effect after this one.
    const isIntended = await write(async (tx) => {
      const intent = await tx.get(intents[scope], key);
      if (intent) tx.put(intents[scope], intent);
      return intent !== undefined;
    });
    if (!isIntended) return;
    await this.#store.remove(file);
    await write((tx) => tx.delete(intents[scope], key));
  }
}

/** Removes what processes before this one left half-made. The lease says that none of them can go on. */
export async function sweepIntents(home: BlobHome, store: BlobStore): Promise<void> {
  const dead: Intent[] = await home.write((tx) =>
    tx.list(intents[home.scope], { in: [home.service], before: [home.process], limit: 1_000 }),
  );
  for (const intent of dead) await store.remove(intent.file);
  if (dead.length === 0) return;
  await home.write((tx) => {
    for (const intent of dead) tx.delete(intents[home.scope], [home.service, intent.process, intent.file]);
  });
  return sweepIntents(home, store);
}

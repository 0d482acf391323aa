import { type Body, BodyTooLargeError } from "#lib/body.ts";
import { type MaybePromise, whenReady } from "#lib/maybe-promise.ts";
import type { Random } from "#lib/random.ts";
import { BlobMissingError, type BlobStore, type BlobWriter } from "#storage/blobs/blobs.ts";
import type { Context } from "./context.ts";
import { collection, type Scope } from "./records/collection.ts";
import { StoreUnavailableError } from "./records/partition.ts";
import type { Bytes, ReadTransaction, Transaction } from "./records/transaction.ts";
import type { DataKeys } from "./secrets/data-keys.ts";
import { type Job, job } from "./work/jobs.ts";

/**
 * Bodies of any size, next to the records that point to them. Small bodies are rows of the store and change
 * in the same commit as their pointer. A large body is a file: first a durable *intent* records that the file
 * may exist, then its bytes and name become durable, then one transaction writes the pointer and deletes the
 * intent. So a crash at any moment leaves either a pointer to a complete file or an intent to clean up.
 *
 * Every body is encrypted at rest, with one of the cloud's keys or one that its service provides. Reading a
 * body that was changed on the disk throws; it never returns wrong bytes.
 */
export interface Blobs {
  /**
   * Stores a body to which no record points yet: synchronously if it is small and already in memory. The
   * caller must then either `keep` it in a transaction or `drop` it.
   * @throws {BodyTooLargeError} and whatever error the body's end reports; nothing remains then
   */
  receive(body: Body, options: ReceiveOptions): MaybePromise<StagedBlob>;
  /**
   * Stages a copy of a body as it is stored, for which its secret is not needed: the copy is read with the same secret.
   * @throws if the body is gone
   */
  copy(ref: BlobRef): Promise<StagedBlob>;
  /**
   * Deletes a staged body, unless a transaction has kept it. While a commit that keeps it is pending, its
   * outcome is unknown: wait for `ctx.durable()` first.
   */
  drop(staged: StagedBlob): Promise<void>;
  /** Bytes `start` to `end` (exclusive) of a file. Call it inside the transaction that found the reference. */
  read(ref: BlobRef, start: number, end: number, options?: OpenOptions): AsyncIterable<Uint8Array>;
  /** For the cleanup and the outbox only: no record may point to the file. */
  remove(id: string): Promise<void>;
}

export interface ReceiveOptions {
  /** The largest size allowed, in bytes. */
  limit: number;
  /** Receives every chunk as it passes, for hashes. */
  tap?: (chunk: Uint8Array) => void | Promise<void>;
  /** The key to encrypt the body with, in place of the cloud's own: 32 bytes that are not stored. */
  secret?: Uint8Array | undefined;
}

export interface OpenOptions {
  /** As in `BlobStore`. */
  lend?: boolean | undefined;
  /** The secret that the body was received with. */
  secret?: Uint8Array | undefined;
}

/** What a record stores about a body. */
export interface BlobRef {
  size: number;
  /** The number of a small body's row; absent for an empty body. */
  row?: number;
  /** The name of a large body's file. */
  file?: string;
  /** The name of the key that the file is encrypted with. */
  key?: string;
  /** For a copy, the row or the file that the bytes were encrypted for. */
  original?: number | string;
}

export type StagedBlob = StagedRow | StagedFile;

interface StagedRow {
  size: number;
  inline: Uint8Array;
  secret?: Uint8Array | undefined;
  /** The row that `inline` is already encrypted for, if it is a copy. */
  original?: number | string;
}

interface StagedFile extends BlobRef {
  file: string;
  /** The number of the process that wrote the intent. */
  process: number;
}

/** Bodies up to this size are rows of the store; larger ones are files. */
export const INLINE_BYTES = 64 * 1024;

interface Intent {
  service: string;
  /**
   * The number of the process that wrote the intent. Once that process has ended, the intent is cleaned up.
   */
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

/**
 * Turns a full or failing disk into an error of the store, which is no bug: the client gets a 503 and may
 * retry.
 */
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

/** A service's operations on blobs within its transactions. */
export interface BlobSteps {
  /**
   * Makes a staged body part of the transaction. A small body takes over the row of `former`, whose last
   * reference is removed in this transaction; `reusesRow` then returns true, and `former` must not be
   * discarded.
   * @throws if its intent was cleaned up meanwhile
   */
  keep(tx: Transaction, staged: StagedBlob, former?: BlobRef): MaybePromise<BlobRef>;
  /** Deletes the body after the transaction has been committed. */
  discard(tx: Transaction, ref: BlobRef): void;
  /** The bytes of a small body; `undefined` for a file. */
  inline(
    tx: ReadTransaction,
    ref: BlobRef,
    options?: Pick<OpenOptions, "secret">,
  ): MaybePromise<Uint8Array | undefined>;
}

export function blobSteps(service: string, scope: Scope): BlobSteps {
  const rows = bodies(scope);

  async function keepFile(tx: Transaction, { process, ...ref }: StagedFile): Promise<BlobRef> {
    const { file } = ref;
    const intent = [service, process, file];
    if (!(await tx.get(intents[scope], intent))) throw new Error("the blob's intent is gone");
    tx.delete(intents[scope], intent);
    return ref;
  }

  return {
    keep(tx, staged, former) {
      if (!("inline" in staged)) return keepFile(tx, staged);
      if (staged.size === 0) return { size: 0 };
      const { size, inline, secret, original } = staged;
      const row = former?.row ?? tx.sequence();
      if (original === undefined) tx.putSealed(rows, [service, row], inline, secret);
      else tx.putBytes(rows, [service, row], inline);
      return { size, row, ...(original !== undefined && { original }) };
    },
    discard(tx, ref) {
      if (ref.row !== undefined) tx.deleteBytes(rows, [service, ref.row]);
      if (ref.file !== undefined) tx.enqueue(removeBlob, { file: ref.file });
    },
    inline(tx, ref, { secret } = {}) {
      if (ref.file !== undefined) return undefined;
      if (ref.row === undefined) return new Uint8Array();
      const { row, original } = ref;
      const place = original === undefined ? undefined : [service, original];
      return whenReady(tx.getSealed(rows, [service, row], secret, place), (bytes) => {
        if (!bytes) throw new Error(`body ${row} of ${service} is missing`);
        return bytes;
      });
    },
  };
}

/** Whether `body` has taken over the row of `former`. */
export const reusesRow = (former: BlobRef, body: BlobRef | undefined): boolean =>
  former.row !== undefined && former.row === body?.row;

/**
 * Runs the transaction that keeps a staged body. Drops the body if it throws or, for a file, if the commit
 * fails.
 */
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

/** Deletes a file. Any service can enqueue it, so the kernel registers the job. */
export const removeBlob: Job<{ file: string }> = job("kernel/remove-blob", {
  attempts: Number.POSITIVE_INFINITY,
  run: async (ctx, { file }) => ctx.blobs.remove(file),
});

/** The sources of blob names and encryption keys. */
export interface BlobSources {
  random: Random;
  keys: DataKeys;
}

export function openBlobs(home: BlobHome, store: BlobStore, sources: BlobSources): Blobs {
  return new BlobsOf(home, store, sources);
}

/** A class, since one is created for every call with a body and shares its methods through the prototype. */
class BlobsOf implements Blobs {
  readonly #home: BlobHome;
  readonly #store: BlobStore;
  readonly #sources: BlobSources;

  constructor(home: BlobHome, store: BlobStore, sources: BlobSources) {
    this.#home = home;
    this.#store = store;
    this.#sources = sources;
  }

  receive(body: Body, options: ReceiveOptions): MaybePromise<StagedBlob> {
    if (body.size === undefined || body.size > INLINE_BYTES || body.size > options.limit)
      return this.#receiveStream(body, options);
    const { tap, secret } = options;
    return whenReady(body.bytes(INLINE_BYTES), (inline) =>
      whenReady(tap?.(inline), () => ({ size: inline.length, inline, secret })),
    );
  }

  async copy(ref: BlobRef): Promise<StagedBlob> {
    const { size, row, file } = ref;
    if (row !== undefined) return { size, inline: await this.#sealedRow(row), original: ref.original ?? row };
    if (file === undefined) return { size, inline: new Uint8Array() };
    const copy = this.#sources.random.hex(32);
    await this.#intend(copy);
    try {
      await this.#store.copy(file, copy);
    } catch (error) {
      await this.#forget(copy);
      if (error instanceof BlobMissingError) throw error;
      throw new StoreUnavailableError("a body could not be copied", { cause: error });
    }
    return { ...ref, file: copy, original: ref.original ?? file, process: this.#home.process };
  }

  async drop(staged: StagedBlob): Promise<void> {
    if ("file" in staged) await this.#forget(staged.file);
  }

  read(
    { file, key, original }: BlobRef,
    start: number,
    end: number,
    { secret, lend }: OpenOptions = {},
  ): AsyncIterable<Uint8Array> {
    const dataKey = key === undefined ? undefined : this.#sources.keys.find(key, secret);
    const written = typeof original === "string" ? original : undefined;
    return this.#store.read(file!, start, end, { lend: lend ?? false, key: dataKey, original: written });
  }

  remove(file: string): Promise<void> {
    return this.#store.remove(file);
  }

  async #receiveStream(body: Body, { limit, tap, secret }: ReceiveOptions): Promise<StagedBlob> {
    const { random, keys } = this.#sources;
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

  async #sealedRow(row: number): Promise<Uint8Array> {
    const { scope, service, write } = this.#home;
    const sealed = await write((tx) => tx.getBytes(bodies(scope), [service, row]));
    if (!sealed) throw new Error(`body ${row} of ${service} is missing`);
    return sealed;
  }

  async #intend(file: string): Promise<void> {
    const { scope, service, process, write } = this.#home;
    await write((tx) => tx.put(intents[scope], { service, process, file, order: tx.sequence() }));
  }

  async #forget(file: string): Promise<void> {
    const { scope, service, process, write } = this.#home;
    const key = [service, process, file];
    // The intent is rewritten before the file is deleted, so that a `keep` whose commit seemed to fail cannot
    // take effect later.
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

/** Deletes the unfinished files of earlier processes. The lease guarantees that those have stopped. */
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

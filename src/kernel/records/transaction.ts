import type { Clock } from "#lib/clock.ts";
import type { MaybePromise } from "#lib/maybe-promise.ts";
import type { Random } from "#lib/random.ts";
import { type Lent, MAX_COMMIT_BYTES } from "#storage/kv/kv.ts";
import type { Metric, ServiceEvent } from "../ports.ts";
import type { DataKeys } from "../secrets/data-keys.ts";
import type { Job, JobOptions } from "../work/jobs.ts";
import { type Collection, decodeRecord, encodeRecord, type Place, type Scope } from "./collection.ts";
import type { Journal, JournalEntry } from "./journal.ts";
import type { KeyPart, RowKey } from "./keys.ts";
import type { Memory } from "./memory.ts";
import type { Draft } from "./overlay.ts";
import { indexOf, type Keyed, Reads } from "./read-transaction.ts";

/** The maximum number of bytes that one transaction may write. */
export const MAX_TRANSACTION_BYTES = MAX_COMMIT_BYTES;

/** A consistent view of one partition. Await only its own methods within it. */
export interface ReadTransaction {
  /** Cloud time, the same throughout the transaction. */
  now(): number;
  /** Synchronous if the store needs no I/O; `await` handles both cases. */
  get<T>(of: Collection<T>, key: readonly KeyPart[]): MaybePromise<T | undefined>;
  list<T>(of: Collection<T>, range: ListRange): Promise<T[]>;
  listBy<T>(of: Collection<T>, index: string, range: ListRange): Promise<T[]>;
  /** The owner's in-memory state of this partition. */
  memory<T>(kind: Memory<T>): T;
  getBytes(of: Bytes, key: readonly KeyPart[]): MaybePromise<Uint8Array | undefined>;
  listBytes(of: Bytes, range: ListRange): Promise<BytesRow[]>;
  /**
   * The value that `putSealed` wrote, with the same secret; must not be modified. `original` is the key that it was written
   * under, if this row is a copy. @throws {SealBrokenError}
   */
  getSealed(
    of: Bytes,
    key: readonly KeyPart[],
    secret?: Uint8Array,
    original?: readonly KeyPart[],
  ): MaybePromise<Uint8Array | undefined>;
  /** Decrypts what `sealed` returned for the same place. @throws {SealBrokenError} */
  unsealed(bytes: Uint8Array, place: string): Uint8Array;
  /** Returns the entries after the number `after`, oldest first. */
  follow<T>(
    of: Journal<T>,
    stream: readonly KeyPart[],
    after: number,
    limit: number,
  ): Promise<JournalEntry<T>[]>;
}

/** All of its changes take effect together, or none. */
export interface Transaction extends ReadTransaction {
  put<T>(of: Collection<T>, record: T): void;
  delete<T>(of: Collection<T>, key: readonly KeyPart[]): void;
  putBytes(of: Bytes, key: readonly KeyPart[], value: Uint8Array): void;
  /** Encrypts the value with one of the cloud's keys, or with one derived from `secret`. */
  putSealed(of: Bytes, key: readonly KeyPart[], value: Uint8Array, secret?: Uint8Array): void;
  /**
   * Encrypts bytes to be stored within a row, with one of the cloud's keys; `place` is authenticated as well.
   */
  sealed(bytes: Uint8Array, place: string): Uint8Array;
  deleteBytes(of: Bytes, key: readonly KeyPart[]): void;
  deleteRow(row: BytesRow): void;
  /** Total bytes of all puts so far, of which a commit takes at most {@link MAX_TRANSACTION_BYTES}. */
  readonly written: number;
  append<T>(of: Journal<T>, stream: readonly KeyPart[], entry: T): number;
  /** Returns a number larger than every earlier one of this partition. */
  sequence(): number;
  uuid(): string;
  readonly random: Random;
  /** Adds a durable job that starts after the commit: the outbox pattern. */
  enqueue<P>(job: Job<P>, payload: P, options?: JobOptions): void;
  metric(name: string, value: number, dimensions: Record<string, string>): void;
  event(event: ServiceEvent): void;
  /**
   * Runs once the transaction is applied, before it is durable and before the next one: for in-memory state.
   * It must not throw.
   */
  afterwards(then: () => void): void;
}

/** Raw values under tuples, for bytes that are opaque to the kernel. */
export interface Bytes {
  readonly name: string;
  readonly scope: Scope;
}

/** A raw value and its key. */
export interface BytesRow {
  /** As stored, including the scope. */
  key: Uint8Array;
  value: Uint8Array;
  /** The value in the store's own memory, for readers that make no copy. It must not be modified. */
  readonly lent?: Lent | undefined;
}

/** All bounds are tuples below `in`. */
export interface ListRange {
  /** The leading elements that all wanted keys share. */
  in?: readonly KeyPart[];
  /** The next element is a string or bytes beginning with this. */
  prefix?: string | Uint8Array;
  /** Inclusive. */
  from?: readonly KeyPart[];
  /** Exclusive lower bound; tuples that continue this one are excluded as well. */
  after?: readonly KeyPart[];
  /** Exclusive lower bound; all strings that begin with this are excluded as well. */
  past?: string;
  /** Exclusive upper bound. */
  before?: readonly KeyPart[];
  /** Continues after a row of an earlier read, in either direction. */
  behind?: BytesRow;
  /** Inclusive upper bound; tuples that continue this one are included. */
  through?: readonly KeyPart[];
  /** At most 1,000. */
  limit: number;
  reverse?: boolean;
}

export interface TransactionScope {
  era: Uint8Array;
  scope: Scope;
  place: Place;
  clock: Clock;
  random: Random;
  keys: DataKeys;
  /** The prefixes of each collection's keys, computed once. */
  prefixes: Map<string, Buffer>;
  /** For each collection with `hot` records: finds the key of a record that is identified by one name. */
  hotKeys: Map<string, (name: string) => RowKey>;
}

/** What a transaction produces in addition to rows. */
export interface Effects {
  jobs: { job: Job<never>; payload: unknown; options: JobOptions; id: number }[];
  metrics: Metric[];
  events: ServiceEvent[];
}

/** Reads and writes over a draft. */
export class Writes extends Reads implements Transaction {
  readonly #draft: Draft;
  readonly #effects: Effects;
  /** Written records of collections with indexes, by key. */
  readonly #indexed = new Map<string, Touched>();
  #ended = false;

  constructor(draft: Draft, at: TransactionScope, effects: Effects) {
    super(draft, at);
    this.#draft = draft;
    this.#effects = effects;
  }

  get random(): Random {
    return this.at.random;
  }

  sequence(): number {
    return this.#draft.sequence();
  }

  uuid(): string {
    return this.at.random.uuid();
  }

  override async listBy<T>(of: Collection<T>, index: string, range: ListRange): Promise<T[]> {
    await this.settleIndexes();
    return super.listBy(of, index, range);
  }

  put<T>(of: Collection<T>, record: T): void {
    const key = this.#keyOf(of, of.key(record));
    this.#draft.put(key.bytes, encodeRecord(of, record), key.text);
    this.#touch(of, key, record);
  }

  delete<T>(of: Collection<T>, parts: readonly KeyPart[]): void {
    const key = this.#keyOf(of, parts);
    this.#draft.delete(key.bytes, key.text);
    this.#touch(of, key, undefined);
  }

  putBytes(of: Bytes, parts: readonly KeyPart[], value: Uint8Array): void {
    const key = this.#keyOf(of, parts);
    this.#draft.put(key.bytes, value, key.text);
  }

  putSealed(of: Bytes, parts: readonly KeyPart[], value: Uint8Array, secret?: Uint8Array): void {
    const { bytes, text } = this.#keyOf(of, parts);
    this.#draft.put(bytes, this.at.keys.seal(value, bytes, secret), text);
  }

  sealed(bytes: Uint8Array, place: string): Uint8Array {
    return this.at.keys.seal(bytes, Buffer.from(place));
  }

  deleteBytes(of: Bytes, parts: readonly KeyPart[]): void {
    const key = this.#keyOf(of, parts);
    this.#draft.delete(key.bytes, key.text);
  }

  deleteRow({ key }: BytesRow): void {
    this.#mustBeOpen();
    this.#draft.delete(key);
  }

  get written(): number {
    return this.#draft.putBytes;
  }

  append<T>(of: Journal<T>, stream: readonly KeyPart[], entry: T): number {
    const sequence = this.#draft.sequence();
    const key = this.#keyOf(of, [...stream, sequence]);
    this.#draft.put(key.bytes, Buffer.from(JSON.stringify(entry)), key.text);
    return sequence;
  }

  enqueue<P>(job: Job<P>, payload: P, options: JobOptions = {}): void {
    this.#mustBeOpen();
    const id = this.#draft.sequence();
    this.#effects.jobs.push({ job: job as unknown as Job<never>, payload, options, id });
  }

  metric(name: string, value: number, dimensions: Record<string, string>): void {
    this.#effects.metrics.push({ name, value, dimensions, time: this.now() });
  }

  event(event: ServiceEvent): void {
    this.#effects.events.push(event);
  }

  afterwards(then: () => void): void {
    this.#draft.afterwards.push(then);
  }

  /** Whether index rows have to be updated before the end. */
  get isIndexed(): boolean {
    return this.#indexed.size > 0;
  }

  /** After this, writes throw. */
  end(): void {
    this.#ended = true;
  }

  /** Without this check, a write that was not awaited would be lost silently. */
  #mustBeOpen(): void {
    if (this.#ended) throw new Error("the transaction has ended: something in it was not awaited");
  }

  #keyOf(of: Keyed, parts: readonly KeyPart[]): RowKey {
    this.#mustBeOpen();
    return this.keyOf(of, parts);
  }

  #touch<T>(of: Collection<T>, { bytes: key, text }: RowKey, record: T | undefined): void {
    if (!of.isIndexed) return;
    const written = this.#indexed.get(text)?.written ?? [];
    this.#indexed.set(text, { of: of as Collection<unknown>, key, record, written });
  }

  /** Replaces the index rows of every written record with those of its new state. */
  async settleIndexes(): Promise<void> {
    for (const { of, key, written } of this.#indexed.values()) {
      const stored = await this.#draft.before(key);
      const old = stored && decodeRecord(of, stored);
      for (const row of [...written, ...this.#indexRows(of, old)]) this.#draft.delete(row);
    }
    // After all deletions, since one record may take the index row that another leaves.
    for (const touched of this.#indexed.values()) {
      touched.written = this.#indexRows(touched.of, touched.record);
      for (const row of touched.written) this.#draft.put(row, touched.key);
    }
  }

  #indexRows(of: Collection<unknown>, record: unknown): Uint8Array[] {
    if (record === undefined) return [];
    return Object.entries(of.indexes).flatMap(([index, keyBy]) => {
      const key = keyBy(record);
      return key ? [this.#keyOf(indexOf(of, index), key).bytes] : [];
    });
  }
}

interface Touched {
  of: Collection<unknown>;
  key: Uint8Array;
  record: unknown;
  written: Uint8Array[];
}

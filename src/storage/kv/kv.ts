import type { MaybePromise } from "#lib/maybe-promise.ts";

/**
 * The ordered key-value store that holds all durable records.
 *
 * Keys are bytes, compared as unsigned numbers. A writer must hold a lease on a partition: the store numbers
 * leases with a growing epoch and refuses commits with an older one, so that a process that was paused or cut
 * off can never overwrite its successor's data.
 *
 * The store is independent of products: the meaning of keys and values is defined above it.
 */
export interface KeyValueStore {
  /** The real time, in milliseconds since 1970, at which an earlier process last wrote, if it is known. */
  readonly written?: number | undefined;

  /**
   * Acquires or renews the right to write to `partition`. Renewal by the same `owner` keeps the epoch unless
   * a commit under it failed; any other success raises it.
   * @throws {LeaseHeldError} while another live owner holds it
   */
  lease(partition: string, owner: string): Promise<Lease>;

  /** Releases the lease, so that another owner need not wait for its expiry. */
  release(lease: Lease): Promise<void>;

  /**
   * Reads see at least every commit whose promise has resolved. A driver that needs no I/O returns
   * synchronously.
   */
  get(key: Uint8Array): MaybePromise<Uint8Array | undefined>;
  range(range: KeyRange): MaybePromise<Row[]>;

  /**
   * Writes a commit atomically; resolves once it is durable. Commits of one partition take effect in the
   * order of the calls. The store groups waiting commits, and closes an open commit when its group is about
   * to be written. The bytes of a commit must not change until it settles; the bytes that a read returns
   * belong to the caller.
   *
   * A commit that fails ends its lease: every later commit of that partition is refused as well, until the
   * owner acquires the lease again. So nothing that was computed from lost data can be stored.
   * @throws {FencedError} if the epoch is not the newest, or an earlier commit under it failed
   * @throws {LimitError} synchronously, before anything is queued, if a key, a value or the commit is too
   * large
   */
  commit(commit: Commit | OpenCommit): Promise<void>;

  /** Frees memory that is only needed under load. Concurrent calls are served as usual. */
  rest?(): Promise<void>;

  close(): Promise<void>;
}

export interface Lease {
  readonly partition: string;
  readonly owner: string;
  readonly epoch: number;
}

export interface Row {
  key: Uint8Array;
  value: Uint8Array;
  /** The key as text (see `key-text.ts`), if known. */
  readonly text?: string | undefined;
  /**
   * For rows of a range: the value in the store's own memory, for readers that make no copy. It must not be
   * modified.
   */
  readonly lent?: Lent | undefined;
}

export interface Lent {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** Keys between two bounds. A bound may be longer than a key: the key after `k` is `k` and a zero byte. */
export interface KeyRange {
  /** Inclusive. */
  start: Uint8Array;
  /** Exclusive. */
  end: Uint8Array;
  /** The maximum number of rows to return, at most {@link MAX_PAGE_ROWS}. */
  limit: number;
  /** Whether to read from the end downwards. */
  reverse?: boolean;
}

/** Deletes take effect before puts, and puts take effect in order. */
export interface Commit {
  lease: Lease;
  puts: readonly Row[];
  deletes: readonly Uint8Array[];
}

/**
 * A commit that its owner may extend until its group is written, so that many writers share the cost of one
 * commit.
 */
export interface OpenCommit {
  readonly lease: Lease;
  /** Bytes of its keys and values so far; the owner must respect the limits. */
  readonly bytes: number;
  /** The number of transactions that wait for it. */
  readonly writers: number;
  /** Returns the final commit. Called once; nothing can be added afterwards. */
  close(): Commit;
}

/**
 * Maximum bytes of an encoded key: a size that LMDB with 8 KB pages and PostgreSQL's B-tree both support,
 * with a margin.
 */
export const MAX_KEY_BYTES = 2_600;
/** Maximum bytes of a value; anything larger must be a blob. */
export const MAX_VALUE_BYTES = 2 * 1024 * 1024;
/** Maximum bytes of all keys and values in one commit. */
export const MAX_COMMIT_BYTES = 32 * 1024 * 1024;
/** Maximum number of rows per range call. */
export const MAX_PAGE_ROWS = 1_000;

export class FencedError extends Error {
  override name = "FencedError";
}

export class LeaseHeldError extends Error {
  override name = "LeaseHeldError";
}

export class LimitError extends Error {
  override name = "LimitError";
}

/**
 * A file of the store is not as the store left it, which a power cut does not cause: it was truncated, or
 * belongs to another program.
 */
export class DamagedFileError extends Error {
  override name = "DamagedFileError";
}

/**
 * Rejects an oversized commit before it is queued, because one bad key would fail its whole group.
 * @returns the bytes of all its keys and values
 */
export function checkLimits(commit: Commit): number {
  let total = 0;
  for (const { key, value } of commit.puts) total += checkRow(key, value);
  for (const key of commit.deletes) total += checkRow(key, undefined);
  return checkTotal(total);
}

/** @returns the bytes of a row, or of a deletion */
export function checkRow(key: Uint8Array, value: Uint8Array | undefined): number {
  if (key.length === 0) throw new LimitError("an empty key");
  if (key.length > MAX_KEY_BYTES) throw new LimitError(`a key of ${key.length} bytes, over ${MAX_KEY_BYTES}`);
  if (value === undefined) return key.length;
  if (value.length > MAX_VALUE_BYTES)
    throw new LimitError(`a value of ${value.length} bytes, over ${MAX_VALUE_BYTES}`);
  return key.length + value.length;
}

/** @returns the bytes of a commit */
export function checkTotal(bytes: number): number {
  if (bytes > MAX_COMMIT_BYTES) throw new LimitError(`a commit of ${bytes} bytes, over ${MAX_COMMIT_BYTES}`);
  return bytes;
}

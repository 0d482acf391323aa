import type { MaybePromise } from "#lib/maybe-promise.ts";

/**
 * The one ordered store that everything durable stands in.
 *
 * Keys are bytes, compared byte by byte as unsigned numbers. Whoever writes first takes a lease on a
 * partition: the store numbers leases with a growing epoch and refuses commits of an older one, so that a
 * process that was paused or cut off can never write over its successor.
 *
 * The store knows no product: what a key or a value means is decided above it.
 */
export interface KeyValueStore {
  /**
   * Takes or renews the right to write to `partition`. Renewing by the same `owner` keeps the epoch unless
   * a commit under it failed; any other success raises it.
   * @throws {LeaseHeldError} while another living owner has it
   */
  lease(partition: string, owner: string): Promise<Lease>;

  /** Gives the lease back, so that another owner need not wait for it to run out. */
  release(lease: Lease): Promise<void>;

  /**
   * Reads see every commit whose promise has resolved, at least. A driver that needs no I/O answers at once.
   */
  get(key: Uint8Array): MaybePromise<Uint8Array | undefined>;
  range(range: KeyRange): MaybePromise<Row[]>;

  /**
   * Writes all of it or nothing; resolves once it is on disk. Commits of one partition take effect in the order of
   * the calls. The store groups what waits together, and closes an open commit when its group sets out. The bytes
   * handed in must not change until it settles; those that a read hands out belong to the caller.
   *
   * A commit that fails ends its lease: every commit of that partition handed in after it is refused as well,
   * until the owner takes the lease anew. So nothing that was computed from lost data can be stored.
   * @throws {FencedError} the epoch is not the newest, or an earlier commit under it failed
   * @throws {LimitError} at once, before anything is queued: a key, a value or the whole is too large
   */
  commit(commit: Commit | OpenCommit): Promise<void>;

  /** Frees memory that is only needed under load. Calls that come meanwhile are served as usual. */
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
  /** The key as `key-text.ts` makes it, where that is known. */
  readonly text?: string | undefined;
  /** Of what a range hands out: the value where it stands, for who looks at it and makes no copy. Nobody writes there. */
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
  /** Rows wanted, at most {@link MAX_PAGE}. */
  limit: number;
  /** From the end downwards. */
  reverse?: boolean;
}

/** Deletes take effect before puts, and puts in their order. */
export interface Commit {
  lease: Lease;
  puts: readonly Row[];
  deletes: readonly Uint8Array[];
}

/** A commit that its owner may add to until its group sets out: what many writers have done then costs what one has. */
export interface OpenCommit {
  readonly lease: Lease;
  /** Bytes of its keys and values so far; whoever adds to it keeps the limits. */
  readonly bytes: number;
  /** How many wait for it. */
  readonly writers: number;
  /** What it has come to. Called once: nothing is added afterwards. */
  close(): Commit;
}

/** Bytes in an encoded key: what LMDB with 8 KB pages and PostgreSQL's B-tree both take, with room to spare. */
export const MAX_KEY = 2_600;
/** Bytes in a value; more belongs into a blob. */
export const MAX_VALUE = 2 * 1024 * 1024;
/** Bytes of keys and values in one commit. */
export const MAX_COMMIT = 32 * 1024 * 1024;
/** Rows that one range call answers at most. */
export const MAX_PAGE = 1_000;

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
 * Refuses an oversized commit before it is queued: one bad key would fail the whole group it travels in.
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
  if (key.length > MAX_KEY) throw new LimitError(`a key of ${key.length} bytes, over ${MAX_KEY}`);
  if (value === undefined) return key.length;
  if (value.length > MAX_VALUE) throw new LimitError(`a value of ${value.length} bytes, over ${MAX_VALUE}`);
  return key.length + value.length;
}

/** @returns the bytes of a commit */
export function checkTotal(bytes: number): number {
  if (bytes > MAX_COMMIT) throw new LimitError(`a commit of ${bytes} bytes, over ${MAX_COMMIT}`);
  return bytes;
}

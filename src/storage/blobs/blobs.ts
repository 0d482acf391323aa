/**
 * Immutable runs of bytes too large for the key-value store, each under an id that is never used twice.
 *
 * A blob exists from the moment `commit` resolves: by then its bytes and its name are on disk. Who refers to it,
 * and what becomes of blobs that nobody refers to, is the business of `kernel/blobs`.
 */
export interface BlobStore {
  /** Opens a blob for writing under a fresh id of 32 hex digits. Nothing is visible before its commit. */
  create(id: string, options?: WriteOptions): Promise<BlobWriter>;

  /**
   * Bytes `start` (inclusive) to `end` (exclusive) in chunks of up to 2 MiB. The reader keeps the blob alive:
   * a `remove` meanwhile takes effect after the last reader has ended. A reader that is not wanted after all
   * should be ended by its iterator's `return`; one that is merely dropped ends when it is collected.
   * Every chunk is verified before it is handed out.
   * @throws {BlobDamagedError} the bytes on disk are not those that were written, or not with this key
   * @throws {BlobMissingError}
   */
  read(id: string, start: number, end: number, options?: ReadOptions): AsyncIterable<Uint8Array>;

  /**
   * Resolves once the name is gone for good. Succeeds also if there is no such blob. Waits for readers that nobody
   * has pulled yet, so do not await it between `read` and the first pull.
   */
  remove(id: string): Promise<void>;

  close(): Promise<void>;
}

export interface WriteOptions {
  /** 32 bytes, for this blob alone: it is encrypted with it, and read with no other. */
  key?: Uint8Array | undefined;
}

export interface ReadOptions {
  /** The key that it was written with. */
  key?: Uint8Array | undefined;
  /**
   * A chunk is the consumer's only until it asks for the next one: then its memory is used again. For whoever sends
   * bytes on and keeps none; a fresh megabyte for each chunk costs more than reading it.
   */
  lend?: boolean;
}

export interface BlobWriter {
  /** Resolves when the writer can take more. The chunk is the writer's from here on: do not change it. */
  write(chunk: Uint8Array): Promise<void>;
  /** Makes bytes and name durable. */
  commit(): Promise<void>;
  /** Drops all that was written. Never fails; also fine after a failed write. */
  abort(): Promise<void>;
}

export class BlobDamagedError extends Error {
  override name = "BlobDamagedError";
}

export class BlobMissingError extends Error {
  override name = "BlobMissingError";
}

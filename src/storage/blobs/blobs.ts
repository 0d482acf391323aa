/**
 * A store of immutable byte sequences that are too large for the key-value store, each under an id that is
 * never reused.
 *
 * A blob exists from the moment `commit` resolves: its bytes and its name are then durable. References to
 * blobs, and the removal of unreferenced ones, are the responsibility of `kernel/blobs`.
 */
export interface BlobStore {
  /** Opens a blob for writing under a new id of 32 hex digits. It is not visible before its commit. */
  create(id: string, options?: WriteOptions): Promise<BlobWriter>;

  /**
   * Reads the bytes from `start` (inclusive) to `end` (exclusive) in chunks of up to 2 MiB. The reader keeps
   * the blob alive: a `remove` meanwhile takes effect after the last reader has ended. End an unneeded reader
   * with its iterator's `return`; one that is only dropped ends when it is garbage collected. Every chunk is
   * verified before it is returned.
   * @throws {BlobDamagedError} if the bytes on disk differ from those that were written, or the key differs
   * @throws {BlobMissingError}
   */
  read(id: string, start: number, end: number, options?: ReadOptions): AsyncIterable<Uint8Array>;

  /**
   * Copies a blob as it is stored, for which its key is not needed, to a new id. Resolves once the copy is durable. A `remove`
   * meanwhile waits.
   * @throws {BlobMissingError}
   */
  copy(id: string, to: string): Promise<void>;

  /**
   * Resolves once the name is durably removed. Also succeeds if there is no such blob. Waits for readers that
   * have not been pulled yet, so do not await it between `read` and the first pull.
   */
  remove(id: string): Promise<void>;

  close(): Promise<void>;
}

export interface WriteOptions {
  /** 32 bytes, used for this blob only, to encrypt and decrypt it. */
  key?: Uint8Array | undefined;
}

export interface ReadOptions {
  /** The key that the blob was written with. */
  key?: Uint8Array | undefined;
  /** For a copy, the id that the blob was written under. */
  original?: string | undefined;
  /**
   * Whether the reader may reuse a chunk's memory when the next chunk is requested. For consumers that
   * forward the bytes and keep none: allocating a megabyte per chunk costs more than reading it.
   */
  lend?: boolean;
}

export interface BlobWriter {
  /** Resolves when the writer can accept more. The chunk must not be changed afterwards. */
  write(chunk: Uint8Array): Promise<void>;
  /** Makes the bytes and the name durable. */
  commit(): Promise<void>;
  /** Discards everything written. Never fails; may be called after a failed write. */
  abort(): Promise<void>;
}

export class BlobDamagedError extends Error {
  override name = "BlobDamagedError";
}

export class BlobMissingError extends Error {
  override name = "BlobMissingError";
}

import { type Commit, checkRow, checkTotal, type Lease, type OpenCommit, type Row } from "#storage/kv/kv.ts";
import type { Pending, Write } from "./overlay.ts";

/** Bytes up to which more transactions may join a batch. Beyond that, a separate commit costs little more. */
const MAX_SHARED_BYTES = 1024 * 1024;

/** Rows that are written together with a batch, however many transactions it holds. */
export interface Companion {
  rows: readonly Row[];
  /** Called when the batch is durable. */
  arrived(): void;
  /** Called when the batch could not be written. */
  lost(): void;
}

/**
 * The transactions of a partition that are committed together. An applied transaction joins the batch that is
 * not being written yet: they share one commit and one promise, and a key that several of them wrote is
 * written once.
 */
export class Batch implements OpenCommit {
  readonly lease: Lease;
  readonly pending: Pending;
  bytes = 0;
  writers = 0;
  isOpen = true;
  companion: Companion | undefined;
  readonly #writes: Write[] = [];
  readonly #accompany: () => Companion | undefined;

  /**
   * @param version of the partition; it increases with each batch
   * @param accompany called just before the batch is written
   */
  constructor(lease: Lease, version: number, accompany: () => Companion | undefined) {
    this.lease = lease;
    this.pending = { version, durable: undefined as never };
    this.#accompany = accompany;
  }

  /** Whether a transaction of `bytes` bytes may join. */
  takes(bytes: number): boolean {
    return this.isOpen && this.bytes + bytes <= MAX_SHARED_BYTES;
  }

  /** Adds a transaction and the bytes of its writes to the batch's totals. */
  join(bytes: number): void {
    this.bytes += bytes;
    this.writers++;
  }

  /** @param former the previous write of that key, which may be in this batch as well */
  add(write: Write, former: Write | undefined): void {
    if (former?.pending === this.pending) former.pending = undefined;
    write.pending = this.pending;
    this.#writes.push(write);
  }

  /** The newest write of each key. */
  *writes(): Generator<Write> {
    for (const write of this.#writes) if (write.pending === this.pending) yield write;
  }

  close(): Commit {
    this.isOpen = false;
    const puts: Row[] = [];
    const deletes: Uint8Array[] = [];
    for (const write of this.writes()) {
      if (isPut(write)) puts.push(write);
      else deletes.push(write.key);
    }
    this.companion = this.#accompany();
    if (this.companion) puts.push(...this.companion.rows);
    return { lease: this.lease, puts, deletes };
  }
}

const isPut = (write: Write): write is Write & Row => write.value !== undefined;

/** @throws {LimitError} if a row or the total is too large */
export function bytesOf(writes: ReadonlyMap<string, Write>): number {
  let bytes = 0;
  writes.forEach(({ key, value }) => {
    bytes += checkRow(key, value);
  });
  return checkTotal(bytes);
}

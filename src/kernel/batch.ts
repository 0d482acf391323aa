import { type Commit, checkRow, checkTotal, type Lease, type OpenCommit, type Row } from "#storage/kv/kv.ts";
import type { Pending, Write } from "./overlay.ts";

/** Bytes of a batch that further transactions may join. For larger ones a commit of their own costs little more. */
const MAX_SHARED_BYTES = 1024 * 1024;

/** What goes along with a batch, however many transactions are in it. */
export interface Companion {
  rows: readonly Row[];
  /** Called when the batch is on disk. */
  arrived(): void;
  /** Called when it could not be written. */
  lost(): void;
}

/**
 * Transactions of a partition that are committed together. One that is applied joins the batch that is not being written
 * yet: all of them are one commit with one promise, and a key that several wrote is written once.
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
   * @param version of the partition, which grows from batch to batch
   * @param accompany called when the batch is about to be written
   */
  constructor(lease: Lease, version: number, accompany: () => Companion | undefined) {
    this.lease = lease;
    this.pending = { version, durable: undefined as never };
    this.#accompany = accompany;
  }

  /** Whether a transaction of so many bytes may join. */
  takes(bytes: number): boolean {
    return this.isOpen && this.bytes + bytes <= MAX_SHARED_BYTES;
  }

  /** Counts one more transaction, and the bytes of its writes. */
  join(bytes: number): void {
    this.bytes += bytes;
    this.writers++;
  }

  /** @param former the last write of that key, if it may be in this batch as well */
  add(write: Write, former: Write | undefined): void {
    if (former?.pending === this.pending) former.pending = undefined;
    write.pending = this.pending;
    this.#writes.push(write);
  }

  /** Of each key the newest. */
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

/** @throws {LimitError} for what may not be written */
export function bytesOf(writes: ReadonlyMap<string, Write>): number {
  let bytes = 0;
  writes.forEach(({ key, value }) => {
    bytes += checkRow(key, value);
  });
  return checkTotal(bytes);
}

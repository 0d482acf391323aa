import { type Commit, checkRow, checkTotal, type Lease, type OpenCommit, type Row } from "#storage/kv/kv.ts";
import type { Pending, Write } from "./overlay.ts";

/** Bytes of a batch that others may join. Beyond this a commit of one's own costs little more. */
const MOST_TOGETHER = 1024 * 1024;

/** What goes along with a batch, however many transactions are in it. */
export interface Companion {
  rows: readonly Row[];
  /** The batch is on disk. */
  arrived(): void;
  /** It never will be. */
  lost(): void;
}

/**
 * Transactions of a partition that travel to the disk together. One that is applied joins the batch that has not set out
 * yet: all of them are one commit and have one promise, and what several wrote is written once.
 */
export class Batch implements OpenCommit {
  readonly lease: Lease;
  readonly pending: Pending;
  bytes = 0;
  writers = 0;
  isOpen = true;
  companion: Companion | undefined;
  /** By key as text; of each key the newest. */
  readonly #writes = new Map<string, Write>();
  readonly #accompany: () => Companion | undefined;

  /**
   * @param version of the partition, which grows from batch to batch
   * @param accompany asked when the batch sets out
   */
  constructor(lease: Lease, version: number, accompany: () => Companion | undefined) {
    this.lease = lease;
    this.pending = { version, durable: undefined as never };
    this.#accompany = accompany;
  }

  /** Whether that much more may join. */
  takes(bytes: number): boolean {
    return this.isOpen && this.bytes + bytes <= MOST_TOGETHER;
  }

  add(writes: ReadonlyMap<string, Write>, bytes: number): void {
    this.bytes += bytes;
    this.writers++;
    writes.forEach((write, text) => {
      write.pending = this.pending;
      this.#writes.set(text, write);
    });
  }

  /** Calls with each write and its key as text. */
  each(visit: (write: Write, text: string) => void): void {
    this.#writes.forEach(visit);
  }

  close(): Commit {
    this.isOpen = false;
    const puts: Row[] = [];
    const deletes: Uint8Array[] = [];
    this.#writes.forEach(({ key, value }) => {
      if (value) puts.push({ key, value });
      else deletes.push(key);
    });
    this.companion = this.#accompany();
    if (this.companion) puts.push(...this.companion.rows);
    return { lease: this.lease, puts, deletes };
  }
}

/** @throws {LimitError} for what may not be written */
export function bytesOf(writes: ReadonlyMap<string, Write>): number {
  let bytes = 0;
  writes.forEach(({ key, value }) => {
    bytes += checkRow(key, value);
  });
  return checkTotal(bytes);
}

import type { KeyPart } from "#kernel/records/keys.ts";
import type { BytesRow, ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
import { keyOf } from "../items/keys.ts";
import { type Table, tables, undoRows } from "../store.ts";
import { decodeItem, encodeItem } from "../values/stored.ts";
import type { Item } from "../values/value.ts";

/** Changes per page. Each may be large, and an export stores two images for each. */
export const CHANGES_AT_ONCE = 20;
const DAY_MS = 86_400_000;
const TRIM_MS = 3_600_000;
export const MAX_DAYS = 35;

/** A moment in a table's history: a cloud time, and the last sequence number at that time. */
export type Moment = readonly [at: number, sequence?: number];

/** The item that a key had before a change, if any. */
export interface Undo {
  key: Item;
  before: Item | undefined;
  /** When it was changed, in milliseconds since 1970, cloud time. */
  at: number;
}

/** Whether copies are being made of a table. Until then, the table and its undo records are kept. */
export const isCopied = ({ copies }: Table): boolean => copies !== undefined && copies.length > 0;

/** Whether changes write undo records: while copies are being made, and if recovery is enabled. */
export const keepsUndo = (table: Table): boolean => table.recovery !== undefined || isCopied(table);

/** Records the item that a change replaces. Undoing all later changes yields the table as it was at a moment. */
export function keepUndo(
  tx: Transaction,
  table: Table,
  before: Item | undefined,
  after: Item | undefined,
  isTight: boolean,
): void {
  const undo: Item = { key: { M: keyOf(table.key, (before ?? after)!) }, at: { N: String(tx.now()) } };
  if (before) undo.before = { M: before };
  tx.putBytes(undoRows, [table.number, tx.now(), tx.sequence()], encodeItem(undo, undefined, isTight));
}

export function undoIn({ value }: BytesRow): Undo {
  const { key, before, at } = decodeItem(value);
  return { key: key!.M!, before: before?.M, at: Number(at?.N ?? 0) };
}

/** The changes after one moment, up to and including another; the latest first. */
export const changesBetween = (
  tx: ReadTransaction,
  table: number,
  after: Moment,
  through: Moment,
  behind: BytesRow | undefined,
): Promise<BytesRow[]> =>
  tx.listBytes(undoRows, {
    in: [table],
    after: after as readonly KeyPart[],
    through: through as readonly KeyPart[],
    ...(behind && { behind }),
    reverse: true,
    limit: CHANGES_AT_ONCE,
  });

/** Deletes undo records that are older than the recovery period, or all of them if recovery is disabled. */
export const forget = job<{ table: string; number: number }>("dynamodb/forget", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { table: name, number }) {
    return ctx.transact(async (tx) => {
      const table = await tx.get(tables, [name]);
      const isThere = table?.number === number;
      if (isThere && isCopied(table)) return { again: TRIM_MS, idle: true };
      const recovery = isThere ? table.recovery : undefined;
      const rows = await tx.listBytes(undoRows, {
        in: [number],
        ...(recovery && { before: [Math.max(0, tx.now() - recovery.days * DAY_MS)] }),
        limit: CHANGES_AT_ONCE,
      });
      for (const row of rows) tx.deleteRow(row);
      if (rows.length === CHANGES_AT_ONCE) return { again: 0 };
      return recovery ? { again: TRIM_MS, idle: rows.length === 0 } : undefined;
    });
  },
});

/** A table has at most one such job, however often its recovery is switched. */
export const startForgetting = (tx: Transaction, { name, number }: Table): void =>
  tx.enqueue(forget, { table: name, number }, { lane: `forget/${number}` });

/** The earliest time to which a table can be restored. */
export const earliestOf = (recovery: NonNullable<Table["recovery"]>, now: number): number =>
  Math.max(recovery.since, now - recovery.days * DAY_MS);

import { job } from "#kernel/jobs.ts";
import type { KeyPart } from "#kernel/keys.ts";
import type { BytesRow, ReadTransaction, Transaction } from "#kernel/transaction.ts";
import { keyOf } from "../items/keys.ts";
import { type Table, tables, undoRows } from "../store.ts";
import { decodeItem, encodeItem } from "../values/stored.ts";
import type { Item } from "../values/value.ts";

/** Of rows that may be large, for each of which an export keeps two images. */
export const CHANGES_AT_ONCE = 20;
const DAY_MS = 86_400_000;
const TRIM_MS = 3_600_000;
export const MOST_DAYS = 35;

/** A moment in a table's history: cloud time, and what came last at that time. */
export type Moment = readonly [at: number, sequence?: number];

/** What a key stood for before a change: an item, or nothing. */
export interface Undo {
  key: Item;
  before: Item | undefined;
  /** When it was changed, in milliseconds since 1970, cloud time. */
  at: number;
}

/** While copies of it are made: until then it stays, and so does what its changes replace. */
export const isCopied = ({ copies }: Table): boolean => copies !== undefined && copies.length > 0;

/** Whether what a table's changes replace is kept: while copies of it are made, and where it can be recovered. */
export const keepsUndo = (table: Table): boolean => table.recovery !== undefined || isCopied(table);

/** Keeps what a change replaces. The table as it was at a moment is what it is, all later changes undone. */
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

/** What changed between two moments, the latest first; the first moment's own changes are left out. */
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

/** Removes what nobody can want back: what is older than a table's recovery reaches, and all of it where it has none. */
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

/** One such job is enough for a table, however often its recovery is switched. */
export const startForgetting = (tx: Transaction, { name, number }: Table): void =>
  tx.enqueue(forget, { table: name, number }, { lane: `forget/${number}` });

/** The earliest moment to which a table can be taken back. */
export const earliestOf = (recovery: NonNullable<Table["recovery"]>, now: number): number =>
  Math.max(recovery.since, now - recovery.days * DAY_MS);

import type { Context } from "#kernel/context.ts";
import { collection } from "#kernel/records/collection.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
import { writeExport } from "../exports/write.ts";
import { rowKey } from "../items/keys.ts";
import { placeOf, rowAt } from "../items/place.ts";
import { changeItem, itemAt } from "../items/rows.ts";
import { backupRows, backups, type CopyHolder, exports, itemRows, type Table, tables } from "../store.ts";
import { removeTable } from "../tables/remove.ts";
import { count, type Size, startCounting, tallies } from "../tables/tally.ts";
import { sizeOfItem } from "../values/size.ts";
import { decodeItem, encodeItem, readAtOnce } from "../values/stored.ts";
import type { Item } from "../values/value.ts";
import { markSource, releaseSource } from "./source.ts";
import { changesBetween, type Moment, undoIn } from "./undo.ts";

/** Items per page. Items may be large, and the size of a transaction is limited. */
const PAGE = 50;

/** The source of a copy: a table at a moment, or a backup. It is in this Region unless another is named. */
export type Source = { region?: string } & (
  | { type: "table"; name: string; number: number; at: Moment }
  | { type: "backup"; number: number }
);
type Target =
  | { type: "table"; name: string; number: number }
  | { type: "backup" | "export"; table: string; id: string; number: number };

interface Copying extends Size {
  source: Source;
  target: Target;
  /** Set once a source in another Region lists the copy. */
  isMarked?: true;
  /** The row after which the next page begins: among the items, or the changes to undo. */
  behind?: string;
  /** Set once all items are copied: the moment up to which changes may be included. */
  until?: Moment;
  /** Set once the copy is complete, until its source no longer lists it. */
  isDone?: true;
}

/** The progress of each copy, by its number. A step that is repeated after a crash must not start a second copy. */
const copyings = collection<Copying>("dynamodb/copying", {
  scope: "region",
  key: (c) => [c.target.number],
});

/**
 * Copies items page by page. Since the table changes meanwhile, pages are of different moments. Afterwards, all changes
 * since the requested moment are undone in the copy, the latest first.
 */
export const copy = job<{ number: number }>("dynamodb/copy", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { number }) {
    const copying = await ctx.read((tx) => tx.get(copyings, [number]));
    if (!copying) return undefined;
    const { region } = copying.source;
    const home = region === undefined ? ctx : ctx.elsewhere(region);
    if (home !== ctx && !copying.isMarked) return markElsewhere(ctx, home, copying);
    if (!copying.isDone) {
      const page = await home.transact((tx) => nextPage(tx, copying));
      // Data must be durable in the source before it is written to the copy.
      if (home !== ctx) await home.durable();
      await ctx.transact((tx) => bring(tx, copying, page));
      return { again: 0 };
    }
    await home.transact((tx) => releaseSource(tx, copying.source, holderOf(ctx, copying)));
    await home.durable();
    await ctx.transact((tx) => tx.delete(copyings, [number]));
    return undefined;
  },
});

/** @param source must already list the copy, unless it is in another Region */
export function startCopy(tx: Transaction, source: Source, target: Target): void {
  tx.put(copyings, { source, target, items: 0, bytes: 0 });
  tx.enqueue(copy, { number: target.number });
}

/** The name of a copy in its source's list. Copies in different Regions may have the same number. */
const holderOf = ({ region }: Context, { source, target }: Copying): CopyHolder =>
  source.region === undefined ? target.number : `${region}/${target.number}`;

/** Adds a copy to the list of its source in another Region. The restore is abandoned if the source was deleted meanwhile. */
async function markElsewhere(ctx: Context, home: Context, copying: Copying): Promise<{ again: number }> {
  const isThere = await home.transact((tx) => markSource(tx, copying.source, holderOf(ctx, copying)));
  await home.durable();
  await ctx.transact(async (tx) => {
    if (isThere) tx.put(copyings, { ...copying, isMarked: true });
    else await abandon(tx, copying);
  });
  return { again: 0 };
}

async function abandon(tx: Transaction, { target }: Copying): Promise<void> {
  tx.delete(copyings, [target.number]);
  const table = target.type === "table" ? await tx.get(tables, [target.name]) : undefined;
  if (table?.number !== target.number) return;
  tx.delete(tables, [table.name]);
  removeTable(tx, table);
}

/** A page of keys and their items. */
interface Page {
  changes: { key: Item; item: Item | undefined }[];
  /** The row after which more may follow. */
  behind?: string;
  now: Moment;
}

/** The next page of items; once all are copied, of items before the changes to undo. */
async function nextPage(tx: Transaction, { source, until, ...copying }: Copying): Promise<Page> {
  const now: Moment = [tx.now(), tx.sequence()];
  const behind = copying.behind === undefined ? undefined : rowAt(copying.behind);
  if (source.type === "table" && until) {
    const rows = readAtOnce(await changesBetween(tx, source.number, source.at, until, behind));
    const changes = rows.map((row) => {
      const { key, before } = undoIn(row);
      return { key, item: before };
    });
    return { changes, now, ...(rows.length > 0 && { behind: placeOf(rows.at(-1)!) }) };
  }
  const page = await tx.listBytes(source.type === "table" ? itemRows : backupRows, {
    in: [source.number],
    ...(behind && { behind }),
    limit: PAGE,
  });
  const rows = readAtOnce(page);
  const changes = rows.map(({ value }) => {
    const item = decodeItem(value);
    return { key: item, item };
  });
  const isMore = rows.length < page.length || rows.length === PAGE;
  return { changes, now, ...(isMore && { behind: placeOf(rows.at(-1)!) }) };
}

/** Writes a page to the copy and records the progress. */
async function bring(tx: Transaction, { behind: _, ...copying }: Copying, page: Page): Promise<void> {
  const write = await writer(tx, copying);
  for (const { key, item } of page.changes) await write?.(key, item);
  if (write && page.behind !== undefined) tx.put(copyings, { ...copying, behind: page.behind });
  else if (write && copying.source.type === "table" && !copying.until)
    tx.put(copyings, { ...copying, until: page.now });
  else {
    if (write) await finish(tx, copying);
    await settleSource(tx, copying);
  }
}

/** Removes the copy from its source's list: at once if the source is in this Region, otherwise in a further step. */
async function settleSource(tx: Transaction, copying: Copying): Promise<void> {
  const { source, target } = copying;
  if (source.region !== undefined) {
    tx.put(copyings, { ...copying, isDone: true });
    return;
  }
  await releaseSource(tx, source, target.number);
  tx.delete(copyings, [target.number]);
}

/** Returns a function that writes an item to the copy and counts it; `undefined` if the target was deleted. */
async function writer(tx: Transaction, copying: Copying) {
  const { target } = copying;
  const counted = (of: Table, before: Item | undefined, after: Item | undefined) => {
    if (before) count(copying, of, { item: before, size: sizeOfItem(before) }, -1);
    if (after) count(copying, of, { item: after, size: sizeOfItem(after) });
  };
  if (target.type === "table") {
    const table = await tx.get(tables, [target.name]);
    if (table?.number !== target.number) return undefined;
    return async (key: Item, item: Item | undefined) => {
      const before = await itemAt(tx, table, key);
      counted(table, before, item);
      await changeItem(tx, table, before, item, { isUnlimited: true });
    };
  }
  const place = [target.table, target.id] as const;
  const owner = await (target.type === "backup" ? tx.get(backups, place) : tx.get(exports, place));
  if (!owner) return undefined;
  // The sizes of indexes are not needed for backups and exports.
  const of = { ...owner.of, indexes: [] };
  return async (key: Item, item: Item | undefined) => {
    const row = rowKey(target.number, of.key, key);
    const stored = await tx.getBytes(backupRows, row);
    counted(of, stored && decodeItem(stored), item);
    if (item) tx.putBytes(backupRows, row, encodeItem(item));
    else tx.deleteBytes(backupRows, row);
  };
}

/** Makes a complete copy available. */
async function finish(tx: Transaction, { target, items, bytes, indexes }: Copying): Promise<void> {
  if (target.type === "table") {
    const table = (await tx.get(tables, [target.name]))!;
    const { restoring: _, ...ready } = table;
    tx.put(tables, ready);
    tx.put(tallies, { number: table.number, items, bytes, ...(indexes && { indexes }), at: tx.now() });
    startCounting(tx, table);
  } else if (target.type === "export") {
    const exported = (await tx.get(exports, [target.table, target.id]))!;
    // What a filtered export contains is counted when it is written.
    tx.put(exports, exported.filter ? exported : { ...exported, items, bytes });
    tx.enqueue(writeExport, { table: target.table, id: target.id });
  } else {
    const backup = (await tx.get(backups, [target.table, target.id]))!;
    tx.put(backups, { ...backup, isReady: true, items, bytes });
    if (backup.expires !== undefined) removeTable(tx, backup.of);
  }
}

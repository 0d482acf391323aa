import { collection } from "#kernel/collection.ts";
import type { Context } from "#kernel/context.ts";
import { job } from "#kernel/jobs.ts";
import type { Transaction } from "#kernel/transaction.ts";
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

/** Of items that may be large: what a transaction writes is bounded. */
const PAGE = 50;

/** What is copied: a table as it was at a moment, or a backup; of another Region, where that is named. */
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
  /** Once another Region's source knows of the copy. */
  isMarked?: true;
  /** The row behind which it goes on: of the items, or of the changes to be undone. */
  behind?: string;
  /** Once all items are copied, as they were at some time up to this one. */
  until?: Moment;
  /** Once all is in the copy, which its source is still to be told. */
  isDone?: true;
}

/** How far each copy is, by its number: a step that is repeated after a crash must not begin a second one. */
const copyings = collection<Copying>("dynamodb/copying", {
  scope: "region",
  key: (c) => [c.target.number],
});

/**
 * Copies items in pages. A table goes on changing meanwhile, so that what is copied is of different moments: afterwards all
 * changes since the wanted moment are undone in the copy, the latest first.
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
      // What stands in the copy is to be in its source after a crash, too.
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

/** @param source that is known to be copied, unless it is another Region's */
export function startCopy(tx: Transaction, source: Source, target: Target): void {
  tx.put(copyings, { source, target, items: 0, bytes: 0 });
  tx.enqueue(copy, { number: target.number });
}

/** By what a source knows its copy: by a number, which those of other Regions may have, too. */
const holderOf = ({ region }: Context, { source, target }: Copying): CopyHolder =>
  source.region === undefined ? target.number : `${region}/${target.number}`;

/** Without its source, which went meanwhile, a table is not restored. */
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

/** What keys stand for, a page of them. */
interface Page {
  changes: { key: Item; item: Item | undefined }[];
  /** The row behind which more may follow. */
  behind?: string;
  now: Moment;
}

/** Items as they are; and once all are copied, as they were before the changes of meanwhile. */
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

/** Puts a page into the copy, and keeps how far that is. */
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

/** Of this Region together with the copy's end; that of another Region afterwards. */
async function settleSource(tx: Transaction, copying: Copying): Promise<void> {
  const { source, target } = copying;
  if (source.region !== undefined) {
    tx.put(copyings, { ...copying, isDone: true });
    return;
  }
  await releaseSource(tx, source, target.number);
  tx.delete(copyings, [target.number]);
}

/** Puts what a key stands for into the copy, and counts it. */
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
  // Of backups and exports nobody is told what their indexes would hold.
  const of = { ...owner.of, indexes: [] };
  return async (key: Item, item: Item | undefined) => {
    const row = rowKey(target.number, of.key, key);
    const stored = await tx.getBytes(backupRows, row);
    counted(of, stored && decodeItem(stored), item);
    if (item) tx.putBytes(backupRows, row, encodeItem(item));
    else tx.deleteBytes(backupRows, row);
  };
}

/** Opens what is copied to the end. */
async function finish(tx: Transaction, { target, items, bytes, indexes }: Copying): Promise<void> {
  if (target.type === "table") {
    const table = (await tx.get(tables, [target.name]))!;
    const { restoring: _, ...ready } = table;
    tx.put(tables, ready);
    tx.put(tallies, { number: table.number, items, bytes, ...(indexes && { indexes }), at: tx.now() });
    startCounting(tx, table);
  } else if (target.type === "export") {
    const exported = (await tx.get(exports, [target.table, target.id]))!;
    tx.put(exports, { ...exported, items, bytes });
    tx.enqueue(writeExport, { table: target.table, id: target.id });
  } else {
    const backup = (await tx.get(backups, [target.table, target.id]))!;
    tx.put(backups, { ...backup, isReady: true, items, bytes });
    if (backup.expires !== undefined) removeTable(tx, backup.of);
  }
}

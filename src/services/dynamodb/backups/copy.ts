import { collection } from "#kernel/collection.ts";
import { job } from "#kernel/jobs.ts";
import type { Transaction } from "#kernel/transaction.ts";
import { writeExport } from "../exports/write.ts";
import { rowKey } from "../items/keys.ts";
import { placeOf, rowAt } from "../items/place.ts";
import { changeItem, itemAt } from "../items/rows.ts";
import { backupRows, backups, exports, itemRows, type Table, tables } from "../store.ts";
import { removeTable } from "../tables/remove.ts";
import { startCounting, tallies } from "../tables/tally.ts";
import { sizeOfItem } from "../values/size.ts";
import { itemStored, readAtOnce, storedItem } from "../values/stored.ts";
import type { Item } from "../values/value.ts";
import { changesBetween, type Moment, startForgetting, undoIn } from "./undo.ts";

/** Of items that may be large: what a transaction writes is bounded. */
const PAGE = 50;

/** What is copied: a table as it was at a moment, or a backup. */
type Source =
  | { type: "table"; name: string; number: number; at: Moment }
  | { type: "backup"; number: number };
type Target =
  | { type: "table"; name: string; number: number }
  | { type: "backup" | "export"; table: string; id: string; number: number };

interface Copying {
  source: Source;
  target: Target;
  /** The row behind which it goes on: of the items, or of the changes to be undone. */
  behind?: string;
  /** Once all items are copied, as they were at some time up to this one. */
  until?: Moment;
  items: number;
  bytes: number;
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
    const isMore = await ctx.transact(async (tx) => {
      const copying = await tx.get(copyings, [number]);
      const next = copying && (await step(tx, copying));
      if (next) tx.put(copyings, next);
      else tx.delete(copyings, [number]);
      return next !== undefined;
    });
    return isMore ? { again: 0 } : undefined;
  },
});

export function startCopy(tx: Transaction, source: Source, target: Target): void {
  tx.put(copyings, { source, target, items: 0, bytes: 0 });
  tx.enqueue(copy, { number: target.number });
}

async function step(tx: Transaction, copying: Copying): Promise<Copying | undefined> {
  const { source, until } = copying;
  const write = await writer(tx, copying);
  if (!write) return undefined;
  const behind = copying.behind === undefined ? undefined : rowAt(copying.behind);
  if (source.type === "table" && until) {
    const changes = readAtOnce(await changesBetween(tx, source.number, source.at, until, behind));
    for (const change of changes) {
      const { key, before } = undoIn(change);
      await write(key, before);
    }
    const last = changes.at(-1);
    return last ? { ...copying, behind: placeOf(last) } : finish(tx, copying);
  }
  const found = await tx.listBytes(source.type === "table" ? itemRows : backupRows, {
    in: [source.number],
    ...(behind && { behind }),
    limit: PAGE,
  });
  const rows = readAtOnce(found);
  for (const { value } of rows) {
    const item = itemStored(value);
    await write(item, item);
  }
  if (rows.length < found.length || rows.length === PAGE)
    return { ...copying, behind: placeOf(rows.at(-1)!) };
  if (source.type === "backup") return finish(tx, copying);
  const { behind: _, ...rest } = copying;
  return { ...rest, until: [tx.now(), tx.sequence()] };
}

/** Puts what a key stands for into the copy, and counts it. */
async function writer(tx: Transaction, copying: Copying) {
  const { target } = copying;
  const counted = (before: Item | undefined, after: Item | undefined) => {
    copying.items += (after ? 1 : 0) - (before ? 1 : 0);
    copying.bytes += (after ? sizeOfItem(after) : 0) - (before ? sizeOfItem(before) : 0);
  };
  if (target.type === "table") {
    const table = await tx.get(tables, [target.name]);
    if (table?.number !== target.number) return undefined;
    return async (key: Item, item: Item | undefined) => {
      const before = await itemAt(tx, table, key);
      counted(before, item);
      await changeItem(tx, table, before, item, { isUnlimited: true });
    };
  }
  const place = [target.table, target.id] as const;
  const owner = await (target.type === "backup" ? tx.get(backups, place) : tx.get(exports, place));
  if (!owner) return undefined;
  return async (key: Item, item: Item | undefined) => {
    const row = rowKey(target.number, owner.of.key, key);
    const stored = await tx.getBytes(backupRows, row);
    counted(stored && itemStored(stored), item);
    if (item) tx.putBytes(backupRows, row, storedItem(item));
    else tx.deleteBytes(backupRows, row);
  };
}

async function finish(tx: Transaction, { source, target, items, bytes }: Copying): Promise<undefined> {
  if (target.type === "table") {
    const table = (await tx.get(tables, [target.name]))!;
    const { restoring: _, ...ready } = table;
    tx.put(tables, ready);
    tx.put(tallies, { number: table.number, items, bytes, at: tx.now() });
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
  if (source.type !== "table") {
    const [backup] = await tx.listBy(backups, "number", { in: [source.number], limit: 1 });
    if (backup)
      tx.put(backups, { ...backup, restores: backup.restores.filter((one) => one !== target.number) });
    return undefined;
  }
  const table = await tx.get(tables, [source.name]);
  if (table?.number !== source.number) return undefined;
  tx.put(tables, { ...table, copies: table.copies?.filter((one) => one !== target.number) });
  if (!table.recovery) startForgetting(tx, table);
  return undefined;
}

/** From now on what changes replace is kept, until the copy with this number is made. */
export const copied = (table: Table, number: number): Table => ({
  ...table,
  copies: [...(table.copies ?? []), number],
});

import { collection } from "#kernel/records/collection.ts";
import type { BytesRow, ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
import { releaseTable } from "../backups/source.ts";
import { CHANGES_AT_ONCE, changesBetween, type Moment, undoIn } from "../backups/undo.ts";
import { rowKey } from "../items/keys.ts";
import { placeOf, rowAt } from "../items/place.ts";
import { backupRows, type Export, exports, itemRows, undoRows } from "../store.ts";
import { decodeItem, readAtOnce } from "../values/stored.ts";
import type { Item } from "../values/value.ts";
import { changeStored, type NetChange, storedChange } from "./net-change.ts";
import { writeExport } from "./write.ts";

/** The progress of gathering the changes for an export. */
interface Gathering {
  table: string;
  id: string;
  /** The number of the export. */
  number: number;
  step: "gather" | "read" | "undo";
  behind?: string;
  /** Set once all current items are read: the moment up to which changes may be included. */
  until?: Moment;
}

const gatherings = collection<Gathering>("dynamodb/gathering", {
  scope: "region",
  key: (g) => [g.number],
});

export function startGathering(tx: Transaction, { of, id, number }: Export): void {
  tx.put(gatherings, { table: of.name, id, number, step: "gather" });
  tx.enqueue(gather, { number });
}

/**
 * Gathers the changes of a period, page by page: first each changed key with its item before the period, then its current
 * item. Finally, since the table keeps changing, all changes after the period are undone, the latest first.
 */
export const gather = job<{ number: number }>("dynamodb/gather", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { number }) {
    const isMore = await ctx.transact(async (tx) => {
      const gathering = await tx.get(gatherings, [number]);
      const exported = gathering && (await tx.get(exports, [gathering.table, gathering.id]));
      const next = exported && (await step(tx, gathering, exported));
      if (next) tx.put(gatherings, next);
      else tx.delete(gatherings, [number]);
      return next !== undefined;
    });
    return isMore ? { again: 0 } : undefined;
  },
});

async function step(tx: Transaction, gathering: Gathering, exported: Export): Promise<Gathering | undefined> {
  const behind = gathering.behind === undefined ? undefined : rowAt(gathering.behind);
  const { behind: _, ...done } = gathering;
  const next = (last: BytesRow | undefined): Gathering | undefined =>
    last && { ...gathering, behind: placeOf(last) };
  switch (gathering.step) {
    case "gather":
      return next(await gatherPage(tx, exported, behind)) ?? { ...done, step: "read" };
    case "read":
      return (
        next(await readPage(tx, exported, behind)) ?? {
          ...done,
          step: "undo",
          until: [tx.now(), tx.sequence()],
        }
      );
    default: {
      const more = next(await undoPage(tx, exported, gathering.until!, behind));
      return more ?? finish(tx, exported);
    }
  }
}

/** Each of the three steps returns the last row of its page if more may follow. */
async function gatherPage(tx: Transaction, exported: Export, behind: BytesRow | undefined) {
  const found = await tx.listBytes(undoRows, {
    in: [exported.of.number],
    from: [exported.span!.from],
    before: [exported.at],
    ...(behind && { behind }),
    limit: CHANGES_AT_ONCE,
  });
  const rows = readAtOnce(found);
  for (const row of rows) {
    const { key, before, at } = undoIn(row);
    const gathered = await changeAt(tx, exported, key);
    keep(tx, exported, gathered ? { ...gathered, at } : { key, old: before, new: undefined, at });
  }
  return rows.at(-1);
}

async function readPage(tx: Transaction, exported: Export, behind: BytesRow | undefined) {
  const found = await tx.listBytes(backupRows, {
    in: [exported.number],
    ...(behind && { behind }),
    limit: CHANGES_AT_ONCE,
  });
  const rows = readAtOnce(found);
  for (const { value } of rows) {
    const change = changeStored(value);
    const stored = await tx.getBytes(itemRows, rowKey(exported.of.number, exported.of.key, change.key));
    keep(tx, exported, { ...change, new: stored && decodeItem(stored) });
  }
  return rows.at(-1);
}

async function undoPage(tx: Transaction, exported: Export, until: Moment, behind: BytesRow | undefined) {
  const rows = readAtOnce(await changesBetween(tx, exported.of.number, [exported.at - 1], until, behind));
  for (const row of rows) {
    const { key, before } = undoIn(row);
    const gathered = await changeAt(tx, exported, key);
    if (gathered) keep(tx, exported, { ...gathered, new: before });
  }
  return rows.at(-1);
}

async function finish(tx: Transaction, exported: Export): Promise<undefined> {
  tx.enqueue(writeExport, { table: exported.of.name, id: exported.id });
  await releaseTable(tx, exported.of, exported.number);
  return undefined;
}

async function changeAt(tx: ReadTransaction, exported: Export, key: Item): Promise<NetChange | undefined> {
  const stored = await tx.getBytes(backupRows, rowKey(exported.number, exported.of.key, key));
  return stored && changeStored(stored);
}

function keep(tx: Transaction, exported: Export, change: NetChange): void {
  tx.putBytes(backupRows, rowKey(exported.number, exported.of.key, change.key), storedChange(change));
}

import type { Context } from "#kernel/context.ts";
import { collection } from "#kernel/records/collection.ts";
import type { KeyPart } from "#kernel/records/keys.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
import { keyOf } from "../items/keys.ts";
import { takesMore } from "../items/write.ts";
import { journalRows, type Membership, type Table, tables, versionRows } from "../store.ts";
import { readAtOnce } from "../values/stored.ts";
import type { Item } from "../values/value.ts";
import { type Change, changeStored, keepVersion, storedChange, take, versionAt } from "./take.ts";
import { nextVersion, observe } from "./version.ts";

/** The most changes in one delivery. */
const MAX_CHANGES = 100;
/** The delay before a delivery to a replica that does not exist yet is retried. */
const RETRY_MS = 1_000;
const PAGE = 500;
/** How long versions are kept. Older changes have arrived everywhere, so that their versions decide nothing. */
const VERSION_MS = 86_400_000;
const SWEEP_MS = 6 * 3_600_000;

/** The progress of the delivery to another replica. */
interface Cursor {
  /** The number of the membership. */
  number: number;
  region: string;
  /** The sequence of the last delivered change. */
  sent: number;
}

export const cursors = collection<Cursor>("dynamodb/replica-cursor", {
  scope: "region",
  key: (c) => [c.number, c.region],
});

/** Records a change until all other replicas have it. @param row the item's row key */
export async function keepChange(
  tx: Transaction,
  table: Table,
  group: Membership,
  key: Item,
  item: Item | undefined,
  row: readonly KeyPart[],
  isTight: boolean,
): Promise<void> {
  // After a restart, the Region knows no versions, and while the clock stands still, it would repeat them.
  const former = await versionAt(tx, group, row);
  if (former) observe(tx, former);
  const version = nextVersion(tx, group.region);
  keepVersion(tx, group, row, version);
  const receivers = group.replicas.filter(({ until }) => until === undefined);
  if (receivers.length === 0) return;
  const sequence = tx.sequence();
  const change = { key: keyOf(table.key, key), item, version, sequence };
  tx.putBytes(journalRows, [group.number, sequence], storedChange(change, isTight));
  for (const { region } of receivers) startDelivery(tx, table, region);
}

export const startDelivery = (tx: Transaction, { name, number }: Table, region: string): void =>
  tx.enqueue(deliver, { table: name, number, region }, { lane: `deliver/${number}/${region}` });

/** The delivery of a table's changes to another Region. */
export interface Delivery {
  table: string;
  number: number;
  region: string;
}

/** The result of a delivery to a replica that does not exist yet. */
const REFUSED = -1;

export const deliver = job<Delivery>("dynamodb/deliver", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, delivery) {
    const delivered = await deliverNext(ctx, delivery);
    if (delivered === REFUSED) return { again: RETRY_MS };
    return delivered > 0 ? { again: 0 } : undefined;
  },
});

/**
 * Delivers the next changes of the context's Region to another replica, in order. They are deleted once they are durable
 * there; a change that is delivered twice is applied once.
 * @returns their number
 */
export async function deliverNext(ctx: Context, { table, number, region }: Delivery): Promise<number> {
  const waiting = (await ctx.read((tx) => nextChanges(tx, table, number, region))) ?? [];
  const last = waiting.at(-1);
  if (!last) return 0;
  // A change that is lost here must not be there.
  await ctx.durable();
  const there = ctx.elsewhere(region);
  for (let next: number | undefined = 0; next < waiting.length; ) {
    const from: number = next;
    next = await there.transact((tx) => takeFrom(tx, ctx, table, waiting, from));
    if (next === undefined) return REFUSED;
  }
  await there.durable();
  await ctx.transact((tx) => advance(tx, { table, number, region, sent: last.sequence }));
  return waiting.length;
}

async function nextChanges(
  tx: ReadTransaction,
  name: string,
  number: number,
  region: string,
): Promise<Change[] | undefined> {
  const group = await membershipOf(tx, name, number);
  const receiver = group?.replicas.find((one) => one.region === region);
  if (!group || !receiver) return undefined;
  const cursor = await tx.get(cursors, [group.number, region]);
  const rows = await tx.listBytes(journalRows, {
    in: [group.number],
    ...(cursor && { after: [cursor.sent] }),
    ...(receiver.until !== undefined && { through: [receiver.until] }),
    limit: MAX_CHANGES,
  });
  return readAtOnce(rows).map(({ value }) => changeStored(value, group.region));
}

/**
 * Applies changes, starting at `from`, as many as one commit takes: each may replace an item that is far larger.
 * @returns the position of the next change; `undefined` if the replica does not exist or does not list this Region yet
 */
async function takeFrom(
  tx: Transaction,
  { region }: Context,
  name: string,
  changes: readonly Change[],
  from: number,
): Promise<number | undefined> {
  const table = await tx.get(tables, [name]);
  const { group } = table ?? {};
  if (!table || !group?.replicas.some((one) => one.region === region)) return undefined;
  let at = from;
  while (at < changes.length && takesMore(tx)) await take(tx, table, group, changes[at++]!);
  return at;
}

async function advance(
  tx: Transaction,
  { table, number, region, sent }: { table: string; number: number; region: string; sent: number },
): Promise<void> {
  const group = await membershipOf(tx, table, number);
  if (!group?.replicas.some((one) => one.region === region)) return;
  tx.put(cursors, { number: group.number, region, sent });
  await trimJournal(tx, group);
}

/** Deletes changes that all other replicas have. */
export async function trimJournal(tx: Transaction, group: Membership): Promise<void> {
  const all = await Promise.all(group.replicas.map(({ region }) => tx.get(cursors, [group.number, region])));
  const through = Math.min(...all.map((cursor) => cursor?.sent ?? 0));
  const rows = await tx.listBytes(journalRows, { in: [group.number], through: [through], limit: PAGE });
  for (const row of rows) tx.deleteRow(row);
}

async function membershipOf(tx: ReadTransaction, name: string, number: number) {
  const table = await tx.get(tables, [name]);
  return table?.number === number ? table.group : undefined;
}

/** Deletes expired versions. */
export const sweepVersions = job<{ table: string; group: number }>("dynamodb/sweep-versions", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { table: name, group: number }) {
    let behind: { key: Uint8Array; value: Uint8Array } | undefined;
    for (;;) {
      const rows = await ctx.transact(async (tx) => {
        if ((await tx.get(tables, [name]))?.group?.number !== number) return undefined;
        const page = await tx.listBytes(versionRows, {
          in: [number],
          ...(behind && { behind }),
          limit: PAGE,
        });
        const oldest = (tx.now() - VERSION_MS) * 1_000;
        for (const row of page) {
          const { at } = JSON.parse(Buffer.from(row.value).toString());
          if (at < oldest) tx.deleteRow(row);
        }
        return page;
      });
      if (!rows) return undefined;
      behind = rows.at(-1);
      if (rows.length < PAGE) return { again: SWEEP_MS, idle: true };
    }
  },
});

export const startSweeping = (tx: Transaction, table: Table, { number }: Membership): void =>
  tx.enqueue(sweepVersions, { table: table.name, group: number }, { delay: SWEEP_MS });

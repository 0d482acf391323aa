import type { Context } from "#kernel/context.ts";
import { collection } from "#kernel/records/collection.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
import { rowKey } from "../items/keys.ts";
import { placeOf, rowAt } from "../items/place.ts";
import { itemRows, type Membership, type Overrides, type Replica, type Table, tables } from "../store.ts";
import { openStream } from "../streams/shards.ts";
import { startExpiring } from "../tables/expire.ts";
import { startCounting } from "../tables/tally.ts";
import { decodeItem, readAtOnce } from "../values/stored.ts";
import {
  markStatus,
  type Replicated,
  removeReplica,
  replicaIn,
  replicaOf,
  settle,
  withReplica,
} from "./group.ts";
import { startSweeping } from "./journal.ts";
import { scaleLikeSource } from "./scaling.ts";
import { share } from "./settings.ts";
import { BEFORE_ALL, take, versionAt } from "./take.ts";

/** Items per page. Items may be large, and the size of a transaction is limited. */
const PAGE = 50;
/** How long a new replica is shown as being created, and then its table, at least. */
const JOIN_MS = 1_000;

/** A replica that is being created. Stored in the Region of its source table. */
interface Joining {
  table: string;
  number: number;
  region: string;
  overrides: Overrides | undefined;
  /** Set once its table exists and the other replicas list it. */
  isKnown?: true;
  /** The row after which the next page begins. */
  behind?: string;
}

const joinings = collection<Joining>("dynamodb/joining", {
  scope: "region",
  key: (j) => [j.number, j.region],
});

export function startJoining(
  tx: Transaction,
  { name, number }: Table,
  region: string,
  overrides: Overrides | undefined,
): void {
  tx.put(joinings, { table: name, number, region, overrides });
  tx.enqueue(join, { number, region }, { delay: JOIN_MS });
}

/**
 * Creates a replica in repeatable steps: the others list it and its table is created, so that they send it their changes;
 * its items, page by page; finally it becomes active. For an item that changes meanwhile, the latest version wins.
 */
export const join = job<{ number: number; region: string }>("dynamodb/join", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { number, region }) {
    const joining = await ctx.read((tx) => tx.get(joinings, [number, region]));
    if (!joining) return undefined;
    const table = await ctx.read((tx) => tx.get(tables, [joining.table]));
    if (table?.number !== number || !table.group || !replicaIn(table.group, region)) {
      await ctx.transact((tx) => tx.delete(joinings, [number, region]));
      return undefined;
    }
    const again = await step(ctx, joining, table as Replicated);
    return again === undefined ? undefined : { again };
  },
});

/** @returns the delay of the next step in milliseconds, if there is one */
async function step(ctx: Context, joining: Joining, table: Replicated): Promise<number | undefined> {
  const { region } = joining;
  if (!joining.isKnown) {
    if (!(await introduce(ctx, joining, table))) return JOIN_MS;
    if (await settle(ctx.elsewhere(region), (tx) => makeReplica(tx, table, region, joining.overrides))) {
      await ctx.transact((tx) => tx.put(joinings, { ...joining, isKnown: true }));
      return JOIN_MS;
    }
    // A table of that name was created there in the meantime.
    for (const other of othersThan(region, table.group))
      await settle(ctx.elsewhere(other.region), (tx) => removeReplica(tx, table.name, table.group, region));
    await ctx.transact(async (tx) => {
      tx.delete(joinings, [joining.number, region]);
      await removeReplica(tx, table.name, table.group, region);
    });
    return undefined;
  }
  const behind = await copyPage(ctx, joining, table);
  if (behind !== undefined) {
    await ctx.transact((tx) => tx.put(joinings, { ...joining, behind }));
    return 0;
  }
  await activate(ctx, joining, table);
  return undefined;
}

const othersThan = (region: string, { replicas }: Membership) =>
  replicas.filter((one) => one.region !== region);

/**
 * Adds the replica to the other replicas' lists.
 * @returns `false` while one of them is going, or creates a replica in an earlier Region of the alphabet: these have to be
 * done, so that no replica misses another, or lists one that is gone
 */
async function introduce(ctx: Context, { region }: Joining, { name, group }: Replicated): Promise<boolean> {
  const self = replicaIn(group, region)!;
  const goesFirst = (one: Replica) => one.status === "CREATING" && one.region < region;
  for (const other of othersThan(region, group)) {
    const isReady = await settle(ctx.elsewhere(other.region), async (tx) => {
      const its = await replicaOf(tx, name, group);
      if (!its) return other.status === "CREATING" && !goesFirst(other);
      if (replicaIn(its.group, region)) return true;
      if (its.leaving || its.group.isDisassociating || its.group.replicas.some(goesFirst)) return false;
      tx.put(tables, withReplica(its, its.group, self));
      return true;
    });
    if (!isReady) return false;
  }
  return true;
}

/** Creates the table of a new replica, which is not used yet. @returns `false` if another table has the name */
export async function makeReplica(
  tx: Transaction,
  source: Replicated,
  region: string,
  overrides: Overrides | undefined,
): Promise<boolean> {
  const existing = await tx.get(tables, [source.name]);
  if (existing) return existing.group?.id === source.group.id;
  const table: Table = {
    name: source.name,
    number: tx.sequence(),
    uuid: tx.uuid(),
    key: source.key,
    types: source.types,
    definitions: source.definitions,
    indexes: source.indexes.map(({ filling: _, ...index }) => ({ ...index, number: tx.sequence() })),
    billing: source.billing,
    onDemandSince: source.onDemandSince,
    throughput: source.throughput,
    warm: source.warm,
    // Strongly consistent replicas do not share the settings of streams.
    stream: source.group.strong ? undefined : await openStream(tx, source, source.stream!.view),
    ttl: source.ttl,
    tableClass: source.tableClass,
    deletionProtection: false,
    encryption: source.encryption,
    onDemand: source.onDemand,
    tags: [],
    created: tx.now(),
    restoring: true,
    group: membershipOf(tx, source, region, overrides),
  };
  tx.put(tables, table);
  return true;
}

/** The membership of a new replica, which lists its source and the other replicas. */
function membershipOf(
  tx: Transaction,
  { group, created }: Replicated,
  region: string,
  overrides: Overrides | undefined,
): Membership {
  const source = { region: group.region, status: "ACTIVE", source: group.region, since: created } as const;
  return {
    id: group.id,
    number: tx.sequence(),
    region,
    replicas: [source, ...othersThan(region, group)],
    settled: group.settled,
    overrides,
    strong: group.strong,
  };
}

/** @returns the row after which the next page begins, if there is one */
async function copyPage(ctx: Context, joining: Joining, table: Replicated): Promise<string | undefined> {
  const page = await ctx.read(async (tx) => {
    const rows = await tx.listBytes(itemRows, {
      in: [table.number],
      ...(joining.behind !== undefined && { behind: rowAt(joining.behind) }),
      limit: PAGE,
    });
    const taken = readAtOnce(rows);
    const changes = [];
    for (const { value } of taken) {
      const item = decodeItem(value);
      const known = await versionAt(tx, table.group, rowKey(table.number, table.key, item));
      const version = known ?? { at: BEFORE_ALL, region: ctx.region };
      changes.push({ key: item, item, version });
    }
    const last = taken.at(-1);
    return { changes, last: last && placeOf(last) };
  });
  if (page.last === undefined) return undefined;
  // An item that is lost here must not be there.
  await ctx.durable();
  await settle(ctx.elsewhere(joining.region), async (tx) => {
    const replica = await replicaOf(tx, table.name, table.group);
    for (const change of page.changes) if (replica) await take(tx, replica, replica.group, change);
  });
  return page.last;
}

async function activate(ctx: Context, { region, number }: Joining, table: Replicated): Promise<void> {
  const { name, group } = table;
  await settle(ctx.elsewhere(region), async (tx) => {
    const replica = await replicaOf(tx, name, group);
    if (!replica?.restoring) return;
    const { restoring: _, ...ready } = replica;
    tx.put(tables, ready);
    startCounting(tx, ready);
    startSweeping(tx, ready, replica.group);
    if (ready.ttl) startExpiring(tx, ready);
  });
  for (const other of othersThan(region, group))
    await ctx.elsewhere(other.region).transact((tx) => markStatus(tx, name, group, region, "ACTIVE"));
  await scaleLikeSource(ctx, table, region);
  await ctx.transact(async (tx) => {
    await markStatus(tx, name, group, region, "ACTIVE");
    tx.delete(joinings, [number, region]);
    // Sends the settings that changed before the replica was listed.
    tx.enqueue(share, { table: name, number }, { lane: `share/${number}` });
  });
}

import type { Transaction } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
import { type Capacity, type Index, type Membership, type Overrides, type Table, tables } from "../store.ts";
import { clear } from "../tables/clear.ts";
import { startExpiring } from "../tables/expire.ts";
import { fill } from "../tables/fill.ts";
import { replicaOf } from "./group.ts";
import { isLater, nextVersion, observe } from "./version.ts";

/**
 * The settings that all replicas share. Tags, policies, recovery, insights and deletion protection are separate.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html
 */
type Settings = Pick<
  Table,
  | "definitions"
  | "types"
  | "billing"
  | "onDemandSince"
  | keyof Capacity
  | "tableClass"
  | "classChanges"
  | "encryption"
  | "ttl"
  | "ttlChanged"
> &
  Pick<Membership, "settled"> & { indexes: Index[] };

const SHARED = [
  "definitions",
  "types",
  "billing",
  "onDemandSince",
  "throughput",
  "raised",
  "lowered",
  "lowerings",
  "onDemand",
  "warm",
  "tableClass",
  "classChanges",
  "encryption",
  "ttl",
  "ttlChanged",
] as const satisfies (keyof Table)[];

function settingsOf(table: Table, { settled }: Membership): Settings {
  const shared = Object.fromEntries(SHARED.map((name) => [name, table[name]])) as Pick<
    Table,
    (typeof SHARED)[number]
  >;
  // Each Region backfills an index by itself.
  const indexes = table.indexes
    .filter(({ kind }) => kind === "global")
    .map(({ filling: _, ...index }): Index => index);
  return { ...shared, settled, indexes };
}

/** Prepares a table with changed settings to be stored, and sends the settings to its replicas. */
export function settled(tx: Transaction, table: Table): Table {
  const { group, name, number } = table;
  if (!group) return table;
  tx.enqueue(share, { table: name, number }, { lane: `share/${number}` });
  observe(tx, group.settled);
  return { ...table, group: { ...group, settled: nextVersion(tx, group.region) } };
}

/** Sends a replica's settings to the others. */
export const share = job<{ table: string; number: number }>("dynamodb/share", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { table: name, number }) {
    const table = await ctx.read((tx) => tx.get(tables, [name]));
    if (table?.number !== number || !table.group) return;
    const { group } = table;
    // Settings that are lost here must not be there.
    await ctx.durable();
    for (const { region } of group.replicas)
      await ctx.elsewhere(region).transact((tx) => adopt(tx, name, group, settingsOf(table, group)));
  },
});

/** Adopts another replica's settings, unless this replica's are later. */
async function adopt(tx: Transaction, name: string, of: Membership, settings: Settings): Promise<void> {
  const table = await replicaOf(tx, name, of);
  if (!table || !isLater(settings.settled, table.group.settled)) return;
  const { settled: version, indexes: globalIndexes, ...shared } = settings;
  observe(tx, version);
  const names = new Set(globalIndexes.map((index) => index.name));
  const remaining = table.indexes.filter((index) => index.kind === "local" || names.has(index.name));
  const gone = table.indexes.filter((index) => !remaining.includes(index));
  if (gone.length > 0) tx.enqueue(clear, { rows: gone.map(({ number }) => number) });
  const indexes = remaining.map((index): Index => {
    const same = globalIndexes.find((one) => one.name === index.name);
    return same ? { ...same, number: index.number, ...(index.filling && { filling: true }) } : index;
  });
  for (const index of globalIndexes) {
    if (remaining.some((one) => one.name === index.name)) continue;
    const added: Index = { ...index, number: tx.sequence(), filling: true };
    indexes.push(added);
    tx.enqueue(fill, { table: name, number: table.number, what: { index: added.number } });
  }
  const overrides = overridesWith(table, settings);
  const group = { ...table.group, settled: version, overrides };
  const changed: Table = { ...table, ...shared, indexes, group };
  tx.put(tables, changed);
  if (changed.ttl && changed.ttl.attribute !== table.ttl?.attribute) {
    tx.enqueue(fill, { table: name, number: table.number, what: "expiry" });
    startExpiring(tx, changed);
  }
}

/** A table class that is set for all replicas replaces a replica's override. */
function overridesWith({ group, tableClass }: Table, settings: Settings): Overrides | undefined {
  return group?.overrides && settings.tableClass !== tableClass
    ? { ...group.overrides, tableClass: undefined }
    : group?.overrides;
}

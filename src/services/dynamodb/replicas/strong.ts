import type { Context } from "#kernel/context.ts";
import { itemRows, type Membership, type Table, tables } from "../store.ts";
import { checkKey, type ReplicaRequest } from "./actions.ts";
import { CHANGE_MS, type ReplicaChange } from "./change.ts";
import { dissolve } from "./dissolve.ts";
import {
  hasItems,
  hasLocalIndexes,
  hasTimeToLive,
  isGlobalAlready,
  isProtected,
  notWitness,
  onlyOneDeleted,
  replicaExists,
  witnessLeft,
} from "./errors.ts";
import { checkMembers, checkNoSource, newGroup, type Replicated, withStatuses } from "./group.ts";
import { startSweeping } from "./journal.ts";
import { checkScaled } from "./scaling.ts";
import { unite } from "./unite.ts";

type Creation = Extract<ReplicaRequest, { kind: "create strong" }>;
type Deletion = Extract<ReplicaRequest, { kind: "delete" }>;

/**
 * Makes an empty table a global table with multi-Region strong consistency, whose home is here.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html
 */
export async function strongCreation(
  ctx: Context,
  { name, group: former }: Table,
  { replicas, witness }: Creation,
): Promise<ReplicaChange> {
  if (former) throw isGlobalAlready();
  for (const { region } of replicas)
    if (await ctx.elsewhere(region).read((tx) => tx.get(tables, [name]))) throw replicaExists(name);
  await checkScaled(ctx, name);
  return {
    check(table) {
      if (table.group) throw isGlobalAlready();
      if (table.ttl) throw hasTimeToLive();
      if (table.indexes.some(({ kind }) => kind === "local")) throw hasLocalIndexes();
      for (const { region, key } of replicas) checkKey({ account: ctx.account, region }, table, key);
    },
    async begin(tx, table, now) {
      const [item] = await tx.listBytes(itemRows, { in: [table.number], limit: 1 });
      if (item) throw hasItems();
      const group: Membership = {
        ...newGroup(tx, ctx.region),
        replicas: replicas.map(({ region }) => ({
          region,
          status: "CREATING",
          source: ctx.region,
          since: now,
        })),
        strong: {
          home: ctx.region,
          ...(witness !== undefined && { witness: { region: witness, status: "CREATING" } }),
        },
      };
      const after = { ...table, group };
      tx.put(tables, after);
      startSweeping(tx, after, group);
      const overrides = Object.fromEntries(replicas.map(({ region, overrides: own }) => [region, own]));
      tx.enqueue(unite, { table: name, number: table.number, overrides }, { delay: CHANGE_MS });
      return after;
    },
  };
}

/** Deletes all other replicas and the witness, so that an ordinary table is left in this Region. */
export async function strongDeletion(
  ctx: Context,
  { name, group: former }: Replicated,
  { regions, witness }: Deletion,
): Promise<ReplicaChange> {
  const guarded: string[] = [];
  for (const { region } of former.replicas) {
    const there = await ctx.elsewhere(region).read((tx) => tx.get(tables, [name]));
    if (there?.group?.id === former.id && there.deletionProtection) guarded.push(region);
  }
  return {
    check(table) {
      checkMembers(table, regions);
      const { replicas, strong } = table.group!;
      if (witness !== undefined && witness !== strong?.witness?.region) throw notWitness([witness]);
      if (strong?.witness && witness === undefined) throw witnessLeft();
      if (regions.length < replicas.length) throw onlyOneDeleted();
      if (guarded.length > 0) throw isProtected(name, guarded[0]!);
    },
    begin(tx, table, now) {
      const group = table.group!;
      for (const region of regions) checkNoSource(group, region, now);
      const after = withStatuses(table, group, "DELETING");
      tx.put(tables, after);
      tx.enqueue(dissolve, { table: name, id: group.id }, { delay: CHANGE_MS });
      return after;
    },
  };
}

import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import type { Context } from "#kernel/context.ts";
import { job } from "#kernel/work/jobs.ts";
import { tableName } from "../items/rows.ts";
import { type Overrides, type Table, tables } from "../store.ts";
import { openStream } from "../streams/shards.ts";
import { described } from "../tables/description.ts";
import { findTable, isBeingCreated, namedTable } from "../tables/named.ts";
import { changedOverrides, checkChange, checkKey, type ReplicaRequest, replicaRequestIn } from "./actions.ts";
import { CHANGE_MS, type ReplicaChange } from "./change.ts";
import { withReplicaDescriptions } from "./description.ts";
import { startDisassociation } from "./disassociate.ts";
import {
  beingAdded,
  inUse,
  isAssociated,
  isGlobalAlready,
  isProtected,
  noMoreReplicas,
  notDisassociable,
  notReplicated,
  notStrong,
  replicaExists,
  severalActions,
} from "./errors.ts";
import {
  checkIdle,
  checkMembers,
  checkNoSource,
  markStatus,
  newGroup,
  type Replicated,
  replicaOf,
  settle,
  withReplica,
  withStatus,
} from "./group.ts";
import { startJoining } from "./join.ts";
import { startSweeping } from "./journal.ts";
import { dismiss } from "./leave.ts";
import { checkScaled } from "./scaling.ts";
import { strongCreation, strongDeletion } from "./strong.ts";

/**
 * Creates, changes, deletes or disassociates replicas of a table. The response shows the replicas as they were, since the
 * change only begins afterwards.
 */
export async function updateReplicas(
  ctx: Context,
  input: DynamoDB.UpdateTableInput,
): Promise<DynamoDB.UpdateTableOutput> {
  const request = replicaRequestIn(input, ctx.region);
  const name = tableName(input.TableName);
  const former = await ctx.read((tx) => findTable(tx, name));
  if (isBeingCreated(former)) throw beingAdded(name, ctx.region);
  if (former.restoring) throw inUse();
  const change = await changeOf(ctx, former, request);
  await checkOthersIdle(ctx, former);
  const table = await ctx.transact(async (tx) => {
    const table = await namedTable(tx, name);
    change.check(table);
    checkIdle(table);
    return change.begin(tx, table, tx.now());
  });
  const shown = withMembersOf(former, table);
  const TableDescription = await withReplicaDescriptions(ctx, shown, described(ctx, table, "UPDATING"));
  return { TableDescription };
}

/** A table with the replicas and the witness that it had before. */
function withMembersOf({ group: former }: Table, table: Table): Table {
  const { group } = table;
  if (!group) return table;
  const strong = group.strong && { ...group.strong, witness: former?.strong?.witness };
  return { ...table, group: { ...group, replicas: former?.replicas ?? [], strong } };
}

/** Checks for changes that another replica began and that have not arrived here yet. @throws {AwsError} ResourceInUseException */
async function checkOthersIdle(ctx: Context, { name, group }: Table): Promise<void> {
  for (const { region } of group?.replicas ?? []) {
    const other = await ctx.elsewhere(region).read((tx) => tx.get(tables, [name]));
    if (other?.group?.id === group!.id) checkIdle(other);
  }
}

function changeOf(
  ctx: Context,
  table: Table,
  request: ReplicaRequest,
): ReplicaChange | Promise<ReplicaChange> {
  switch (request.kind) {
    case "create":
      return creation(ctx, table, request);
    case "create strong":
      return strongCreation(ctx, table, request);
    case "delete":
      return table.group?.strong
        ? strongDeletion(ctx, table as Replicated, request)
        : deletion(ctx, table, request);
    case "disassociate":
      return disassociation(request.region);
    default:
      return {
        check(now) {
          checkMembers(
            now,
            request.changes.map(({ region }) => region),
          );
          for (const { overrides, hasKey } of request.changes) checkChange(now, overrides, hasKey);
        },
        begin(tx, before) {
          let after = before;
          for (const { region, overrides } of request.changes) {
            after = withStatus(after, after.group!, region, "UPDATING");
            const change = { table: before.name, id: before.group!.id, region, overrides };
            tx.enqueue(adjust, change, { delay: CHANGE_MS });
          }
          tx.put(tables, after);
          return after;
        },
      };
  }
}

async function creation(
  ctx: Context,
  { name, group: former }: Table,
  { region, overrides, key, consistency }: Extract<ReplicaRequest, { kind: "create" }>,
): Promise<ReplicaChange> {
  if (former?.strong) throw consistency ? isGlobalAlready() : noMoreReplicas();
  const there = await ctx.elsewhere(region).read((tx) => tx.get(tables, [name]));
  if (there) throw replicaExists(name);
  await checkScaled(ctx, name);
  return {
    check: (table) => checkKey({ account: ctx.account, region }, table, key),
    async begin(tx, table, now) {
      const group = table.group ?? newGroup(tx, ctx.region);
      const stream = table.stream ?? (await openStream(tx, table, "NEW_AND_OLD_IMAGES"));
      const replica = { region, status: "CREATING", source: ctx.region, since: now } as const;
      const after = { ...withReplica(table, group, replica), stream };
      tx.put(tables, after);
      if (!table.group) startSweeping(tx, after, group);
      startJoining(tx, after, region, overrides);
      return after;
    },
  };
}

async function deletion(
  ctx: Context,
  { name }: Table,
  { regions, witness }: Extract<ReplicaRequest, { kind: "delete" }>,
): Promise<ReplicaChange> {
  if (witness !== undefined) throw notStrong();
  if (regions.length > 1) throw severalActions();
  const region = regions[0]!;
  const there = await ctx.elsewhere(region).read((tx) => tx.get(tables, [name]));
  return {
    check(table) {
      checkMembers(table, [region]);
      if (there?.group?.id === table.group!.id && there.deletionProtection) throw isProtected(name, region);
    },
    begin(tx, table, now) {
      const group = table.group!;
      checkNoSource(group, region, now);
      const after = withStatus(table, group, region, "DELETING");
      tx.put(tables, after);
      tx.enqueue(dismiss, { table: name, id: group.id, region }, { delay: CHANGE_MS });
      return after;
    },
  };
}

const disassociation = (region: string): ReplicaChange => ({
  check({ group }) {
    if (!group) throw notReplicated([region]);
    if (group.strong) throw notDisassociable();
    if (!group.isUnprotected) throw isAssociated();
  },
  begin: (tx, table) => startDisassociation(tx, table as Replicated),
});

/** Applies changed overrides in a replica's Region. */
export const adjust = job<{ table: string; id: string; region: string; overrides: Overrides }>(
  "dynamodb/adjust",
  {
    attempts: Number.POSITIVE_INFINITY,
    async run(ctx, { table: name, id, region, overrides }) {
      await settle(ctx.elsewhere(region), async (tx) => {
        const table = await replicaOf(tx, name, { id });
        if (!table) return;
        const group = { ...table.group, overrides: changedOverrides(table, overrides) };
        tx.put(tables, { ...table, group });
      });
      await ctx.transact((tx) => markStatus(tx, name, { id }, region, "ACTIVE"));
    },
  },
);

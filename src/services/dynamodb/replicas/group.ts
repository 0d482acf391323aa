import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import type { Context } from "#kernel/context.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import { type Capacity, type Membership, type Replica, type Table, tables } from "../store.ts";
import { clear } from "../tables/clear.ts";
import { inUse, noReplica, notReplicated, wasSource } from "./errors.ts";
import { cursors, trimJournal } from "./journal.ts";
import { indexRead } from "./overrides.ts";
import { nextVersion } from "./version.ts";

/** How long a replica cannot be deleted after another one was created from it. */
const SOURCE_MS = 86_400_000;

export type Replicated = Table & { group: Membership };

export const newGroup = (tx: Transaction, region: string): Membership => ({
  id: tx.uuid(),
  number: tx.sequence(),
  region,
  replicas: [],
  settled: nextVersion(tx, region),
});

/** A change in another Region must be durable there before the next step relies on it. */
export async function settle<R>(there: Context, change: (tx: Transaction) => Promise<R>): Promise<R> {
  const result = await there.transact(change);
  await there.durable();
  return result;
}

export const replicaIn = (group: Membership | undefined, region: string): Replica | undefined =>
  group?.replicas.find((one) => one.region === region);

/** @throws {AwsError} ResourceInUseException while the table or any of its replicas is being created, changed or deleted */
export function checkIdle({ group, restoring, leaving }: Table): void {
  if (
    restoring ||
    leaving ||
    group?.isDisassociating ||
    group?.replicas.some(({ status }) => status !== "ACTIVE")
  )
    throw inUse();
}

/** @throws {AwsError} ValidationException if another replica was recently created from this one */
export function checkNoSource({ replicas }: Membership, region: string, now: number): void {
  if (replicas.some(({ source, since }) => source === region && since > now - SOURCE_MS)) throw wasSource();
}

/** @throws {AwsError} ValidationException if there is no replica in one of the Regions */
export function checkMembers({ group }: Table, regions: readonly string[]): void {
  if (!group) throw noReplica();
  const strangers = regions.filter((region) => !replicaIn(group, region));
  if (strangers.length > 0) throw notReplicated(strangers);
}

const withReplicas = (table: Table, group: Membership, replicas: Replica[]): Table => ({
  ...table,
  group: { ...group, replicas },
});

export function withReplica(table: Table, group: Membership, replica: Replica): Table {
  const others = group.replicas.filter(({ region }) => region !== replica.region);
  return withReplicas(table, group, [...others, replica]);
}

export const withStatus = (
  table: Table,
  group: Membership,
  of: string,
  status: DynamoDB.ReplicaStatus,
): Table =>
  withReplicas(
    table,
    group,
    group.replicas.map((one) => (one.region === of ? { ...one, status } : one)),
  );

/** Sets the status of all other replicas, and of the witness. */
export function withStatuses(
  table: Table,
  group: Membership,
  status: "CREATING" | "ACTIVE" | "DELETING",
): Replicated {
  const { strong } = group;
  const replicas = group.replicas.map((one) => ({ ...one, status }));
  const witness = strong?.witness && { ...strong.witness, status };
  return { ...table, group: { ...group, replicas, ...(strong && { strong: { ...strong, witness } }) } };
}

/** The table of this name in the transaction's Region, if it is a replica of the global table. */
export async function replicaOf(
  tx: ReadTransaction,
  name: string,
  { id }: Pick<Membership, "id">,
): Promise<Replicated | undefined> {
  const table = await tx.get(tables, [name]);
  return table?.group?.id === id ? (table as Replicated) : undefined;
}

/** Sets the status of a replica in this Region's list of replicas. */
export async function markStatus(
  tx: Transaction,
  name: string,
  of: Pick<Membership, "id">,
  region: string,
  status: DynamoDB.ReplicaStatus,
): Promise<void> {
  const table = await replicaOf(tx, name, of);
  if (table && replicaIn(table.group, region)?.status !== status && replicaIn(table.group, region))
    tx.put(tables, withStatus(table, table.group, region, status));
}

/** Removes a deleted replica from this Region's list. A table without other replicas becomes an ordinary table again. */
export async function removeReplica(
  tx: Transaction,
  name: string,
  of: Pick<Membership, "id">,
  region: string,
): Promise<void> {
  const table = await replicaOf(tx, name, of);
  if (!table || !replicaIn(table.group, region)) return;
  const { group } = table;
  tx.delete(cursors, [group.number, region]);
  const replicas = group.replicas.filter((one) => one.region !== region);
  if (replicas.length > 0) {
    tx.put(tables, withReplicas(table, group, replicas));
    await trimJournal(tx, { ...group, replicas });
  } else {
    tx.put(tables, standalone(table));
    forgetGroup(tx, group);
  }
}

/** Deletes what a former replica keeps for the others. */
export function forgetGroup(tx: Transaction, { number, replicas }: Membership): void {
  for (const { region } of replicas) tx.delete(cursors, [number, region]);
  tx.enqueue(clear, { rows: [number] });
}

/** A table that is no longer a replica. What it had in place of shared settings becomes its own. */
export function standalone({ group, ...table }: Table): Table {
  const { read, onDemandRead, tableClass, ...overrides } = group?.overrides ?? {};
  const withRead = <Of extends Capacity>(of: Of, units: number | undefined): Of =>
    units === undefined ? of : { ...of, throughput: { ...of.throughput, read: units } };
  return {
    ...withRead(table, read),
    ...(onDemandRead !== undefined && { onDemand: { ...table.onDemand, MaxReadRequestUnits: onDemandRead } }),
    ...(tableClass && { tableClass }),
    indexes: table.indexes.map((index) => withRead(index, indexRead(overrides, index.name))),
  };
}

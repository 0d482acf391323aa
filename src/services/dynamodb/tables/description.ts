import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import type { Place } from "#kernel/records/collection.ts";
import type { Clock } from "#lib/clock.ts";
import { partitionNames, sortNames } from "../items/keys.ts";
import { indexRead } from "../replicas/overrides.ts";
import { type Capacity, type Index, type KeyNames, type Table, tableArn } from "../store.ts";
import { describedEncryption } from "./encryption.ts";
import type { Size } from "./tally.ts";
import { decreasesOn } from "./throughput.ts";
import { warmth } from "./warm-throughput.ts";

/** The description of a table. Warm throughput is omitted while the table is being created or deleted. */
export function described(
  place: Place & { clock: Clock },
  table: Table,
  status: DynamoDB.TableStatus = statusOf(table),
  size: Size = { items: 0, bytes: 0 },
): DynamoDB.TableDescription {
  const arn = tableArn(place, table.name);
  const local = table.indexes.filter(({ kind }) => kind === "local");
  const global = table.indexes.filter(({ kind }) => kind === "global");
  const now = place.clock.now();
  const overrides = table.group?.overrides;
  const isExisting = status === "ACTIVE" || status === "UPDATING";
  return {
    AttributeDefinitions: table.definitions.toSorted(byName),
    TableName: table.name,
    KeySchema: keySchema(table.key),
    TableStatus: status,
    CreationDateTime: new Date(table.created),
    ProvisionedThroughput: describedThroughput(table, now, overrides?.read),
    TableSizeBytes: size.bytes,
    ItemCount: size.items,
    TableArn: arn,
    TableId: table.uuid,
    BillingModeSummary: billingSummary(table, status),
    LocalSecondaryIndexes:
      local.length > 0 ? local.map((index) => describedIndex(arn, index, size)) : undefined,
    GlobalSecondaryIndexes:
      global.length > 0
        ? global.map((index) => ({
            ...describedIndex(arn, index, size),
            IndexStatus: status === "CREATING" || index.filling ? ("CREATING" as const) : ("ACTIVE" as const),
            Backfilling: index.filling,
            ProvisionedThroughput: describedThroughput(index, now, indexRead(overrides, index.name)),
            OnDemandThroughput: index.onDemand,
            WarmThroughput: isExisting ? describedWarmth(table, index) : undefined,
          }))
        : undefined,
    ...describedStream(arn, table),
    TableClassSummary: describedClass(table),
    RestoreSummary: table.restored && table.restoring && restoreSummary(table.restored),
    SSEDescription: describedEncryption(place, table),
    DeletionProtectionEnabled: table.deletionProtection,
    OnDemandThroughput: describedOnDemand(table),
    WarmThroughput: isExisting ? describedWarmth(table, table) : undefined,
  };
}

function describedStream(arn: string, { stream, lastStream }: Table) {
  const label = stream?.label ?? lastStream;
  return {
    StreamSpecification: stream && { StreamEnabled: true, StreamViewType: stream.view },
    LatestStreamLabel: label,
    LatestStreamArn: label && `${arn}/stream/${label}`,
  };
}

/** A replica may override the maximum of read units. */
function describedOnDemand({ onDemand, group }: Table): DynamoDB.OnDemandThroughput | undefined {
  const read = group?.overrides?.onDemandRead;
  return read === undefined ? onDemand : { ...onDemand, MaxReadRequestUnits: read };
}

const date = (time: number | undefined) => (time === undefined ? undefined : new Date(time));
const byName = (one: DynamoDB.AttributeDefinition, other: DynamoDB.AttributeDefinition) =>
  one.AttributeName < other.AttributeName ? -1 : 1;

function statusOf({ restoring, leaving, group }: Table): DynamoDB.TableStatus {
  if (leaving) return "DELETING";
  if (restoring) return "CREATING";
  const isChanging =
    group?.isDisassociating ||
    group?.replicas.some(
      ({ status }) =>
        status === "CREATING" || status === "UPDATING" || (group.strong && status === "DELETING"),
    );
  return isChanging ? "UPDATING" : "ACTIVE";
}

export function describedClass({
  tableClass,
  classChanges,
  group,
}: Table): DynamoDB.TableClassSummary | undefined {
  const TableClass = group?.overrides?.tableClass ?? tableClass;
  return TableClass && { TableClass, LastUpdateDateTime: date(classChanges?.at(-1)) };
}

/** Shown only until the table is restored. */
function restoreSummary({ at, ...from }: NonNullable<Table["restored"]>): DynamoDB.RestoreSummary {
  return { ...from, RestoreDateTime: new Date(at), RestoreInProgress: true };
}

/** A table that was always provisioned has no summary. */
function billingSummary(
  { billing, onDemandSince }: Table,
  status: DynamoDB.TableStatus,
): DynamoDB.BillingModeSummary | undefined {
  if (billing === "PROVISIONED" && onDemandSince === undefined) return undefined;
  if (onDemandSince === undefined || status === "CREATING") return { BillingMode: billing };
  return { BillingMode: billing, LastUpdateToPayPerRequestDateTime: new Date(onDemandSince) };
}

export const keySchema = (key: KeyNames): DynamoDB.KeySchemaElement[] => [
  ...partitionNames(key).map((AttributeName) => ({ AttributeName, KeyType: "HASH" as const })),
  ...sortNames(key).map((AttributeName) => ({ AttributeName, KeyType: "RANGE" as const })),
];

const describedThroughput = (
  one: Capacity,
  now: number,
  read = one.throughput.read,
): DynamoDB.ProvisionedThroughputDescription => ({
  LastIncreaseDateTime: date(one.raised),
  LastDecreaseDateTime: date(one.lowered),
  NumberOfDecreasesToday: decreasesOn(one, now),
  ReadCapacityUnits: read,
  WriteCapacityUnits: one.throughput.write,
});

export function describedWarmth({ billing }: Table, one: Capacity) {
  const { read, write } = warmth(billing, one);
  return { ReadUnitsPerSecond: read, WriteUnitsPerSecond: write, Status: "ACTIVE" as const };
}

function describedIndex(arn: string, { name, number, key, projection, included }: Index, { indexes }: Size) {
  const { items, bytes } = indexes?.[number] ?? { items: 0, bytes: 0 };
  return {
    IndexName: name,
    KeySchema: keySchema(key),
    Projection: {
      ProjectionType: projection,
      ...(included.length > 0 && { NonKeyAttributes: included.toSorted() }),
    },
    IndexSizeBytes: bytes,
    ItemCount: items,
    IndexArn: `${arn}/index/${name}`,
  };
}

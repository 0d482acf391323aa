import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import type { Place } from "#kernel/collection.ts";
import { type Index, type KeyNames, type Table, type Throughput, tableArn } from "../store.ts";
import type { Size } from "./tally.ts";

/** What is told of a table. */
export function described(
  place: Place,
  table: Table,
  status: DynamoDB.TableStatus = table.restoring ? "CREATING" : "ACTIVE",
  size: Size = { items: 0, bytes: 0 },
): DynamoDB.TableDescription {
  const arn = tableArn(place, table.name);
  const local = table.indexes.filter(({ kind }) => kind === "local");
  const global = table.indexes.filter(({ kind }) => kind === "global");
  return {
    AttributeDefinitions: table.definitions,
    TableName: table.name,
    KeySchema: keySchema(table.key),
    TableStatus: status,
    CreationDateTime: new Date(table.created),
    ProvisionedThroughput: throughput(table.throughput),
    TableSizeBytes: size.bytes,
    ItemCount: size.items,
    TableArn: arn,
    TableId: table.uuid,
    BillingModeSummary: billingSummary(table, status),
    LocalSecondaryIndexes: local.length > 0 ? local.map((index) => describedIndex(arn, index)) : undefined,
    GlobalSecondaryIndexes:
      global.length > 0
        ? global.map((index) => ({
            ...describedIndex(arn, index),
            IndexStatus: status === "CREATING" || index.filling ? ("CREATING" as const) : ("ACTIVE" as const),
            Backfilling: index.filling,
            ProvisionedThroughput: throughput(index.throughput),
          }))
        : undefined,
    StreamSpecification: table.stream && { StreamEnabled: true, StreamViewType: table.stream.view },
    LatestStreamLabel: table.stream?.label,
    LatestStreamArn: table.stream && `${arn}/stream/${table.stream.label}`,
    TableClassSummary: table.tableClass && { TableClass: table.tableClass },
    RestoreSummary: table.restored && restoreSummary(table),
    DeletionProtectionEnabled: table.deletionProtection,
    OnDemandThroughput: table.onDemand,
  };
}

function restoreSummary({ restored, restoring }: Table): DynamoDB.RestoreSummary {
  const { at, ...from } = restored!;
  return { ...from, RestoreDateTime: new Date(at), RestoreInProgress: restoring ?? false };
}

/** Of a table that was always provisioned nothing is told. */
function billingSummary(
  { billing, onDemandSince }: Table,
  status: DynamoDB.TableStatus,
): DynamoDB.BillingModeSummary | undefined {
  if (billing === "PROVISIONED" && onDemandSince === undefined) return undefined;
  if (onDemandSince === undefined || status === "CREATING") return { BillingMode: billing };
  return { BillingMode: billing, LastUpdateToPayPerRequestDateTime: new Date(onDemandSince) };
}

export function keySchema({ partition, sort }: KeyNames): DynamoDB.KeySchemaElement[] {
  const schema: DynamoDB.KeySchemaElement[] = [{ AttributeName: partition, KeyType: "HASH" }];
  if (sort !== undefined) schema.push({ AttributeName: sort, KeyType: "RANGE" });
  return schema;
}

const throughput = ({ read, write }: Throughput): DynamoDB.ProvisionedThroughputDescription => ({
  NumberOfDecreasesToday: 0,
  ReadCapacityUnits: read,
  WriteCapacityUnits: write,
});

function describedIndex(arn: string, { name, key, projection, included }: Index) {
  return {
    IndexName: name,
    KeySchema: keySchema(key),
    Projection: {
      ProjectionType: projection,
      ...(included.length > 0 && { NonKeyAttributes: included }),
    },
    IndexSizeBytes: 0,
    ItemCount: 0,
    IndexArn: `${arn}/index/${name}`,
  };
}

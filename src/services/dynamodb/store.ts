import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { collection, type Place } from "#kernel/collection.ts";
import type { Bytes } from "#kernel/transaction.ts";

/** Milliseconds since 1970, cloud time. */
type Time = number;

/** Attributes by which items are found: one, or one and another in whose order they stand. */
export interface KeyNames {
  partition: string;
  sort: string | undefined;
}

export interface Table {
  name: string;
  /** Never used twice: a table made anew has nothing of the old one's. */
  number: number;
  uuid: string;
  key: KeyNames;
  /** `S`, `N` or `B`, of all attributes that stand in keys. */
  types: Record<string, DynamoDB.ScalarAttributeType>;
  /** As they were defined: answers keep their order. */
  definitions: DynamoDB.AttributeDefinition[];
  indexes: Index[];
  billing: DynamoDB.BillingMode;
  throughput: Throughput;
  stream?: { label: string; view: DynamoDB.StreamViewType } | undefined;
  ttl?: { attribute: string } | undefined;
  tableClass?: DynamoDB.TableClass | undefined;
  deletionProtection: boolean;
  encryption?: DynamoDB.SSESpecification | undefined;
  onDemand?: DynamoDB.OnDemandThroughput | undefined;
  policy?: string | undefined;
  tags: DynamoDB.Tag[];
  created: Time;
}

export interface Throughput {
  read: number;
  write: number;
}

export interface Index {
  name: string;
  number: number;
  kind: "local" | "global";
  key: KeyNames;
  projection: DynamoDB.ProjectionType;
  /** Of the projection INCLUDE. */
  included: string[];
  throughput: Throughput;
}

export const tables = collection<Table>("dynamodb/table", {
  scope: "region",
  key: (t) => [t.name],
  hot: true,
});

/** `[table, hash of the partition key, sort key]`: a query is a range, a scan goes by hash. */
export const itemRows: Bytes = { name: "dynamodb/item", scope: "region" };

/** `[index, hash of the partition key, sort key, the item's own key]`, each leading to its item. */
export const indexRows: Bytes = { name: "dynamodb/index", scope: "region" };

export const tableArn = ({ account, region }: Place, name: string) =>
  `arn:aws:dynamodb:${region}:${account}:table/${name}`;

import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { collection, type Place } from "#kernel/collection.ts";
import type { Bytes } from "#kernel/transaction.ts";
import type { Version } from "./replicas/version.ts";

/** Milliseconds since 1970, cloud time. */
type Time = number;

/** Attributes by which items are found: one, or one and another in whose order they stand. */
export interface KeyNames {
  partition: string;
  sort: string | undefined;
  /** What global indexes may have behind the first of each, up to three of a kind. */
  more?: { partition: readonly string[]; sort: readonly string[] } | undefined;
}

/** What a policy may hang on: a table, or a stream. */
export interface Policed {
  policy?: string | undefined;
  policyRevision?: string | undefined;
  created: Time;
}

export interface Table extends Capacity, Policed {
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
  /** When it was last set to PAY_PER_REQUEST, if ever. */
  onDemandSince?: Time | undefined;
  stream?: OpenStream | undefined;
  /** The label of the stream that was closed last. */
  lastStream?: string | undefined;
  /** The attribute that says, in seconds since 1970, when an item is to go, and the Region where that was set. */
  ttl?: { attribute: string; region?: string } | undefined;
  /** When it was switched last. */
  ttlChanged?: Time | undefined;
  tableClass?: DynamoDB.TableClass | undefined;
  /** The last two changes of it. */
  classChanges?: Time[] | undefined;
  deletionProtection: boolean;
  encryption?: DynamoDB.SSESpecification | undefined;
  /** By index, the table's own under an empty name. */
  insights?: Record<string, Insights> | undefined;
  destinations?: Destination[] | undefined;
  tags: DynamoDB.Tag[];
  /** The copies that are being made of it. */
  copies?: CopyHolder[] | undefined;
  /** To which times it can be taken back. */
  recovery?: { since: Time; days: number } | undefined;
  /** What it was made from. */
  restored?: { SourceBackupArn?: string; SourceTableArn: string; at: Time } | undefined;
  /** Until all items stand in it. */
  restoring?: true;
  /** As a replica of a global table. */
  group?: Membership | undefined;
  /** Until the other replicas have all that was changed here. */
  leaving?: true;
}

/** Whether contributors are looked at, and which. */
export interface Insights {
  enabled: boolean;
  mode: DynamoDB.ContributorInsightsMode;
  /** When it was changed last. */
  at: Time;
  /** When they were enabled last, `at` unless said. */
  since?: Time | undefined;
}

/** What a replica knows of its global table. */
export interface Membership {
  /** Of the global table, the same in every replica. */
  id: string;
  /** Of the rows that replication keeps here; never used twice. */
  number: number;
  /** The replica's own. */
  region: string;
  /** The others, in the order in which they came. */
  replicas: Replica[];
  /** Of the settings that all replicas share. */
  settled: Version;
  /** Where this replica differs from the others. */
  overrides?: Overrides | undefined;
}

export interface Replica {
  region: string;
  status: DynamoDB.ReplicaStatus;
  /** The Region whose table it was made from, and when. */
  source: string;
  since: Time;
}

/** What one replica has of its own instead of what all share. */
export interface Overrides {
  tableClass?: DynamoDB.TableClass | undefined;
  /** Read capacity units. */
  read?: number | undefined;
  /** Read request units of a table that is paid by request. */
  onDemandRead?: number | undefined;
  /** Read capacity units, by index. */
  indexes?: Record<string, number> | undefined;
}

/** A Kinesis stream that gets a table's changes. */
export interface Destination {
  arn: string;
  /** Of what waits to be sent to it. */
  number: number;
  active: boolean;
  /** Why it could not be enabled. */
  failure?: string | undefined;
  precision?: DynamoDB.ApproximateCreationDateTimePrecision | undefined;
}

/** A copy by its number; that of another Region with its Region in front. */
export type CopyHolder = number | `${string}/${number}`;

/** A table as it was at a moment. */
export interface Backup {
  id: string;
  name: string;
  number: number;
  of: Table;
  created: Time;
  /** Once all items are in it. */
  isReady: boolean;
  items: number;
  bytes: number;
  /** The tables that are being made from it. */
  restores: CopyHolder[];
  /** Of a table that was deleted: it is nobody's to delete, and goes at this time. */
  expires?: Time | undefined;
}

export interface OpenStream {
  /** Never used twice. */
  number: number;
  label: string;
  view: DynamoDB.StreamViewType;
}

/** A stream of a table, which outlives it by a day. */
export interface Stream extends OpenStream, Policed {
  table: string;
  key: KeyNames;
  /** Oldest first, each the parent of the next. The last takes the records of a stream that is open. */
  shards: Shard[];
  /** The number of the last record that was removed for its age. */
  trimmed?: number;
}

/** Some time of a stream: records with numbers above the first, up to the last. */
export interface Shard {
  first: number;
  opened: Time;
  /** The id of the one before. */
  parent?: string;
  /** Once it takes no more. */
  last?: number;
  closed?: Time;
}

/** Units per second. */
export interface Throughput {
  read: number;
  write: number;
}

/** What a table has of it, and each of its global indexes for itself. */
export interface Capacity {
  throughput: Throughput;
  /** When it was changed last; of what was lowered also how often on that UTC day. */
  raised?: Time | undefined;
  lowered?: Time | undefined;
  lowerings?: number | undefined;
  onDemand?: DynamoDB.OnDemandThroughput | undefined;
  /** What it once could bear at once, which it can ever after. */
  warm?: Throughput | undefined;
}

export interface Index extends Capacity {
  name: string;
  number: number;
  kind: "local" | "global";
  key: KeyNames;
  projection: DynamoDB.ProjectionType;
  /** Of the projection INCLUDE. */
  included: string[];
  /** Until all items that were there before it stand in it. */
  filling?: true;
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

/** `[table, hash of the partition key]`: bytes of the item collection, of tables with local indexes. */
export const collectionRows: Bytes = { name: "dynamodb/collection", scope: "region" };

/** `[stream, sequence]`. */
export const streamRows: Bytes = { name: "dynamodb/record", scope: "region" };

/** `[table, second, the item's own key]`, each leading to an item that is to go then. */
export const expiryRows: Bytes = { name: "dynamodb/expiry", scope: "region" };

/** `[table, time, sequence]`: what each change replaced. */
export const undoRows: Bytes = { name: "dynamodb/undo", scope: "region" };

/** `[destination, sequence]`: changes that wait to be sent. */
export const outgoingRows: Bytes = { name: "dynamodb/outgoing", scope: "region" };

/** `[membership, hash of the partition key, sort key]`: when and where each item was changed, of those changed lately. */
export const versionRows: Bytes = { name: "dynamodb/version", scope: "region" };

/** `[membership, sequence]`: changes on their way to other replicas. */
export const journalRows: Bytes = { name: "dynamodb/journal", scope: "region" };

/** `[backup, hash of the partition key, sort key]`. */
export const backupRows: Bytes = { name: "dynamodb/backup-item", scope: "region" };

/** As an export's manifest tells it. */
export interface ExportedFile {
  itemCount: number;
  /** In base64, of the compressed file. */
  md5Checksum: string;
  etag: string;
  dataFileS3Key: string;
}

/** An export: a copy of a table at a moment, until it is written to a bucket. */
export interface Export {
  id: string;
  /** Of the rows that are to be written. */
  number: number;
  of: Table;
  asked: Omit<DynamoDB.ExportTableToPointInTimeInput, "ExportTime" | "IncrementalExportSpecification">;
  /** The moment, or the end of the span. */
  at: Time;
  /** Of what changed in a time up to that moment. */
  span?: { from: Time; view: DynamoDB.ExportViewType };
  /** Of the whole request, by which a repeated one is told from another. */
  digest?: string;
  created: Time;
  /** The files that stand in the bucket, and the row behind which the next begins. */
  written?: { files: ExportedFile[]; behind: string };
  ended?: Time;
  failure?: { code: string; message: string };
  items: number;
  bytes: number;
}

export const exports = collection<Export>("dynamodb/export", {
  scope: "region",
  key: (e) => [e.of.name, e.id],
  indexes: { token: (e) => (e.asked.ClientToken === undefined ? undefined : [e.asked.ClientToken, e.id]) },
});

/** A table made of what a bucket holds. */
export interface Import {
  id: string;
  table: string;
  /** The table's, from before it is there. */
  uuid: string;
  /** The table's, once it is made. */
  number?: number;
  asked: DynamoDB.ImportTableInput;
  created: Time;
  ended?: Time;
  failure?: { code: string; message: string };
  /** The object that was read last, or is read: how many of its items were looked at, and whether those were all. */
  object?: { key: string; items: number; isDone: boolean };
  processed: number;
  imported: number;
  errors: number;
  bytes: number;
}

export const imports = collection<Import>("dynamodb/import", {
  scope: "region",
  key: (i) => [i.id],
  indexes: {
    table: (i) => [i.table, i.id],
    token: (i) => (i.asked.ClientToken === undefined ? undefined : [i.asked.ClientToken, i.id]),
  },
});

export const backups = collection<Backup>("dynamodb/backup", {
  scope: "region",
  key: (b) => [b.of.name, b.id],
  indexes: { number: (b) => [b.number] },
});

export const streams = collection<Stream>("dynamodb/stream", {
  scope: "region",
  key: (s) => [s.table, s.label],
  version: 2,
  // Once a stream was one shard.
  upgrade(former) {
    const { closed: last, ...stream } = former as Omit<Stream, "shards"> & { closed?: number };
    const { number: first, created: opened } = stream;
    return { ...stream, shards: [{ first, opened, ...(last !== undefined && { last, closed: opened }) }] };
  },
});

export const streamArn = (place: Place, table: string, label: string) =>
  `${tableArn(place, table)}/stream/${label}`;

export const tableArn = ({ account, region }: Place, name: string) =>
  `arn:aws:dynamodb:${region}:${account}:table/${name}`;

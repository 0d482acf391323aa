import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { collection, type Place } from "#kernel/records/collection.ts";
import type { Bytes } from "#kernel/records/transaction.ts";
import type { Version } from "./replicas/version.ts";

/** Milliseconds since 1970, cloud time. */
type Time = number;

/** The names of key attributes: a partition key and an optional sort key. */
export interface KeyNames {
  partition: string;
  sort: string | undefined;
  /** The additional key attributes that global indexes may have, up to three of each type. */
  more?: { partition: readonly string[]; sort: readonly string[] } | undefined;
}

/** A table or a stream, which may have a resource policy. */
export interface PolicyHolder {
  policy?: string | undefined;
  policyRevision?: string | undefined;
  created: Time;
}

export interface Table extends Capacity, PolicyHolder {
  name: string;
  /** Never reused, so that a recreated table has none of the former rows. */
  number: number;
  uuid: string;
  key: KeyNames;
  /** The types of all key attributes. */
  types: Record<string, DynamoDB.ScalarAttributeType>;
  /** The attribute definitions in the order of the request, which descriptions keep. */
  definitions: DynamoDB.AttributeDefinition[];
  indexes: Index[];
  billing: DynamoDB.BillingMode;
  /** When the billing mode was last set to PAY_PER_REQUEST, if ever. */
  onDemandSince?: Time | undefined;
  stream?: OpenStream | undefined;
  /** The label of the most recently closed stream. */
  lastStream?: string | undefined;
  /** The attribute with an item's expiry time, in seconds since 1970, and the Region in which it was set. */
  ttl?: { attribute: string; region?: string } | undefined;
  /** When time to live was last switched. */
  ttlChanged?: Time | undefined;
  tableClass?: DynamoDB.TableClass | undefined;
  /** The times of the last two changes of the table class. */
  classChanges?: Time[] | undefined;
  deletionProtection: boolean;
  encryption?: DynamoDB.SSESpecification | undefined;
  /** By index name; those of the table itself under an empty name. */
  insights?: Record<string, Insights> | undefined;
  destinations?: Destination[] | undefined;
  tags: DynamoDB.Tag[];
  /** The copies that are being made of this table. */
  copies?: CopyHolder[] | undefined;
  /** The point-in-time recovery: since when it is enabled, and its period in days. */
  recovery?: { since: Time; days: number } | undefined;
  /** The source from which it was restored, and the moment. */
  restored?: { SourceBackupArn?: string; SourceTableArn: string; at: Time } | undefined;
  /** Set until all items are restored or copied. */
  restoring?: true;
  /** The membership in a global table, if the table is a replica. */
  group?: Membership | undefined;
  /** Set while a replica is being deleted, until the other replicas have its changes. */
  leaving?: true;
}

/** The state of Contributor Insights. */
export interface Insights {
  enabled: boolean;
  mode: DynamoDB.ContributorInsightsMode;
  /** When the state last changed. */
  at: Time;
  /** When insights were last enabled, if that is not `at`. */
  since?: Time | undefined;
}

/** A replica's view of its global table. */
export interface Membership {
  /** The id of the global table, the same in every replica. */
  id: string;
  /** The number of this Region's replication rows; never reused. */
  number: number;
  /** The Region of this replica. */
  region: string;
  /** The other replicas, in the order in which they were added. */
  replicas: Replica[];
  /** The version of the settings that all replicas share. */
  settled: Version;
  /** The settings in which this replica differs from the others. */
  overrides?: Overrides | undefined;
  /** Set if this replica may be disassociated from the others. */
  isUnprotected?: true | undefined;
  /** Set while this replica is being disassociated. */
  isDisassociating?: true;
  /** Set in a global table with multi-Region strong consistency. */
  strong?: Strong | undefined;
}

/** What a global table with multi-Region strong consistency has in addition, the same in every replica. */
export interface Strong {
  /** The Region whose replica performs all writes and strongly consistent reads. The others follow it. */
  home: string;
  witness?: { region: string; status: DynamoDB.WitnessStatus } | undefined;
}

export interface Replica {
  region: string;
  status: DynamoDB.ReplicaStatus;
  /** The Region from whose table it was created; `since` is the time of that. */
  source: string;
  since: Time;
  /** The sequence of the last change that is sent to it, set once one of both replicas is being disassociated. */
  until?: number;
}

/** A replica's own values in place of shared settings. */
export interface Overrides {
  tableClass?: DynamoDB.TableClass | undefined;
  /** Read capacity units. */
  read?: number | undefined;
  /** The maximum of read request units of an on-demand table. */
  onDemandRead?: number | undefined;
  /** Read capacity units, by index. */
  indexes?: Record<string, number> | undefined;
}

/** A Kinesis stream that receives a table's changes. */
export interface Destination {
  arn: string;
  /** The number of the rows that wait to be sent. */
  number: number;
  active: boolean;
  /** The reason why it could not be enabled. */
  failure?: string | undefined;
  precision?: DynamoDB.ApproximateCreationDateTimePrecision | undefined;
}

/** A copy in progress: its number, preceded by its Region if that is another one. */
export type CopyHolder = number | `${string}/${number}`;

/** A backup of a table at a moment. */
export interface Backup {
  id: string;
  name: string;
  number: number;
  of: Table;
  created: Time;
  /** Set once all items are copied. */
  isReady: boolean;
  items: number;
  bytes: number;
  /** The tables that are being restored from it. */
  restores: CopyHolder[];
  /** When the system backup of a deleted table expires. It cannot be deleted before. */
  expires?: Time | undefined;
}

export interface OpenStream {
  /** Never reused. */
  number: number;
  label: string;
  view: DynamoDB.StreamViewType;
}

/** A stream of a table. It is kept for a day after the table's deletion. */
export interface Stream extends OpenStream, PolicyHolder {
  table: string;
  key: KeyNames;
  /** Oldest first, each the parent of the next. Records of an open stream go to the last. */
  shards: Shard[];
  /** The sequence number of the last expired record that was deleted. */
  trimmed?: number;
}

/** A shard: the records with sequence numbers greater than `first`, up to `last`. */
export interface Shard {
  first: number;
  opened: Time;
  /** The id of the preceding shard. */
  parent?: string;
  /** Set when it is closed. */
  last?: number;
  closed?: Time;
}

/** Units per second. */
export interface Throughput {
  read: number;
  write: number;
}

/** The capacity of a table or of a global index. */
export interface Capacity {
  throughput: Throughput;
  /** When throughput was last increased and decreased, and the number of decreases on the latter's UTC day. */
  raised?: Time | undefined;
  lowered?: Time | undefined;
  lowerings?: number | undefined;
  onDemand?: DynamoDB.OnDemandThroughput | undefined;
  /** The highest warm throughput so far, which never decreases. */
  warm?: Throughput | undefined;
}

export interface Index extends Capacity {
  name: string;
  number: number;
  kind: "local" | "global";
  key: KeyNames;
  projection: DynamoDB.ProjectionType;
  /** The non-key attributes of the projection INCLUDE. */
  included: string[];
  /** Set until the index is backfilled. */
  filling?: true;
}

export const tables = collection<Table>("dynamodb/table", {
  scope: "region",
  key: (t) => [t.name],
  hot: true,
});

/** `[table, hash of the partition key, sort key]`: a query reads a range, a scan reads in the order of hashes. */
export const itemRows: Bytes = { name: "dynamodb/item", scope: "region" };

/** `[index, hash of the partition key, sort key, the item's own key]`: the primary key of each item in an index. */
export const indexRows: Bytes = { name: "dynamodb/index", scope: "region" };

/** `[table, hash of the partition key]`: the size of each item collection, in tables with local indexes. */
export const collectionRows: Bytes = { name: "dynamodb/collection", scope: "region" };

/** `[stream, sequence]`: the records of streams. */
export const streamRows: Bytes = { name: "dynamodb/record", scope: "region" };

/** `[table, second, the item's own key]`: the primary key of each item that expires in that second. */
export const expiryRows: Bytes = { name: "dynamodb/expiry", scope: "region" };

/** `[table, time, sequence]`: the item that each change replaced. */
export const undoRows: Bytes = { name: "dynamodb/undo", scope: "region" };

/** `[destination, sequence]`: changes that are to be sent to a Kinesis stream. */
export const outgoingRows: Bytes = { name: "dynamodb/outgoing", scope: "region" };

/** `[membership, hash of the partition key, sort key]`: the version of each recently changed item. */
export const versionRows: Bytes = { name: "dynamodb/version", scope: "region" };

/** `[membership, sequence]`: changes that are to be delivered to other replicas. */
export const journalRows: Bytes = { name: "dynamodb/journal", scope: "region" };

/** `[backup, hash of the partition key, sort key]`: the items of backups, and those to export. */
export const backupRows: Bytes = { name: "dynamodb/backup-item", scope: "region" };

/** A file of an export, as its manifest lists it. */
export interface ExportedFile {
  itemCount: number;
  /** The checksum of the compressed file, in base64. */
  md5Checksum: string;
  etag: string;
  dataFileS3Key: string;
}

/** The filter of an export. Its values are base64 of their stored form, since they may contain byte strings. */
export interface StoredFilter extends Omit<DynamoDB.FilterSpecification, "ExpressionAttributeValues"> {
  values?: string;
}

/** An export of a table at a moment, or of its changes in a period, to a bucket. */
export interface Export {
  id: string;
  /** The number of the rows to be written. */
  number: number;
  of: Table;
  asked: Omit<
    DynamoDB.ExportTableToPointInTimeInput,
    "ExportTime" | "IncrementalExportSpecification" | "FilterSpecification"
  >;
  /** The moment, or the end of the period. */
  at: Time;
  /** The start of the period of an incremental export, and its view type. */
  span?: { from: Time; view: DynamoDB.ExportViewType };
  filter?: StoredFilter;
  /** The digest of the whole request, which identifies a repeated one. */
  digest?: string;
  created: Time;
  /** The files that are in the bucket, and the row after which the next one begins. */
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

/** An import of a bucket's objects into a new table. */
export interface Import {
  id: string;
  table: string;
  /** The id of the table, assigned before the table is created. */
  uuid: string;
  /** The number of the table, once it is created. */
  number?: number;
  asked: DynamoDB.ImportTableInput;
  created: Time;
  ended?: Time;
  failure?: { code: string; message: string };
  /** The current or last object: the number of its items that were processed, and whether these were all. */
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
  // In version 1, a stream had a single shard.
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

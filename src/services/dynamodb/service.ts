import { parseArn } from "#aws/arn.ts";
import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import type { AccessFact } from "#kernel/authorize.ts";
import type { Place } from "#kernel/collection.ts";
import type { Context } from "#kernel/context.ts";
import { type Access, defineService } from "#kernel/service.ts";
import { type MaybePromise, whenReady } from "#lib/maybe-promise.ts";
import { accountOperations } from "./account.ts";
import { backupOperations } from "./backups/backups.ts";
import { clearBackup } from "./backups/clear.ts";
import { continuousBackups } from "./backups/continuous.ts";
import { copy } from "./backups/copy.ts";
import { expireBackup } from "./backups/keep.ts";
import { restoreOperations } from "./backups/restore.ts";
import { forget } from "./backups/undo.ts";
import { accessDenied, otherRegion } from "./errors.ts";
import { gather } from "./exports/changes.ts";
import { exportOperations } from "./exports/exports.ts";
import { writeExport } from "./exports/write.ts";
import { importOperations } from "./imports/imports.ts";
import { runImport } from "./imports/run.ts";
import { insightOperations } from "./insights/insights.ts";
import { batchOperations } from "./items/batches.ts";
import { itemOperations } from "./items/items.ts";
import { tableName } from "./items/rows.ts";
import { destinationOperations } from "./kinesis/destinations.ts";
import { forward } from "./kinesis/forward.ts";
import { nameViolations } from "./names.ts";
import { reachedBy, statementOperations } from "./partiql/statements.ts";
import { checkPolicyArn, isOfStream, policyOperations } from "./policies/policies.ts";
import { queryOperations } from "./reads/query.ts";
import { scanOperations } from "./reads/scan.ts";
import { replicaScalingOperations } from "./replicas/auto-scaling.ts";
import { join } from "./replicas/join.ts";
import { deliver, sweepVersions } from "./replicas/journal.ts";
import { announce, depart, dismiss } from "./replicas/leave.ts";
import { legacyOperations } from "./replicas/legacy.ts";
import { share } from "./replicas/settings.ts";
import { adjust } from "./replicas/update.ts";
import { isElsewhere } from "./resource-arn.ts";
import { streams, type Table, tableArn, tables } from "./store.ts";
import { readingOperations, streamOf } from "./streams/reading.ts";
import { roll, trim } from "./streams/shards.ts";
import { partsOf, streamOperations } from "./streams/streams.ts";
import { clear } from "./tables/clear.ts";
import { expire } from "./tables/expire.ts";
import { fill } from "./tables/fill.ts";
import { tableOperations } from "./tables/tables.ts";
import { tagOperations } from "./tables/tags.ts";
import { tally } from "./tables/tally.ts";
import { timeToLiveOperations } from "./tables/time-to-live.ts";
import { tableUpdate } from "./tables/update.ts";
import { forgetTokens } from "./transactions/tokens.ts";
import { transactionOperations } from "./transactions/transactions.ts";

/** What is done to which table, or to which of its indexes. */
interface Reached {
  action: string;
  table: string;
  index?: string | undefined;
}

/** In one look at the store: two at once would be in each other's way. */
function facts(ctx: Context, reached: readonly Reached[]): MaybePromise<AccessFact[]> {
  return ctx.look((tx) => {
    const found = reached.map((one) =>
      ownerOf(ctx, one.table) === ctx.account
        ? whenReady(tx.get(tables, [tableName(one.table)]), (table) => factOf(ctx, one, table))
        : factOf(ctx, one, undefined),
    );
    return found.some((one) => one instanceof Promise) ? Promise.all(found) : (found as AccessFact[]);
  });
}

function factOf(
  ctx: Context,
  { action, table: given, index }: Reached,
  table: Table | undefined,
): AccessFact {
  const owner = ownerOf(ctx, given);
  const arn = tableArn({ account: owner, region: ctx.region }, tableName(given));
  return {
    action: `dynamodb:${action}`,
    resource: index === undefined ? arn : `${arn}/index/${index}`,
    owner,
    resourcePolicy: table?.policy ?? null,
  };
}

/** Of the tables of a batch or of a transaction. @throws {AwsError} ValidationException where one is another Region's */
function factsTogether(ctx: Context, reached: readonly Reached[]): MaybePromise<AccessFact[]> {
  for (const { table } of reached) checkRegion(ctx, table);
  return facts(ctx, reached);
}

/** Another Region's table is not reached from here. @throws {AwsError} ValidationException */
function checkRegion({ region }: Place, given: string): void {
  const named = given.startsWith("arn:") ? parseArn(given) : undefined;
  if (named?.service === "dynamodb" && named.account !== "" && named.region !== region)
    throw otherRegion(given);
}

/** Whose it is, where an ARN says so. */
const ownerOf = ({ account }: Context, given: string): string =>
  (given.startsWith("arn:") && parseArn(given)?.account) || account;

const fact = async (ctx: Context, action: string, table: string) =>
  (await facts(ctx, [{ action, table }]))[0]!;

const onTable =
  (action: string) =>
  (ctx: Context, { TableName: table, IndexName: index }: { TableName: string; IndexName?: string }) =>
    facts(ctx, [{ action, table, index }]);
const onGlobalTable =
  (action: string) =>
  ({ account }: Context, { GlobalTableName }: { GlobalTableName: string }) => [
    {
      action: `dynamodb:${action}`,
      resource: `arn:aws:dynamodb::${account}:global-table/${GlobalTableName}`,
      owner: account,
    },
  ];
const onTables =
  (action: string) =>
  (ctx: Context, { RequestItems }: { RequestItems: object }) =>
    factsTogether(
      ctx,
      Object.keys(RequestItems).map((table) => ({ action, table })),
    );
const onResource =
  (action: string) =>
  (ctx: Context, { ResourceArn }: { ResourceArn: string }) => [
    {
      action: `dynamodb:${action}`,
      resource: ResourceArn,
      owner: isElsewhere(ResourceArn) ? NOBODY : ownerOf(ctx, ResourceArn),
    },
  ];

const NOBODY = "";

const onPolicy =
  (action: string) =>
  async (ctx: Context, { ResourceArn }: { ResourceArn: string }) => {
    checkPolicyArn(ctx, ResourceArn);
    return [await (isOfStream(ResourceArn) ? streamFact : fact)(ctx, action, ResourceArn)];
  };
/** Of a stream, whose account is where the call is. */
const streamFact = (ctx: Context, action: string, resource: string): MaybePromise<AccessFact> =>
  ctx.look((tx) => {
    const { table, label } = partsOf(resource);
    const found = tx.get(streams, [table, label]);
    return whenReady(found, (stream) => ({
      action: `dynamodb:${action}`,
      resource,
      owner: ctx.account,
      resourcePolicy: stream?.policy ?? null,
    }));
  });
const onBackup =
  (action: string) =>
  (_: Context, { BackupArn }: { BackupArn: string }) => [
    { action: `dynamodb:${action}`, resource: BackupArn },
  ];
const statementFacts = (ctx: Context, statements: readonly { Statement: string }[]) =>
  facts(ctx, reachedBy(statements));

/**
 * What a replica is made and deleted by is asked of its own Region.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/gt_IAM.html
 */
function replicaFacts(
  { account }: Context,
  given: string,
  { Create, Delete }: DynamoDB.ReplicationGroupUpdate,
): AccessFact[] {
  const region = (Create ?? Delete)?.RegionName;
  if (region === undefined) return [];
  const resource = tableArn({ account, region }, tableName(given));
  const actions = Create ? [...REPLICA_MAKING, "CreateTableReplica"] : ["DeleteTable", "DeleteTableReplica"];
  return actions.map((action) => ({ action: `dynamodb:${action}`, resource, owner: account }));
}

const REPLICA_MAKING = [
  "CreateTable",
  "Query",
  "Scan",
  "UpdateItem",
  "PutItem",
  "GetItem",
  "DeleteItem",
  "BatchWriteItem",
];

const access: Access<"dynamodb"> = {
  CreateTable: onTable("CreateTable"),
  DescribeTable: onTable("DescribeTable"),
  UpdateTable: async (ctx, { TableName, ReplicaUpdates = [] }) => [
    await fact(ctx, "UpdateTable", TableName),
    ...ReplicaUpdates.flatMap((update) => replicaFacts(ctx, TableName, update)),
  ],
  DeleteTable: onTable("DeleteTable"),
  DescribeTableReplicaAutoScaling: onTable("DescribeTableReplicaAutoScaling"),
  UpdateTableReplicaAutoScaling: onTable("UpdateTableReplicaAutoScaling"),
  CreateGlobalTable: onGlobalTable("CreateGlobalTable"),
  DescribeGlobalTable: onGlobalTable("DescribeGlobalTable"),
  UpdateGlobalTable: onGlobalTable("UpdateGlobalTable"),
  DescribeGlobalTableSettings: onGlobalTable("DescribeGlobalTableSettings"),
  UpdateGlobalTableSettings: onGlobalTable("UpdateGlobalTableSettings"),
  ListGlobalTables: () => [{ action: "dynamodb:ListGlobalTables", resource: "*" }],
  UpdateTimeToLive: onTable("UpdateTimeToLive"),
  DescribeTimeToLive: onTable("DescribeTimeToLive"),
  ListTables: (ctx) => [{ action: "dynamodb:ListTables", resource: tableArn(ctx, "*") }],
  DescribeLimits: () => [{ action: "dynamodb:DescribeLimits", resource: "*" }],
  DescribeEndpoints: () => [{ action: "dynamodb:DescribeEndpoints", resource: "*" }],
  TagResource: onResource("TagResource"),
  UntagResource: onResource("UntagResource"),
  ListTagsOfResource: onResource("ListTagsOfResource"),
  GetItem: onTable("GetItem"),
  PutItem: onTable("PutItem"),
  UpdateItem: onTable("UpdateItem"),
  DeleteItem: onTable("DeleteItem"),
  Query: onTable("Query"),
  Scan: onTable("Scan"),
  BatchGetItem: onTables("BatchGetItem"),
  BatchWriteItem: onTables("BatchWriteItem"),
  TransactWriteItems: (ctx, { TransactItems }) =>
    factsTogether(
      ctx,
      TransactItems.flatMap(({ ConditionCheck, Put, Delete, Update }) =>
        [
          { action: "ConditionCheckItem", on: ConditionCheck },
          { action: "PutItem", on: Put },
          { action: "DeleteItem", on: Delete },
          { action: "UpdateItem", on: Update },
        ].flatMap(({ action, on }) => (on ? [{ action, table: on.TableName }] : [])),
      ),
    ),
  TransactGetItems: (ctx, { TransactItems }) =>
    factsTogether(
      ctx,
      TransactItems.map(({ Get }) => ({ action: "GetItem", table: Get.TableName })),
    ),
  CreateBackup: onTable("CreateBackup"),
  DescribeBackup: onBackup("DescribeBackup"),
  DeleteBackup: onBackup("DeleteBackup"),
  ListBackups: (ctx) => [{ action: "dynamodb:ListBackups", resource: "*", owner: ctx.account }],
  DescribeContinuousBackups: onTable("DescribeContinuousBackups"),
  UpdateContinuousBackups: onTable("UpdateContinuousBackups"),
  RestoreTableFromBackup: async (ctx, { BackupArn, TargetTableName }) => [
    { action: "dynamodb:RestoreTableFromBackup", resource: BackupArn },
    await fact(ctx, "RestoreTableFromBackup", TargetTableName),
  ],
  RestoreTableToPointInTime: async (ctx, input) => [
    await fact(ctx, "RestoreTableToPointInTime", input.SourceTableName ?? input.SourceTableArn ?? "*"),
    await fact(ctx, "RestoreTableToPointInTime", input.TargetTableName),
  ],
  ExportTableToPointInTime: async (ctx, { TableArn }) => {
    if (ownerOf(ctx, TableArn) !== ctx.account) throw accessDenied();
    return [await fact(ctx, "ExportTableToPointInTime", TableArn)];
  },
  DescribeExport: (ctx, { ExportArn }) => {
    if (ownerOf(ctx, ExportArn) !== ctx.account) throw accessDenied();
    return [{ action: "dynamodb:DescribeExport", resource: ExportArn }];
  },
  ListExports: () => [{ action: "dynamodb:ListExports", resource: "*" }],
  ImportTable: async (ctx, { TableCreationParameters }) => [
    await fact(ctx, "ImportTable", TableCreationParameters.TableName),
  ],
  DescribeImport: (_, { ImportArn }) => [{ action: "dynamodb:DescribeImport", resource: ImportArn }],
  ListImports: () => [{ action: "dynamodb:ListImports", resource: "*" }],
  PutResourcePolicy: onPolicy("PutResourcePolicy"),
  GetResourcePolicy: onPolicy("GetResourcePolicy"),
  DeleteResourcePolicy: onPolicy("DeleteResourcePolicy"),
  UpdateContributorInsights: onTable("UpdateContributorInsights"),
  DescribeContributorInsights: onTable("DescribeContributorInsights"),
  ListContributorInsights: (ctx) => [
    { action: "dynamodb:ListContributorInsights", resource: "*", owner: ctx.account },
  ],
  EnableKinesisStreamingDestination: onTable("EnableKinesisStreamingDestination"),
  DisableKinesisStreamingDestination: onTable("DisableKinesisStreamingDestination"),
  UpdateKinesisStreamingDestination: onTable("UpdateKinesisStreamingDestination"),
  DescribeKinesisStreamingDestination: onTable("DescribeKinesisStreamingDestination"),
  ExecuteStatement: (ctx, input) => statementFacts(ctx, [input]),
  BatchExecuteStatement: (ctx, { Statements }) => statementFacts(ctx, Statements),
  ExecuteTransaction: (ctx, { TransactStatements }) => statementFacts(ctx, TransactStatements),
};

export const dynamodb = defineService({
  id: "dynamodb",
  // A table that is named by its ARN may be another account's, whose policy then has to let the caller in.
  place({ input, place }) {
    const { TableName } = input as { TableName?: unknown };
    if (typeof TableName !== "string" || !TableName.startsWith("arn:")) return place;
    const named = parseArn(TableName);
    if (named?.service !== "dynamodb" || named.account === "") return place;
    checkRegion(place, TableName);
    return { account: named.account, region: named.region };
  },
  operations: [
    tableOperations,
    tableUpdate,
    legacyOperations,
    replicaScalingOperations,
    timeToLiveOperations,
    tagOperations,
    itemOperations,
    batchOperations,
    queryOperations,
    scanOperations,
    transactionOperations,
    statementOperations,
    accountOperations,
    backupOperations,
    continuousBackups,
    restoreOperations,
    policyOperations,
    exportOperations,
    importOperations,
    insightOperations,
    destinationOperations,
  ],
  jobs: [
    clear,
    fill,
    expire,
    trim,
    roll,
    copy,
    clearBackup,
    expireBackup,
    gather,
    writeExport,
    runImport,
    forget,
    forgetTokens,
    forward,
    tally,
    deliver,
    sweepVersions,
    join,
    share,
    adjust,
    dismiss,
    announce,
    depart,
  ],
  judge: nameViolations,
  access,
  dataOperations: [
    "GetItem",
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "Query",
    "Scan",
    "BatchGetItem",
    "BatchWriteItem",
    "TransactGetItems",
    "TransactWriteItems",
    "ExecuteStatement",
    "BatchExecuteStatement",
    "ExecuteTransaction",
  ],
});

/** Streams are read by a service of their own, over the same store. */
export const dynamodbStreams = defineService({
  id: "dynamodb-streams",
  store: "dynamodb",
  // Another account's stream is reached where its policy lets the caller in.
  place({ input, place }) {
    const { StreamArn, ShardIterator } = input as { StreamArn?: unknown; ShardIterator?: unknown };
    const named = parseArn(String(StreamArn ?? ShardIterator).split("|")[0]!);
    if (named?.service !== "dynamodb" || named.account === "") return place;
    return { account: named.account, region: place.region };
  },
  operations: [streamOperations, readingOperations],
  access: {
    ListStreams: (ctx) => [{ action: "dynamodb:ListStreams", resource: `${tableArn(ctx, "*")}/stream/*` }],
    DescribeStream: async (ctx, { StreamArn }) => [await streamFact(ctx, "DescribeStream", StreamArn)],
    GetShardIterator: async (ctx, { StreamArn }) => [await streamFact(ctx, "GetShardIterator", StreamArn)],
    GetRecords: async (ctx, { ShardIterator }) => [
      await streamFact(ctx, "GetRecords", streamOf(ctx, ShardIterator)),
    ],
  },
  dataOperations: ["GetRecords", "GetShardIterator"],
});

import { parseArn } from "#aws/arn.ts";
import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import type { AccessFact } from "#kernel/calls/authorize.ts";
import type { Context } from "#kernel/context.ts";
import type { Place } from "#kernel/records/collection.ts";
import type { Access } from "#kernel/service.ts";
import { type MaybePromise, whenReady } from "#lib/maybe-promise.ts";
import { accessDenied, otherRegion } from "./errors.ts";
import { tableName } from "./items/rows.ts";
import { accessTargetsOf } from "./partiql/statements.ts";
import { checkPolicyArn, isOfStream } from "./policies/policies.ts";
import {
  conditionKeys,
  itemsContext,
  queryContext,
  type RequestContext,
  scanContext,
  selectOf,
} from "./policies/request-context.ts";
import { isElsewhere } from "./resource-arn.ts";
import { streams, type Table, tableArn, tables } from "./store.ts";
import { partsOf } from "./streams/streams.ts";
import { regionOf } from "./table-arn.ts";
import type { Item } from "./values/value.ts";

/** An action on a table or one of its indexes. */
interface AccessTarget {
  action: string;
  table: string;
  index?: string | undefined;
  requestContext?: RequestContext;
}

/** The access facts of several actions, read in one view of the store, as concurrent views would delay each other. */
function facts(ctx: Context, reached: readonly AccessTarget[]): MaybePromise<AccessFact[]> {
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
  { action, table: nameOrArn, index, requestContext }: AccessTarget,
  table: Table | undefined,
): AccessFact {
  const owner = ownerOf(ctx, nameOrArn);
  const arn = tableArn({ account: owner, region: ctx.region }, tableName(nameOrArn));
  return {
    action: `dynamodb:${action}`,
    resource: index === undefined ? arn : `${arn}/index/${index}`,
    owner,
    resourcePolicy: table?.policy ?? null,
    ...(table && requestContext && { conditions: conditionKeys(requestContext, table, index) }),
  };
}

/**
 * The access facts of a batch, a transaction or statements.
 * @throws {AwsError} ValidationException if a table is in another Region
 */
function factsTogether(ctx: Context, reached: readonly AccessTarget[]): MaybePromise<AccessFact[]> {
  for (const { table } of reached) checkRegion(ctx, table);
  return facts(ctx, reached);
}

/** @throws {AwsError} ValidationException for a table in another Region */
export function checkRegion(place: Place, nameOrArn: string): void {
  if (isOfOtherRegion(place, nameOrArn)) throw otherRegion(nameOrArn);
}

function isOfOtherRegion({ region }: Place, nameOrArn: string): boolean {
  const named = regionOf(nameOrArn);
  return named !== undefined && named !== region;
}

/** The context of a source's Region, which may be another one. */
function homeOf(ctx: Context, nameOrArn: string): Context {
  const { region } = ctx;
  const named = regionOf(nameOrArn) ?? region;
  return named === region ? ctx : ctx.elsewhere(named);
}

/** The owner of a table: the account in its ARN, or the current one. */
const ownerOf = ({ account }: Context, nameOrArn: string): string =>
  (nameOrArn.startsWith("arn:") && parseArn(nameOrArn)?.account) || account;

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
/** The access facts of writing an item, which is given by its key or as a whole. */
const onItem =
  (action: string) =>
  (
    ctx: Context,
    input: Parameters<typeof itemsContext>[0] & { TableName: string; Key?: Item; Item?: Item },
  ): MaybePromise<AccessFact[]> => {
    const { TableName: table, Key, Item, ReturnValues = "NONE" } = input;
    return facts(ctx, [
      { action, table, requestContext: itemsContext(input, [Key ?? Item ?? {}], { ReturnValues }) },
    ]);
  };
const onResource =
  (action: string) =>
  (ctx: Context, { ResourceArn }: { ResourceArn: string }) => [
    {
      action: `dynamodb:${action}`,
      resource: ResourceArn,
      owner: isElsewhere(ResourceArn) ? NO_ACCOUNT : ownerOf(ctx, ResourceArn),
    },
  ];

const NO_ACCOUNT = "";

const onPolicy =
  (action: string) =>
  async (ctx: Context, { ResourceArn }: { ResourceArn: string }) => {
    checkPolicyArn(ctx, ResourceArn);
    return [await (isOfStream(ResourceArn) ? streamFact : fact)(ctx, action, ResourceArn)];
  };
/** The access fact of a stream, which is in the current account. */
export const streamFact = (ctx: Context, action: string, resource: string): MaybePromise<AccessFact> =>
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
const statementFacts = (
  ctx: Context,
  statements: readonly { Statement: string }[],
  EnclosingOperation?: "ExecuteTransaction",
) =>
  factsTogether(
    ctx,
    accessTargetsOf(statements).map((one) => ({
      ...one,
      requestContext: { ...one.requestContext, EnclosingOperation },
    })),
  );

/**
 * The actions that creating or deleting a replica requires in the replica's Region.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/gt_IAM.html
 */
function replicaFacts(
  { account }: Context,
  nameOrArn: string,
  { Create, Delete }: DynamoDB.ReplicationGroupUpdate,
): AccessFact[] {
  const region = (Create ?? Delete)?.RegionName;
  if (region === undefined) return [];
  const resource = tableArn({ account, region }, tableName(nameOrArn));
  const actions = Create
    ? [...REPLICA_CREATION, "CreateTableReplica"]
    : ["DeleteTable", "DeleteTableReplica"];
  return actions.map((action) => ({ action: `dynamodb:${action}`, resource, owner: account }));
}

/**
 * The action that creating or deleting a witness requires in all Regions of the table.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/globaltables-security.html
 */
function witnessFacts(
  { account, region: own }: Context,
  nameOrArn: string,
  { Create, Delete }: DynamoDB.GlobalTableWitnessGroupUpdate,
  replicas: readonly DynamoDB.ReplicationGroupUpdate[],
): AccessFact[] {
  const witness = (Create ?? Delete)?.RegionName;
  if (witness === undefined) return [];
  const others = replicas.flatMap((update) => (update.Create ?? update.Delete)?.RegionName ?? []);
  return [own, ...others, witness].map((region) => ({
    action: `dynamodb:${Create ? "Create" : "Delete"}GlobalTableWitness`,
    resource: tableArn({ account, region }, tableName(nameOrArn)),
    owner: account,
  }));
}

const REPLICA_CREATION = [
  "CreateTable",
  "Query",
  "Scan",
  "UpdateItem",
  "PutItem",
  "GetItem",
  "DeleteItem",
  "BatchWriteItem",
];

export const access: Access<"dynamodb"> = {
  CreateTable: onTable("CreateTable"),
  DescribeTable: onTable("DescribeTable"),
  UpdateTable: async (ctx, { TableName, ReplicaUpdates = [], GlobalTableWitnessUpdates = [] }) => [
    await fact(ctx, "UpdateTable", TableName),
    ...ReplicaUpdates.flatMap((update) => replicaFacts(ctx, TableName, update)),
    ...GlobalTableWitnessUpdates.flatMap((update) => witnessFacts(ctx, TableName, update, ReplicaUpdates)),
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
  GetItem: (ctx, input) => {
    const requestContext = itemsContext(input, [input.Key], { Select: selectOf(input) });
    return facts(ctx, [{ action: "GetItem", table: input.TableName, requestContext }]);
  },
  PutItem: onItem("PutItem"),
  UpdateItem: onItem("UpdateItem"),
  DeleteItem: onItem("DeleteItem"),
  Query: (ctx, input) => {
    const { TableName: table, IndexName: index } = input;
    return facts(ctx, [{ action: "Query", table, index, requestContext: queryContext(input) }]);
  },
  Scan: (ctx, input) => {
    const { TableName: table, IndexName: index } = input;
    return facts(ctx, [{ action: "Scan", table, index, requestContext: scanContext(input) }]);
  },
  BatchGetItem: (ctx, { RequestItems, ReturnConsumedCapacity = "NONE" }) =>
    factsTogether(
      ctx,
      Object.entries(RequestItems).map(([table, request]) => {
        const Select = selectOf(request);
        const requestContext = itemsContext(request, request.Keys, { Select, ReturnConsumedCapacity });
        return { action: "BatchGetItem", table, requestContext };
      }),
    ),
  BatchWriteItem: (ctx, { RequestItems, ReturnConsumedCapacity = "NONE" }) =>
    factsTogether(
      ctx,
      Object.entries(RequestItems).map(([table, requests]) => {
        const items = requests.map(
          ({ PutRequest, DeleteRequest }) => PutRequest?.Item ?? DeleteRequest?.Key ?? {},
        );
        return {
          action: "BatchWriteItem",
          table,
          requestContext: itemsContext({}, items, { ReturnConsumedCapacity }),
        };
      }),
    ),
  TransactWriteItems: (ctx, { TransactItems, ReturnConsumedCapacity = "NONE" }) =>
    factsTogether(
      ctx,
      TransactItems.flatMap(({ ConditionCheck, Put, Delete, Update }) =>
        [
          { action: "ConditionCheckItem", on: ConditionCheck, item: ConditionCheck?.Key },
          { action: "PutItem", on: Put, item: Put?.Item },
          { action: "DeleteItem", on: Delete, item: Delete?.Key },
          { action: "UpdateItem", on: Update, item: Update?.Key },
        ].flatMap(({ action, on, item }) => {
          if (!on || !item) return [];
          const requestContext = itemsContext(on, [item], {
            ReturnConsumedCapacity,
            EnclosingOperation: "TransactWriteItems",
          });
          return [{ action, table: on.TableName, requestContext }];
        }),
      ),
    ),
  TransactGetItems: (ctx, { TransactItems, ReturnConsumedCapacity = "NONE" }) =>
    factsTogether(
      ctx,
      TransactItems.map(({ Get }) => {
        const requestContext = itemsContext(Get, [Get.Key], {
          Select: selectOf(Get),
          ReturnConsumedCapacity,
          EnclosingOperation: "TransactGetItems",
        });
        return { action: "GetItem", table: Get.TableName, requestContext };
      }),
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
  RestoreTableToPointInTime: async (ctx, { SourceTableName, SourceTableArn, TargetTableName }) => {
    const action = "RestoreTableToPointInTime";
    const source = SourceTableName ?? SourceTableArn ?? "*";
    return [await fact(homeOf(ctx, source), action, source), await fact(ctx, action, TargetTableName)];
  },
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
  ExecuteTransaction: (ctx, { TransactStatements }) =>
    statementFacts(ctx, TransactStatements, "ExecuteTransaction"),
};

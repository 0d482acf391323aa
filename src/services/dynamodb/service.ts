import { parseArn } from "#aws/arn.ts";
import { defineService } from "#kernel/service.ts";
import { access, checkRegion, streamFact } from "./access.ts";
import { accountOperations } from "./account.ts";
import { backupOperations } from "./backups/backups.ts";
import { clearBackup } from "./backups/clear.ts";
import { continuousBackups } from "./backups/continuous.ts";
import { copy } from "./backups/copy.ts";
import { expireBackup } from "./backups/keep.ts";
import { restoreOperations } from "./backups/restore.ts";
import { forget } from "./backups/undo.ts";
import { gather } from "./exports/changes.ts";
import { exportOperations } from "./exports/exports.ts";
import { forgetExport, writeExport } from "./exports/write.ts";
import { importOperations } from "./imports/imports.ts";
import { forgetImport, runImport } from "./imports/run.ts";
import { insightOperations } from "./insights/insights.ts";
import { batchReadOperations } from "./items/batch-reads.ts";
import { batchWriteOperations } from "./items/batch-writes.ts";
import { itemOperations } from "./items/items.ts";
import { destinationOperations } from "./kinesis/destinations.ts";
import { forward } from "./kinesis/forward.ts";
import { nameViolations } from "./names.ts";
import { statementOperations } from "./partiql/statements.ts";
import { policyOperations } from "./policies/policies.ts";
import { queryOperations } from "./reads/query.ts";
import { scanOperations } from "./reads/scan.ts";
import { replicaScalingOperations } from "./replicas/auto-scaling.ts";
import { disassociate } from "./replicas/disassociate.ts";
import { dissolve } from "./replicas/dissolve.ts";
import { followHome } from "./replicas/home.ts";
import { join } from "./replicas/join.ts";
import { deliver, sweepVersions } from "./replicas/journal.ts";
import { announce, depart, dismiss } from "./replicas/leave.ts";
import { legacyOperations } from "./replicas/legacy.ts";
import { share } from "./replicas/settings.ts";
import { unite } from "./replicas/unite.ts";
import { adjust } from "./replicas/update.ts";
import { tableArn } from "./store.ts";
import { readingOperations, streamOf } from "./streams/reading.ts";
import { roll, trim } from "./streams/shards.ts";
import { streamOperations } from "./streams/streams.ts";
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
import { unmodelledViolations } from "./unmodelled.ts";

export const dynamodb = defineService({
  id: "dynamodb",
  // A table's ARN may name another account, whose resource policy must then allow the call.
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
    followHome(itemOperations),
    batchReadOperations,
    batchWriteOperations,
    followHome(queryOperations),
    followHome(scanOperations),
    transactionOperations,
    followHome(statementOperations),
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
    forgetExport,
    runImport,
    forgetImport,
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
    disassociate,
    unite,
    dissolve,
  ],
  judge: (operation, input) => [
    ...nameViolations(operation, input),
    ...unmodelledViolations(operation, input),
  ],
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

/** DynamoDB Streams, which is a separate service over the same store. */
export const dynamodbStreams = defineService({
  id: "dynamodb-streams",
  store: "dynamodb",
  // A stream of another account can be used if its resource policy allows it.
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

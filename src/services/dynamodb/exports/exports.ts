import { parseArn } from "#aws/arn.ts";
import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import type { Place } from "#kernel/records/collection.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import type { Handlers, Input } from "#kernel/service.ts";
import { startCopy } from "../backups/copy.ts";
import { tableNotFound } from "../backups/errors.ts";
import { addCopy } from "../backups/source.ts";
import { bucketFailure, type Failure } from "../buckets.ts";
import { digestOf } from "../digest.ts";
import { tableName } from "../items/rows.ts";
import { type Export, exports, type Table, tableArn, tables } from "../store.ts";
import { startGathering } from "./changes.ts";
import { exportConflict, exportOfOtherRegion, noSuchExport, notAnExport, wrongToken } from "./errors.ts";
import { filterOf, filterStored, storedFilter } from "./filter.ts";
import { exportArn, keyIn } from "./names.ts";
import { checkRequest, timesOf } from "./request.ts";
import { billedBytes, writeExport } from "./write.ts";

type Request = Input<"dynamodb", "ExportTableToPointInTime">;

const PAGE_SIZE = 10;
const PAGE = 1_000;
const PURPOSE = "dynamodb/exports";
/** How long a client token identifies a request. */
const TOKEN_MS = 8 * 3_600_000;
/** How long an export that will fail is shown as in progress. */
const FAIL_MS = 1_000;

export const exportOperations = {
  /**
   * Copies the table as it was at that time, or gathers the changes of a period, in the background. A job then writes the
   * result to the bucket.
   */
  async ExportTableToPointInTime(ctx, input) {
    checkRequest(input);
    const { ExportTime: _, IncrementalExportSpecification: __, FilterSpecification, ...request } = input;
    const checkFilter = FilterSpecification && filterOf(FilterSpecification);
    const filter = FilterSpecification && storedFilter(FilterSpecification);
    const name = tableName(input.TableArn);
    const id = `${timeInId(ctx.clock.now())}-${ctx.random.uuid().slice(0, 8)}`;
    const earlier = await ctx.read(async (tx) => {
      const holder = await earlierExport(tx, input);
      if (holder) return holder;
      const table = await exportable(ctx, tx, input);
      checkFilter?.(table);
      timesOf(table, input, tx.now());
      return undefined;
    });
    if (earlier) return { ExportDescription: described(ctx, earlier) };
    const refused = await refusal(ctx, input, id);
    return ctx.transact(async (tx) => {
      // A concurrent request may have used the token meanwhile.
      const concurrent = await earlierExport(tx, input);
      if (concurrent) return { ExportDescription: described(ctx, concurrent) };
      const table = await exportable(ctx, tx, input);
      const now = tx.now();
      const made: Export = {
        id,
        number: tx.sequence(),
        of: table,
        asked: request,
        ...(input.ClientToken !== undefined && { digest: digestOf(input) }),
        ...timesOf(table, input, now),
        ...(filter && { filter }),
        created: now,
        ...(refused && { failure: refused }),
        items: 0,
        bytes: 0,
      };
      tx.put(exports, made);
      if (refused) tx.enqueue(writeExport, { table: name, id }, { delay: FAIL_MS });
      else start(tx, table, made);
      return { ExportDescription: described(ctx, made) };
    });
  },

  async DescribeExport(ctx, { ExportArn }) {
    const [, name, id] = /:table\/([^/]+)\/export\/([^/]+)$/.exec(ExportArn) ?? [];
    if (name === undefined || id === undefined) throw notAnExport();
    if (parseArn(ExportArn)?.region !== ctx.region) throw exportOfOtherRegion();
    const one = await ctx.read((tx) => tx.get(exports, [name, id]));
    if (!one) throw noSuchExport(ExportArn);
    return { ExportDescription: described(ctx, one) };
  },

  /** Lists the newest exports first. */
  async ListExports(ctx, { TableArn, MaxResults = PAGE_SIZE, NextToken }) {
    const before = NextToken === undefined ? undefined : ctx.seal.unseal(PURPOSE, NextToken);
    if (NextToken !== undefined && typeof before !== "string") throw wrongToken(NextToken);
    const limit = MaxResults + 1;
    const page = await ctx.read((tx) =>
      TableArn === undefined
        ? newestOfAll(tx, before as string | undefined, limit)
        : newestOf(ctx, tx, TableArn, before as string | undefined, limit),
    );
    const shown = page.slice(0, MaxResults);
    return {
      ExportSummaries: shown.map((one) => ({
        ExportArn: exportArn(ctx, one),
        ExportStatus: statusOf(one),
        ExportType: one.span ? ("INCREMENTAL_EXPORT" as const) : ("FULL_EXPORT" as const),
      })),
      NextToken: page.length > MaxResults ? ctx.seal.seal(PURPOSE, shown.at(-1)!.id) : undefined,
    };
  },
} satisfies Handlers<"dynamodb">;

/** The newest exports of a table, without those of a former table of the same name or of another Region. */
async function newestOf(
  place: Place,
  tx: ReadTransaction,
  arn: string,
  before: string | undefined,
  limit: number,
): Promise<Export[]> {
  const table = await tx.get(tables, [tableName(arn)]);
  if (!table || arn !== tableArn(place, table.name)) return [];
  return tx.list(exports, {
    in: [table.name],
    from: [timeInId(table.created)],
    ...(before !== undefined && { before: [before] }),
    limit,
    reverse: true,
  });
}

/** The newest exports of all tables. Reads all exports, since they are stored by table. */
async function newestOfAll(
  tx: ReadTransaction,
  before: string | undefined,
  limit: number,
): Promise<Export[]> {
  let newest: Export[] = [];
  for (let last: Export | undefined; ; ) {
    const page = await tx.list(exports, { ...(last && { after: [last.of.name, last.id] }), limit: PAGE });
    const older = page.filter(({ id }) => before === undefined || id < before);
    newest = [...newest, ...older].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, limit);
    last = page.at(-1);
    if (page.length < PAGE) return newest;
  }
}

/** The beginning of an id, by which ids sort in order of time. */
const timeInId = (time: number) => String(time).padStart(14, "0");

/** The table to export. A table ARN of another Region is not found. */
async function exportable(place: Place, tx: ReadTransaction, { TableArn }: Request): Promise<Table> {
  const table = await tx.get(tables, [tableName(TableArn)]);
  if (!table || table.restoring || TableArn !== tableArn(place, table.name)) throw tableNotFound(TableArn);
  return table;
}

function start(tx: Transaction, table: Table, made: Export): void {
  const { at, created, id, number, span } = made;
  const { name } = table;
  tx.put(tables, addCopy(table, number));
  if (span) startGathering(tx, made);
  else
    startCopy(
      tx,
      { type: "table", name, number: table.number, at: at === created ? [at, tx.sequence()] : [at] },
      { type: "export", table: name, id, number },
    );
}

/** The error if the caller cannot write to the bucket. It is shown once the export has failed. */
async function refusal(
  ctx: Context,
  { S3Bucket, S3BucketOwner, S3Prefix }: Request,
  id: string,
): Promise<Failure | undefined> {
  try {
    await ctx.aws.s3.PutObject({
      Bucket: S3Bucket,
      Key: keyIn(S3Prefix, id, "_started"),
      ...(S3BucketOwner !== undefined && { ExpectedBucketOwner: S3BucketOwner }),
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof AwsError) || error.status >= 500) throw error;
    return bucketFailure(error, ctx.requestId);
  }
}

/** The export with the same client token. @throws {AwsError} ExportConflictException if the request differs */
async function earlierExport(tx: ReadTransaction, input: Request): Promise<Export | undefined> {
  if (input.ClientToken === undefined) return undefined;
  const [earlier] = await tx.listBy(exports, "token", { in: [input.ClientToken], limit: 1, reverse: true });
  if (!earlier || earlier.created < tx.now() - TOKEN_MS) return undefined;
  if (earlier.digest !== undefined && earlier.digest !== digestOf(input)) throw exportConflict();
  return earlier;
}

function statusOf({ failure, ended }: Export): DynamoDB.ExportStatus {
  if (ended === undefined) return "IN_PROGRESS";
  return failure ? "FAILED" : "COMPLETED";
}

function described(place: Place, one: Export): DynamoDB.ExportDescription {
  const { asked: request, of: table, failure, ended, span, filter } = one;
  const isDone = ended !== undefined && !failure;
  return {
    ExportArn: exportArn(place, one),
    ExportStatus: statusOf(one),
    StartTime: new Date(one.created),
    EndTime: ended === undefined ? undefined : new Date(ended),
    ExportManifest: isDone ? keyIn(request.S3Prefix, one.id, "manifest-summary.json") : undefined,
    TableArn: tableArn(place, table.name),
    TableId: table.uuid,
    ExportTime: span ? undefined : new Date(one.at),
    ClientToken: request.ClientToken,
    S3Bucket: request.S3Bucket,
    S3BucketOwner: request.S3BucketOwner,
    S3Prefix: request.S3Prefix,
    S3SseAlgorithm: request.S3SseAlgorithm ?? "AES256",
    S3SseKmsKeyId: request.S3SseKmsKeyId,
    ...(ended !== undefined && { FailureCode: failure?.code, FailureMessage: failure?.message }),
    ExportFormat: request.ExportFormat ?? "DYNAMODB_JSON",
    BilledSizeBytes: isDone ? billedBytes(one) : undefined,
    ItemCount: isDone ? one.items : undefined,
    ExportType: request.ExportType,
    IncrementalExportSpecification: span && {
      ExportFromTime: new Date(span.from),
      ExportToTime: new Date(one.at),
      ExportViewType: span.view,
    },
    FilterSpecification: filter && filterStored(filter),
  };
}

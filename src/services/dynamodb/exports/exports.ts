import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { AwsError } from "#aws/errors.ts";
import type { Place } from "#kernel/collection.ts";
import { faultsOf, type Handlers, type Input } from "#kernel/service.ts";
import type { ReadTransaction } from "#kernel/transaction.ts";
import { copied, startCopy } from "../backups/copy.ts";
import { recoveryUnavailable, tableNotFound } from "../backups/errors.ts";
import { earliestOf } from "../backups/undo.ts";
import { invalid } from "../errors.ts";
import { tableName } from "../items/rows.ts";
import { type Export, exports, tableArn, tables } from "../store.ts";
import { exportArn, keyIn } from "./names.ts";

const fault = faultsOf<"dynamodb">();
const noSuchExport = (arn: string) => fault("ExportNotFoundException", `Export not found: ${arn}`);
const notExportable = () =>
  fault("InvalidExportTimeException", "The export time is outside of what the table's recovery reaches");

const MOST_LISTED = 25;
const PURPOSE = "dynamodb/exports";
/** For so long a token stands for the call that it came with first. */
const TOKEN_MS = 8 * 3_600_000;

export const exportOperations = {
  /** The table is copied as it was at that time, and what was copied is written to the bucket by a job. */
  async ExportTableToPointInTime(ctx, input) {
    refuseUnimplemented(input);
    const name = tableName(input.TableArn);
    const id = `${String(ctx.clock.now()).padStart(14, "0")}-${ctx.random.uuid().slice(0, 8)}`;
    const known = await ctx.read(async (tx) => {
      const before = await tokenHolder(tx, input, ctx.clock.now());
      if (before) return before;
      const table = await tx.get(tables, [name]);
      if (!table) throw tableNotFound(name);
      if (!table.recovery) throw recoveryUnavailable(name);
      return undefined;
    });
    if (known) return { ExportDescription: described(ctx, known) };
    // By the caller itself: it has to be let into the bucket.
    await ctx.aws.s3.PutObject({
      Bucket: input.S3Bucket,
      Key: keyIn(input.S3Prefix, id, "_started"),
      ...(input.S3BucketOwner !== undefined && { ExpectedBucketOwner: input.S3BucketOwner }),
    });
    return ctx.transact(async (tx) => {
      const table = await tx.get(tables, [name]);
      if (!table) throw tableNotFound(name);
      if (!table.recovery) throw recoveryUnavailable(name);
      const now = tx.now();
      const at = input.ExportTime?.getTime() ?? now;
      if (at > now || at < earliestOf(table.recovery, now)) throw notExportable();
      const { ExportTime: _, IncrementalExportSpecification: __, ...asked } = input;
      const made: Export = {
        id,
        number: tx.sequence(),
        of: table,
        asked,
        at,
        created: now,
        items: 0,
        bytes: 0,
      };
      tx.put(exports, made);
      tx.put(tables, copied(table, made.number));
      startCopy(
        tx,
        { type: "table", name, number: table.number, at: at === now ? [at, tx.sequence()] : [at] },
        { type: "export", table: name, id, number: made.number },
      );
      return { ExportDescription: described(ctx, made) };
    });
  },

  async DescribeExport(ctx, { ExportArn }) {
    const found = await ctx.read((tx) =>
      tx.get(exports, [tableName(ExportArn), ExportArn.split("/export/")[1] ?? ""]),
    );
    if (!found) throw noSuchExport(ExportArn);
    return { ExportDescription: described(ctx, found) };
  },

  async ListExports(ctx, { TableArn, MaxResults = MOST_LISTED, NextToken }) {
    const after = NextToken === undefined ? undefined : ctx.seal.unseal(PURPOSE, NextToken);
    if (NextToken !== undefined && !Array.isArray(after)) throw invalid("Invalid NextToken");
    const start = after as [string, string] | undefined;
    const found = await ctx.read((tx) =>
      tx.list(exports, {
        ...(TableArn !== undefined && { in: [tableName(TableArn)] }),
        ...(start && { after: TableArn === undefined ? start : [start[1]] }),
        limit: MaxResults + 1,
      }),
    );
    const shown = found.slice(0, MaxResults);
    const last = shown.at(-1);
    return {
      ExportSummaries: shown.map((one) => ({
        ExportArn: exportArn(ctx, one),
        ExportStatus: statusOf(one),
        ExportType: "FULL_EXPORT" as const,
      })),
      NextToken:
        last && found.length > MaxResults ? ctx.seal.seal(PURPOSE, [last.of.name, last.id]) : undefined,
    };
  },
} satisfies Handlers<"dynamodb">;

function refuseUnimplemented(input: Input<"dynamodb", "ExportTableToPointInTime">): void {
  const named =
    input.ExportFormat === "ION"
      ? "the export format ION"
      : input.ExportType === "INCREMENTAL_EXPORT" || input.IncrementalExportSpecification
        ? "incremental exports"
        : undefined;
  if (named) throw new AwsError("NotImplemented", `Nube does not implement ${named} yet.`, { status: 501 });
}

/** @throws {AwsError} ExportConflictException where the token came with something else */
async function tokenHolder(
  tx: ReadTransaction,
  input: Input<"dynamodb", "ExportTableToPointInTime">,
  now: number,
): Promise<Export | undefined> {
  if (input.ClientToken === undefined) return undefined;
  const [known] = await tx.listBy(exports, "token", { in: [input.ClientToken], limit: 1, reverse: true });
  if (!known || known.created < now - TOKEN_MS) return undefined;
  const { asked } = known;
  if (
    known.of.name !== tableName(input.TableArn) ||
    asked.S3Bucket !== input.S3Bucket ||
    asked.S3Prefix !== input.S3Prefix
  )
    throw fault("ExportConflictException", "The client token came with another export");
  return known;
}

const statusOf = ({ failure, ended }: Export): DynamoDB.ExportStatus =>
  failure ? "FAILED" : ended === undefined ? "IN_PROGRESS" : "COMPLETED";

function described(place: Place, one: Export): DynamoDB.ExportDescription {
  const { asked, of: table, failure, ended } = one;
  const isDone = ended !== undefined && !failure;
  return {
    ExportArn: exportArn(place, one),
    ExportStatus: statusOf(one),
    StartTime: new Date(one.created),
    EndTime: ended === undefined ? undefined : new Date(ended),
    ExportManifest: isDone ? keyIn(asked.S3Prefix, one.id, "manifest-summary.json") : undefined,
    TableArn: tableArn(place, table.name),
    TableId: table.uuid,
    ExportTime: new Date(one.at),
    ClientToken: asked.ClientToken,
    S3Bucket: asked.S3Bucket,
    S3BucketOwner: asked.S3BucketOwner,
    S3Prefix: asked.S3Prefix,
    S3SseAlgorithm: asked.S3SseAlgorithm ?? "AES256",
    S3SseKmsKeyId: asked.S3SseKmsKeyId,
    FailureCode: failure?.code,
    FailureMessage: failure?.message,
    ExportFormat: "DYNAMODB_JSON",
    BilledSizeBytes: isDone ? one.bytes : undefined,
    ItemCount: isDone ? one.items : undefined,
    ExportType: "FULL_EXPORT",
  };
}

import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { AwsError, notImplemented } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import type { Place } from "#kernel/records/collection.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { bucketFailure, type Failure } from "../buckets.ts";
import { checkClientToken } from "../client-token.ts";
import { digestOf } from "../digest.ts";
import { tableExists } from "../errors.ts";
import { tableName } from "../items/rows.ts";
import { type Import, imports, tableArn, tables } from "../store.ts";
import { checkEncryption } from "../tables/encryption.ts";
import { schemaOf } from "../tables/schema.ts";
import {
  headerTooLong,
  importConflict,
  noSuchImport,
  notAnImport,
  unsupportedOptions,
  wrongToken,
} from "./errors.ts";
import { pageIn, pageToken } from "./page-token.ts";
import { runImport } from "./run.ts";
import { nextObject } from "./source.ts";

/** How long an import is shown as in progress, at least. */
const START_MS = 1_000;
/** How long a client token identifies a request. */
const TOKEN_MS = 8 * 3_600_000;
const PAGE_SIZE = 10;
/** The most bytes of all names in a header list. The request is stored in one record, whose size is limited. */
const MAX_HEADER_BYTES = 2 ** 20;
const ARN = /:table\/[^/]+\/import\/(\d+-[0-9a-f]+)$/;

export const importOperations = {
  /** The table's name is not reserved before the table is created: of two imports with the same name, one fails. */
  async ImportTable(ctx, input) {
    checkFormat(input);
    if (input.TableCreationParameters.VectorIndexes) throw notImplemented("VectorIndexes of a table");
    checkClientToken(input.ClientToken);
    const { TableCreationParameters: parameters } = input;
    schemaOf(parameters, ctx.region);
    checkEncryption(ctx, parameters.SSESpecification);
    const name = tableName(parameters.TableName);
    const earlier = await ctx.read((tx) => repeated(tx, input, name));
    if (earlier) return { ImportTableDescription: described(ctx, earlier) };
    const refused = await refusal(ctx, input.S3BucketSource);
    const ClientToken = input.ClientToken ?? ctx.random.uuid();
    return ctx.transact(async (tx) => {
      // A concurrent request may have used the token meanwhile.
      const concurrent = await repeated(tx, input, name);
      if (concurrent) return { ImportTableDescription: described(ctx, concurrent) };
      const now = tx.now();
      const made: Import = {
        id: `${String(now).padStart(14, "0")}-${tx.uuid().slice(0, 8)}`,
        table: name,
        uuid: tx.uuid(),
        asked: { ...input, ClientToken },
        created: now,
        ...(refused && { failure: refused }),
        processed: 0,
        imported: 0,
        errors: 0,
        bytes: 0,
      };
      tx.put(imports, made);
      tx.enqueue(runImport, { id: made.id }, { delay: START_MS });
      return { ImportTableDescription: described(ctx, made) };
    });
  },

  async DescribeImport(ctx, { ImportArn }) {
    const [, id] = ARN.exec(ImportArn) ?? [];
    if (id === undefined) throw notAnImport();
    const one = await ctx.read((tx) => tx.get(imports, [id]));
    if (!one || importArn(ctx, one) !== ImportArn) throw noSuchImport(ImportArn);
    return { ImportTableDescription: described(ctx, one) };
  },

  /** Lists the newest imports first. */
  async ListImports(ctx, { TableArn, PageSize = PAGE_SIZE, NextToken }) {
    const before = NextToken === undefined ? undefined : pageIn(ctx.seal, NextToken);
    if (NextToken !== undefined && before === undefined) throw wrongToken(NextToken);
    const range = {
      ...(before !== undefined && { before: [before] }),
      limit: PageSize + 1,
      reverse: true,
    };
    const page = await ctx.read((tx) =>
      TableArn === undefined
        ? tx.list(imports, range)
        : TableArn === tableArn(ctx, tableName(TableArn))
          ? tx.listBy(imports, "table", { ...range, in: [tableName(TableArn)] })
          : [],
    );
    const shown = page.slice(0, PageSize);
    return {
      ImportSummaryList: shown.map((one) => summary(ctx, one)),
      NextToken: page.length > PageSize ? pageToken(ctx.seal, shown.at(-1)!.id) : undefined,
    };
  },
} satisfies Handlers<"dynamodb">;

function checkFormat({ InputFormat, InputFormatOptions }: DynamoDB.ImportTableInput): void {
  if (InputFormat !== "CSV" && InputFormatOptions?.Csv) throw unsupportedOptions(InputFormat);
  const header = InputFormatOptions?.Csv?.HeaderList ?? [];
  if (header.reduce((sum, name) => sum + Buffer.byteLength(name), 0) > MAX_HEADER_BYTES)
    throw headerTooLong();
}

/**
 * The earlier import with the same client token, if it is in progress, or if its table was deleted since.
 * @throws {AwsError} ResourceInUseException; ImportConflictException if the request differs
 */
async function repeated(
  tx: ReadTransaction,
  input: DynamoDB.ImportTableInput,
  name: string,
): Promise<Import | undefined> {
  const earlier = await earlierImport(tx, input);
  if (earlier && digestOf(earlier.asked) !== digestOf(input)) throw importConflict();
  if (earlier && earlier.ended === undefined) return earlier;
  if (await tx.get(tables, [name])) throw tableExists(name);
  return earlier;
}

async function earlierImport(
  tx: ReadTransaction,
  { ClientToken }: DynamoDB.ImportTableInput,
): Promise<Import | undefined> {
  if (ClientToken === undefined) return undefined;
  const [earlier] = await tx.listBy(imports, "token", { in: [ClientToken], limit: 1, reverse: true });
  return earlier && earlier.created > tx.now() - TOKEN_MS ? earlier : undefined;
}

/** The error if the caller cannot read from the bucket. It is shown once the import has failed. */
async function refusal(ctx: Context, source: DynamoDB.S3BucketSource): Promise<Failure | undefined> {
  try {
    const first = await nextObject(ctx.aws, source);
    if (first) await ctx.aws.s3.HeadObject({ Bucket: source.S3Bucket, Key: first.key });
    return undefined;
  } catch (error) {
    if (!(error instanceof AwsError) || error.status >= 500) throw error;
    return bucketFailure(error, ctx.requestId);
  }
}

const importArn = (place: Place, { table, id }: Import) => `${tableArn(place, table)}/import/${id}`;

function statusOf({ ended, failure }: Import): DynamoDB.ImportStatus {
  if (ended === undefined) return "IN_PROGRESS";
  return failure ? "FAILED" : "COMPLETED";
}

function summary(place: Place, one: Import): DynamoDB.ImportSummary {
  const { account, region } = place;
  return {
    ImportArn: importArn(place, one),
    ImportStatus: statusOf(one),
    TableArn: tableArn(place, one.table),
    S3BucketSource: { S3BucketOwner: account, ...one.asked.S3BucketSource },
    CloudWatchLogGroupArn: `arn:aws:logs:${region}:${account}:log-group:/aws-dynamodb/imports:*`,
    InputFormat: one.asked.InputFormat,
    StartTime: new Date(one.created),
    EndTime: one.ended === undefined ? undefined : new Date(one.ended),
  };
}

function described(place: Place, one: Import): DynamoDB.ImportTableDescription {
  const { asked: request, ended, failure } = one;
  return {
    ...summary(place, one),
    TableId: one.uuid,
    ClientToken: request.ClientToken,
    InputFormatOptions: request.InputFormatOptions,
    InputCompressionType: request.InputCompressionType ?? "NONE",
    TableCreationParameters: request.TableCreationParameters,
    ProcessedSizeBytes: one.bytes,
    ProcessedItemCount: one.processed,
    ImportedItemCount: one.imported,
    ErrorCount: one.errors,
    ...(ended !== undefined && { FailureCode: failure?.code, FailureMessage: failure?.message }),
  };
}

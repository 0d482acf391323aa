import { hash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { AwsError } from "#aws/errors.ts";
import { rootOf } from "#kernel/calls/principal.ts";
import type { Context } from "#kernel/context.ts";
import type { BytesRow } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
import { bodyOf } from "#lib/body.ts";
import { clearBackup } from "../backups/clear.ts";
import { bucketFailure } from "../buckets.ts";
import { placeOf, rowAt } from "../items/place.ts";
import { backupRows, type Export, type ExportedFile, exports, tableArn } from "../store.ts";
import { storedItemIn } from "../values/stored.ts";
import { linesOf } from "./lines.ts";
import { dataKeyIn, exportArn, keyIn } from "./names.ts";

/** The size of a file before compression. */
const MAX_FILE_BYTES = 8 * 2 ** 20;
const PAGE = 100;
/** The retention of ended exports: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListExports.html */
const RETENTION_MS = 90 * 86_400_000;

/**
 * Writes the copied rows to the bucket file by file, and finally the manifests. A file that is written twice has the same
 * name.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
 */
export const writeExport = job<{ table: string; id: string }>("dynamodb/export", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { table, id }) {
    const exported = await ctx.read((tx) => tx.get(exports, [table, id]));
    if (!exported || exported.ended !== undefined) return undefined;
    const { files, behind } = exported.written ?? { files: [], behind: undefined };
    try {
      if (exported.failure) {
        await end(ctx, { ...exported, ended: ctx.clock.now() });
        return undefined;
      }
      const { rows, isEnd } = await nextRows(ctx, exported.number, behind);
      const isNeeded = rows.length > 0 || files.length === 0;
      const written = isNeeded ? await writeFile(ctx, exported, files.length, rows) : undefined;
      const next = withFile(exported, written);
      if (!isEnd) {
        const last = placeOf(rows.at(-1)!);
        const all = [...files, written!.file];
        await ctx.transact((tx) => tx.put(exports, { ...next, written: { files: all, behind: last } }));
        return { again: 0 };
      }
      const ended = ctx.clock.now();
      await writeManifests(ctx, { ...next, ended }, written ? [...files, written.file] : files);
      await end(ctx, { ...next, ended });
    } catch (error) {
      // Errors of the bucket are final; all others are retried.
      if (!(error instanceof AwsError) || error.status >= 500) throw error;
      const failure = bucketFailure(error, ctx.requestId);
      await end(ctx, { ...exported, ended: ctx.clock.now(), failure });
    }
    return undefined;
  },
});

interface Written {
  file: ExportedFile;
  /** The size of what was read for it. */
  bytes: number;
}

/** Adds a file to the counts of an export; a whole table was counted when it was copied. */
const withFile = (exported: Export, written: Written | undefined): Export =>
  (exported.span || exported.filter) && written
    ? { ...exported, items: exported.items + written.file.itemCount, bytes: exported.bytes + written.bytes }
    : exported;

const end = (ctx: Context, ended: Export): Promise<void> =>
  ctx.transact((tx) => {
    tx.put(exports, ended);
    tx.enqueue(clearBackup, { number: ended.number });
    tx.enqueue(forgetExport, { table: ended.of.name, id: ended.id }, { delay: RETENTION_MS });
  });

export const forgetExport = job<{ table: string; id: string }>("dynamodb/forget-export", {
  attempts: Number.POSITIVE_INFINITY,
  run: (ctx, { table, id }) => ctx.transact((tx) => tx.delete(exports, [table, id])),
});

async function nextRows(ctx: Context, number: number, behind: string | undefined) {
  const rows: BytesRow[] = [];
  let from: BytesRow | undefined = behind === undefined ? undefined : rowAt(behind);
  for (let bytes = 0; bytes < MAX_FILE_BYTES; ) {
    const page = await ctx.read((tx) =>
      tx.listBytes(backupRows, { in: [number], ...(from && { behind: from }), limit: PAGE }),
    );
    for (const row of page) {
      rows.push(row);
      bytes += storedItemIn(row).length;
      from = row;
      if (bytes >= MAX_FILE_BYTES) return { rows, isEnd: false };
    }
    if (page.length < PAGE) return { rows, isEnd: true };
  }
  return { rows, isEnd: false };
}

async function writeFile(
  ctx: Context,
  exported: Export,
  part: number,
  rows: readonly BytesRow[],
): Promise<Written> {
  const isIon = exported.asked.ExportFormat === "ION";
  const name = `${hash("md5", `${exported.id}/${part}`).slice(0, 26)}.${isIon ? "ion" : "json"}.gz`;
  const { texts, bytes } = await contentOf(exported, rows);
  const body = await promisify(gzip)(texts.join(""));
  const key = dataKeyIn(exported, name);
  const { ETag } = await put(ctx, exported, key, body);
  const file = {
    itemCount: texts.length,
    md5Checksum: hash("md5", body, "base64"),
    etag: (ETag ?? "").replaceAll('"', ""),
    dataFileS3Key: key,
  };
  return { file, bytes };
}

async function contentOf(
  exported: Export,
  rows: readonly BytesRow[],
): Promise<{ texts: string[]; bytes: number }> {
  const lineOf = linesOf(exported);
  const texts: string[] = [];
  let total = 0;
  for (const [at, row] of rows.entries()) {
    // Requests need not wait until a file's items are filtered.
    if (at % PAGE === 0) await new Promise(setImmediate);
    const { text, bytes } = lineOf(row);
    if (text !== undefined) texts.push(text);
    total += bytes;
  }
  return { texts, bytes: total };
}

async function writeManifests(ctx: Context, exported: Export, files: readonly ExportedFile[]): Promise<void> {
  const { asked: request, of: table, span } = exported;
  const name = (file: string) => keyIn(request.S3Prefix, exported.id, file);
  const summary = {
    version: span ? "2023-08-01" : "2020-06-30",
    exportArn: exportArn(ctx, exported),
    startTime: new Date(exported.created).toISOString(),
    endTime: new Date(exported.ended!).toISOString(),
    tableArn: tableArn(ctx, table.name),
    tableId: table.uuid,
    ...(span
      ? {
          exportFromTime: new Date(span.from).toISOString(),
          exportToTime: new Date(exported.at).toISOString(),
        }
      : { exportTime: new Date(exported.at).toISOString() }),
    s3Bucket: request.S3Bucket,
    s3Prefix: request.S3Prefix ?? null,
    s3SseAlgorithm: request.S3SseAlgorithm ?? "AES256",
    s3SseKmsKeyId: request.S3SseKmsKeyId ?? null,
    manifestFilesS3Key: name("manifest-files.json"),
    billedSizeBytes: billedBytes(exported),
    itemCount: exported.items,
    outputFormat: request.ExportFormat ?? "DYNAMODB_JSON",
    ...(span && { outputView: span.view }),
    exportType: span ? "INCREMENTAL_EXPORT" : "FULL_EXPORT",
  };
  const texts = {
    "manifest-files": files.map((file) => `${JSON.stringify(file)}\n`).join(""),
    "manifest-summary": JSON.stringify(summary),
  };
  for (const [file, text] of Object.entries(texts)) {
    await put(ctx, exported, name(`${file}.json`), Buffer.from(text));
    await put(ctx, exported, name(`${file}.checksum`), Buffer.from(hash("md5", text, "base64")));
  }
}

/** The billed size. The minimum for incremental exports is 10 MB. */
export const billedBytes = ({ span, bytes }: Export): number => (span ? Math.max(10_000_000, bytes) : bytes);

/** Writes as the account's root, since the caller's permission was checked when the export began. */
const put = (ctx: Context, { asked: request }: Export, key: string, body: Buffer) =>
  ctx.as(rootOf(ctx.account)).aws.s3.PutObject({
    Bucket: request.S3Bucket,
    Key: key,
    Body: bodyOf(body),
    ...(request.S3BucketOwner !== undefined && { ExpectedBucketOwner: request.S3BucketOwner }),
    ...(request.S3SseAlgorithm && {
      ServerSideEncryption: request.S3SseAlgorithm === "KMS" ? ("aws:kms" as const) : ("AES256" as const),
    }),
    ...(request.S3SseKmsKeyId !== undefined && { SSEKMSKeyId: request.S3SseKmsKeyId }),
  });

import { hash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { job } from "#kernel/jobs.ts";
import { rootOf } from "#kernel/principal.ts";
import type { BytesRow } from "#kernel/transaction.ts";
import { bodyOf } from "#lib/body.ts";
import { clearBackup } from "../backups/clear.ts";
import { placeOf, rowAt } from "../items/place.ts";
import { backupRows, type Export, type ExportedFile, exports, tableArn } from "../store.ts";
import { Kept } from "../values/stored.ts";
import { exportArn, keyIn } from "./names.ts";

/** Bytes of a file, before they are compressed. */
const MOST_BYTES = 8 * 2 ** 20;
const PAGE = 100;

/**
 * Writes what was copied to the bucket, a file at a time, and at last what files there are. A file that is written twice has
 * the same name.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
 */
export const writeExport = job<{ table: string; id: string }>("dynamodb/export", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { table, id }) {
    const found = await ctx.read((tx) => tx.get(exports, [table, id]));
    if (!found || found.ended !== undefined) return undefined;
    const { files, behind } = found.written ?? { files: [], behind: undefined };
    try {
      const { rows, isEnd } = await nextRows(ctx, found.number, behind);
      const written =
        rows.length > 0 || files.length === 0 ? [await writeFile(ctx, found, files.length, rows)] : [];
      const all = [...files, ...written];
      if (!isEnd) {
        const last = placeOf(rows.at(-1)!);
        await ctx.transact((tx) => tx.put(exports, { ...found, written: { files: all, behind: last } }));
        return { again: 0 };
      }
      const ended = ctx.clock.now();
      await writeManifests(ctx, { ...found, ended }, all);
      await end(ctx, { ...found, ended });
    } catch (error) {
      // What the bucket says will not change by asking again; everything else is tried again.
      if (!(error instanceof AwsError) || error.status >= 500) throw error;
      const failure = { code: `S3${error.code}`, message: error.message };
      await end(ctx, { ...found, ended: ctx.clock.now(), failure });
    }
    return undefined;
  },
});

const end = (ctx: Context, ended: Export): Promise<void> =>
  ctx.transact((tx) => {
    tx.put(exports, ended);
    tx.enqueue(clearBackup, { number: ended.number });
  });

async function nextRows(ctx: Context, number: number, behind: string | undefined) {
  const rows: BytesRow[] = [];
  let from: BytesRow | undefined = behind === undefined ? undefined : rowAt(behind);
  for (let bytes = 0; bytes < MOST_BYTES; ) {
    const page = await ctx.read((tx) =>
      tx.listBytes(backupRows, { in: [number], ...(from && { behind: from }), limit: PAGE }),
    );
    for (const row of page) {
      rows.push(row);
      bytes += row.value.length;
      from = row;
      if (bytes >= MOST_BYTES) return { rows, isEnd: false };
    }
    if (page.length < PAGE) return { rows, isEnd: true };
  }
  return { rows, isEnd: false };
}

/** An item is kept in the form in which it is exported. */
const lineOf = ({ value }: BytesRow) => `{"Item":${new Kept(value).json}}\n`;

async function writeFile(
  ctx: Context,
  found: Export,
  part: number,
  rows: readonly BytesRow[],
): Promise<ExportedFile> {
  const name = `${hash("md5", `${found.id}/${part}`).slice(0, 26)}.json.gz`;
  const body = await promisify(gzip)(rows.map(lineOf).join(""));
  const key = keyIn(found.asked.S3Prefix, found.id, `data/${name}`);
  const { ETag } = await put(ctx, found, key, body);
  return {
    itemCount: rows.length,
    md5Checksum: hash("md5", body, "base64"),
    etag: (ETag ?? "").replaceAll('"', ""),
    dataFileS3Key: key,
  };
}

async function writeManifests(ctx: Context, found: Export, files: readonly ExportedFile[]): Promise<void> {
  const { asked, of: table } = found;
  const name = (file: string) => keyIn(asked.S3Prefix, found.id, file);
  const summary = {
    version: "2020-06-30",
    exportArn: exportArn(ctx, found),
    startTime: new Date(found.created).toISOString(),
    endTime: new Date(found.ended!).toISOString(),
    tableArn: tableArn(ctx, table.name),
    tableId: table.uuid,
    exportTime: new Date(found.at).toISOString(),
    s3Bucket: asked.S3Bucket,
    s3Prefix: asked.S3Prefix ?? null,
    s3SseAlgorithm: asked.S3SseAlgorithm ?? "AES256",
    s3SseKmsKeyId: asked.S3SseKmsKeyId ?? null,
    manifestFilesS3Key: name("manifest-files.json"),
    billedSizeBytes: found.bytes,
    itemCount: found.items,
    outputFormat: "DYNAMODB_JSON",
    exportType: "FULL_EXPORT",
  };
  const texts = {
    "manifest-files": files.map((file) => `${JSON.stringify(file)}\n`).join(""),
    "manifest-summary": JSON.stringify(summary),
  };
  for (const [file, text] of Object.entries(texts)) {
    await put(ctx, found, name(`${file}.json`), Buffer.from(text));
    await put(ctx, found, name(`${file}.checksum`), Buffer.from(hash("md5", text, "base64")));
  }
}

/** As the account, whose caller was let into the bucket when the export began. */
const put = (ctx: Context, { asked }: Export, key: string, body: Buffer) =>
  ctx.as(rootOf(ctx.account)).aws.s3.PutObject({
    Bucket: asked.S3Bucket,
    Key: key,
    Body: bodyOf(body),
    ...(asked.S3BucketOwner !== undefined && { ExpectedBucketOwner: asked.S3BucketOwner }),
    ...(asked.S3SseAlgorithm && {
      ServerSideEncryption: asked.S3SseAlgorithm === "KMS" ? ("aws:kms" as const) : ("AES256" as const),
    }),
    ...(asked.S3SseKmsKeyId !== undefined && { SSEKMSKeyId: asked.S3SseKmsKeyId }),
  });

import { createHash, randomBytes, randomInt } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { operate, type Row, type Upload, type Version } from "./ledger.ts";

const MB = 2 ** 20;
/** Mostly small sizes, and those just below and above the size from which a body is a file. */
const SIZES = [0, 1, 300, 2_000, 2_000, 40_000, 65_536, 65_537, 300_000, MB];
const MAX_VERSIONS = 6;

export const PLAIN = "plain";
export const VERSIONED = "versioned";

/** The keys of one writer, which performs only one operation at a time on each. */
export function rowsOf(writer: number): Row[] {
  const row = (bucket: string, name: string): Row => ({ bucket, key: `${writer}/${name}`, now: [] });
  const rows = ["a", "b", "ü", "d"].map((name) => row(PLAIN, name)).concat(row(VERSIONED, "v"));
  if (writer % 4 === 0) rows.push(row(PLAIN, "parts"), row(VERSIONED, "parts"));
  return rows;
}

/**
 * Writes, overwrites and deletes objects until the cloud stops responding.
 * @returns the number of responses
 * @throws {Error} an error response of the cloud
 */
export async function write(s3: S3Client, rows: readonly Row[]): Promise<number> {
  for (let answers = 0; ; answers++) {
    const row = rows[randomInt(rows.length)]!;
    try {
      await (row.key.endsWith("parts") ? writeParts(s3, row) : writeWhole(s3, row));
    } catch (error) {
      const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
      if (($metadata?.httpStatusCode ?? 0) >= 400) throw error;
      return answers;
    }
  }
}

async function writeWhole(s3: S3Client, row: Row): Promise<void> {
  const { bucket: Bucket, key: Key, now } = row;
  const isVersioned = Bucket === VERSIONED;
  const above = (version: Version) => (isVersioned ? [version, ...now] : [version]);
  const chance = randomInt(10);
  if (now.length > MAX_VERSIONS) {
    const { id: VersionId } = now[randomInt(now.length)]!;
    const rest = now.filter((version) => version.id !== VersionId);
    return operate(row, rest, () => s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId })));
  }
  if (chance < 2) {
    const next = isVersioned ? above({ parts: [] }) : [];
    if (chance === 0) {
      const Delete = { Objects: [{ Key }] };
      return operate(
        row,
        next,
        () => s3.send(new DeleteObjectsCommand({ Bucket, Delete })),
        ({ Deleted }) => named(next, isVersioned, Deleted?.[0]?.DeleteMarkerVersionId),
      );
    }
    return operate(
      row,
      next,
      () => s3.send(new DeleteObjectCommand({ Bucket, Key })),
      ({ VersionId }) => named(next, isVersioned, VersionId),
    );
  }
  if (chance === 2 && now[0]?.sha256 !== undefined) {
    const next = above({ ...now[0], id: undefined });
    const CopySource = `${Bucket}/${encodeURIComponent(Key)}`;
    const copy = { Bucket, Key, CopySource, MetadataDirective: "REPLACE" } as const;
    return operate(
      row,
      next,
      () => s3.send(new CopyObjectCommand(copy)),
      ({ VersionId }) => named(next, isVersioned, VersionId),
    );
  }
  const Body = randomBytes(SIZES[randomInt(SIZES.length)]!);
  const next = above({ sha256: sha256(Body), parts: [Body.length] });
  return operate(
    row,
    next,
    () => s3.send(new PutObjectCommand({ Bucket, Key, Body })),
    ({ VersionId }) => named(next, isVersioned, VersionId),
  );
}

async function writeParts(s3: S3Client, row: Row): Promise<void> {
  const at = { Bucket: row.bucket, Key: row.key };
  if (row.now.length > 1) {
    const { id: VersionId } = row.now.at(-1)!;
    await operate(row, row.now.slice(0, -1), () => s3.send(new DeleteObjectCommand({ ...at, VersionId })));
  }
  const upload = (row.upload ??= await begin());
  if (upload.parts.size === 0)
    await Promise.all([send(1, 5 * MB), send(2, 5 * MB + 1), send(3, randomInt(1, 130_000))]);
  if (randomInt(4) === 0) {
    upload.ending = "abort";
    await s3.send(new AbortMultipartUploadCommand({ ...at, UploadId: upload.id }));
  } else {
    await complete();
  }
  row.upload = undefined;

  async function begin(): Promise<Upload> {
    row.upload = { parts: new Map() };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(at));
    return { id: UploadId!, parts: new Map() };
  }

  async function send(PartNumber: number, size: number): Promise<void> {
    const bytes = randomBytes(size);
    upload.parts.set(PartNumber, { bytes });
    const part = { ...at, UploadId: upload.id!, PartNumber, Body: bytes };
    const { ETag } = await s3.send(new UploadPartCommand(part));
    upload.parts.set(PartNumber, { bytes, etag: ETag! });
  }

  async function complete(): Promise<void> {
    upload.ending = "complete";
    const parts = [...upload.parts].sort(([a], [b]) => a - b);
    const bytes = Buffer.concat(parts.map(([, part]) => part.bytes));
    const sizes = parts.map(([, part]) => part.bytes.length);
    const version: Version = { sha256: sha256(bytes), parts: sizes, isCompleted: true };
    const isVersioned = row.bucket === VERSIONED;
    const next = isVersioned ? [version, ...row.now] : [version];
    const Parts = parts.map(([PartNumber, { etag }]) => ({ PartNumber, ETag: etag! }));
    const completion = { ...at, UploadId: upload.id!, MultipartUpload: { Parts } };
    await operate(
      row,
      next,
      () => s3.send(new CompleteMultipartUploadCommand(completion)),
      ({ VersionId }) => named(next, isVersioned, VersionId),
    );
  }
}

/** Adds the id of the newest version. */
function named(
  versions: readonly Version[],
  isVersioned: boolean,
  id: string | undefined,
): readonly Version[] {
  if (!isVersioned) return versions;
  if (id === undefined) throw new Error("a version was made, and its id was not told");
  const [newest, ...others] = versions;
  return [{ ...newest!, id }, ...others];
}

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

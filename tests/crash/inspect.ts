import { createHash } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  ListPartsCommand,
  paginateListObjectsV2,
  type S3Client,
} from "@aws-sdk/client-s3";
import { expect } from "vitest";
import type { Part, Row, Upload, Version } from "./ledger.ts";
import { PLAIN, sha256, VERSIONED } from "./workload.ts";

/** The stored versions of one key. */
interface StoredObject {
  /** Newest first, with the hash of the content that was read. */
  versions: { id: string; sha256: string }[];
  /** Ids of delete markers, newest first. */
  markers: string[];
  isDeleted: boolean;
}

/**
 * Checks that a cloud has all that it acknowledged, and updates the rows with the outcome of pending operations.
 * @throws {Error} with the key that differs
 */
export async function inspect(s3: S3Client, rows: readonly Row[]): Promise<void> {
  for (const bucket of [PLAIN, VERSIONED]) {
    const own = rows.filter((row) => row.bucket === bucket);
    const keys = new Set(own.map(({ key }) => key));
    const stored = await objectsIn(s3, bucket);
    expect([...stored.keys()].filter((key) => !keys.has(key))).toEqual([]);
    for (const row of own) settle(row, stored.get(row.key));
    await inspectUploads(s3, bucket, own);
  }
}

async function objectsIn(s3: S3Client, Bucket: string): Promise<Map<string, StoredObject>> {
  const stored = new Map<string, StoredObject>();
  const at = (key: string) => {
    const object = stored.get(key) ?? { versions: [], markers: [], isDeleted: false };
    stored.set(key, object);
    return object;
  };
  /** The expected result of ListObjectsV2. */
  const current: string[] = [];
  let markers: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
  for (let isTruncated: boolean | undefined = true; isTruncated; ) {
    const page = await s3.send(new ListObjectVersionsCommand({ Bucket, MaxKeys: 100, ...markers }));
    const read = await Promise.all(
      (page.Versions ?? []).map(async ({ Key, VersionId, ETag, Size, IsLatest }) => {
        const answer = await s3.send(new GetObjectCommand({ Bucket, Key, VersionId }));
        const bytes = await answer.Body!.transformToByteArray();
        expect([Key, answer.ETag, bytes.length]).toEqual([Key, ETag, Size]);
        if (IsLatest) current.push(`${Key} ${ETag} ${Size}`);
        return { key: Key!, id: VersionId!, sha256: sha256(bytes) };
      }),
    );
    for (const { key, ...version } of read) at(key).versions.push(version);
    for (const { Key, VersionId, IsLatest } of page.DeleteMarkers ?? []) {
      at(Key!).markers.push(VersionId!);
      if (IsLatest) at(Key!).isDeleted = true;
    }
    markers = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
    isTruncated = page.IsTruncated;
  }
  const listed: string[] = [];
  for await (const page of paginateListObjectsV2({ client: s3, pageSize: 50 }, { Bucket }))
    listed.push(...(page.Contents ?? []).map(({ Key, ETag, Size }) => `${Key} ${ETag} ${Size}`));
  expect(listed.sort()).toEqual(current.sort());
  return stored;
}

const NOTHING: StoredObject = { versions: [], markers: [], isDeleted: false };

function settle(row: Row, stored: StoredObject = NOTHING): void {
  const isNext = row.next !== undefined && agrees(row.next, row, stored);
  if (!isNext && !agrees(row.now, row, stored)) {
    const { bucket, key, now, next } = row;
    throw new Error(`${bucket}/${key} is not as acknowledged: ${JSON.stringify({ now, next, stored })}`);
  }
  if (isNext && row.upload?.ending === "complete") row.upload = undefined;
  row.now = withIds(isNext ? row.next! : row.now, stored);
  row.next = undefined;
}

function agrees(versions: readonly Version[], { bucket }: Row, stored: StoredObject): boolean {
  const bodies = versions.filter((version) => version.sha256 !== undefined);
  const markers = versions.filter((version) => version.sha256 === undefined);
  const isSame = ({ id }: Version, other: string) => bucket === PLAIN || id === undefined || id === other;
  return (
    bodies.length === stored.versions.length &&
    bodies.every(
      (body, n) => body.sha256 === stored.versions[n]!.sha256 && isSame(body, stored.versions[n]!.id),
    ) &&
    markers.length === stored.markers.length &&
    markers.every((marker, n) => isSame(marker, stored.markers[n]!)) &&
    stored.isDeleted === (versions.length > 0 && versions[0]!.sha256 === undefined)
  );
}

function withIds(versions: readonly Version[], stored: StoredObject): Version[] {
  const bodies = stored.versions.map(({ id }) => id);
  const markers = [...stored.markers];
  return versions.map((version) => ({
    ...version,
    id: (version.sha256 === undefined ? markers : bodies).shift(),
  }));
}

async function inspectUploads(s3: S3Client, Bucket: string, rows: readonly Row[]): Promise<void> {
  const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
  const listed = new Map(Uploads.map(({ Key, UploadId }) => [Key!, UploadId!]));
  expect(listed.size).toBe(Uploads.length);
  for (const row of rows) {
    const id = listed.get(row.key);
    const { upload } = row;
    if (upload?.id !== undefined && id === upload.id) {
      upload.parts = await partsOf(s3, row, upload);
      delete upload.ending;
    } else if (upload && upload.id === undefined) {
      // Its creation was pending, so that no client knows its id.
      if (id) await s3.send(new AbortMultipartUploadCommand({ Bucket, Key: row.key, UploadId: id }));
      row.upload = undefined;
    } else {
      expect([row.key, id]).toEqual([row.key, undefined]);
      if (upload) expect([row.key, upload.ending]).toEqual([row.key, "abort"]);
      row.upload = undefined;
    }
  }
}

/** The stored parts: all acknowledged ones must be among them, pending ones may be. */
async function partsOf(s3: S3Client, row: Row, upload: Upload): Promise<Map<number, Part>> {
  const at = { Bucket: row.bucket, Key: row.key, UploadId: upload.id! };
  const { Parts = [] } = await s3.send(new ListPartsCommand(at));
  const parts = new Map<number, Part>();
  for (const { PartNumber, ETag, Size } of Parts) {
    const { bytes } = upload.parts.get(PartNumber!)!;
    const md5 = createHash("md5").update(bytes).digest("hex");
    expect([row.key, PartNumber, ETag, Size]).toEqual([row.key, PartNumber, `"${md5}"`, bytes.length]);
    parts.set(PartNumber!, { bytes, etag: ETag! });
  }
  const missing = [...upload.parts].filter(([number, { etag }]) => etag !== undefined && !parts.has(number));
  expect([row.key, missing.map(([number]) => number)]).toEqual([row.key, []]);
  return parts;
}

import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutObjectTaggingCommand,
  RenameObjectCommand,
  type RenameObjectCommandInput,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { beforeAll, expect } from "vitest";
import { checksumText } from "#lib/checksums/checksum.ts";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { elementIn, freshBucket, refused, type TappedClient } from "./client.ts";
import { directoryClient, freshDirectory } from "./directories.ts";

/* Objects of directory buckets: what differs from those of other buckets. */

const cloud = conformanceCloud();
let s3: TappedClient;
let Bucket: string;
beforeAll(async () => {
  s3 = directoryClient(cloud);
  Bucket = await freshDirectory(s3);
});

const PUT = doc("AmazonS3/latest/API/API_PutObject.html");
const DELETE = doc("AmazonS3/latest/API/API_DeleteObject.html");
const DELETES = doc("AmazonS3/latest/API/API_DeleteObjects.html");
const COPY = doc("AmazonS3/latest/API/API_CopyObject.html");
const APPEND = doc("AmazonS3/latest/userguide/directory-buckets-objects-append.html");
const RENAME = doc("AmazonS3/latest/API/API_RenameObject.html");
const RENAMING = doc("AmazonS3/latest/userguide/directory-buckets-objects-rename.html");
const MULTIPART = doc("AmazonS3/latest/API/API_CompleteMultipartUpload.html");
const ABORT = doc("AmazonS3/latest/API/API_AbortMultipartUpload.html");
const CLASS = doc("AmazonS3/latest/userguide/directory-bucket-high-performance.html");

let keys = 0;
const fresh = () => ({ Bucket, Key: `key-${++keys}` });
const put = (more: Partial<PutObjectCommandInput>, at = fresh()) =>
  s3.send(new PutObjectCommand({ ...at, Body: "body", ...more }));
const textOf = async (at: { Bucket: string; Key: string }) =>
  (await s3.send(new GetObjectCommand(at))).Body!.transformToString();
const head = (at: { Bucket: string; Key: string }) =>
  s3.send(new HeadObjectCommand({ ...at, ChecksumMode: "ENABLED" }));

behaviour("objects have the class EXPRESS_ONEZONE, and ETags that are not their MD5", CLASS, async () => {
  const at = fresh();
  const { ETag } = await put({}, at);
  expect(ETag).toMatch(/^"[0-9a-f]{32}"$/);
  expect(ETag).not.toBe(`"${checksumText("md5", Buffer.from("body"), "hex")}"`);
  const found = await head(at);
  expect(found).toMatchObject({ ETag, StorageClass: "EXPRESS_ONEZONE", ServerSideEncryption: "AES256" });
  expect(found.VersionId).toBeUndefined();
  const attributes = new GetObjectAttributesCommand({
    ...at,
    ObjectAttributes: ["StorageClass", "ObjectSize"],
  });
  expect(await s3.send(attributes)).toMatchObject({ StorageClass: "EXPRESS_ONEZONE", ObjectSize: 4 });
});

behaviour("no other class is valid, and this one nowhere else", CLASS, async () => {
  await put({ StorageClass: "EXPRESS_ONEZONE" });
  await refused(put({ StorageClass: "STANDARD" }), "InvalidStorageClass", 400);
  const general = await freshBucket(s3);
  const elsewhere = put({ StorageClass: "EXPRESS_ONEZONE" }, { Bucket: general, Key: "k" });
  await refused(elsewhere, "InvalidStorageClass", 400);
});

for (const [header, more] of [
  ["x-amz-acl", { ACL: "private" }],
  ["x-amz-grant-read", { GrantRead: 'id="a"' }],
  ["x-amz-tagging", { Tagging: "a=b" }],
  ["x-amz-object-lock-mode", { ObjectLockMode: "GOVERNANCE" }],
  ["x-amz-website-redirect-location", { WebsiteRedirectLocation: "/other" }],
  ["Content-MD5", { ContentMD5: checksumText("md5", Buffer.from("body"), "base64") }],
  [
    "x-amz-server-side-encryption-customer-algorithm",
    { SSECustomerAlgorithm: "AES256", SSECustomerKey: "a".repeat(32) },
  ],
] as const) {
  behaviour(`${header} is not implemented for directory buckets`, PUT, () =>
    refused(put(more), "NotImplemented", 501, { Header: header }),
  );
}

behaviour("an object may be encrypted with S3's keys only", PUT, async () => {
  await put({ ServerSideEncryption: "AES256" });
  await refused(put({ ServerSideEncryption: "aws:kms" }), "InvalidRequest", 400);
});

behaviour("writes may be conditional", PUT, async () => {
  const at = fresh();
  const { ETag } = await put({ IfNoneMatch: "*" }, at);
  await refused(put({ IfNoneMatch: "*" }, at), "PreconditionFailed", 412);
  await put({ IfMatch: ETag }, at);
  await refused(put({ IfMatch: ETag }, at), "PreconditionFailed", 412);
});

behaviour("a deletion may depend on ETag, size and time", DELETE, async () => {
  const at = fresh();
  await put({}, at);
  const { LastModified, ETag } = await head(at);
  const remove = (more: object) => s3.send(new DeleteObjectCommand({ ...at, ...more }));
  await refused(remove({ IfMatchSize: 5 }), "PreconditionFailed", 412);
  await refused(remove({ IfMatchLastModifiedTime: new Date(0) }), "PreconditionFailed", 412);
  await refused(remove({ IfMatch: '"other"' }), "PreconditionFailed", 412);
  await remove({ IfMatchSize: 4, IfMatchLastModifiedTime: LastModified, IfMatch: ETag });
  await refused(head(at), "NotFound", 404);
});

behaviour("the deletions of a batch may depend on size and time, too", DELETES, async () => {
  const [kept, gone] = [fresh(), fresh()];
  await put({}, kept);
  await put({}, gone);
  const { LastModified: LastModifiedTime } = await head(gone);
  const Objects = [
    { Key: kept.Key, Size: 5 },
    { Key: gone.Key, Size: 4, LastModifiedTime },
  ];
  const { Deleted, Errors } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  expect(Deleted).toMatchObject([{ Key: gone.Key }]);
  expect(Errors).toMatchObject([{ Key: kept.Key, Code: "PreconditionFailed" }]);
});

// Appending

behaviour("bytes are appended at the end of an object", APPEND, async () => {
  const at = fresh();
  const append = (Body: string, WriteOffsetBytes: number) => put({ Body, WriteOffsetBytes }, at);
  expect(await append("one", 0)).toMatchObject({ Size: 3 });
  const former = await head(at);
  const { ETag, Size } = await append(" two", 3);
  expect([ETag === former.ETag, Size]).toEqual([false, 7]);
  await append(" three", 7);
  expect(await textOf(at)).toBe("one two three");
  const range = await s3.send(new GetObjectCommand({ ...at, Range: "bytes=2-8" }));
  expect(await range.Body!.transformToString()).toBe("e two t");
  expect(await head(at)).toMatchObject({
    ETag: expect.not.stringMatching(ETag!),
    ContentLength: 13,
    StorageClass: "EXPRESS_ONEZONE",
    ChecksumCRC32: checksumText("crc32", Buffer.from("one two three"), "base64"),
    ChecksumType: "FULL_OBJECT",
  });
});

behaviour("appending keeps the object's metadata", APPEND, async () => {
  const at = fresh();
  await put({ ContentType: "text/x-log", Metadata: { team: "a" } }, at);
  await put({ WriteOffsetBytes: 4 }, at);
  expect(await head(at)).toMatchObject({
    ContentType: "text/x-log",
    Metadata: { team: "a" },
    ContentLength: 8,
  });
});

for (const [what, offset] of [
  ["before the end", 3],
  ["behind the end", 5],
] as const) {
  behaviour(`an offset ${what} of the object is refused`, APPEND, async () => {
    const at = fresh();
    await put({}, at);
    await refused(put({ WriteOffsetBytes: offset }, at), "InvalidWriteOffset", 400);
    expect(await textOf(at)).toBe("body");
  });
}

behaviour("an offset needs an object, but for 0", APPEND, async () => {
  await refused(put({ WriteOffsetBytes: 1 }), "InvalidWriteOffset", 400);
  const at = fresh();
  await put({ WriteOffsetBytes: 0 }, at);
  expect(await textOf(at)).toBe("body");
});

behaviour("of appends at the same offset, one succeeds", APPEND, async () => {
  const at = fresh();
  await put({}, at);
  const both = await Promise.allSettled([1, 2].map((n) => put({ Body: `-${n}`, WriteOffsetBytes: 4 }, at)));
  expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(await textOf(at)).toMatch(/^body-[12]$/);
});

behaviour("an empty object, and empty additions, may be appended to", APPEND, async () => {
  const at = fresh();
  await put({ Body: "" }, at);
  await put({ Body: "a", WriteOffsetBytes: 0 }, at);
  await put({ Body: "", WriteOffsetBytes: 1 }, at);
  await put({ Body: "b", WriteOffsetBytes: 1 }, at);
  expect(await textOf(at)).toBe("ab");
});

behaviour(
  "an object of more parts than one row holds is read, copied and deleted whole",
  APPEND,
  async () => {
    const at = fresh();
    let whole = "";
    for (let n = 0; n < 205; n++) {
      const Body = `${n} `;
      await put({ Body, WriteOffsetBytes: whole.length }, at);
      whole += Body;
    }
    expect(await textOf(at)).toBe(whole);
    const { Body: range } = await s3.send(new GetObjectCommand({ ...at, Range: "bytes=280-700" }));
    expect(await range!.transformToString()).toBe(whole.slice(280, 701));
    const to = fresh();
    await s3.send(new CopyObjectCommand({ ...to, CopySource: `${Bucket}/${at.Key}` }));
    expect(await textOf(to)).toBe(whole);
    await s3.send(new DeleteObjectCommand(at));
    await refused(head(at), "NotFound", 404);
  },
);

behaviour(
  "the checksum of an object whose checksums cannot be combined becomes one of its parts",
  APPEND,
  async () => {
    const at = fresh();
    const sha = (text: string) => checksumText("sha256", Buffer.from(text), "base64");
    await put({ ChecksumSHA256: sha("body") }, at);
    await put({ Body: " more", WriteOffsetBytes: 4 }, at);
    const both = Buffer.concat([sha("body"), sha(" more")].map((sum) => Buffer.from(sum, "base64")));
    expect(await head(at)).toMatchObject({
      ChecksumSHA256: `${checksumText("sha256", both, "base64")}-2`,
      ChecksumType: "COMPOSITE",
    });
  },
);

behaviour("a general purpose bucket does not append", PUT, async () => {
  const general = await freshBucket(s3);
  await refused(put({ WriteOffsetBytes: 0 }, { Bucket: general, Key: "k" }), "NotImplemented", 501);
});

// Uploads in parts

async function upload(numbers: number[], completed: number[], at = fresh()) {
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(at));
  const etags = new Map<number, string>();
  for (const PartNumber of numbers) {
    const part = { ...at, UploadId, PartNumber, Body: Buffer.alloc(5 * 2 ** 20, PartNumber) };
    etags.set(PartNumber, (await s3.send(new UploadPartCommand(part))).ETag!);
  }
  const Parts = completed.map((PartNumber) => ({ PartNumber, ETag: etags.get(PartNumber) }));
  return s3.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }));
}

behaviour("the parts of an upload are consecutive, from 1", MULTIPART, async () => {
  await refused(upload([1, 3], [1, 3]), "InvalidPartOrder", 400);
  await refused(upload([2, 3], [2, 3]), "InvalidPartOrder", 400);
  const at = fresh();
  await upload([1, 2], [1, 2], at);
  expect(await head(at)).toMatchObject({ StorageClass: "EXPRESS_ONEZONE", ContentLength: 10 * 2 ** 20 });
  await put({ Body: "tail", WriteOffsetBytes: 10 * 2 ** 20 }, at);
  const { Body } = await s3.send(new GetObjectCommand({ ...at, Range: "bytes=-6" }));
  expect(await Body!.transformToString()).toBe("\u0002\u0002tail");
});

behaviour("aborting an upload may depend on its start", ABORT, async () => {
  const at = fresh();
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(at));
  const abort = (IfMatchInitiatedTime: Date) =>
    s3.send(new AbortMultipartUploadCommand({ ...at, UploadId, IfMatchInitiatedTime }));
  await refused(abort(new Date(0)), "PreconditionFailed", 412);
});

// Copies

behaviour("objects are copied between buckets of both kinds", COPY, async () => {
  const general = { Bucket: await freshBucket(s3), Key: "k" };
  const at = fresh();
  await put({ ContentType: "text/plain" }, at);
  const copy = (to: { Bucket: string; Key: string }, from: { Bucket: string; Key: string }) =>
    s3.send(new CopyObjectCommand({ ...to, CopySource: `${from.Bucket}/${from.Key}` }));
  const { CopyObjectResult } = await copy(general, at);
  expect(CopyObjectResult!.ETag).toBe(`"${checksumText("md5", Buffer.from("body"), "hex")}"`);
  expect((await head(general)).StorageClass).toBeUndefined();
  const back = fresh();
  await copy(back, general);
  expect(await head(back)).toMatchObject({ StorageClass: "EXPRESS_ONEZONE", ContentType: "text/plain" });
});

behaviour("tags are not copied into a directory bucket", COPY, async () => {
  const general = { Bucket: await freshBucket(s3), Key: "k" };
  await put({}, general);
  const Tagging = { TagSet: [{ Key: "a", Value: "b" }] };
  await s3.send(new PutObjectTaggingCommand({ ...general, Tagging }));
  const copy = (more: object) =>
    s3.send(new CopyObjectCommand({ ...fresh(), CopySource: `${general.Bucket}/k`, ...more }));
  await refused(copy({}), "NotImplemented", 501);
  await refused(copy({ TaggingDirective: "REPLACE", Tagging: "c=d" }), "NotImplemented", 501);
  await copy({ TaggingDirective: "REPLACE", Tagging: "" });
});

// Renaming

const rename = (from: { Key: string }, to: { Key: string }, more: Partial<RenameObjectCommandInput> = {}) =>
  s3.send(
    new RenameObjectCommand({ Bucket, Key: to.Key, RenameSource: encodeURIComponent(from.Key), ...more }),
  );

behaviour("a renamed object keeps its bytes and properties", RENAMING, async () => {
  const [from, to] = [fresh(), { Bucket, Key: "dir/with space+ü" }];
  await put({ ContentType: "text/x-log", Metadata: { team: "a" } }, from);
  const { $metadata: _, ...former } = await head(from);
  await rename(from, to);
  const { $metadata: __, ...renamed } = await head(to);
  expect(renamed).toEqual(former);
  expect(await textOf(to)).toBe("body");
  await refused(head(from), "NotFound", 404);
  await rename(to, from);
  expect(await textOf(from)).toBe("body");
});

behaviour("a rename replaces the object at the destination", RENAMING, async () => {
  const [from, to] = [fresh(), fresh()];
  await put({ Body: "new" }, from);
  await put({ Body: "old" }, to);
  await rename(from, to);
  expect(await textOf(to)).toBe("new");
});

behaviour("a large object, in parts or not, is renamed without its bytes being moved", RENAMING, async () => {
  const [from, to] = [fresh(), fresh()];
  await upload([1, 2], [1, 2], from);
  await rename(from, to);
  const { Body } = await s3.send(new GetObjectCommand(to));
  const bytes = Buffer.from(await Body!.transformToByteArray());
  expect([bytes.length, bytes[0], bytes.at(-1)]).toEqual([10 * 2 ** 20, 1, 2]);
});

behaviour("an object renamed to its own name stays", RENAMING, async () => {
  const at = fresh();
  await put({}, at);
  await rename(at, at);
  expect(await textOf(at)).toBe("body");
});

behaviour("a rename without a source is refused", RENAME, async () => {
  const command = new RenameObjectCommand({ Bucket, Key: "renamed", RenameSource: "k" });
  const answer = await s3.raw(command, { headers: { "x-amz-rename-source": undefined } });
  expect([answer.status, elementIn(answer.text, "Code")]).toEqual([400, "InvalidArgument"]);
});

behaviour("a rename may depend on its source and its destination", RENAME, async () => {
  const [from, to, free] = [fresh(), fresh(), fresh()];
  const { ETag } = await put({}, from);
  const { ETag: ofOld } = await put({}, to);
  const past = new Date(0);
  for (const [more, Condition] of [
    [{ DestinationIfNoneMatch: "*" }, "If-None-Match"],
    [{ DestinationIfMatch: ETag }, "If-Match"],
    [{ DestinationIfUnmodifiedSince: past }, "If-Unmodified-Since"],
    [{ SourceIfMatch: ofOld }, "x-amz-rename-source-If-Match"],
    [{ SourceIfNoneMatch: ETag }, "x-amz-rename-source-If-None-Match"],
    [{ SourceIfNoneMatch: "*" }, "x-amz-rename-source-If-None-Match"],
    [{ SourceIfUnmodifiedSince: past }, "x-amz-rename-source-If-Unmodified-Since"],
  ] as const) {
    await refused(rename(from, to, more), "PreconditionFailed", 412, { Condition });
  }
  await refused(rename(from, free, { DestinationIfModifiedSince: past }), "PreconditionFailed", 412);
  await rename(from, to, { SourceIfMatch: ETag, SourceIfModifiedSince: past, DestinationIfMatch: ofOld });
  await rename(to, free, { DestinationIfNoneMatch: "*" });
});

behaviour("a repeated rename with the same token does nothing, and with others fails", RENAME, async () => {
  const [from, to, other] = [fresh(), fresh(), fresh()];
  const ClientToken = "0123-token";
  await put({}, from);
  await rename(from, to, { ClientToken });
  await rename(from, to, { ClientToken });
  await refused(rename(from, other, { ClientToken }), "IdempotencyParameterMismatch", 400);
  await refused(rename(to, other, { ClientToken: "x".repeat(65) }), "InvalidArgument", 400);
  expect(await textOf(to)).toBe("body");
});

behaviour("a rename needs an existing source, and names that do not end in a slash", RENAMING, async () => {
  const [from, to] = [fresh(), fresh()];
  await refused(rename(from, to), "NoSuchKey", 404);
  await put({}, from);
  await refused(rename(from, { Key: "directory/" }), "InvalidRequest", 400);
  await refused(rename({ Key: "directory/" }, to), "InvalidRequest", 400);
});

behaviour("a client token is forgotten after some time", RENAME, async () => {
  const [from, to] = [fresh(), fresh()];
  const ClientToken = "later";
  await put({}, from);
  await rename(from, to, { ClientToken });
  await cloud.freeze();
  await cloud.advance(3_600_000);
  s3 = directoryClient(cloud);
  await refused(rename(from, to, { ClientToken }), "NoSuchKey", 404);
});

import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectAnnotationCommand,
  DeleteObjectCommand,
  GetObjectAnnotationCommand,
  HeadObjectCommand,
  ListObjectAnnotationsCommand,
  type ListObjectAnnotationsCommandInput,
  PutBucketVersioningCommand,
  PutObjectAnnotationCommand,
  type PutObjectAnnotationCommandInput,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { beforeAll, beforeEach, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { bucketAccess, denied, OTHER } from "./bucket-access.ts";
import { elementsOf, freshBucket, refused, s3Client, type TappedClient } from "./client.ts";

const cloud = conformanceCloud();
const access = bucketAccess(cloud);
let s3: TappedClient;
let Bucket: string;
let Key: string;
let made = 0;
beforeAll(async () => {
  s3 = s3Client(cloud);
  Bucket = await freshBucket(s3, "annotated");
});
beforeEach(async () => {
  Key = `object-${++made}`;
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: "body" }));
});

const GUIDE = doc("AmazonS3/latest/userguide/annotations-overview.html");
const PUT = doc("AmazonS3/latest/API/API_PutObjectAnnotation.html");
const GET = doc("AmazonS3/latest/API/API_GetObjectAnnotation.html");
const LIST = doc("AmazonS3/latest/API/API_ListObjectAnnotations.html");
const DELETE = doc("AmazonS3/latest/API/API_DeleteObjectAnnotation.html");
const COPY = doc("AmazonS3/latest/API/API_CopyObject.html");

type Put = Partial<PutObjectAnnotationCommandInput>;
const annotate = (
  AnnotationName: string,
  AnnotationPayload: Put["AnnotationPayload"] = "text",
  more: Put = {},
) => s3.send(new PutObjectAnnotationCommand({ Bucket, Key, AnnotationName, AnnotationPayload, ...more }));
const read = async (AnnotationName: string, more: object = {}) => {
  const response = await s3.send(new GetObjectAnnotationCommand({ Bucket, Key, AnnotationName, ...more }));
  return response.AnnotationPayload!.transformToString();
};
const list = (more: Partial<ListObjectAnnotationsCommandInput> = {}) =>
  s3.send(new ListObjectAnnotationsCommand({ Bucket, Key, ...more }));
const names = async (more: Partial<ListObjectAnnotationsCommandInput> = {}) =>
  (await list(more)).Annotations?.map(({ AnnotationName }) => AnnotationName) ?? [];
const remove = (AnnotationName: string, more: object = {}) =>
  s3.send(new DeleteObjectAnnotationCommand({ Bucket, Key, AnnotationName, ...more }));
const versioned = () =>
  s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));

behaviour("PutObjectAnnotation returns ETag and checksum", PUT, async () => {
  expect(await annotate("labels", '{"a":1}')).toMatchObject({
    Key,
    AnnotationName: "labels",
    ETag: '"bb6cb5c68df4652941caf652a366f2d8"',
    ChecksumType: "FULL_OBJECT",
    ServerSideEncryption: "AES256",
  });
});

behaviour("GetObjectAnnotation returns the annotation with its size and time", GET, async () => {
  await annotate("labels", "größe");
  const command = new GetObjectAnnotationCommand({ Bucket, Key, AnnotationName: "labels" });
  const response = await s3.send(command);
  expect(await response.AnnotationPayload!.transformToString()).toBe("größe");
  expect(response).toMatchObject({ ContentLength: 7, LastModified: expect.any(Date) });
  expect(response.ETag).toMatch(/^"[0-9a-f]{32}"$/);
});

behaviour("PutObjectAnnotation replaces an existing annotation", PUT, async () => {
  for (const text of ["one", "x".repeat(200_000), "three"]) {
    await annotate("note", text);
    expect(await read("note")).toBe(text);
  }
  expect(await names()).toEqual(["note"]);
});

behaviour("an annotation does not change the object", GUIDE, async () => {
  const before = await s3.send(new HeadObjectCommand({ Bucket, Key }));
  await annotate("note");
  const after = await s3.send(new HeadObjectCommand({ Bucket, Key }));
  expect([after.ETag, after.LastModified]).toEqual([before.ETag, before.LastModified]);
});

behaviour("GetObjectAnnotation of a missing annotation fails", GET, () =>
  refused(read("none"), "NoSuchAnnotation", 404, {
    message: "The specified annotation does not exist on this object.",
  }),
);

behaviour("annotations of a missing object are not found", PUT, async () => {
  Key = "not-there";
  await refused(annotate("note"), "NoSuchKey", 404);
  await refused(read("note"), "NoSuchKey", 404);
  await refused(list(), "NoSuchKey", 404);
  await refused(remove("note"), "NoSuchKey", 404);
});

behaviour("an annotation name has at most 512 bytes and no reserved prefix", DELETE, async () => {
  await annotate("é".repeat(256));
  await refused(annotate("é".repeat(257)), "AnnotationNameTooLong", 400);
  for (const name of ["aws-note", "AWS", "s3note", "S3:x", "a\u0000b"])
    await refused(annotate(name), "InvalidAnnotationName", 400);
  await annotate("my-aws");
});

behaviour("an annotation has from one byte to 1 MiB", PUT, async () => {
  await refused(annotate("note", ""), "InvalidRequest", 400);
  await annotate("note", "x".repeat(2 ** 20));
  await refused(annotate("note", "x".repeat(2 ** 20 + 1)), "EntityTooLarge", 400);
});

behaviour("an annotation must be text", PUT, () =>
  refused(annotate("note", Buffer.from([0xff, 0xfe])), "UnsupportedMediaType", 415, {
    message: "The annotation payload is not valid UTF-8 encoded text.",
  }),
);

behaviour("PutObjectAnnotation verifies the checksum", PUT, async () => {
  await refused(annotate("note", "text", { ChecksumSHA256: `${"A".repeat(43)}=` }), "BadDigest", 400);
  const ChecksumSHA1 = "NytJlZqjSjaUxdjmjRg4U5OmmMI=";
  await refused(annotate("note", "other", { ChecksumSHA1 }), "BadDigest", 400);
});

behaviour("x-amz-object-if-match is compared with the object's ETag", PUT, async () => {
  const { ETag } = await s3.send(new HeadObjectCommand({ Bucket, Key }));
  await refused(annotate("note", "text", { ObjectIfMatch: '"other"' }), "PreconditionFailed", 412);
  await annotate("note", "text", { ObjectIfMatch: ETag! });
  await refused(remove("note", { ObjectIfMatch: '"other"' }), "PreconditionFailed", 412);
  await remove("note", { ObjectIfMatch: ETag! });
});

behaviour("ListObjectAnnotations returns annotations by name, and filters by prefix", LIST, async () => {
  for (const name of ["b/2", "a", "b/1", "c"]) await annotate(name, name);
  const response = await list({ AnnotationPrefix: "b/" });
  expect(response).toMatchObject({ Bucket, Key, AnnotationPrefix: "b/", AnnotationCount: 2 });
  expect(response.MaxAnnotationResults).toBe(1_000);
  expect(response.Annotations).toMatchObject([
    {
      AnnotationName: "b/1",
      Size: 3,
      ETag: expect.stringMatching(/^".{32}"$/),
      LastModified: expect.any(Date),
    },
    { AnnotationName: "b/2" },
  ]);
  expect(await names()).toEqual(["a", "b/1", "b/2", "c"]);
});

behaviour("ListObjectAnnotations of an object without annotations is empty", LIST, async () => {
  const { text } = await s3.raw(new ListObjectAnnotationsCommand({ Bucket, Key }));
  expect(elementsOf(text)).toEqual(expect.arrayContaining(["Bucket", "Key", "AnnotationCount"]));
  expect(await list()).toMatchObject({ AnnotationCount: 0 });
});

behaviour("ListObjectAnnotations pages", LIST, async () => {
  for (const name of ["a", "b", "c"]) await annotate(name);
  const first = await list({ MaxAnnotationResults: 2 });
  expect(first).toMatchObject({ MaxAnnotationResults: 2, AnnotationCount: 2 });
  const token = { ContinuationToken: first.NextContinuationToken! };
  const last = await list(token);
  expect(last).toMatchObject({ ...token, Annotations: [{ AnnotationName: "c" }] });
  expect(last.NextContinuationToken).toBeUndefined();
  await refused(list({ ContinuationToken: "none" }), "InvalidArgument", 400);
  for (const most of [0, 1_001]) await refused(list({ MaxAnnotationResults: most }), "InvalidArgument", 400);
});

behaviour("DeleteObjectAnnotation deletes the annotation and is idempotent", DELETE, async () => {
  await annotate("note");
  const command = new DeleteObjectAnnotationCommand({ Bucket, Key, AnnotationName: "note" });
  for (const _ of [1, 2]) expect((await s3.raw(command)).status).toBe(204);
  expect(await names()).toEqual([]);
});

behaviour("an object has at most 1,000 annotations", PUT, async () => {
  const all = Array.from({ length: 1_000 }, (_, i) => `n${i}`);
  for (let at = 0; at < all.length; at += 50)
    await Promise.all(all.slice(at, at + 50).map((n) => annotate(n)));
  await refused(annotate("another"), "AnnotationLimitExceeded", 400);
  await annotate("n1", "replaced");
  await remove("n2");
  await annotate("another");
  expect(await names()).toHaveLength(1_000);
});

behaviour("overwriting an object drops its annotations", GUIDE, async () => {
  await annotate("note");
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: "body" }));
  expect(await names()).toEqual([]);
  await annotate("note");
  await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: "body" }));
  expect(await names()).toEqual([]);
});

behaviour("an object encrypted with SSE-C cannot be annotated", PUT, async () => {
  const key = Buffer.alloc(32, 1).toString("base64");
  const SSECustomerKey = { SSECustomerAlgorithm: "AES256", SSECustomerKey: key };
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: "b", ...SSECustomerKey }));
  await refused(annotate("note"), "InvalidRequest", 400);
});

behaviour("CopyObject copies annotations unless the directive excludes them", COPY, async () => {
  await annotate("small", "1");
  await annotate("large", "x".repeat(100_000));
  const from = { Bucket, CopySource: `${Bucket}/${Key}` };
  const source = Key;
  await s3.send(new CopyObjectCommand({ ...from, Key: `${source}-copy` }));
  Key = `${source}-copy`;
  expect(await names()).toEqual(["large", "small"]);
  expect(await read("large")).toHaveLength(100_000);
  const without = { ...from, Key: `${source}-bare`, AnnotationDirective: "EXCLUDE" } as const;
  await s3.send(new CopyObjectCommand(without));
  Key = `${source}-bare`;
  expect(await names()).toEqual([]);
  const unknown = { ...from, Key: "x", AnnotationDirective: "MOVE" as "COPY" };
  await refused(s3.send(new CopyObjectCommand(unknown)), "InvalidArgument", 400);
});

behaviour(
  "deleting an annotation of a locked object requires bypassing governance mode",
  DELETE,
  async () => {
    const named = { Bucket: "annotated-locked", Key: "k" };
    await s3.send(new CreateBucketCommand({ Bucket: named.Bucket, ObjectLockEnabledForBucket: true }));
    const ObjectLockRetainUntilDate = new Date(Date.UTC(2199, 0, 1));
    const attempt = async (ObjectLockMode: "GOVERNANCE" | "COMPLIANCE") => {
      const lock = { ObjectLockMode, ObjectLockRetainUntilDate, ChecksumAlgorithm: "CRC32" } as const;
      await s3.send(new PutObjectCommand({ ...named, Body: "body", ...lock }));
      await annotate("note", "text", named);
      const command = new DeleteObjectAnnotationCommand({ ...named, AnnotationName: "note" });
      const plain = await s3.raw(command);
      const bypassing = await s3.raw(command, { headers: { "x-amz-bypass-governance-retention": "true" } });
      return [plain.status, bypassing.status];
    };
    expect(await attempt("GOVERNANCE")).toEqual([403, 204]);
    expect(await attempt("COMPLIANCE")).toEqual([403, 403]);
    expect(await read("note", named)).toBe("text");
  },
);

behaviour(
  "each annotation operation requires its permission, as does copying annotations",
  COPY,
  async () => {
    const may = { Principal: { AWS: OTHER }, Action: ["s3:GetObject", "s3:PutObject"] };
    const of = await access.open(may);
    const at = { Bucket: of, Key: "k", AnnotationName: "note" };
    const put = new PutObjectAnnotationCommand({ ...at, AnnotationPayload: "text" });
    await access.owner().send(put);
    const other = access.other();
    const all = [
      ["PutObjectAnnotation", put],
      ["GetObjectAnnotation", new GetObjectAnnotationCommand(at)],
      ["ListObjectAnnotations", new ListObjectAnnotationsCommand({ Bucket: of, Key: "k" })],
      ["DeleteObjectAnnotation", new DeleteObjectAnnotationCommand({ ...at, AnnotationName: "none" })],
    ] as const;
    for (const [action, command] of all) {
      await access.policy(of, may);
      await expect(other.send(command as typeof put)).rejects.toMatchObject(denied);
      await access.policy(of, may, { ...may, Action: `s3:${action}` });
      await other.send(command as typeof put);
    }
    const copying = { Bucket: of, Key: "c", CopySource: `${of}/k` };
    await access.policy(of, may);
    await expect(other.send(new CopyObjectCommand(copying))).rejects.toMatchObject(denied);
    await other.send(new CopyObjectCommand({ ...copying, AnnotationDirective: "EXCLUDE" }));
    await access.policy(of, may, { ...may, Action: ["s3:GetObjectAnnotation", "s3:PutObjectAnnotation"] });
    await other.send(new CopyObjectCommand(copying));
  },
);

behaviour("bypassing governance for an annotation requires its own permission", DELETE, async () => {
  const may = { Principal: { AWS: OTHER }, Action: ["s3:DeleteObjectAnnotation"] };
  const of = await access.open(may);
  const at = { Bucket: of, Key: "k", AnnotationName: "note" };
  await access.owner().send(new PutObjectAnnotationCommand({ ...at, AnnotationPayload: "text" }));
  const other = s3Client(cloud, { account: OTHER });
  const headers = { "x-amz-bypass-governance-retention": "true" };
  const attempt = async () => (await other.raw(new DeleteObjectAnnotationCommand(at), { headers })).status;
  expect(await attempt()).toBe(403);
  await access.policy(of, { ...may, Action: [...may.Action, "s3:BypassGovernanceRetention"] });
  expect(await attempt()).toBe(204);
});

behaviour("each version has its own annotations", GUIDE, async () => {
  Bucket = await freshBucket(s3, "annotated-versions");
  await versioned();
  const { VersionId: one } = await s3.send(new PutObjectCommand({ Bucket, Key, Body: "1" }));
  expect((await annotate("note", "first")).ObjectVersionId).toBe(one);
  const { VersionId: two } = await s3.send(new PutObjectCommand({ Bucket, Key, Body: "2" }));
  expect(await names()).toEqual([]);
  await annotate("note", "of the older", { VersionId: one! });
  expect(await read("note", { VersionId: one })).toBe("of the older");
  await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId: two! }));
  expect(await read("note")).toBe("of the older");
  await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId: one! }));
  await s3.send(new DeleteBucketCommand({ Bucket }));
  await s3.send(new CreateBucketCommand({ Bucket }));
});

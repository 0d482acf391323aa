import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchBucket,
  NoSuchKey,
  NotFound,
  PutBucketVersioningCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
  S3ServiceException,
  waitUntilBucketExists,
  waitUntilBucketNotExists,
  waitUntilObjectExists,
  waitUntilObjectNotExists,
} from "@aws-sdk/client-s3";
import { beforeAll, expect, test } from "vitest";
import { ALL, onStores } from "../stores.ts";
import { bucketName, s3Client } from "./client.ts";

onStores(ALL, (cloud) => {
  let s3: S3Client;
  const Bucket = bucketName();
  beforeAll(async () => {
    s3 = s3Client(cloud());
    await s3.send(new CreateBucketCommand({ Bucket }));
  });
  const put = (Key: string, Body: string) => s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  const read = async (Key: string, options = {}) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, ...options }));
    return Body!.transformToString();
  };

  test("objects keep their bytes, headers and metadata", async () => {
    const Key = "dir/ä +?#&%20 名.txt";
    const kept = {
      ContentType: "text/plain; charset=utf-8",
      ContentEncoding: "identity",
      ContentLanguage: "de",
      CacheControl: "max-age=60",
      ContentDisposition: 'attachment; filename="a, b.txt"',
      Metadata: { owner: "ada", "with-dash": "x y" },
    };
    const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key, Body: "grüße", ...kept }));
    const found = await s3.send(new GetObjectCommand({ Bucket, Key }));
    expect(found).toMatchObject({ ...kept, ETag, ContentLength: 7, AcceptRanges: "bytes" });
    expect(await found.Body!.transformToString()).toBe("grüße");
    expect(await read(Key, { Range: "bytes=2-3" })).toBe("ü");
  });

  test("a copy keeps the metadata or replaces it", async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: "from", Body: "x", Metadata: { a: "1" } }));
    const CopySource = `${Bucket}/from`;
    await s3.send(new CopyObjectCommand({ Bucket, Key: "same", CopySource }));
    await s3.send(
      new CopyObjectCommand({
        Bucket,
        Key: "new",
        CopySource,
        MetadataDirective: "REPLACE",
        Metadata: { b: "2" },
      }),
    );
    const metadataOf = async (Key: string) =>
      (await s3.send(new HeadObjectCommand({ Bucket, Key }))).Metadata;
    expect([await metadataOf("same"), await metadataOf("new")]).toEqual([{ a: "1" }, { b: "2" }]);
  });

  test("errors are instances of their classes", async () => {
    const missing = new GetObjectCommand({ Bucket, Key: "missing" });
    await expect(s3.send(missing)).rejects.toBeInstanceOf(NoSuchKey);
    await expect(s3.send(missing)).rejects.toMatchObject({
      message: "The specified key does not exist.",
      Key: "missing",
      $fault: "client",
      $metadata: {
        httpStatusCode: 404,
        requestId: expect.any(String),
        extendedRequestId: expect.any(String),
      },
    });
    const nowhere = { Bucket: "no-such-bucket", Key: "k" };
    await expect(s3.send(new GetObjectCommand(nowhere))).rejects.toBeInstanceOf(NoSuchBucket);
    await expect(s3.send(new HeadObjectCommand({ Bucket, Key: "missing" }))).rejects.toBeInstanceOf(NotFound);
    const full = s3.send(new DeleteBucketCommand({ Bucket }));
    await expect(full).rejects.toBeInstanceOf(S3ServiceException);
    await expect(full).rejects.toMatchObject({ name: "BucketNotEmpty" });
  });

  test("of two conditional creations of a key, one succeeds", async () => {
    const create = (Body: string) =>
      s3.send(new PutObjectCommand({ Bucket, Key: "once", Body, IfNoneMatch: "*" }));
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, (_, n) => create(`writer ${n}`)));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const refused = outcomes.find((outcome) => outcome.status === "rejected")!;
    expect(refused.reason).toMatchObject({ name: "PreconditionFailed", $metadata: { httpStatusCode: 412 } });
    const winner = outcomes.findIndex(({ status }) => status === "fulfilled");
    expect(await read("once")).toBe(`writer ${winner}`);
  });

  test("an unchanged object is not sent again", async () => {
    const { ETag } = await put("cached", "x");
    const again = s3.send(new GetObjectCommand({ Bucket, Key: "cached", IfNoneMatch: ETag! }));
    await expect(again).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
  });

  test("pages return every key once, in UTF-8 order", async () => {
    const many = bucketName();
    await s3.send(new CreateBucketCommand({ Bucket: many }));
    const keys = Array.from({ length: 57 }, (_, n) => `${n % 7}/${String.fromCodePoint(0x21 + n * 2_400)}`);
    await Promise.all(keys.map((Key) => s3.send(new PutObjectCommand({ Bucket: many, Key, Body: Key }))));
    const listed: string[] = [];
    for await (const page of paginateListObjectsV2({ client: s3, pageSize: 10 }, { Bucket: many }))
      listed.push(...page.Contents!.map((object) => object.Key!));
    expect(listed).toEqual(keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));

    const prefixes: string[] = [];
    for await (const page of paginateListObjectsV2(
      { client: s3, pageSize: 2 },
      { Bucket: many, Delimiter: "/" },
    ))
      prefixes.push(...page.CommonPrefixes!.map(({ Prefix }) => Prefix!));
    expect(prefixes).toEqual(["0/", "1/", "2/", "3/", "4/", "5/", "6/"]);
  });

  test("many objects are deleted by one request", async () => {
    await Promise.all(["gone/1", "gone/2", "gone/<&>"].map((Key) => put(Key, "x")));
    const Objects = ["gone/1", "gone/2", "gone/<&>", "gone/never"].map((Key) => ({ Key }));
    const { Deleted, Errors } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect([Deleted?.map(({ Key }) => Key), Errors]).toEqual([Objects.map(({ Key }) => Key), undefined]);
    await expect(read("gone/<&>")).rejects.toBeInstanceOf(NoSuchKey);
  });

  test("earlier versions can be read behind a delete marker", async () => {
    const versioned = bucketName();
    await s3.send(new CreateBucketCommand({ Bucket: versioned }));
    const VersioningConfiguration = { Status: "Enabled" } as const;
    await s3.send(new PutBucketVersioningCommand({ Bucket: versioned, VersioningConfiguration }));
    const write = (Body: string) => s3.send(new PutObjectCommand({ Bucket: versioned, Key: "k", Body }));
    const { VersionId } = await write("one");
    await write("two");
    const Delete = { Objects: [{ Key: "k" }] };
    const { Deleted } = await s3.send(new DeleteObjectsCommand({ Bucket: versioned, Delete }));
    expect(Deleted).toMatchObject([{ Key: "k", DeleteMarker: true }]);
    await expect(read("k", { Bucket: versioned })).rejects.toBeInstanceOf(NoSuchKey);
    expect(await read("k", { Bucket: versioned, VersionId })).toBe("one");
  });

  test("waiters detect creation and deletion", async () => {
    const waited = bucketName();
    const waiter = { client: s3, maxWaitTime: 20, minDelay: 1, maxDelay: 1 };
    const appears = waitUntilBucketExists(waiter, { Bucket: waited });
    await s3.send(new CreateBucketCommand({ Bucket: waited }));
    expect((await appears).state).toBe("SUCCESS");
    await s3.send(new PutObjectCommand({ Bucket: waited, Key: "k", Body: "" }));
    expect((await waitUntilObjectExists(waiter, { Bucket: waited, Key: "k" })).state).toBe("SUCCESS");
    const Delete = { Objects: [{ Key: "k" }] };
    await s3.send(new DeleteObjectsCommand({ Bucket: waited, Delete }));
    expect((await waitUntilObjectNotExists(waiter, { Bucket: waited, Key: "k" })).state).toBe("SUCCESS");
    await s3.send(new DeleteBucketCommand({ Bucket: waited }));
    expect((await waitUntilBucketNotExists(waiter, { Bucket: waited })).state).toBe("SUCCESS");
  });
});

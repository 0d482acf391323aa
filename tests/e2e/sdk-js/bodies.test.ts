import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  ChecksumAlgorithm,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { beforeAll, describe, expect, test } from "vitest";
import { DURABLE, onStores } from "../stores.ts";
import { bucketName, patterned, s3Client } from "./client.ts";

const MB = 2 ** 20;
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

onStores(DURABLE, (cloud) => {
  let s3: S3Client;
  const Bucket = bucketName();
  beforeAll(async () => {
    s3 = s3Client(cloud());
    await s3.send(new CreateBucketCommand({ Bucket }));
  });

  async function download(Key: string, options = {}): Promise<Buffer> {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, ...options }));
    return Buffer.concat(await Readable.from(Body as Readable).toArray());
  }

  /** Each piece becomes a chunk on the wire, and S3 requires at least 8 KiB in all but the last. */
  async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
    for (let at = 0, size = 8_192; at < bytes.length; at += size, size = 8_192 + ((size * 7) % 100_003))
      yield bytes.subarray(at, at + size);
  }

  test.each([0, 1, 64 * 1024, 64 * 1024 + 1, 5 * MB + 3])(
    "a stream of %i bytes is uploaded and downloaded",
    async (size) => {
      const bytes = patterned(size);
      const Body = Readable.from(pieces(bytes), { objectMode: false });
      await s3.send(new PutObjectCommand({ Bucket, Key: `stream-${size}`, Body, ContentLength: size }));
      const found = await download(`stream-${size}`);
      expect([found.length, sha256(found)]).toEqual([size, sha256(bytes)]);
    },
  );

  test("an aborted download does not affect others", async () => {
    const bytes = patterned(8 * MB);
    await s3.send(new PutObjectCommand({ Bucket, Key: "long", Body: bytes }));
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: "long" }));
    const broken = pipeline(Body as Readable, async (source) => {
      for await (const _ of source) throw new Error("enough");
    });
    await expect(broken).rejects.toThrow("enough");
    expect(sha256(await download("long"))).toBe(sha256(bytes));
  });

  describe.each(Object.values(ChecksumAlgorithm).filter((name) => /^(CRC|SHA1$|SHA256$)/.test(name)))(
    "%s checksums",
    (algorithm) => {
      const member = `Checksum${algorithm}` as "ChecksumCRC32";

      test("of a buffer and of a stream are the same, returned and verified", async () => {
        const bytes = patterned(300_000);
        const send = (Key: string, Body: Buffer | Readable) => {
          const input = { Bucket, Key, Body, ContentLength: bytes.length, ChecksumAlgorithm: algorithm };
          return s3.send(new PutObjectCommand(input));
        };
        const buffered = await send(`${algorithm}-buffer`, bytes);
        const streamed = await send(
          `${algorithm}-stream`,
          Readable.from(pieces(bytes), { objectMode: false }),
        );
        expect(buffered[member]).toMatch(/^[A-Za-z0-9+/]+=*$/);
        expect(streamed[member]).toBe(buffered[member]);
        const head = new HeadObjectCommand({ Bucket, Key: `${algorithm}-stream`, ChecksumMode: "ENABLED" });
        expect((await s3.send(head))[member]).toBe(buffered[member]);
        expect(sha256(await download(`${algorithm}-stream`))).toBe(sha256(bytes));
      });

      test("that are wrong are refused, and nothing is stored", async () => {
        const input = { Bucket, Key: `${algorithm}-wrong`, Body: "body" };
        const other = await s3.send(
          new PutObjectCommand({ Bucket, Key: "other", Body: "other", ChecksumAlgorithm: algorithm }),
        );
        const wrong = s3.send(new PutObjectCommand({ ...input, [member]: other[member] }));
        await expect(wrong).rejects.toMatchObject({ name: "BadDigest", $metadata: { httpStatusCode: 400 } });
        await expect(download(input.Key)).rejects.toMatchObject({ name: "NoSuchKey" });
      });

      test("of a multipart object are returned", async () => {
        const bytes = patterned(11 * MB);
        const params = { Bucket, Key: `${algorithm}-parts`, Body: bytes, ChecksumAlgorithm: algorithm };
        const uploaded = await new Upload({ client: s3, params, partSize: 5 * MB, queueSize: 3 }).done();
        expect(uploaded.ETag).toMatch(/^"[0-9a-f]{32}-3"$/);
        const attributes = await s3.send(
          new GetObjectAttributesCommand({
            Bucket,
            Key: params.Key,
            ObjectAttributes: ["Checksum", "ObjectParts", "ObjectSize"],
          }),
        );
        expect(attributes).toMatchObject({
          ObjectSize: bytes.length,
          ObjectParts: { TotalPartsCount: 3 },
          // GetObjectAttributes omits the number of parts from the checksum.
          Checksum: { [member]: uploaded[member]!.split("-")[0] },
        });
        expect(sha256(await download(params.Key))).toBe(sha256(bytes));
      });
    },
  );

  test("an upload of unknown length is sent in parts", async () => {
    const bytes = patterned(12 * MB + 5);
    const Body = Readable.from(pieces(bytes), { objectMode: false });
    await new Upload({ client: s3, params: { Bucket, Key: "unknown", Body } }).done();
    expect(sha256(await download("unknown"))).toBe(sha256(bytes));
    expect(await download("unknown", { Range: `bytes=${5 * MB - 2}-${5 * MB + 1}` })).toEqual(
      bytes.subarray(5 * MB - 2, 5 * MB + 2),
    );
    expect(await download("unknown", { PartNumber: 2 })).toEqual(bytes.subarray(5 * MB, 10 * MB));
  });

  test("an aborted upload leaves nothing behind", async () => {
    const params = { Bucket, Key: "aborted", Body: patterned(30 * MB) };
    const upload = new Upload({ client: s3, params, partSize: 5 * MB });
    upload.on("httpUploadProgress", () => void upload.abort());
    await expect(upload.done()).rejects.toMatchObject({ name: "AbortError" });
    await expect(download("aborted")).rejects.toMatchObject({ name: "NoSuchKey" });
    // The client sends the abort request after the promise is rejected.
    const left = () => s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix: "aborted" }));
    await expect.poll(async () => (await left()).Uploads, { timeout: 20_000 }).toBeUndefined();
  });

  test("parts are copied, replaced, listed and completed in order", async () => {
    const bytes = patterned(6 * MB);
    await s3.send(new PutObjectCommand({ Bucket, Key: "source", Body: bytes }));
    const Key = "by-hand";
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const at = { Bucket, Key, UploadId: UploadId! };
    await s3.send(new UploadPartCommand({ ...at, PartNumber: 7, Body: "replaced" }));
    const last = await s3.send(new UploadPartCommand({ ...at, PartNumber: 7, Body: "the end" }));
    const CopySource = `${Bucket}/source`;
    const range = { PartNumber: 3, CopySource, CopySourceRange: `bytes=1-${5 * MB}` };
    const { CopyPartResult } = await s3.send(new UploadPartCopyCommand({ ...at, ...range }));
    const { Parts } = await s3.send(new ListPartsCommand(at));
    expect(Parts).toMatchObject([
      { PartNumber: 3, Size: 5 * MB, ETag: CopyPartResult!.ETag },
      { PartNumber: 7, Size: 7, ETag: last.ETag },
    ]);
    const complete = (parts: typeof Parts) =>
      s3.send(new CompleteMultipartUploadCommand({ ...at, MultipartUpload: { Parts: parts! } }));
    await expect(complete([Parts![1]!, Parts![0]!])).rejects.toMatchObject({ name: "InvalidPartOrder" });
    await expect(complete([{ PartNumber: 3, ETag: last.ETag }])).rejects.toMatchObject({
      name: "InvalidPart",
    });
    await complete(Parts!.map(({ PartNumber, ETag }) => ({ PartNumber, ETag })));
    const whole = Buffer.concat([bytes.subarray(1, 5 * MB + 1), Buffer.from("the end")]);
    expect(sha256(await download(Key))).toBe(sha256(whole));
    await expect(s3.send(new ListPartsCommand(at))).rejects.toMatchObject({ name: "NoSuchUpload" });
  });
});

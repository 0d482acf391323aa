import { createHash, hash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AwsError } from "#aws/errors.ts";
import type { Service } from "#kernel/service.ts";
import { type TestCloud, testCloud } from "#kernel/testing.ts";
import { type CountedBlobs, countedBlobs } from "#kernel/testing-blobs.ts";
import { bodyOf } from "#lib/body.ts";
import { checksumOf } from "#lib/checksums/checksum.ts";
import { s3 as service } from "../service.ts";
import { parts as partRows } from "../store.ts";
import { uploadAt } from "./upload.ts";

const Bucket = "bucket";
const Key = "key";
const MiB = 2 ** 20;

let cloud: TestCloud;
let s3: TestCloud["aws"]["s3"];
let blobs: CountedBlobs;

beforeEach(async () => {
  blobs = countedBlobs();
  cloud = await testCloud([service], { blobs });
  s3 = cloud.aws.s3;
  await s3.CreateBucket({ Bucket });
});
afterEach(() => cloud.close());

/** Returns bytes without repetitions near the boundary of a part. */
const bytes = (size: number, seed = 1) => {
  const out = Buffer.alloc(size + 4);
  for (let i = 0; i < size; i += 4) out.writeUInt32LE(Math.imul(i + seed, 2_654_435_761) >>> 0, i);
  return out.subarray(0, size);
};

const crc = (name: "crc32" | "crc64nvme" | "sha256", data: Uint8Array) =>
  Buffer.from(checksumOf(name, data)).toString("base64");

async function begin(input: object = {}): Promise<string> {
  return (await s3.CreateMultipartUpload({ Bucket, Key, ...input })).UploadId!;
}

async function send(UploadId: string, PartNumber: number, data: Uint8Array | string, input: object = {}) {
  const { ETag } = await s3.UploadPart({ Bucket, Key, UploadId, PartNumber, Body: bodyOf(data), ...input });
  return { PartNumber, ETag };
}

const complete = (UploadId: string, Parts: object[], input: object = {}) =>
  s3.CompleteMultipartUpload({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...input });

async function read(input: object = {}): Promise<Buffer> {
  const { Body } = await s3.GetObject({ Bucket, Key, ...input });
  const chunks: Uint8Array[] = [];
  if (Body instanceof Uint8Array) chunks.push(Body);
  else for await (const chunk of Body as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function refused(call: Promise<unknown>): Promise<AwsError> {
  const error = await call.then(
    () => new Error("it was not refused"),
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(AwsError);
  return error as AwsError;
}

describe("a completed upload", () => {
  test("consists of its parts, whatever their order of arrival", async () => {
    const [first, second] = [bytes(5 * MiB), bytes(1_000, 7)];
    const whole = Buffer.concat([first, second]);
    const UploadId = await begin({ ContentType: "image/png", Metadata: { Colour: "red" }, Tagging: "a=1" });
    const last = await send(UploadId, 2, second);
    const parts = [await send(UploadId, 1, first), last];
    const { ETag, ...completed } = await complete(UploadId, parts);
    const md5s = [first, second].map((part) => createHash("md5").update(part).digest());
    expect(ETag).toBe(`"${hash("md5", Buffer.concat(md5s))}-2"`);
    expect(completed).toEqual({
      Bucket,
      Key,
      Location: "https://bucket.s3.us-east-1.amazonaws.com/key",
      VersionId: undefined,
      ChecksumCRC64NVME: crc("crc64nvme", whole),
      ChecksumType: "FULL_OBJECT",
      ServerSideEncryption: "AES256",
    });
    expect((await read()).equals(whole)).toBe(true);
    expect(
      (await read({ Range: `bytes=${5 * MiB - 10}-${5 * MiB + 9}` })).equals(
        whole.subarray(5 * MiB - 10, 5 * MiB + 10),
      ),
    ).toBe(true);
    expect((await read({ PartNumber: 2 })).equals(second)).toBe(true);
    expect(await s3.HeadObject({ Bucket, Key })).toMatchObject({
      ContentLength: whole.length,
      ContentType: "image/png",
      Metadata: { colour: "red" },
    });
    expect(await s3.GetObjectTagging({ Bucket, Key })).toMatchObject({ TagSet: [{ Key: "a", Value: "1" }] });
  });

  test("deletes unused parts, and deleting the object deletes its parts", async () => {
    const UploadId = await begin();
    await send(UploadId, 1, bytes(5 * MiB, 1));
    const used = await send(UploadId, 1, bytes(5 * MiB, 2));
    await send(UploadId, 3, bytes(100_000));
    const last = await send(UploadId, 2, bytes(100_000, 3));
    await complete(UploadId, [used, last]);
    await cloud.advance("1m");
    expect(blobs.files.size).toBe(2);
    await s3.DeleteObject({ Bucket, Key });
    await cloud.advance("1m");
    expect(blobs.files.size).toBe(0);
  });

  test("is answered again when repeated, until the object is replaced", async () => {
    const UploadId = await begin();
    const parts = [await send(UploadId, 1, "one")];
    const once = await complete(UploadId, parts);
    expect(await complete(UploadId, parts)).toEqual(once);
    expect(await refused(complete(UploadId, [{ PartNumber: 1, ETag: '"other"' }]))).toMatchObject({
      code: "NoSuchUpload",
    });
    await s3.PutObject({ Bucket, Key, Body: bodyOf("two") });
    expect(await refused(complete(UploadId, parts))).toMatchObject({
      code: "NoSuchUpload",
      status: 404,
      message:
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
      members: { UploadId },
    });
  });

  test("evaluates its conditions at completion", async () => {
    const UploadId = await begin();
    const parts = [await send(UploadId, 1, "new")];
    expect(await refused(complete(UploadId, parts, { IfMatch: '"x"' }))).toMatchObject({ code: "NoSuchKey" });
    await s3.PutObject({ Bucket, Key, Body: bodyOf("old") });
    expect(await refused(complete(UploadId, parts, { IfNoneMatch: "*" }))).toMatchObject({
      code: "PreconditionFailed",
      members: { Condition: "If-None-Match" },
    });
    const { ETag } = await s3.HeadObject({ Bucket, Key });
    expect(await refused(complete(UploadId, parts, { IfMatch: ETag }))).toMatchObject({
      code: "ConditionalRequestConflict",
      members: { Condition: "If-Match" },
    });
    const later = await begin();
    await complete(later, [await send(later, 1, "new")], { IfMatch: ETag });
    expect((await read()).toString()).toBe("new");
  });
});

describe("a completion is refused", () => {
  test("if its list is empty, too long, incomplete, out of order or of other parts", async () => {
    const UploadId = await begin();
    const one = await send(UploadId, 1, "small");
    const two = await send(UploadId, 2, "last");
    const codeOf = async (Parts: object[]) => (await refused(complete(UploadId, Parts))).code;
    expect(await refused(s3.CompleteMultipartUpload({ Bucket, Key, UploadId }))).toMatchObject({
      code: "InvalidRequest",
      message: "You must specify at least one part",
    });
    expect(await codeOf([])).toBe("MalformedXML");
    expect(await codeOf(Array.from({ length: 10_001 }, (_, i) => ({ PartNumber: i + 1, ETag: "x" })))).toBe(
      "MalformedXML",
    );
    expect(await codeOf([{ PartNumber: 1 }])).toBe("MalformedXML");
    expect(await codeOf([{ ...one, PartNumber: 0 }])).toBe("InvalidArgument");
    expect(await codeOf([two, one])).toBe("InvalidPartOrder");
    expect(await codeOf([one, one])).toBe("InvalidPartOrder");
    expect(await refused(complete(UploadId, [one, { ...two, PartNumber: 3 }]))).toMatchObject({
      code: "InvalidPart",
      members: { UploadId, PartNumber: 3, ETag: two.ETag!.replaceAll('"', "") },
    });
    expect(await refused(complete(UploadId, [one, two]))).toMatchObject({
      code: "EntityTooSmall",
      members: { ProposedSize: 5, MinSizeAllowed: 5 * MiB, PartNumber: 1 },
    });
    await complete(UploadId, [two]);
    expect((await read()).toString()).toBe("last");
  });

  test("if the size or the checksum does not match the object", async () => {
    const UploadId = await begin({ ChecksumAlgorithm: "CRC32", ChecksumType: "FULL_OBJECT" });
    const parts = [await send(UploadId, 1, "data")];
    expect(await refused(complete(UploadId, parts, { MpuObjectSize: 5 }))).toMatchObject({
      code: "InvalidRequest",
      message: "The provided 'x-amz-mp-object-size' header value 5 does not match what was computed: 4",
    });
    expect(
      await refused(complete(UploadId, parts, { ChecksumCRC32: crc("crc32", Buffer.from("else")) })),
    ).toMatchObject({
      code: "BadDigest",
    });
    expect(await refused(complete(UploadId, parts, { ChecksumType: "COMPOSITE" }))).toMatchObject({
      message:
        "The upload was created using the FULL_OBJECT checksum mode. The complete request must use the same checksum mode.",
    });
    const ChecksumCRC32 = crc("crc32", Buffer.from("data"));
    const input = { ChecksumCRC32, ChecksumType: "FULL_OBJECT", MpuObjectSize: 4 };
    expect(await complete(UploadId, parts, input)).toMatchObject({
      ChecksumCRC32,
      ChecksumType: "FULL_OBJECT",
    });
  });
});

describe("checksums of parts", () => {
  test("form a composite checksum, and must be repeated in the completion", async () => {
    const [first, second] = [bytes(5 * MiB), Buffer.from("end")];
    const sums = [first, second].map((part) => crc("sha256", part));
    const UploadId = await begin({ ChecksumAlgorithm: "SHA256" });
    const parts = [
      await send(UploadId, 1, first, { ChecksumSHA256: sums[0] }),
      await send(UploadId, 2, second, { ChecksumSHA256: sums[1] }),
    ];
    expect(await refused(complete(UploadId, parts))).toMatchObject({
      code: "InvalidRequest",
      message:
        "The upload was created using a sha256 checksum. The complete request must include the checksum for each part. It was missing for part 1 in the request.",
    });
    const completedParts = parts.map((part, i) => ({ ...part, ChecksumSHA256: sums[i] }));
    const swapped = parts.map((part, i) => ({ ...part, ChecksumSHA256: sums[1 - i] }));
    expect(await refused(complete(UploadId, swapped))).toMatchObject({ code: "InvalidPart" });
    const composite = crc("sha256", Buffer.concat(sums.map((sum) => Buffer.from(sum, "base64"))));
    expect(await complete(UploadId, completedParts)).toMatchObject({
      ChecksumSHA256: `${composite}-2`,
      ChecksumType: "COMPOSITE",
    });
  });

  test("of a CRC combine to that of the whole object", async () => {
    const [first, second] = [bytes(5 * MiB + 3), bytes(77_777, 5)];
    const UploadId = await begin({ ChecksumAlgorithm: "CRC32", ChecksumType: "FULL_OBJECT" });
    const parts = [await send(UploadId, 1, first), await send(UploadId, 2, second)];
    expect(await complete(UploadId, parts)).toMatchObject({
      ChecksumCRC32: crc("crc32", Buffer.concat([first, second])),
      ChecksumType: "FULL_OBJECT",
    });
  });

  test("are of the algorithm that the upload declared", async () => {
    const UploadId = await begin({ ChecksumAlgorithm: "SHA256" });
    const ChecksumCRC32 = crc("crc32", Buffer.from("data"));
    const mismatch = (actual: string) =>
      `Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: ${actual}`;
    expect((await refused(send(UploadId, 1, "data", { ChecksumCRC32 }))).message).toBe(mismatch("crc32"));
    expect((await refused(send(UploadId, 1, "data"))).message).toBe(mismatch("null"));
    const free = await begin();
    const part = await send(free, 1, "data", { ChecksumCRC32 });
    expect(await refused(complete(free, [{ ...part, ChecksumCRC32 }]))).toMatchObject({
      code: "InvalidPart",
    });
    expect(await complete(free, [part])).toMatchObject({
      ChecksumCRC64NVME: crc("crc64nvme", Buffer.from("data")),
    });
  });

  test("are verified, as is Content-MD5", async () => {
    const UploadId = await begin();
    const ChecksumCRC32 = crc("crc32", Buffer.from("else"));
    expect(await refused(send(UploadId, 1, "data", { ChecksumCRC32 }))).toMatchObject({ code: "BadDigest" });
    const ContentMD5 = createHash("md5").update("else").digest("base64");
    expect(await refused(send(UploadId, 1, "data", { ContentMD5 }))).toMatchObject({ code: "BadDigest" });
    expect((await s3.ListParts({ Bucket, Key, UploadId })).Parts).toEqual([]);
  });

  test.each([
    [
      { ChecksumType: "COMPOSITE" },
      "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
    ],
    [
      { ChecksumAlgorithm: "SHA1", ChecksumType: "FULL_OBJECT" },
      "The FULL_OBJECT checksum type cannot be used with the sha1 checksum algorithm.",
    ],
    [
      { ChecksumAlgorithm: "CRC64NVME", ChecksumType: "COMPOSITE" },
      "The COMPOSITE checksum type cannot be used with the crc64nvme checksum algorithm.",
    ],
  ])("%o cannot be declared", async (input, message) => {
    expect(await refused(begin(input))).toMatchObject({ code: "InvalidRequest", message });
  });
});

describe("a part", () => {
  test("has a number from 1 to 10,000", async () => {
    const UploadId = await begin();
    for (const number of [0, -1, 10_001]) {
      expect(await refused(send(UploadId, number, "x"))).toMatchObject({
        code: "InvalidArgument",
        message: "Part number must be an integer between 1 and 10000, inclusive",
        members: { ArgumentName: "partNumber", ArgumentValue: number },
      });
    }
  });

  test("requires an upload of its key", async () => {
    const UploadId = await begin();
    expect(await refused(send(UploadId, 1, "x", { Key: "other" }))).toMatchObject({ code: "NoSuchUpload" });
    expect(await refused(send("nonsense", 1, "x"))).toMatchObject({ code: "NoSuchUpload" });
    await s3.AbortMultipartUpload({ Bucket, Key, UploadId });
    expect(await refused(send(UploadId, 1, "x"))).toMatchObject({ code: "NoSuchUpload" });
    expect(await refused(s3.AbortMultipartUpload({ Bucket, Key, UploadId }))).toMatchObject({
      code: "NoSuchUpload",
    });
  });

  test("that arrives after the upload has ended is not stored", async () => {
    const UploadId = await begin();
    const late = {
      ...bodyOf(bytes(100_000)),
      async *[Symbol.asyncIterator]() {
        yield bytes(100_000);
        await s3.AbortMultipartUpload({ Bucket, Key, UploadId });
      },
    };
    expect(await refused(send(UploadId, 1, "", { Body: late }))).toMatchObject({ code: "NoSuchUpload" });
    await cloud.advance("1m");
    expect(blobs.files.size).toBe(0);
  });

  test("is listed with its properties", async () => {
    const UploadId = await begin({ ChecksumAlgorithm: "CRC32", StorageClass: "STANDARD_IA" });
    const ChecksumCRC32 = crc("crc32", Buffer.from("data"));
    for (const number of [3, 1, 7]) await send(UploadId, number, "data", { ChecksumCRC32 });
    const page = await s3.ListParts({ Bucket, Key, UploadId, MaxParts: 2 });
    expect(page).toMatchObject({
      IsTruncated: true,
      MaxParts: 2,
      PartNumberMarker: 0,
      NextPartNumberMarker: 3,
      StorageClass: "STANDARD_IA",
      ChecksumAlgorithm: "CRC32",
      ChecksumType: "COMPOSITE",
      Owner: { ID: expect.any(String) },
    });
    expect(page.Initiator).toMatchObject(page.Owner!);
    expect(page.Parts).toEqual(
      [1, 3].map((PartNumber) => ({
        PartNumber,
        ETag: '"8d777f385d3dfec8815d20f7496026dc"',
        Size: 4,
        LastModified: new Date(cloud.cloud.clock.now()),
        ChecksumCRC32,
      })),
    );
    expect(await s3.ListParts({ Bucket, Key, UploadId, PartNumberMarker: 3 })).toMatchObject({
      IsTruncated: false,
      Parts: [{ PartNumber: 7 }],
    });
  });
});

test("ListMultipartUploads and ListParts return the same initiator", async () => {
  const arn = "arn:aws:iam::000000000000:user/alice";
  const user = cloud.as({ type: "user", account: "000000000000", arn, id: "AIDAALICE" });
  const Statement = [
    {
      Effect: "Allow",
      Principal: { AWS: arn },
      Action: "s3:PutObject",
      Resource: `arn:aws:s3:::${Bucket}/*`,
    },
  ];
  await s3.PutBucketPolicy({ Bucket, Policy: JSON.stringify({ Version: "2012-10-17", Statement }) });
  const { UploadId } = await user.s3.CreateMultipartUpload({ Bucket, Key });
  const { Initiator } = await s3.ListParts({ Bucket, Key, UploadId: UploadId! });
  expect(Initiator).toEqual({ ID: arn, DisplayName: "alice" });
  const { Uploads } = await s3.ListMultipartUploads({ Bucket });
  expect(Uploads![0]!.Initiator).toEqual(Initiator);
});

describe("a copied part", () => {
  const source = bytes(100_000);
  beforeEach(async () => {
    await s3.PutObject({ Bucket, Key: "a source", Body: bodyOf(source) });
  });
  const copy = (UploadId: string, input: object = {}) =>
    s3.UploadPartCopy({ Bucket, Key, UploadId, PartNumber: 1, CopySource: `${Bucket}/a%20source`, ...input });

  test("contains the source's bytes, or a range of them", async () => {
    for (const [range, wanted] of [
      [undefined, source],
      ["bytes=10-70009", source.subarray(10, 70_010)],
      ["bytes=99999-99999", source.subarray(99_999)],
    ] as const) {
      const UploadId = await begin();
      const { CopyPartResult } = await copy(UploadId, { CopySourceRange: range });
      expect(CopyPartResult!.ETag).toBe(`"${hash("md5", wanted)}"`);
      await complete(UploadId, [{ PartNumber: 1, ETag: CopyPartResult!.ETag }]);
      expect((await read()).equals(wanted)).toBe(true);
    }
  });

  test.each(["bytes=0-", "bytes=-5", "bytes 0-5", "bytes=0-5,7-9", "0-5"])(
    "refuses a range such as %s",
    async (range) => {
      expect(await refused(copy(await begin(), { CopySourceRange: range }))).toMatchObject({
        code: "InvalidArgument",
        message:
          "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
        members: { ArgumentName: "x-amz-copy-source-range", ArgumentValue: range },
      });
    },
  );

  test("is limited to the source's size, and supports conditions on the source", async () => {
    const UploadId = await begin();
    expect(await refused(copy(UploadId, { CopySourceRange: "bytes=0-100000" }))).toMatchObject({
      code: "InvalidArgument",
      message: "Range specified is not valid for source object of size: 100000",
    });
    expect(await refused(copy(UploadId, { CopySourceIfMatch: "x" }))).toMatchObject({
      code: "PreconditionFailed",
      members: { Condition: "x-amz-copy-source-If-Match" },
    });
    expect(await refused(copy(UploadId, { CopySource: `${Bucket}/absent` }))).toMatchObject({
      code: "NoSuchKey",
    });
  });
});

describe("ten thousand parts", () => {
  const ETag = hash("md5", "part");
  const numbers = Array.from({ length: 10_000 }, (_, i) => i + 1);

  /** A service that stores the rows of large parts without their bytes, which would be fifty gigabytes. */
  const withoutBytes: Service = {
    ...service,
    operations: new Map(service.operations).set("UploadPart", async (ctx, input) => {
      const named = input as { Bucket: string; Key: string; UploadId: string };
      await ctx.transact(async (tx) => {
        const { upload } = await uploadAt(tx, named);
        for (const number of numbers) {
          const body = { size: 5 * MiB, file: number.toString(16).padStart(32, "0") };
          const checksum = crc("sha256", Buffer.from([number]));
          const at = { bucket: upload.bucket, upload: upload.order, number, modified: tx.now() };
          tx.put(partRows, { ...at, etag: ETag, body, checksum });
        }
      });
      return {};
    }),
  };
  beforeEach(async () => {
    await cloud.close();
    const saying: CountedBlobs = {
      ...blobs,
      async *read(file, start, end) {
        yield Buffer.from(`part ${Number.parseInt(file, 16)} from ${start} to ${end}; `);
      },
    };
    cloud = await testCloud([withoutBytes], { blobs: saying });
    s3 = cloud.aws.s3;
    await s3.CreateBucket({ Bucket });
  });

  test("are listed in pages, completed at once and readable by number", async () => {
    const UploadId = await begin({ ChecksumAlgorithm: "SHA256" });
    await send(UploadId, 1, "");
    const parts: NonNullable<Awaited<ReturnType<typeof s3.ListParts>>["Parts"]> = [];
    for (let PartNumberMarker = 0; ; ) {
      const page = await s3.ListParts({ Bucket, Key, UploadId, PartNumberMarker });
      parts.push(...page.Parts!);
      PartNumberMarker = page.NextPartNumberMarker!;
      if (!page.IsTruncated) break;
    }
    expect(parts.map((part) => part.PartNumber)).toEqual(numbers);
    const completed = await complete(UploadId, parts);
    expect(completed.ChecksumSHA256).toMatch(/-10000$/);
    const size = 10_000 * 5 * MiB;
    expect(await s3.HeadObject({ Bucket, Key })).toMatchObject({ ContentLength: size, ETag: completed.ETag });
    expect(await s3.HeadObject({ Bucket, Key, PartNumber: 9_999 })).toMatchObject({
      PartsCount: 10_000,
      ContentRange: `bytes ${size - 10 * MiB}-${size - 5 * MiB - 1}/${size}`,
    });
    for (const [first, last, wanted] of [
      [0, 9, "part 1 from 0 to 10; "],
      [
        500 * 5 * MiB - 3,
        500 * 5 * MiB + 4,
        `part 500 from ${5 * MiB - 3} to ${5 * MiB}; part 501 from 0 to 5; `,
      ],
      [size - 1, size + 9, `part 10000 from ${5 * MiB - 1} to ${5 * MiB}; `],
    ]) {
      expect((await read({ Range: `bytes=${first}-${last}` })).toString()).toBe(wanted);
    }
  });

  test("are deleted at once", async () => {
    const UploadId = await begin();
    await send(UploadId, 1, "");
    await s3.AbortMultipartUpload({ Bucket, Key, UploadId });
    expect((await s3.ListMultipartUploads({ Bucket })).Uploads).toEqual([]);
  });
});

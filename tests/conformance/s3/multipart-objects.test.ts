import {
  AbortMultipartUploadCommand,
  type ChecksumAlgorithm,
  type CompletedPart,
  DeleteObjectCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { elementIn, elementsOf, freshBucket, refused, s3Client, type TappedClient } from "./client.ts";
import { digest, LARGE, uploads } from "./uploads.ts";

const cloud = conformanceCloud();
let s3: TappedClient;
let Bucket: string;
beforeAll(async () => {
  s3 = s3Client(cloud);
  Bucket = await freshBucket(s3, "parts");
  await s3.send(new PutObjectCommand({ Bucket, Key: "source", Body: "0123456789" }));
});

const COMPLETE = doc("AmazonS3/latest/API/API_CompleteMultipartUpload.html");
const ABORT = doc("AmazonS3/latest/API/API_AbortMultipartUpload.html");
const PARTS = doc("AmazonS3/latest/API/API_ListParts.html");
const ATTRIBUTES = doc("AmazonS3/latest/API/API_GetObjectAttributes.html");
const INTEGRITY = doc("AmazonS3/latest/userguide/checking-object-integrity-upload.html");

/** Responses of S3 as recorded by the authors of other servers' tests. */
const GATEWAY = "https://github.com/versity/versitygw/blob/main/s3err/invalid-argument.go";

const { begin, send, complete } = uploads(() => ({ s3, Bucket }));

behaviour(
  "the Content-Encoding of CreateMultipartUpload belongs to the object, not to the request",
  doc("AmazonS3/latest/API/API_CreateMultipartUpload.html"),
  async () => {
    const begun = await begin({ Key: "zipped", ContentEncoding: "gzip" });
    await complete(begun, [await send(begun, 1, "bytes")]);
    const { ContentEncoding } = await s3.send(new HeadObjectCommand({ Bucket, Key: "zipped" }));
    expect(ContentEncoding).toBe("gzip");
  },
);

// Checksums of multipart objects

const composite = (algorithm: string, ...parts: (Uint8Array | string)[]) =>
  `${digest(algorithm, Buffer.concat(parts.map((part) => digest(algorithm, part)))).toString("base64")}-${parts.length}`;

behaviour(
  "a composite checksum is a checksum of the parts' checksums with their count",
  INTEGRITY,
  async () => {
    const begun = await begin({ Key: "composite", ChecksumAlgorithm: "SHA256" });
    const parts: CompletedPart[] = [];
    for (const [i, Body] of [LARGE, "end"].entries()) {
      const part = await s3.send(
        new UploadPartCommand({ ...begun, PartNumber: i + 1, Body, ChecksumAlgorithm: "SHA256" }),
      );
      parts.push({ PartNumber: i + 1, ETag: part.ETag, ChecksumSHA256: part.ChecksumSHA256 });
    }
    const made = await complete(begun, parts);
    expect(made).toMatchObject({
      ChecksumSHA256: composite("sha256", LARGE, "end"),
      ChecksumType: "COMPOSITE",
    });
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: "composite", ChecksumMode: "ENABLED" }));
    expect(head).toMatchObject({ ChecksumSHA256: made.ChecksumSHA256, ChecksumType: "COMPOSITE" });
  },
);

behaviour("a range of the whole of one part returns the checksum of its bytes", INTEGRITY, async () => {
  const begun = await begin({ Key: "single", ChecksumAlgorithm: "CRC32" });
  const of = { PartNumber: 1, ChecksumCRC32: "sZlDzg==" };
  const { ETag } = await s3.send(new UploadPartCommand({ ...begun, ...of, Body: "bytes" }));
  await complete(begun, [{ ...of, ETag }]);
  const read = await s3.send(
    new GetObjectCommand({ Bucket, Key: "single", Range: "bytes=0-4", ChecksumMode: "ENABLED" }),
  );
  expect(read.ChecksumCRC32).toBe(of.ChecksumCRC32);
});

behaviour("a range that is exactly a part returns the part's checksum", INTEGRITY, async () => {
  const checksumOf = async (Range: string) => {
    const at = { Bucket, Key: "composite", Range, ChecksumMode: "ENABLED" } as const;
    const [got, head] = [await s3.send(new GetObjectCommand(at)), await s3.send(new HeadObjectCommand(at))];
    expect(head.ChecksumSHA256).toBe(got.ChecksumSHA256);
    return got.ChecksumSHA256;
  };
  const end = LARGE.length;
  expect(await checksumOf(`bytes=${end}-`)).toBe(digest("sha256", "end").toString("base64"));
  expect(await checksumOf(`bytes=0-${end - 1}`)).toBe(digest("sha256", LARGE).toString("base64"));
  expect(await checksumOf(`bytes=${end + 1}-`)).toBeUndefined();
  // AWS was seen to return the composite one without its number of parts here, which clients take for the bytes' own.
  expect(await checksumOf("bytes=0-")).toBeUndefined();
});

behaviour("xxHash checksums are composite", INTEGRITY, async () => {
  const base64 = (hex: string) => Buffer.from(hex, "hex").toString("base64");
  const begun = await begin({ Key: "xxhash", ChecksumAlgorithm: "XXHASH3" });
  const ofPart = { PartNumber: 1, ChecksumXXHASH3: base64("72dcb18b67a17dff") };
  const { ETag } = await s3.send(new UploadPartCommand({ ...begun, ...ofPart, Body: "123456789" }));
  expect(await complete(begun, [{ ...ofPart, ETag }])).toMatchObject({
    ChecksumXXHASH3: `${base64("92c3e6b5522049b5")}-1`,
    ChecksumType: "COMPOSITE",
  });
});

behaviour("a composite checksum requires the parts' checksums", INTEGRITY, async () => {
  const begun = await begin({ ChecksumAlgorithm: "SHA256" });
  const part = await send(begun, 1, "b", { ChecksumAlgorithm: "SHA256" });
  await refused(complete(begun, [part]), "InvalidRequest", 400, {
    message:
      "The upload was created using a sha256 checksum. The complete request must include the checksum for each part. It was missing for part 1 in the request.",
  });
});

for (const [algorithm, type] of [
  ["CRC64NVME", undefined],
  ["CRC32", "FULL_OBJECT"],
  ["CRC32C", "FULL_OBJECT"],
] as const) {
  behaviour(`a full object checksum by ${algorithm} equals that of a single put`, INTEGRITY, async () => {
    const begun = await begin({
      Key: `full-${algorithm}`,
      ChecksumAlgorithm: algorithm as ChecksumAlgorithm,
      ChecksumType: type,
    });
    const parts = [
      await send(begun, 1, LARGE, { ChecksumAlgorithm: algorithm }),
      await send(begun, 2, "end", { ChecksumAlgorithm: algorithm }),
    ];
    const made = await complete(begun, parts);
    const put = await s3.send(
      new PutObjectCommand({
        Bucket,
        Key: "whole",
        Body: Buffer.concat([LARGE, Buffer.from("end")]),
        ChecksumAlgorithm: algorithm,
      }),
    );
    const member = `Checksum${algorithm}` as const;
    expect(made[member]).toBe(put[member]);
    expect(made.ChecksumType).toBe("FULL_OBJECT");
  });
}

behaviour(
  "a multipart object without a requested checksum has a full object CRC64NVME",
  INTEGRITY,
  async () => {
    const begun = await begin({ Key: "unasked" });
    await complete(begun, [await send(begun, 1, "b")]);
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: "unasked", ChecksumMode: "ENABLED" }));
    expect(head.ChecksumCRC64NVME).toBeDefined();
    expect(head.ChecksumType).toBe("FULL_OBJECT");
  },
);

behaviour("CompleteMultipartUpload verifies a given object checksum", COMPLETE, async () => {
  const begun = await begin({ ChecksumAlgorithm: "CRC32", ChecksumType: "FULL_OBJECT" });
  const parts = [await send(begun, 1, "b", { ChecksumAlgorithm: "CRC32" })];
  await refused(
    complete(begun, parts, { ChecksumCRC32: "AAAAAA==", ChecksumType: "FULL_OBJECT" }),
    "BadDigest",
    400,
    { message: "The crc32 you specified did not match the calculated checksum." },
  );
});

for (const [what, change, ArgumentValue] of [
  ["no checksum", { ChecksumSHA256: "bad" }, "bad"],
  ["two checksums", { ChecksumCRC32: "AAAAAA==", ChecksumSHA1: "AAAA" }, "CRC32:AAAAAA==;SHA1:AAAA;"],
] as const) {
  behaviour(`a part list with ${what} for one part is refused`, GATEWAY, async () => {
    const begun = await begin({ ChecksumAlgorithm: "CRC32" });
    const part = await send(begun, 1, "b", { ChecksumAlgorithm: "CRC32" });
    await refused(complete(begun, [{ ...part, ...change }]), "InvalidArgument", 400, {
      message: "Invalid Base64 or multiple checksums present in request",
      ArgumentName: "Checksum",
      ArgumentValue,
    });
  });
}

const COMPLETED = doc("AmazonS3/latest/API/API_CompletedPart.html");

behaviour("with part checksums, part numbers must be consecutive from 1", COMPLETED, async () => {
  const begun = await begin({ ChecksumAlgorithm: "SHA1" });
  const part = await s3.send(
    new UploadPartCommand({ ...begun, PartNumber: 2, Body: "b", ChecksumAlgorithm: "SHA1" }),
  );
  await refused(
    complete(begun, [{ PartNumber: 2, ETag: part.ETag, ChecksumSHA1: part.ChecksumSHA1 }]),
    "InvalidPartOrder",
    400,
  );
});

const MEANWHILE = doc("AmazonS3/latest/userguide/conditional-writes.html");
const conflict = (Condition: string, Key: string) => ({
  message: "The conditional request cannot succeed due to a conflicting operation against this resource.",
  Condition,
  Key,
});

behaviour("a conditional completion conflicts with a delete since the upload began", MEANWHILE, async () => {
  const Key = "deleted-meanwhile";
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: "b" }));
  const begun = await begin({ Key });
  const parts = [await send(begun, 1, "b")];
  await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  await refused(
    complete(begun, parts, { IfNoneMatch: "*" }),
    "ConditionalRequestConflict",
    409,
    conflict("If-None-Match", Key),
  );
});

behaviour(
  "a conditional completion conflicts with a write of the object since the upload began",
  MEANWHILE,
  async () => {
    const at = { Bucket, Key: "put-meanwhile", Body: "b" };
    const { ETag } = await s3.send(new PutObjectCommand(at));
    const begun = await begin({ Key: at.Key });
    const parts = [await send(begun, 1, "b")];
    await s3.send(new PutObjectCommand(at));
    await refused(
      complete(begun, parts, { IfMatch: ETag }),
      "ConditionalRequestConflict",
      409,
      conflict("If-Match", at.Key),
    );
  },
);

behaviour("a completion replaces an object that existed when the upload began", MEANWHILE, async () => {
  const at = { Bucket, Key: "unchanged", Body: "b" };
  const { ETag } = await s3.send(new PutObjectCommand(at));
  const begun = await begin({ Key: at.Key });
  await complete(begun, [await send(begun, 1, "b")], { IfMatch: ETag });
});

// GetObjectAttributes

behaviour("GetObjectAttributes of a multipart object counts its parts", ATTRIBUTES, async () => {
  const { ObjectParts, ...response } = await s3.send(
    new GetObjectAttributesCommand({
      Bucket,
      Key: "composite",
      ObjectAttributes: ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"],
    }),
  );
  expect(response).toMatchObject({
    ETag: expect.stringMatching(/^[0-9a-f]{32}-2$/),
    ObjectSize: LARGE.length + 3,
    StorageClass: "STANDARD",
    Checksum: {
      ChecksumSHA256: composite("sha256", LARGE, "end").replace(/-2$/, ""),
      ChecksumType: "COMPOSITE",
    },
  });
  expect(ObjectParts).toMatchObject({ TotalPartsCount: 2, IsTruncated: false, MaxParts: 1_000 });
  expect(ObjectParts!.Parts!.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
    [1, LARGE.length],
    [2, 3],
  ]);
});

behaviour(
  "parts without checksums are counted but not listed",
  "https://github.com/localstack/localstack/pull/12764",
  async () => {
    const Key = "whole";
    for (const declared of [{}, { ChecksumAlgorithm: "CRC32", ChecksumType: "FULL_OBJECT" }] as const) {
      const begun = await begin({ Key, ...declared });
      await complete(begun, [await send(begun, 1, "whole")]);
      const { text } = await s3.raw(
        new GetObjectAttributesCommand({ Bucket, Key, ObjectAttributes: ["ObjectParts"] }),
      );
      expect(text).toContain("<ObjectParts><PartsCount>1</PartsCount></ObjectParts>");
    }
  },
);

behaviour("parts are paged in GetObjectAttributes", ATTRIBUTES, async () => {
  const page = (PartNumberMarker?: string) =>
    s3.send(
      new GetObjectAttributesCommand({
        Bucket,
        Key: "composite",
        ObjectAttributes: ["ObjectParts"],
        MaxParts: 1,
        PartNumberMarker,
      }),
    );
  const first = (await page()).ObjectParts!;
  expect(first).toMatchObject({ IsTruncated: true, NextPartNumberMarker: "1" });
  const last = (await page(first.NextPartNumberMarker)).ObjectParts!;
  expect([last.IsTruncated, last.Parts!.map(({ PartNumber }) => PartNumber)]).toEqual([false, [2]]);
});

behaviour("only requested attributes are returned", ATTRIBUTES, async () => {
  const { text } = await s3.raw(
    new GetObjectAttributesCommand({ Bucket, Key: "source", ObjectAttributes: ["ObjectSize"] }),
  );
  expect(text).toContain('<GetObjectAttributesResponse xmlns="http://s3.amazonaws.com/doc/2006-03-01/">');
  expect(elementsOf(text)).toEqual(["ObjectSize"]);
});

behaviour("an unknown attribute is refused", ATTRIBUTES, () =>
  refused(
    s3.send(
      new GetObjectAttributesCommand({ Bucket, Key: "source", ObjectAttributes: ["Colour" as "ETag"] }),
    ),
    "InvalidArgument",
    400,
    { message: "Invalid attribute name specified.", ArgumentName: "x-amz-object-attributes" },
  ),
);

behaviour("a request without attributes is refused", ATTRIBUTES, async () => {
  const { status, text } = await s3.raw(
    new GetObjectAttributesCommand({ Bucket, Key: "source", ObjectAttributes: ["ETag"] }),
    { headers: { "x-amz-object-attributes": undefined } },
  );
  expect([status, elementIn(text, "Code"), elementIn(text, "Message")]).toEqual([
    400,
    "InvalidRequest",
    "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty",
  ]);
});

behaviour("GetObjectAttributes of a missing object fails with NoSuchKey", ATTRIBUTES, () =>
  refused(
    s3.send(new GetObjectAttributesCommand({ Bucket, Key: "not-there", ObjectAttributes: ["ETag"] })),
    "NoSuchKey",
    404,
  ),
);

// ListParts, AbortMultipartUpload

behaviour("ListParts returns parts by number, with time, ETag and size", PARTS, async () => {
  const begun = await begin({ Key: "listed" });
  for (const number of [3, 1, 2]) await send(begun, number, "x".repeat(number));
  const { Parts, ...response } = await s3.send(new ListPartsCommand(begun));
  expect(Parts!.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
    [1, 1],
    [2, 2],
    [3, 3],
  ]);
  expect(Parts![0]!.LastModified).toBeInstanceOf(Date);
  expect(response).toMatchObject({
    Bucket,
    Key: "listed",
    UploadId: begun.UploadId,
    StorageClass: "STANDARD",
    MaxParts: 1_000,
    IsTruncated: false,
    PartNumberMarker: "0",
    NextPartNumberMarker: "3",
  });
  expect(response.Initiator!.ID).toBe(response.Owner!.ID);
});

behaviour("ListParts pages", PARTS, async () => {
  const begun = await begin();
  for (const number of [1, 2, 3]) await send(begun, number, "b");
  const first = await s3.send(new ListPartsCommand({ ...begun, MaxParts: 2 }));
  expect(first).toMatchObject({ IsTruncated: true, NextPartNumberMarker: "2", MaxParts: 2 });
  const last = await s3.send(new ListPartsCommand({ ...begun, PartNumberMarker: "2" }));
  expect(last.Parts!.map(({ PartNumber }) => PartNumber)).toEqual([3]);
});

behaviour("ListParts of an upload without parts is empty", PARTS, async () => {
  const { text } = await s3.raw(new ListPartsCommand(await begin()));
  expect(text).toContain('<ListPartsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">');
  expect(elementsOf(text).sort()).toEqual([
    "Bucket",
    "Initiator",
    "IsTruncated",
    "Key",
    "MaxParts",
    "NextPartNumberMarker",
    "Owner",
    "PartNumberMarker",
    "StorageClass",
    "UploadId",
  ]);
});

behaviour("AbortMultipartUpload answers 204 and removes the upload", ABORT, async () => {
  const begun = await begin({ Key: "aborted" });
  await send(begun, 1, "b");
  expect(await s3.raw(new AbortMultipartUploadCommand(begun))).toMatchObject({ status: 204, text: "" });
  await refused(s3.send(new ListPartsCommand(begun)), "NoSuchUpload", 404);
  const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix: "aborted" }));
  expect(Uploads).toEqual([]);
  await refused(s3.send(new HeadObjectCommand({ Bucket, Key: "aborted" })), "NotFound", 404);
});

behaviour("AbortMultipartUpload of a missing upload fails", ABORT, () =>
  refused(
    s3.send(new AbortMultipartUploadCommand({ Bucket, Key: "k", UploadId: "none" })),
    "NoSuchUpload",
    404,
  ),
);

behaviour(
  "LastModified of a multipart object is the start of its upload",
  doc("AmazonS3/latest/userguide/UsingMetadata.html"),
  async () => {
    await cloud.freeze();
    const begun = await begin({ Key: "old" });
    const { Uploads } = await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix: "old" }));
    await cloud.advance(3_600_000);
    const part = await send(begun, 1, "data");
    await complete(begun, [part]);
    const { LastModified } = await s3.send(new HeadObjectCommand({ Bucket, Key: "old" }));
    expect(LastModified).toEqual(Uploads?.[0]?.Initiated);
  },
);

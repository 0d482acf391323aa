import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { elementIn, elementsOf, freshBucket, refused, s3Client, type TappedClient } from "./client.ts";
import { digest, LARGE, MIB, uploads } from "./uploads.ts";

const cloud = conformanceCloud();
let s3: TappedClient;
let Bucket: string;
beforeAll(async () => {
  s3 = s3Client(cloud);
  Bucket = await freshBucket(s3, "multipart");
  await s3.send(new PutObjectCommand({ Bucket, Key: "source", Body: "0123456789" }));
});

const OVERVIEW = doc("AmazonS3/latest/userguide/mpuoverview.html");
const LIMITS = doc("AmazonS3/latest/userguide/qfacts.html");
const CREATE = doc("AmazonS3/latest/API/API_CreateMultipartUpload.html");
const UPLOAD = doc("AmazonS3/latest/API/API_UploadPart.html");
const COPY = doc("AmazonS3/latest/API/API_UploadPartCopy.html");
const COMPLETE = doc("AmazonS3/latest/API/API_CompleteMultipartUpload.html");
const INTEGRITY = doc("AmazonS3/latest/userguide/checking-object-integrity-upload.html");
const GET = doc("AmazonS3/latest/API/API_GetObject.html");

const { begin, send, complete } = uploads(() => ({ s3, Bucket }));

const NO_UPLOAD =
  "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.";
const INVALID_PART =
  "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.";

// CreateMultipartUpload

behaviour("CreateMultipartUpload returns a document with bucket, key and ID", CREATE, async () => {
  const { status, text } = await s3.raw(new CreateMultipartUploadCommand({ Bucket, Key: "a&b" }));
  expect(status).toBe(200);
  expect(text).toContain('<InitiateMultipartUploadResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">');
  expect(elementsOf(text)).toEqual(["Bucket", "Key", "UploadId"]);
  expect(elementIn(text, "Key")).toBe("a&amp;b");
});

behaviour("every upload has a unique ID, also for the same key", OVERVIEW, async () => {
  const [one, other] = [await begin(), await begin()];
  expect(one.UploadId).not.toBe(other.UploadId);
});

behaviour("CreateMultipartUpload requires an existing bucket", CREATE, () =>
  refused(begin({ Bucket: "not-there" }), "NoSuchBucket", 404),
);

behaviour("CreateMultipartUpload returns the checksum algorithm and type", INTEGRITY, async () => {
  const begun = await s3.send(
    new CreateMultipartUploadCommand({ Bucket, Key: "k", ChecksumAlgorithm: "SHA256" }),
  );
  expect(begun).toMatchObject({ ChecksumAlgorithm: "SHA256", ChecksumType: "COMPOSITE" });
});

for (const [ChecksumAlgorithm, ChecksumType] of [
  ["CRC32", "COMPOSITE"],
  ["CRC32C", "COMPOSITE"],
  ["SHA1", "COMPOSITE"],
  ["SHA256", "COMPOSITE"],
  ["CRC64NVME", "FULL_OBJECT"],
] as const) {
  behaviour(`the default type of a ${ChecksumAlgorithm} checksum is ${ChecksumType}`, INTEGRITY, async () => {
    const begun = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "k", ChecksumAlgorithm }));
    expect(begun.ChecksumType).toBe(ChecksumType);
  });
}

for (const [ChecksumAlgorithm, ChecksumType] of [
  ["SHA1", "FULL_OBJECT"],
  ["SHA256", "FULL_OBJECT"],
  ["CRC64NVME", "COMPOSITE"],
] as const) {
  behaviour(`${ChecksumAlgorithm} cannot be ${ChecksumType}`, INTEGRITY, () =>
    refused(begin({ ChecksumAlgorithm, ChecksumType }), "InvalidRequest", 400, {
      message: `The ${ChecksumType} checksum type cannot be used with the ${ChecksumAlgorithm.toLowerCase()} checksum algorithm.`,
    }),
  );
}

behaviour("a checksum type requires an algorithm", CREATE, () =>
  refused(begin({ ChecksumType: "COMPOSITE" }), "InvalidRequest", 400, {
    message: "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
  }),
);

// UploadPart

behaviour("UploadPart returns the MD5 of the bytes as ETag", UPLOAD, async () => {
  const part = await send(await begin(), 1, "part");
  expect(part.ETag).toBe(`"${digest("md5", "part").toString("hex")}"`);
});

for (const PartNumber of [0, -1, 10_001]) {
  behaviour(`part number ${PartNumber} is refused`, LIMITS, async () => {
    await refused(send(await begin(), PartNumber, "b"), "InvalidArgument", 400, {
      message: "Part number must be an integer between 1 and 10000, inclusive",
      ArgumentName: "partNumber",
      ArgumentValue: String(PartNumber),
    });
  });
}

behaviour("UploadPart of a missing upload fails", UPLOAD, () =>
  refused(send({ Bucket, Key: "k", UploadId: "none" }, 1, "b"), "NoSuchUpload", 404, {
    message: NO_UPLOAD,
    UploadId: "none",
  }),
);

behaviour("an upload ID is valid for its key only", UPLOAD, async () => {
  await refused(send({ ...(await begin()), Key: "other" }, 1, "b"), "NoSuchUpload", 404);
});

behaviour("uploading a part again replaces it", OVERVIEW, async () => {
  const begun = await begin({ Key: "resent" });
  await send(begun, 1, "first");
  const part = await send(begun, 1, "second");
  await complete(begun, [part]);
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: "resent" }));
  expect(await got.Body!.transformToString()).toBe("second");
});

behaviour("a part with a checksum algorithm other than the upload's is refused", INTEGRITY, async () => {
  const begun = await begin({ ChecksumAlgorithm: "SHA256" });
  await refused(send(begun, 1, "b", { ChecksumAlgorithm: "CRC32" }), "InvalidRequest", 400, {
    message: "Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: crc32",
  });
});

behaviour("UploadPart verifies the part's checksum", INTEGRITY, async () => {
  const begun = await begin({ ChecksumAlgorithm: "SHA256" });
  const ChecksumSHA256 = digest("sha256", "other").toString("base64");
  await refused(send(begun, 1, "b", { ChecksumSHA256 }), "BadDigest", 400, {
    message: "The SHA256 you specified did not match the calculated checksum.",
  });
});

// UploadPartCopy

behaviour("UploadPartCopy copies an object into a part", COPY, async () => {
  const begun = await begin({ Key: "copied" });
  const { CopyPartResult } = await s3.send(
    new UploadPartCopyCommand({ ...begun, PartNumber: 1, CopySource: `${Bucket}/source` }),
  );
  expect(CopyPartResult!.ETag).toBe(`"${digest("md5", "0123456789").toString("hex")}"`);
  await complete(begun, [{ PartNumber: 1, ETag: CopyPartResult!.ETag }]);
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: "copied" }));
  expect(await got.Body!.transformToString()).toBe("0123456789");
});

behaviour("UploadPartCopy returns a document with time and ETag", COPY, async () => {
  const { text } = await s3.raw(
    new UploadPartCopyCommand({ ...(await begin()), PartNumber: 1, CopySource: `${Bucket}/source` }),
  );
  expect(text).toContain('<CopyPartResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">');
  expect(elementsOf(text).sort()).toEqual(["ETag", "LastModified"]);
});

behaviour("UploadPartCopy copies a range of the source", COPY, async () => {
  const { CopyPartResult } = await s3.send(
    new UploadPartCopyCommand({
      ...(await begin()),
      PartNumber: 1,
      CopySource: `${Bucket}/source`,
      CopySourceRange: "bytes=2-4",
    }),
  );
  expect(CopyPartResult!.ETag).toBe(`"${digest("md5", "234").toString("hex")}"`);
});

for (const [CopySourceRange, message] of [
  [
    "bytes=2-",
    "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
  ],
  [
    "2-4",
    "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
  ],
  ["bytes=5-10", "Range specified is not valid for source object of size: 10"],
] as const) {
  behaviour(`the range ${CopySourceRange} of ten bytes is refused`, COPY, async () => {
    const at = { ...(await begin()), PartNumber: 1, CopySource: `${Bucket}/source`, CopySourceRange };
    await refused(s3.send(new UploadPartCopyCommand(at)), "InvalidArgument", 400, {
      message,
      ArgumentName: "x-amz-copy-source-range",
      ArgumentValue: CopySourceRange,
    });
  });
}

behaviour("UploadPartCopy of a missing source fails", COPY, async () => {
  const at = { ...(await begin()), PartNumber: 1, CopySource: `${Bucket}/not-there` };
  await refused(s3.send(new UploadPartCopyCommand(at)), "NoSuchKey", 404);
});

// CompleteMultipartUpload

behaviour(
  "CompleteMultipartUpload concatenates the parts and derives the ETag from theirs",
  COMPLETE,
  async () => {
    const begun = await begin({ Key: "made", ContentType: "image/png", Metadata: { a: "1" } });
    const parts = [await send(begun, 1, LARGE), await send(begun, 2, "end")];
    const made = await complete(begun, parts);
    const md5 = digest("md5", Buffer.concat([digest("md5", LARGE), digest("md5", "end")])).toString("hex");
    expect(made).toMatchObject({ Bucket, Key: "made", ETag: `"${md5}-2"` });
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: "made" }));
    expect(head).toMatchObject({
      ContentLength: LARGE.length + 3,
      ContentType: "image/png",
      Metadata: { a: "1" },
      ETag: made.ETag,
    });
  },
);

behaviour(
  "CompleteMultipartUpload returns a document with location, bucket, key and ETag",
  COMPLETE,
  async () => {
    const begun = await begin({ Key: "answered" });
    const Parts = [await send(begun, 1, "b")];
    const { text } = await s3.raw(
      new CompleteMultipartUploadCommand({ ...begun, MultipartUpload: { Parts } }),
    );
    expect(text).toContain('<CompleteMultipartUploadResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">');
    expect(elementsOf(text).slice(0, 4)).toEqual(["Location", "Bucket", "Key", "ETag"]);
    expect(elementIn(text, "Location")).toBe(`${cloud.endpoint}/${Bucket}/answered`);
  },
);

behaviour("GetObject reads a part by its number", GET, async () => {
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: "made", PartNumber: 2 }));
  expect(await got.Body!.transformToString()).toBe("end");
  expect(got).toMatchObject({
    PartsCount: 2,
    ContentRange: `bytes ${LARGE.length}-${LARGE.length + 2}/${LARGE.length + 3}`,
    $metadata: { httpStatusCode: 206 },
  });
});

behaviour("GetObject of a missing part number is refused", GET, () =>
  refused(s3.send(new GetObjectCommand({ Bucket, Key: "made", PartNumber: 3 })), "InvalidPartNumber", 416, {
    message: "The requested partnumber is not satisfiable",
    PartNumberRequested: "3",
    ActualPartCount: "2",
  }),
);

behaviour("part 1 of an object that was put at once is the whole object", GET, async () => {
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: "source", PartNumber: 1 }));
  expect(got.$metadata.httpStatusCode).toBe(206);
  await refused(
    s3.send(new GetObjectCommand({ Bucket, Key: "source", PartNumber: 2 })),
    "InvalidPartNumber",
    416,
  );
});

behaviour("a part number together with a range is refused", GET, () =>
  refused(
    s3.send(new GetObjectCommand({ Bucket, Key: "made", PartNumber: 1, Range: "bytes=0-1" })),
    "InvalidRequest",
    400,
    { message: "Cannot specify both Range header and partNumber query parameter" },
  ),
);

behaviour("a completion with an empty part list is refused", COMPLETE, async () => {
  await refused(complete(await begin(), []), "MalformedXML", 400);
});

behaviour("a completion without a part list is refused", COMPLETE, async () => {
  await refused(s3.send(new CompleteMultipartUploadCommand(await begin())), "InvalidRequest", 400, {
    message: "You must specify at least one part",
  });
});

behaviour("a completion with a part that was not uploaded is refused", COMPLETE, async () => {
  const begun = await begin();
  const ETag = `"${digest("md5", "b").toString("hex")}"`;
  await refused(complete(begun, [{ PartNumber: 1, ETag }]), "InvalidPart", 400, {
    message: INVALID_PART,
    PartNumber: "1",
    UploadId: begun.UploadId,
  });
});

behaviour("a completion with a wrong ETag is refused", COMPLETE, async () => {
  const begun = await begin();
  await send(begun, 1, "b");
  await refused(complete(begun, [{ PartNumber: 1, ETag: '"other"' }]), "InvalidPart", 400, { ETag: "other" });
});

behaviour("part numbers of a completion must be ascending", COMPLETE, async () => {
  const begun = await begin();
  const [second, first] = [await send(begun, 2, "2"), await send(begun, 1, LARGE)];
  await refused(complete(begun, [second, first]), "InvalidPartOrder", 400, {
    message: "The list of parts was not in ascending order. Parts must be ordered by part number.",
    UploadId: begun.UploadId,
  });
});

behaviour("every part but the last must have at least 5 MiB", LIMITS, async () => {
  const begun = await begin();
  const parts = [await send(begun, 1, "small"), await send(begun, 2, "end")];
  await refused(complete(begun, parts), "EntityTooSmall", 400, {
    message: "Your proposed upload is smaller than the minimum allowed size",
    ProposedSize: "5",
    MinSizeAllowed: String(5 * MIB),
    PartNumber: "1",
  });
});

behaviour("uploaded parts may be omitted from the completion", OVERVIEW, async () => {
  const begun = await begin({ Key: "gaps" });
  const parts = [await send(begun, 2, LARGE), await send(begun, 3, "not used"), await send(begun, 7, "end")];
  await complete(begun, [parts[0]!, parts[2]!]);
  const { ContentLength } = await s3.send(new HeadObjectCommand({ Bucket, Key: "gaps" }));
  expect(ContentLength).toBe(LARGE.length + 3);
});

behaviour("a completed upload no longer exists", COMPLETE, async () => {
  const begun = await begin({ Key: "over" });
  await complete(begun, [await send(begun, 1, "b")]);
  await refused(send(begun, 2, "b"), "NoSuchUpload", 404);
  await refused(s3.send(new ListPartsCommand(begun)), "NoSuchUpload", 404);
});

behaviour("a repeated completion returns the same response", COMPLETE, async () => {
  const begun = await begin({ Key: "repeated" });
  const parts = [await send(begun, 1, "b")];
  const { $metadata: _, ...once } = await complete(begun, parts);
  const { $metadata: __, ...again } = await complete(begun, parts);
  expect(again).toEqual(once);
});

behaviour("CompleteMultipartUpload verifies a given object size", COMPLETE, async () => {
  const begun = await begin({ Key: "sized" });
  const parts = [await send(begun, 1, "four")];
  await refused(complete(begun, parts, { MpuObjectSize: 5 }), "InvalidRequest", 400);
  await complete(begun, parts, { MpuObjectSize: 4 });
});

behaviour(
  "CompleteMultipartUpload supports If-None-Match",
  doc("AmazonS3/latest/userguide/conditional-writes.html"),
  async () => {
    const begun = await begin({ Key: "source" });
    const parts = [await send(begun, 1, "b")];
    await refused(complete(begun, parts, { IfNoneMatch: "*" }), "PreconditionFailed", 412);
  },
);

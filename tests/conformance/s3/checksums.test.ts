import { createHash } from "node:crypto";
import {
  CopyObjectCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
} from "@aws-sdk/client-s3";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { elementIn, freshBucket, refused, s3Client, type TappedClient } from "./client.ts";

const cloud = conformanceCloud();
let s3: TappedClient;
/** A client that sends no checksums by default. */
let silent: TappedClient;
let Bucket: string;
beforeAll(async () => {
  s3 = s3Client(cloud);
  silent = s3Client(
    cloud,
    {},
    { requestChecksumCalculation: "WHEN_REQUIRED", responseChecksumValidation: "WHEN_REQUIRED" },
  );
  Bucket = await freshBucket(s3, "checksums");
});

const INTEGRITY = doc("AmazonS3/latest/userguide/checking-object-integrity-upload.html");
const PUT = doc("AmazonS3/latest/API/API_PutObject.html");
const GET = doc("AmazonS3/latest/API/API_GetObject.html");
const ATTRIBUTES = doc("AmazonS3/latest/API/API_GetObjectAttributes.html");
const COPY = doc("AmazonS3/latest/API/API_CopyObject.html");

const BODY = "123456789";
const sha = (algorithm: string) => createHash(algorithm).update(BODY).digest("base64");
const base64 = (hex: string) => Buffer.from(hex, "hex").toString("base64");
/**
 * The check values of the CRC catalogue, the digests as computed by Node.js, and those of xxHash as computed
 * by the authors' library.
 */
const VALUES = {
  CRC32: base64("cbf43926"),
  CRC32C: base64("e3069283"),
  CRC64NVME: base64("ae8b14860a799888"),
  SHA1: sha("sha1"),
  SHA256: sha("sha256"),
  SHA512: sha("sha512"),
  MD5: sha("md5"),
  XXHASH64: base64("8cb841db40e6ae83"),
  XXHASH3: base64("72dcb18b67a17dff"),
  XXHASH128: base64("33119477ede5dcd5e9716427681d5860"),
} as const;
type Algorithm = keyof typeof VALUES;
const ALGORITHMS = Object.keys(VALUES) as Algorithm[];
const member = (algorithm: Algorithm) => `Checksum${algorithm}` as const;
const header = (algorithm: Algorithm) => `x-amz-checksum-${algorithm.toLowerCase()}`;
const put = (input: Partial<PutObjectCommandInput>) =>
  silent.send(new PutObjectCommand({ Bucket, Key: "k", Body: BODY, ...input }));

for (const algorithm of ALGORITHMS) {
  const value = VALUES[algorithm];
  const promised = { Key: algorithm, [member(algorithm)]: value };

  behaviour(`PutObject verifies the ${algorithm} of the body and returns it`, INTEGRITY, async () => {
    const { headers } = await silent.raw(new PutObjectCommand({ Bucket, Body: BODY, ...promised }));
    expect([headers[header(algorithm)], headers["x-amz-checksum-type"]]).toEqual([value, "FULL_OBJECT"]);
  });

  behaviour(`reads return the ${algorithm} only in checksum mode`, GET, async () => {
    await put(promised);
    const response = await silent.raw(
      new HeadObjectCommand({ Bucket, Key: algorithm, ChecksumMode: "ENABLED" }),
    );
    expect([response.headers[header(algorithm)], response.headers["x-amz-checksum-type"]]).toEqual([
      value,
      "FULL_OBJECT",
    ]);
    const plain = await silent.raw(new GetObjectCommand({ Bucket, Key: algorithm }));
    expect(plain.headers).not.toHaveProperty(header(algorithm));
    expect(plain.headers).not.toHaveProperty("x-amz-checksum-type");
  });

  behaviour(`a wrong ${algorithm} is refused, and nothing is stored`, INTEGRITY, async () => {
    const wrong = Buffer.from(value, "base64").fill(0).toString("base64");
    await refused(put({ Key: `bad ${algorithm}`, [member(algorithm)]: wrong }), "BadDigest", 400, {
      message: `The ${algorithm} you specified did not match the calculated checksum.`,
    });
    await refused(s3.send(new HeadObjectCommand({ Bucket, Key: `bad ${algorithm}` })), "NotFound", 404);
  });

  behaviour(`a malformed ${algorithm} is refused`, PUT, () =>
    refused(put({ [member(algorithm)]: "none" }), "InvalidRequest", 400, {
      message: `Value for ${header(algorithm)} header is invalid.`,
    }),
  );

  behaviour(`GetObjectAttributes returns the ${algorithm}`, ATTRIBUTES, async () => {
    await put(promised);
    const { Checksum } = await s3.send(
      new GetObjectAttributesCommand({ Bucket, Key: algorithm, ObjectAttributes: ["Checksum"] }),
    );
    expect(Checksum).toEqual({ [member(algorithm)]: value, ChecksumType: "FULL_OBJECT" });
  });
}

for (const algorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const) {
  behaviour(
    `a ${algorithm} may be sent in the trailer`,
    doc("AmazonS3/latest/API/sigv4-streaming-trailers.html"),
    async () => {
      const { Readable } = await import("node:stream");
      const made = await s3.send(
        new PutObjectCommand({
          Bucket,
          Key: `trailing ${algorithm}`,
          Body: Readable.from([Buffer.from(BODY)]),
          ContentLength: BODY.length,
          ChecksumAlgorithm: algorithm,
        }),
      );
      expect(made[member(algorithm)]).toBe(VALUES[algorithm]);
    },
  );
}

behaviour("an object written without a checksum gets a CRC64NVME", INTEGRITY, async () => {
  const made = await put({ Key: "default" });
  expect([made.ChecksumCRC64NVME, made.ChecksumType]).toEqual([VALUES.CRC64NVME, "FULL_OBJECT"]);
});

behaviour("more than one checksum is refused", PUT, () =>
  refused(put({ ChecksumSHA1: VALUES.SHA1, ChecksumSHA256: VALUES.SHA256 }), "InvalidRequest", 400, {
    message: "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
  }),
);

behaviour("an algorithm without its checksum is refused", PUT, async () => {
  const { status, text } = await silent.raw(new PutObjectCommand({ Bucket, Key: "k", Body: BODY }), {
    headers: { "x-amz-sdk-checksum-algorithm": "SHA256" },
  });
  expect([status, elementIn(text, "Code"), elementIn(text, "Message")]).toEqual([
    400,
    "InvalidRequest",
    "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.",
  ]);
});

behaviour("an unknown algorithm is refused", PUT, async () => {
  const { status, text } = await silent.raw(new PutObjectCommand({ Bucket, Key: "k", Body: BODY }), {
    headers: { "x-amz-sdk-checksum-algorithm": "ROT13" },
  });
  expect([status, elementIn(text, "Code"), elementIn(text, "Message")]).toEqual([
    400,
    "InvalidRequest",
    "Value for x-amz-sdk-checksum-algorithm header is invalid.",
  ]);
});

behaviour("a range read returns no checksum of the whole object", GET, async () => {
  await put({ Key: "range", ChecksumSHA256: VALUES.SHA256 });
  const { headers } = await silent.raw(
    new GetObjectCommand({ Bucket, Key: "range", Range: "bytes=0-1", ChecksumMode: "ENABLED" }),
  );
  expect(headers).not.toHaveProperty("x-amz-checksum-sha256");
});

behaviour(
  "a range of the whole object returns its checksum",
  "https://github.com/boto/botocore/issues/3346",
  async () => {
    const { ContentLength } = await s3.send(new HeadObjectCommand({ Bucket, Key: "range" }));
    for (const Range of ["bytes=0-", `bytes=0-${ContentLength! - 1}`]) {
      const read = await s3.send(
        new GetObjectCommand({ Bucket, Key: "range", Range, ChecksumMode: "ENABLED" }),
      );
      expect(read.ChecksumSHA256).toBe(VALUES.SHA256);
    }
  },
);

behaviour(
  "listings have the algorithm and type of each checksum",
  doc("AmazonS3/latest/API/API_Object.html"),
  async () => {
    await put({ Key: "listed", ChecksumSHA256: VALUES.SHA256 });
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: "listed" }));
    expect(Contents![0]).toMatchObject({ ChecksumAlgorithm: ["SHA256"], ChecksumType: "FULL_OBJECT" });
  },
);

behaviour("CopyObject keeps the source's checksum", COPY, async () => {
  await put({ Key: "source", ChecksumSHA1: VALUES.SHA1 });
  const { CopyObjectResult } = await s3.send(
    new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/source` }),
  );
  expect([CopyObjectResult!.ChecksumSHA1, CopyObjectResult!.ChecksumType]).toEqual([
    VALUES.SHA1,
    "FULL_OBJECT",
  ]);
});

behaviour("CopyObject computes the requested checksum", COPY, async () => {
  await put({ Key: "source" });
  const { CopyObjectResult } = await s3.send(
    new CopyObjectCommand({
      Bucket,
      Key: "copy",
      CopySource: `${Bucket}/source`,
      ChecksumAlgorithm: "XXHASH128",
    }),
  );
  expect(CopyObjectResult!.ChecksumXXHASH128).toBe(VALUES.XXHASH128);
});

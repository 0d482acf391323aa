import { createHash } from "node:crypto";
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { elementIn, freshBucket, refused, s3Client, type TappedClient } from "./client.ts";

const cloud = conformanceCloud();
let s3: TappedClient;
let Bucket: string;
beforeAll(async () => {
  s3 = s3Client(cloud);
  Bucket = await freshBucket(s3, "encryption");
  await s3.send(new PutObjectCommand({ Bucket, Key: "plain", Body: "plain" }));
  await s3.send(new PutObjectCommand({ Bucket, Key: "closed", Body: "closed", ...KEY }));
});

const DEFAULT = doc("AmazonS3/latest/userguide/default-encryption-faq.html");
const SSE_S3 = doc("AmazonS3/latest/userguide/specifying-s3-encryption.html");
const SSE_C = doc("AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html");
const SSE_C_USE = doc("AmazonS3/latest/userguide/specifying-s3-c-encryption.html");
const ERRORS = doc("AmazonS3/latest/API/ErrorResponses.html");
const ETAG = doc("AmazonS3/latest/API/API_Object.html");

const keyOf = (letter: string) => {
  const bytes = Buffer.alloc(32, letter);
  return {
    SSECustomerAlgorithm: "AES256",
    SSECustomerKey: bytes.toString("base64"),
    SSECustomerKeyMD5: createHash("md5").update(bytes).digest("base64"),
  };
};
const KEY = keyOf("k");
const OTHER = keyOf("o");
const ofSource = (key: typeof KEY) => ({
  CopySourceSSECustomerAlgorithm: key.SSECustomerAlgorithm,
  CopySourceSSECustomerKey: key.SSECustomerKey,
  CopySourceSSECustomerKeyMD5: key.SSECustomerKeyMD5,
});
const ALGORITHM = "x-amz-server-side-encryption";
const CUSTOMER_ALGORITHM = "x-amz-server-side-encryption-customer-algorithm";
const CUSTOMER_MD5 = "x-amz-server-side-encryption-customer-key-md5";

// SSE-S3

const at = (Key: string) => ({ Bucket, Key });

for (const [what, command] of [
  ["PutObject", () => new PutObjectCommand({ ...at("p"), Body: "b" })],
  ["GetObject", () => new GetObjectCommand(at("plain"))],
  ["HeadObject", () => new HeadObjectCommand(at("plain"))],
  ["CopyObject", () => new CopyObjectCommand({ ...at("c"), CopySource: `${Bucket}/plain` })],
  ["CreateMultipartUpload", () => new CreateMultipartUploadCommand(at("m"))],
] as const) {
  behaviour(`${what} reports AES256 for an object without requested encryption`, DEFAULT, async () => {
    const { status, headers } = await s3.raw(command());
    expect(status).toBe(200);
    expect(headers[ALGORITHM]).toBe("AES256");
    expect(headers[CUSTOMER_ALGORITHM]).toBeUndefined();
  });
}

behaviour("UploadPart and CompleteMultipartUpload report AES256", DEFAULT, async () => {
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(at("parts")));
  const part = { ...at("parts"), UploadId, PartNumber: 1 };
  const sent = await s3.send(new UploadPartCommand({ ...part, Body: "part" }));
  expect(sent.ServerSideEncryption).toBe("AES256");
  const copied = await s3.send(
    new UploadPartCopyCommand({ ...part, PartNumber: 2, CopySource: `${Bucket}/plain` }),
  );
  expect(copied.ServerSideEncryption).toBe("AES256");
  const made = await s3.send(
    new CompleteMultipartUploadCommand({
      ...at("parts"),
      UploadId,
      MultipartUpload: { Parts: [{ PartNumber: 1, ETag: sent.ETag }] },
    }),
  );
  expect(made.ServerSideEncryption).toBe("AES256");
});

behaviour("PutObject accepts AES256", SSE_S3, async () => {
  const put = await s3.send(
    new PutObjectCommand({ ...at("asked"), Body: "b", ServerSideEncryption: "AES256" }),
  );
  expect(put.ServerSideEncryption).toBe("AES256");
});

behaviour("the ETag of an SSE-S3 object is the MD5 of its bytes", ETAG, async () => {
  const put = await s3.send(new PutObjectCommand({ ...at("md5"), Body: "body" }));
  expect(put.ETag).toBe(`"${createHash("md5").update("body").digest("hex")}"`);
});

behaviour("an unknown encryption method is refused", SSE_S3, () =>
  refused(
    s3.send(new PutObjectCommand({ ...at("x"), Body: "b", ServerSideEncryption: "AES128" as "AES256" })),
    "InvalidArgument",
    400,
    {
      message: "The encryption method specified is not supported",
      ArgumentName: ALGORITHM,
      ArgumentValue: "AES128",
    },
  ),
);

behaviour(
  "a POST form may request AES256, and the response reports it",
  doc("AmazonS3/latest/API/RESTObjectPOST.html"),
  async () => {
    const { url, fields } = await createPresignedPost(s3, {
      Bucket,
      Key: "form",
      Fields: { [ALGORITHM]: "AES256" },
      Conditions: [{ [ALGORITHM]: "AES256" }],
    });
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append("file", "data");
    const answer = await fetch(url, { method: "POST", body: form });
    expect([answer.status, answer.headers.get(ALGORITHM)]).toEqual([204, "AES256"]);
  },
);

// SSE-C

behaviour("responses repeat only the algorithm and the MD5 of an SSE-C key", SSE_C_USE, async () => {
  const { headers } = await s3.raw(new PutObjectCommand({ ...at("told"), Body: "b", ...KEY }));
  expect(headers).toMatchObject({ [CUSTOMER_ALGORITHM]: "AES256", [CUSTOMER_MD5]: KEY.SSECustomerKeyMD5 });
  expect(headers[ALGORITHM]).toBeUndefined();
  expect(JSON.stringify(headers)).not.toContain(KEY.SSECustomerKey);
});

behaviour("the ETag of an SSE-C object is not the MD5 of its bytes", ETAG, async () => {
  const put = await s3.send(new PutObjectCommand({ ...at("etag"), Body: "body", ...KEY }));
  expect(put.ETag).toMatch(/^"[0-9a-f]{32}"$/);
  expect(put.ETag).not.toBe(`"${createHash("md5").update("body").digest("hex")}"`);
});

behaviour("GetObject with the key returns the object", SSE_C, async () => {
  const got = await s3.send(new GetObjectCommand({ ...at("closed"), ...KEY }));
  expect(await got.Body!.transformToString()).toBe("closed");
  expect(got).toMatchObject({ SSECustomerAlgorithm: "AES256", SSECustomerKeyMD5: KEY.SSECustomerKeyMD5 });
});

behaviour("GetObject with the key returns a range", SSE_C, async () => {
  const got = await s3.send(new GetObjectCommand({ ...at("closed"), ...KEY, Range: "bytes=1-3" }));
  expect(await got.Body!.transformToString()).toBe("los");
});

const NEEDED =
  "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.";

behaviour("GetObject without the key is refused", SSE_C, () =>
  refused(s3.send(new GetObjectCommand(at("closed"))), "InvalidRequest", 400, { message: NEEDED }),
);

behaviour("HeadObject without the key answers 400 without a body", SSE_C, async () => {
  expect(await s3.raw(new HeadObjectCommand(at("closed")))).toMatchObject({ status: 400, text: "" });
});

behaviour("GetObjectAttributes without the key is refused", SSE_C, () =>
  refused(
    s3.send(new GetObjectAttributesCommand({ ...at("closed"), ObjectAttributes: ["ObjectSize"] })),
    "InvalidRequest",
    400,
  ),
);

behaviour("GetObject with another key is denied", SSE_C, () =>
  refused(s3.send(new GetObjectCommand({ ...at("closed"), ...OTHER })), "AccessDenied", 403, {
    message:
      "Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret key.",
  }),
);

behaviour("HeadObject with another key answers 403", SSE_C, async () => {
  expect(await s3.raw(new HeadObjectCommand({ ...at("closed"), ...OTHER }))).toMatchObject({
    status: 403,
    text: "",
  });
});

behaviour("a key for an object without SSE-C is refused", SSE_C, () =>
  refused(s3.send(new GetObjectCommand({ ...at("plain"), ...KEY })), "InvalidRequest", 400, {
    message: "The encryption parameters are not applicable to this object.",
  }),
);

const REQUESTS = "Requests specifying Server Side Encryption with Customer provided keys must provide";
for (const [what, headers, code, message] of [
  [
    "no algorithm",
    { SSECustomerAlgorithm: undefined },
    "InvalidArgument",
    `${REQUESTS} a valid encryption algorithm.`,
  ],
  [
    "another algorithm",
    { SSECustomerAlgorithm: "AES128" },
    "InvalidEncryptionAlgorithmError",
    "The Encryption request you specified is not valid. Supported value: AES256.",
  ],
  [
    "server-side encryption with S3 keys",
    { ServerSideEncryption: "AES256" as const },
    "InvalidArgument",
    "Server Side Encryption with Customer provided key is incompatible with the encryption method specified",
  ],
] as const) {
  behaviour(`an SSE-C key with ${what} is refused`, ERRORS, () =>
    refused(s3.send(new PutObjectCommand({ ...at("x"), Body: "b", ...KEY, ...headers })), code, 400, {
      message,
    }),
  );
}

behaviour("an SSE-C key with the MD5 of another key is refused", ERRORS, async () => {
  // The AWS client computes the MD5 itself.
  const { status, text } = await s3.raw(new PutObjectCommand({ ...at("x"), Body: "b", ...KEY }), {
    headers: { [CUSTOMER_MD5]: OTHER.SSECustomerKeyMD5 },
  });
  expect([status, elementIn(text, "Code"), elementIn(text, "Message")]).toEqual([
    400,
    "InvalidArgument",
    "The calculated MD5 hash of the key did not match the hash that was provided.",
  ]);
});

behaviour(
  "the MD5 of a key is verified before its length",
  "https://github.com/aws/aws-sdk-go/issues/1726",
  async () => {
    const short = Buffer.alloc(24, "s").toString("base64");
    const { text } = await s3.raw(new PutObjectCommand({ ...at("x"), Body: "b", ...KEY }), {
      headers: { "x-amz-server-side-encryption-customer-key": short },
    });
    expect(elementIn(text, "Message")).toBe(
      "The calculated MD5 hash of the key did not match the hash that was provided.",
    );
  },
);

behaviour(
  "errors about an SSE-C key do not repeat its value",
  "https://github.com/localstack/localstack/pull/13824",
  async () => {
    const algorithm = { [CUSTOMER_ALGORITHM]: "AES256" };
    const { text } = await s3.raw(new PutObjectCommand({ ...at("x"), Body: "b" }), { headers: algorithm });
    expect(elementIn(text, "ArgumentName")).toBe(ALGORITHM);
    expect(text).not.toContain("ArgumentValue");
  },
);

behaviour("an algorithm without a key is refused", ERRORS, () =>
  refused(
    s3.send(new PutObjectCommand({ ...at("x"), Body: "b", SSECustomerAlgorithm: "AES256" })),
    "InvalidArgument",
    400,
    { message: `${REQUESTS} an appropriate secret key.`, ArgumentName: ALGORITHM },
  ),
);

behaviour("a key of other than 256 bits is refused", SSE_C, () => {
  const short = Buffer.alloc(16, "s");
  const headers = {
    SSECustomerAlgorithm: "AES256",
    SSECustomerKey: short.toString("base64"),
    SSECustomerKeyMD5: createHash("md5").update(short).digest("base64"),
  };
  return refused(
    s3.send(new PutObjectCommand({ ...at("x"), Body: "b", ...headers })),
    "InvalidArgument",
    400,
    { message: "The secret key was invalid for the specified algorithm." },
  );
});

behaviour("CopyObject requires the key of an SSE-C source", SSE_C_USE, () =>
  refused(
    s3.send(new CopyObjectCommand({ ...at("copy"), CopySource: `${Bucket}/closed` })),
    "InvalidRequest",
    400,
    { message: NEEDED },
  ),
);

behaviour("CopyObject to a destination without SSE-C yields an MD5 ETag", SSE_C_USE, async () => {
  const copy = await s3.send(
    new CopyObjectCommand({ ...at("opened"), CopySource: `${Bucket}/closed`, ...ofSource(KEY) }),
  );
  expect(copy.ServerSideEncryption).toBe("AES256");
  expect(copy.CopyObjectResult!.ETag).toBe(`"${createHash("md5").update("closed").digest("hex")}"`);
  expect(await (await s3.send(new GetObjectCommand(at("opened")))).Body!.transformToString()).toBe("closed");
});

behaviour("CopyObject may change the SSE-C key", SSE_C_USE, async () => {
  const copy = await s3.send(
    new CopyObjectCommand({ ...at("rekeyed"), CopySource: `${Bucket}/closed`, ...ofSource(KEY), ...OTHER }),
  );
  expect(copy.SSECustomerKeyMD5).toBe(OTHER.SSECustomerKeyMD5);
  const got = await s3.send(new GetObjectCommand({ ...at("rekeyed"), ...OTHER }));
  expect(await got.Body!.transformToString()).toBe("closed");
});

behaviour(
  "an object may be copied onto itself to change its encryption",
  doc("AmazonS3/latest/API/API_CopyObject.html"),
  async () => {
    await s3.send(new PutObjectCommand({ ...at("itself"), Body: "b" }));
    const copy = { ...at("itself"), CopySource: `${Bucket}/itself` };
    await refused(s3.send(new CopyObjectCommand(copy)), "InvalidRequest", 400);
    await s3.send(new CopyObjectCommand({ ...copy, ServerSideEncryption: "AES256" }));
  },
);

async function begin(Key: string, key?: typeof KEY) {
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...at(Key), ...key }));
  return { ...at(Key), UploadId, PartNumber: 1, Body: "part" };
}

behaviour("UploadPart of an SSE-C upload requires a key", SSE_C_USE, async () => {
  await refused(s3.send(new UploadPartCommand(await begin("no-key", KEY))), "InvalidRequest", 400, {
    message:
      "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.",
  });
});

behaviour("UploadPart of an SSE-C upload requires the same key", SSE_C_USE, async () => {
  const part = await begin("other-key", KEY);
  await refused(s3.send(new UploadPartCommand({ ...part, ...OTHER })), "InvalidRequest", 400, {
    message: "The provided encryption parameters did not match the ones used originally.",
  });
});

behaviour("a multipart upload with SSE-C creates an object that requires the key", SSE_C_USE, async () => {
  const { Body: _, ...part } = await begin("made", KEY);
  const sent = await s3.send(new UploadPartCommand({ ...part, Body: "made", ...KEY }));
  expect(sent.SSECustomerKeyMD5).toBe(KEY.SSECustomerKeyMD5);
  await s3.send(
    new CompleteMultipartUploadCommand({
      ...at("made"),
      UploadId: part.UploadId,
      MultipartUpload: { Parts: [{ PartNumber: 1, ETag: sent.ETag }] },
    }),
  );
  await refused(s3.send(new GetObjectCommand(at("made"))), "InvalidRequest", 400);
  const got = await s3.send(new GetObjectCommand({ ...at("made"), ...KEY }));
  expect(await got.Body!.transformToString()).toBe("made");
});

behaviour(
  "S3 adds no default checksum to a multipart upload with SSE-C",
  "https://github.com/localstack/localstack/pull/12401",
  async () => {
    const { Body: _, ...part } = await begin("unsummed", KEY);
    const { ETag } = await s3.send(new UploadPartCommand({ ...part, Body: "made", ...KEY }));
    const made = await s3.send(
      new CompleteMultipartUploadCommand({
        ...at("unsummed"),
        UploadId: part.UploadId,
        MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
      }),
    );
    expect([made.ChecksumCRC64NVME, made.ChecksumType]).toEqual([undefined, undefined]);
  },
);

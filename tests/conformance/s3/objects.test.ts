import { createHash } from "node:crypto";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
} from "@aws-sdk/client-s3";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { elementIn, elementsOf, freshBucket, refused, s3Client, type TappedClient } from "./client.ts";

const cloud = conformanceCloud();
let s3: TappedClient;
let Bucket: string;
beforeAll(async () => {
  s3 = s3Client(cloud);
  Bucket = await freshBucket(s3, "objects");
  await s3.send(new PutObjectCommand({ Bucket, Key: "ten", Body: "0123456789", CacheControl: "max-age=60" }));
  await s3.send(new PutObjectCommand({ Bucket, Key: "empty", Body: "" }));
});

const PUT = doc("AmazonS3/latest/API/API_PutObject.html");
const GET = doc("AmazonS3/latest/API/API_GetObject.html");
const HEAD = doc("AmazonS3/latest/API/API_HeadObject.html");
const DELETE = doc("AmazonS3/latest/API/API_DeleteObject.html");
const KEYS = doc("AmazonS3/latest/userguide/object-keys.html");
const METADATA = doc("AmazonS3/latest/userguide/UsingMetadata.html");
const RANGES = doc("AmazonS3/latest/userguide/range-get-olap.html");
const HEADERS = doc("AmazonS3/latest/API/RESTCommonResponseHeaders.html");
const CONDITIONS = doc("AmazonS3/latest/userguide/conditional-requests.html");
const READS = doc("AmazonS3/latest/userguide/conditional-reads.html");
const WRITES = doc("AmazonS3/latest/userguide/conditional-writes.html");
const DELETES = doc("AmazonS3/latest/userguide/conditional-deletes.html");

const md5 = (text: string) => createHash("md5").update(text).digest("hex");
const put = (input: Omit<PutObjectCommandInput, "Bucket">) =>
  s3.send(new PutObjectCommand({ Bucket, ...input }));
const get = (Key: string, more = {}) => s3.send(new GetObjectCommand({ Bucket, Key, ...more }));
const textOf = async (Key: string, more = {}) => (await get(Key, more)).Body!.transformToString();
const head = (Key: string, more = {}) => s3.send(new HeadObjectCommand({ Bucket, Key, ...more }));

// PutObject

behaviour("PutObject answers 200 with an ETag and no body", PUT, async () => {
  const { status, headers, text } = await s3.raw(new PutObjectCommand({ Bucket, Key: "p", Body: "body" }));
  expect([status, headers.etag, text, headers["content-length"]]).toEqual([200, `"${md5("body")}"`, "", "0"]);
  expect(headers["x-amz-version-id"]).toBeUndefined();
});

behaviour("a response has request IDs, a date and a server", HEADERS, async () => {
  const { headers } = await s3.raw(new PutObjectCommand({ Bucket, Key: "p", Body: "body" }));
  expect(headers["x-amz-request-id"]).toMatch(/^[\w-]{10,}$/);
  expect(headers["x-amz-id-2"]).toMatch(/^[\w+/=]{20,}$/);
  expect(Date.parse(headers.date!)).not.toBeNaN();
  expect(headers.server).toBe("AmazonS3");
});

behaviour("PutObject replaces an existing object entirely", PUT, async () => {
  await put({ Key: "again", Body: "first", ContentType: "text/plain", Metadata: { a: "1" } });
  await put({ Key: "again", Body: "second" });
  const got = await get("again");
  expect(await got.Body!.transformToString()).toBe("second");
  expect([got.ContentType, got.Metadata]).toEqual(["application/octet-stream", {}]);
});

behaviour("PutObject into a missing bucket fails", PUT, () =>
  refused(s3.send(new PutObjectCommand({ Bucket: "not-there", Key: "k", Body: "" })), "NoSuchBucket", 404),
);

behaviour("a body that does not match its Content-MD5 is refused", PUT, async () => {
  const given = createHash("md5").update("other").digest("base64");
  await refused(put({ Key: "k", Body: "body", ContentMD5: given }), "BadDigest", 400, {
    message: "The Content-MD5 you specified did not match what we received.",
    ExpectedDigest: Buffer.from(given, "base64").toString("hex"),
    CalculatedDigest: createHash("md5").update("body").digest("base64"),
  });
});

behaviour("a malformed Content-MD5 is refused", PUT, () =>
  refused(put({ Key: "k", Body: "body", ContentMD5: "none" }), "InvalidDigest", 400, {
    message: "The Content-MD5 you specified was invalid.",
    "Content-MD5": "none",
  }),
);

for (const StorageClass of [
  "STANDARD_IA",
  "ONEZONE_IA",
  "INTELLIGENT_TIERING",
  "GLACIER",
  "DEEP_ARCHIVE",
  "GLACIER_IR",
  "REDUCED_REDUNDANCY",
] as const) {
  behaviour(`an object of ${StorageClass} reports its storage class`, PUT, async () => {
    await put({ Key: StorageClass, Body: "b", StorageClass });
    expect((await head(StorageClass)).StorageClass).toBe(StorageClass);
  });
}

behaviour("the storage class STANDARD is not reported", HEAD, async () => {
  await put({ Key: "standard", Body: "b", StorageClass: "STANDARD" });
  expect((await s3.raw(new HeadObjectCommand({ Bucket, Key: "standard" }))).headers).not.toHaveProperty(
    "x-amz-storage-class",
  );
});

behaviour("an unknown storage class is refused", PUT, () =>
  refused(put({ Key: "k", Body: "b", StorageClass: "SLOW" as "STANDARD" }), "InvalidStorageClass", 400, {
    message: "The storage class you specified is not valid",
    StorageClassRequested: "SLOW",
  }),
);

for (const WebsiteRedirectLocation of ["elsewhere", ""])
  behaviour(`a website redirect must be a path or a URL, unlike "${WebsiteRedirectLocation}"`, PUT, () =>
    refused(put({ Key: "k", Body: "b", WebsiteRedirectLocation }), "InvalidRedirectLocation", 400),
  );

// Keys

for (const Key of [
  "over/../up",
  "a//b",
  "/begins with a slash",
  "ends with a slash/",
  ".",
  "ünïcödé/😀",
  "a+b c%d&e=f?g#h",
  "tab\tand\nnewline",
  "!-_.*'()",
  `${"k".repeat(1_024)}`,
]) {
  behaviour(`a key may be ${JSON.stringify(Key).slice(0, 40)}`, KEYS, async () => {
    await put({ Key, Body: Key });
    expect(await textOf(Key)).toBe(Key);
  });
}

behaviour("PutObject refuses a key of more than 1,024 bytes", KEYS, () =>
  refused(put({ Key: "ö".repeat(513), Body: "" }), "KeyTooLongError", 400, {
    message: "Your key is too long",
    Size: "1026",
    MaxSizeAllowed: "1024",
  }),
);

behaviour(
  "GetObject refuses a key of more than 1,024 bytes",
  "https://github.com/s3fs-fuse/s3fs-fuse/pull/1602",
  async () => {
    const Key = "k".repeat(1_025);
    await refused(s3.send(new GetObjectCommand({ Bucket, Key })), "KeyTooLongError", 400, { Size: "1025" });
    await expect(head(Key)).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
  },
);

behaviour("keys are case-sensitive", KEYS, async () => {
  await put({ Key: "Case", Body: "upper" });
  await put({ Key: "case", Body: "lower" });
  expect([await textOf("Case"), await textOf("case")]).toEqual(["upper", "lower"]);
});

// Metadata

behaviour("user metadata is returned with lower-case names", METADATA, async () => {
  await put({ Key: "meta", Body: "b", Metadata: { Colour: "Blue", "two-words": "x y" } });
  expect((await head("meta")).Metadata).toEqual({ colour: "Blue", "two-words": "x y" });
});

behaviour("encoded words in metadata are decoded, and encoded again in responses", METADATA, async () => {
  await put({
    Key: "words",
    Body: "b",
    Metadata: { word: "=?UTF-8?B?Z3LDvG4=?=", plain: "=?UTF-8?Q?a_b?=" },
  });
  expect((await head("words")).Metadata).toEqual({ word: "=?UTF-8?Q?gr=C3=BCn?=", plain: "a b" });
});

behaviour("user metadata is limited to 2 KB", METADATA, () =>
  refused(put({ Key: "k", Body: "", Metadata: { m: "x".repeat(2_048) } }), "MetadataTooLarge", 400, {
    message: "Your metadata headers exceed the maximum allowed metadata size",
    MaxSizeAllowed: "2048",
    Size: "2049",
  }),
);

behaviour("headers given to PutObject are returned by reads", METADATA, async () => {
  const given = {
    CacheControl: "no-cache",
    ContentDisposition: 'attachment; filename="a.txt"',
    ContentEncoding: "gzip",
    ContentLanguage: "en-GB",
    ContentType: "text/plain; charset=utf-8",
    WebsiteRedirectLocation: "/elsewhere",
  };
  await put({ Key: "headers", Body: "b", ...given });
  expect(await head("headers")).toMatchObject(given);
});

behaviour("an Expires date is returned", METADATA, async () => {
  await put({ Key: "expires", Body: "b", Expires: new Date("2030-01-01T00:00:00Z") });
  const { headers } = await s3.raw(new GetObjectCommand({ Bucket, Key: "expires" }));
  expect(headers.expires).toBe("Tue, 01 Jan 2030 00:00:00 GMT");
});

behaviour("an invalid Expires date is returned as it was given", METADATA, async () => {
  await s3.raw(new PutObjectCommand({ Bucket, Key: "expires-never", Body: "b" }), {
    headers: { expires: "-1" },
  });
  const { headers } = await s3.raw(new GetObjectCommand({ Bucket, Key: "expires-never" }));
  expect(headers.expires).toBe("-1");
});

behaviour("aws-chunked is not stored in the Content-Encoding", PUT, async () => {
  await put({ Key: "chunked", Body: "b", ContentEncoding: "aws-chunked" });
  expect((await head("chunked")).ContentEncoding).toBeUndefined();
});

behaviour("the default content type is binary/octet-stream", PUT, async () => {
  await s3.raw(new PutObjectCommand({ Bucket, Key: "untyped", Body: "b" }), {
    headers: { "content-type": undefined },
  });
  expect((await head("untyped")).ContentType).toBe("binary/octet-stream");
});

// GetObject and HeadObject

behaviour("GetObject returns bytes, length, type, time and Accept-Ranges", GET, async () => {
  const { status, headers, text } = await s3.raw(new GetObjectCommand({ Bucket, Key: "ten" }));
  expect([status, text]).toEqual([200, "0123456789"]);
  expect(headers).toMatchObject({
    "accept-ranges": "bytes",
    "content-length": "10",
    "content-type": "application/octet-stream",
    "cache-control": "max-age=60",
    etag: `"${md5("0123456789")}"`,
  });
  expect(headers["last-modified"]).toMatch(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
});

behaviour("HeadObject returns the headers of GetObject without the bytes", HEAD, async () => {
  const [got, response] = [
    await s3.raw(new GetObjectCommand({ Bucket, Key: "ten" })),
    await s3.raw(new HeadObjectCommand({ Bucket, Key: "ten", ChecksumMode: "ENABLED" })),
  ];
  const stableHeaders = ({ headers }: typeof got) =>
    Object.fromEntries(
      Object.entries(headers).filter(([name]) => !/^(date|x-amz-request-id|x-amz-id-2)$/.test(name)),
    );
  expect([response.text, stableHeaders(response)]).toEqual(["", stableHeaders(got)]);
});

behaviour("GetObject of a missing key fails with NoSuchKey", GET, async () => {
  await refused(get("not-there"), "NoSuchKey", 404, {
    message: "The specified key does not exist.",
    Key: "not-there",
  });
  const { text } = await s3.raw(new GetObjectCommand({ Bucket, Key: "not-there" }));
  expect(elementsOf(text)).toEqual(["Code", "Message", "Key", "RequestId", "HostId"]);
});

behaviour("HeadObject of a missing key answers 404 without a body", HEAD, async () => {
  expect(await s3.raw(new HeadObjectCommand({ Bucket, Key: "not-there" }))).toMatchObject({
    status: 404,
    text: "",
  });
});

behaviour("GetObject of an empty object returns no bytes", GET, async () => {
  const { status, headers, text } = await s3.raw(new GetObjectCommand({ Bucket, Key: "empty" }));
  expect([status, headers["content-length"], text]).toEqual([200, "0", ""]);
});

behaviour(
  "GetObject refuses encryption headers of writes",
  doc("AmazonS3/latest/userguide/UsingServerSideEncryption.html"),
  async () => {
    const { status, text } = await s3.raw(new GetObjectCommand({ Bucket, Key: "ten" }), {
      headers: { "x-amz-server-side-encryption": "AES256" },
    });
    expect([status, elementIn(text, "Code")]).toEqual([400, "InvalidArgument"]);
  },
);

for (const [member, header, value] of [
  ["ResponseCacheControl", "cache-control", "no-store"],
  ["ResponseContentDisposition", "content-disposition", "inline"],
  ["ResponseContentEncoding", "content-encoding", "identity"],
  ["ResponseContentLanguage", "content-language", "fr"],
  ["ResponseContentType", "content-type", "text/csv"],
] as const) {
  behaviour(`${member} overrides the stored header`, GET, async () => {
    const { headers } = await s3.raw(new GetObjectCommand({ Bucket, Key: "ten", [member]: value }));
    expect(headers[header]).toBe(value);
  });
}

behaviour("ResponseExpires overrides the stored header", GET, async () => {
  const ResponseExpires = new Date("2031-02-03T04:05:06Z");
  const { headers } = await s3.raw(new GetObjectCommand({ Bucket, Key: "ten", ResponseExpires }));
  expect(headers.expires).toBe("Mon, 03 Feb 2031 04:05:06 GMT");
});

// Ranges

for (const [Range, text, response] of [
  ["bytes=0-0", "0", "bytes 0-0/10"],
  ["bytes=2-4", "234", "bytes 2-4/10"],
  ["bytes=7-", "789", "bytes 7-9/10"],
  ["bytes=-3", "789", "bytes 7-9/10"],
  ["bytes=-100", "0123456789", "bytes 0-9/10"],
  ["bytes=5-100", "56789", "bytes 5-9/10"],
] as const) {
  behaviour(`${Range} of ten bytes returns ${response}`, RANGES, async () => {
    const answer = await s3.raw(new GetObjectCommand({ Bucket, Key: "ten", Range }));
    expect([answer.status, answer.text, answer.headers["content-range"]]).toEqual([206, text, response]);
    expect(answer.headers["content-length"]).toBe(String(text.length));
  });
}

for (const Range of ["bytes=10-", "bytes=100-200", "bytes=-0"]) {
  behaviour(`${Range} of ten bytes is unsatisfiable`, GET, () =>
    refused(get("ten", { Range }), "InvalidRange", 416, {
      message: "The requested range is not satisfiable",
      RangeRequested: Range,
      ActualObjectSize: "10",
    }),
  );
}

for (const Range of ["bytes=4-2", "bytes=a-b", "lines=1-2", "bytes=0-1,3-4"]) {
  behaviour(`the range ${Range} is ignored`, GET, async () => {
    const answer = await s3.raw(new GetObjectCommand({ Bucket, Key: "ten", Range }));
    expect([answer.status, answer.text]).toEqual([200, "0123456789"]);
  });
}

behaviour("HeadObject supports ranges", HEAD, async () => {
  const answer = await s3.raw(new HeadObjectCommand({ Bucket, Key: "ten", Range: "bytes=1-2" }));
  expect([answer.status, answer.headers["content-range"], answer.headers["content-length"]]).toEqual([
    206,
    "bytes 1-2/10",
    "2",
  ]);
});

behaviour(
  "If-Range returns the range if it matches, else the whole object",
  "https://github.com/aws/aws-sdk-kotlin/issues/1645",
  async () => {
    const { ETag, LastModified } = await s3.send(new HeadObjectCommand({ Bucket, Key: "ten" }));
    const getRange = async (known: string, Range = "bytes=1-2") => {
      const command = new GetObjectCommand({ Bucket, Key: "ten", Range });
      const { status, headers } = await s3.raw(command, { headers: { "if-range": known } });
      return [status, headers["content-range"], headers["content-length"]];
    };
    for (const known of [ETag!, LastModified!.toUTCString()])
      expect(await getRange(known)).toEqual([206, "bytes 1-2/10", "2"]);
    for (const known of ['"other"', "Sat, 01 Jan 2000 00:00:00 GMT", `W/${ETag}`, "?"]) {
      expect(await getRange(known)).toEqual([200, undefined, "10"]);
      expect(await getRange(known, "bytes=100-")).toEqual([200, undefined, "10"]);
    }
    expect((await getRange(ETag!, "bytes=100-"))[0]).toBe(416);
  },
);

behaviour("any range of an empty object is unsatisfiable", GET, () =>
  refused(get("empty", { Range: "bytes=0-" }), "InvalidRange", 416, { ActualObjectSize: "0" }),
);

// Conditional reads

const ETAG = `"${md5("0123456789")}"`;
const LATER = new Date(Date.now() + 3_600_000);
const EARLIER = new Date(Date.now() - 3_600_000);
for (const [what, conditions, status] of [
  ["If-Match that holds", { IfMatch: ETAG }, 200],
  ["If-Match of *", { IfMatch: "*" }, 200],
  ["If-Match that does not hold", { IfMatch: '"other"' }, 412],
  ["If-None-Match that holds", { IfNoneMatch: '"other"' }, 200],
  ["If-None-Match that does not hold", { IfNoneMatch: ETAG }, 304],
  ["If-Modified-Since that holds", { IfModifiedSince: EARLIER }, 200],
  [
    "If-Modified-Since that does not hold",
    {
      get IfModifiedSince() {
        return new Date();
      },
    },
    304,
  ],
  ["If-Modified-Since in the future", { IfModifiedSince: LATER }, 200],
  ["If-Unmodified-Since that holds", { IfUnmodifiedSince: LATER }, 200],
  ["If-Unmodified-Since that does not hold", { IfUnmodifiedSince: EARLIER }, 412],
  [
    "If-Match that holds beside If-Unmodified-Since that does not",
    { IfMatch: ETAG, IfUnmodifiedSince: EARLIER },
    200,
  ],
  [
    "If-None-Match that does not hold beside If-Modified-Since that does",
    { IfNoneMatch: ETAG, IfModifiedSince: EARLIER },
    304,
  ],
] as const) {
  behaviour(`a read with an ${what} answers ${status}`, READS, async () => {
    const at = { Bucket, Key: "ten", ...conditions };
    expect((await s3.raw(new GetObjectCommand(at))).status).toBe(status);
    expect((await s3.raw(new HeadObjectCommand(at))).status).toBe(status);
  });
}

behaviour("a 304 response has the ETag and no body", READS, async () => {
  const { text, headers } = await s3.raw(new GetObjectCommand({ Bucket, Key: "ten", IfNoneMatch: ETAG }));
  expect([text, headers.etag]).toEqual(["", ETAG]);
});

behaviour("a 412 error names the condition", READS, () =>
  refused(get("ten", { IfMatch: '"other"' }), "PreconditionFailed", 412, {
    message: "At least one of the pre-conditions you specified did not hold",
    Condition: "If-Match",
  }),
);

// Conditional writes

behaviour("If-None-Match: * writes only if the key does not exist", WRITES, async () => {
  await put({ Key: "once", Body: "first", IfNoneMatch: "*" });
  await refused(put({ Key: "once", Body: "second", IfNoneMatch: "*" }), "PreconditionFailed", 412, {
    Condition: "If-None-Match",
  });
  expect(await textOf("once")).toBe("first");
});

behaviour(
  "If-Match of a write requires an ETag, and refuses *",
  "https://github.com/versity/versitygw/blob/main/s3err/not-implemented-error.go",
  () =>
    refused(put({ Key: "once", Body: "b", IfMatch: "*" }), "NotImplemented", 501, {
      Header: "If-Match",
      additionalMessage: "We don't accept the provided value of If-Match header for this API",
    }),
);

behaviour("If-None-Match of a write accepts only *", WRITES, () =>
  refused(put({ Key: "once", Body: "b", IfNoneMatch: ETAG }), "NotImplemented", 501, {
    message: "A header you provided implies functionality that is not implemented",
    Header: "If-None-Match",
  }),
);

behaviour("If-Match overwrites only an object with that ETag", WRITES, async () => {
  const { ETag } = await put({ Key: "swap", Body: "first" });
  await put({ Key: "swap", Body: "second", IfMatch: ETag! });
  await refused(put({ Key: "swap", Body: "third", IfMatch: ETag! }), "PreconditionFailed", 412, {
    Condition: "If-Match",
  });
});

behaviour("If-Match of a missing key fails with NoSuchKey", WRITES, () =>
  refused(put({ Key: "never", Body: "b", IfMatch: ETAG }), "NoSuchKey", 404),
);

behaviour("If-Match and If-None-Match together are not implemented", CONDITIONS, () =>
  refused(put({ Key: "both", Body: "b", IfMatch: ETAG, IfNoneMatch: "*" }), "NotImplemented", 501),
);

// DeleteObject

behaviour("DeleteObject answers 204 and deletes the object", DELETE, async () => {
  await put({ Key: "gone", Body: "b" });
  const answer = await s3.raw(new DeleteObjectCommand({ Bucket, Key: "gone" }));
  expect([answer.status, answer.text, answer.headers["x-amz-delete-marker"]]).toEqual([204, "", undefined]);
  await refused(get("gone"), "NoSuchKey", 404);
});

behaviour("DeleteObject of a missing key answers 204", DELETE, async () => {
  expect((await s3.raw(new DeleteObjectCommand({ Bucket, Key: "never-was" }))).status).toBe(204);
});

behaviour("DeleteObject with If-Match deletes only an object with that ETag", DELETES, async () => {
  await put({ Key: "kept", Body: "b" });
  await refused(
    s3.send(new DeleteObjectCommand({ Bucket, Key: "kept", IfMatch: '"other"' })),
    "PreconditionFailed",
    412,
  );
  await s3.send(new DeleteObjectCommand({ Bucket, Key: "kept", IfMatch: `"${md5("b")}"` }));
  await refused(head("kept"), "NotFound", 404);
});

behaviour("DeleteObject in a missing bucket fails", DELETE, () =>
  refused(s3.send(new DeleteObjectCommand({ Bucket: "not-there", Key: "k" })), "NoSuchBucket", 404),
);

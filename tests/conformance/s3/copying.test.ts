import { createHash } from "node:crypto";
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  type CopyObjectCommandInput,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { elementIn, elementsOf, freshBucket, refused, s3Client, type TappedClient } from "./client.ts";
import { send } from "./wire.ts";

const cloud = conformanceCloud();
let s3: TappedClient;
let Bucket: string;
const described = {
  CacheControl: "no-cache",
  ContentDisposition: "inline",
  ContentLanguage: "en",
  ContentType: "text/plain",
  Metadata: { colour: "blue" },
};
beforeAll(async () => {
  s3 = s3Client(cloud);
  Bucket = await freshBucket(s3, "copying");
  await s3.send(
    new PutObjectCommand({
      Bucket,
      Key: "source",
      Body: "0123456789",
      ...described,
      Tagging: "team=blue",
      StorageClass: "STANDARD_IA",
      WebsiteRedirectLocation: "/elsewhere",
    }),
  );
});

const SOURCES = "https://github.com/versity/versitygw/issues/1389";
const COPY = doc("AmazonS3/latest/API/API_CopyObject.html");
const COPYING = doc("AmazonS3/latest/userguide/copy-object.html");
const CONDITIONS = doc("AmazonS3/latest/API/API_CopyObject.html#API_CopyObject_RequestSyntax");

const copy = (more: Partial<CopyObjectCommandInput> = {}) =>
  s3.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/source`, ...more }));
const head = (Key: string) => s3.send(new HeadObjectCommand({ Bucket, Key }));

behaviour("CopyObject returns a document with ETag, time and checksum", COPY, async () => {
  const { status, text } = await s3.raw(
    new CopyObjectCommand({ Bucket, Key: "answered", CopySource: `${Bucket}/source` }),
  );
  expect(status).toBe(200);
  expect(text).toContain('<CopyObjectResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">');
  expect(elementsOf(text).sort()).toEqual(["ChecksumCRC32", "ChecksumType", "ETag", "LastModified"]);
  expect(elementIn(text, "LastModified")).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
});

behaviour("CopyObject copies bytes, headers, metadata and tags of the source", COPY, async () => {
  await copy({ Key: "whole" });
  expect(await head("whole")).toMatchObject({ ...described, ContentLength: 10, TagCount: 1 });
  const { TagSet } = await s3.send(new GetObjectTaggingCommand({ Bucket, Key: "whole" }));
  expect(TagSet).toEqual([{ Key: "team", Value: "blue" }]);
});

behaviour("the Content-Encoding of CopyObject belongs to the object, not to the request", COPY, async () => {
  await copy({ Key: "zipped", MetadataDirective: "REPLACE", ContentEncoding: "gzip" });
  expect((await head("zipped")).ContentEncoding).toBe("gzip");
});

behaviour(
  "CopyObject and UploadPartCopy refuse a body",
  "https://github.com/versity/versitygw/issues/1242",
  async () => {
    const headers = { "x-amz-copy-source": `${Bucket}/source` };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "bodied" }));
    for (const target of [`/${Bucket}/bodied`, `/${Bucket}/bodied?partNumber=1&uploadId=${UploadId}`]) {
      for (const sent of [
        { body: "body" },
        {
          body: "4\r\nbody\r\n0\r\n\r\n",
          payloadHash: "UNSIGNED-PAYLOAD",
          unsigned: { "content-length": undefined, "transfer-encoding": "chunked" },
        },
      ]) {
        const { status, text } = await send(cloud, { method: "PUT", target, headers, ...sent });
        expect([status, elementIn(text, "Code"), elementIn(text, "Message")]).toEqual([
          400,
          "InvalidRequest",
          "The request included a body. Requests of this type must not include a non-empty body.",
        ]);
      }
    }
  },
);

behaviour("storage class and website redirect are not copied", COPY, async () => {
  await copy({ Key: "class" });
  const response = await head("class");
  expect([response.StorageClass, response.WebsiteRedirectLocation]).toEqual([undefined, undefined]);
});

behaviour("CopyObject accepts a storage class and a website redirect", COPY, async () => {
  await copy({ Key: "said", StorageClass: "GLACIER_IR", WebsiteRedirectLocation: "/here" });
  expect(await head("said")).toMatchObject({ StorageClass: "GLACIER_IR", WebsiteRedirectLocation: "/here" });
});

behaviour("metadata is ignored unless the directive is REPLACE", COPY, async () => {
  await copy({ Key: "not-replaced", Metadata: { other: "1" }, ContentType: "image/png" });
  expect(await head("not-replaced")).toMatchObject({
    Metadata: { colour: "blue" },
    ContentType: "text/plain",
  });
});

behaviour("the directive REPLACE stores only the metadata of the request", COPY, async () => {
  await copy({ Key: "replaced", MetadataDirective: "REPLACE", Metadata: { other: "1" } });
  const response = await head("replaced");
  expect([response.Metadata, response.CacheControl, response.ContentType]).toEqual([
    { other: "1" },
    undefined,
    "binary/octet-stream",
  ]);
});

behaviour("tags may be replaced without replacing metadata", COPY, async () => {
  await copy({ Key: "retagged", TaggingDirective: "REPLACE", Tagging: "a=1&b=2" });
  expect(await head("retagged")).toMatchObject({ TagCount: 2, Metadata: { colour: "blue" } });
});

for (const [member, header] of [
  ["MetadataDirective", "x-amz-metadata-directive"],
  ["TaggingDirective", "x-amz-tagging-directive"],
] as const) {
  behaviour(`an invalid ${member} is refused`, COPY, () =>
    refused(copy({ [member]: "MERGE" as "COPY" }), "InvalidArgument", 400, {
      message: `Unknown ${member === "MetadataDirective" ? "metadata" : "tagging"} directive.`,
      ArgumentName: header,
      ArgumentValue: "MERGE",
    }),
  );
}

behaviour("copying an object onto itself without a change is refused", COPY, () =>
  refused(copy({ Key: "source" }), "InvalidRequest", 400, {
    message:
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
  }),
);

for (const [what, change] of [
  ["new metadata", { MetadataDirective: "REPLACE", Metadata: { new: "1" } }],
  ["a storage class", { StorageClass: "STANDARD" }],
  ["a redirect", { WebsiteRedirectLocation: "/new" }],
] as const) {
  behaviour(`an object may be copied onto itself with ${what}`, COPYING, async () => {
    const Key = `itself with ${what}`;
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: "b" }));
    await copy({ Key, CopySource: `${Bucket}/${encodeURIComponent(Key)}`, ...change });
  });
}

behaviour("the copy source may begin with a slash, and is percent-decoded", COPY, async () => {
  const Key = "ü + /?";
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: "odd" }));
  await copy({ Key: "odd", CopySource: `/${Bucket}/${encodeURIComponent(Key)}` });
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: "odd" }));
  expect(await got.Body!.transformToString()).toBe("odd");
});

behaviour(
  "a plus sign in the copy source stands for a space",
  "https://github.com/aws/aws-sdk-js/issues/1821",
  async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: "a b", Body: "space" }));
    await s3.send(new PutObjectCommand({ Bucket, Key: "a+c", Body: "plus" }));
    await copy({ Key: "spaced", CopySource: `${Bucket}/a+b` });
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: "spaced" }));
    expect(await got.Body!.transformToString()).toBe("space");
    await refused(copy({ CopySource: `${Bucket}/a+c` }), "NoSuchKey", 404, { Key: "a c" });
  },
);

for (const [CopySource, message] of [
  ["no-key", "Invalid copy source object key"],
  ["bucket/", "Invalid copy source object key"],
  ["/", "Invalid copy source bucket name"],
] as const) {
  behaviour(`${CopySource} is not a valid copy source`, SOURCES, () =>
    refused(copy({ CopySource }), "InvalidArgument", 400, {
      message,
      ArgumentName: "x-amz-copy-source",
      ArgumentValue: CopySource,
    }),
  );
}

behaviour("a missing source object fails with NoSuchKey", COPY, () =>
  refused(copy({ CopySource: `${Bucket}/not-there` }), "NoSuchKey", 404, { Key: "not-there" }),
);

behaviour("a missing source bucket fails with NoSuchBucket", COPY, () =>
  refused(copy({ CopySource: "not-there/k" }), "NoSuchBucket", 404, { BucketName: "not-there" }),
);

behaviour("a missing destination bucket fails with NoSuchBucket", COPY, () =>
  refused(copy({ Bucket: "not-there" }), "NoSuchBucket", 404, { BucketName: "not-there" }),
);

const ETAG = `"${createHash("md5").update("0123456789").digest("hex")}"`;
const LATER = new Date(Date.now() + 3_600_000);
const EARLIER = new Date(Date.now() - 3_600_000);
for (const [what, conditions, condition] of [
  ["If-Match that does not hold", { CopySourceIfMatch: '"other"' }, "x-amz-copy-source-If-Match"],
  ["If-None-Match that does not hold", { CopySourceIfNoneMatch: ETAG }, "x-amz-copy-source-If-None-Match"],
  [
    "If-Modified-Since that does not hold",
    {
      get CopySourceIfModifiedSince() {
        return new Date();
      },
    },
    "x-amz-copy-source-If-Modified-Since",
  ],
  [
    "If-Unmodified-Since that does not hold",
    { CopySourceIfUnmodifiedSince: EARLIER },
    "x-amz-copy-source-If-Unmodified-Since",
  ],
] as const) {
  behaviour(`a copy source with an ${what} answers 412`, CONDITIONS, () =>
    refused(copy(conditions), "PreconditionFailed", 412, { Condition: condition }),
  );
}

for (const [what, conditions] of [
  ["If-Match", { CopySourceIfMatch: ETAG }],
  ["If-None-Match", { CopySourceIfNoneMatch: '"other"' }],
  ["If-Modified-Since", { CopySourceIfModifiedSince: EARLIER }],
  ["If-Modified-Since in the future", { CopySourceIfModifiedSince: LATER }],
  ["If-Unmodified-Since", { CopySourceIfUnmodifiedSince: LATER }],
  [
    "If-Match even if If-Unmodified-Since fails",
    { CopySourceIfMatch: ETAG, CopySourceIfUnmodifiedSince: EARLIER },
  ],
] as const) {
  behaviour(`the copy succeeds with a satisfied ${what}`, CONDITIONS, async () => {
    expect((await copy(conditions)).CopyObjectResult!.ETag).toBe(ETAG);
  });
}

behaviour("a copy of a multipart object is a single part, with an MD5 as its ETag", COPYING, async () => {
  const at = { Bucket, Key: "parts" };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(at));
  const { ETag } = await s3.send(
    new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: "0123456789" }),
  );
  await s3.send(
    new CompleteMultipartUploadCommand({
      ...at,
      UploadId,
      MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
    }),
  );
  expect((await head("parts")).ETag).toMatch(/-1"$/);
  expect((await copy({ CopySource: `${Bucket}/parts` })).CopyObjectResult!.ETag).toBe(ETAG);
});

behaviour(
  "CopyObject may request another checksum",
  doc("AmazonS3/latest/userguide/checking-object-integrity.html"),
  async () => {
    const { CopyObjectResult } = await copy({ Key: "summed", ChecksumAlgorithm: "SHA256" });
    expect(CopyObjectResult!.ChecksumSHA256).toBe(createHash("sha256").update("0123456789").digest("base64"));
  },
);

behaviour("CopyObject supports conditions on the destination", COPY, async () => {
  await copy({ Key: "conditional", IfNoneMatch: "*" });
  await refused(copy({ Key: "conditional", IfNoneMatch: "*" }), "PreconditionFailed", 412, {
    Condition: "If-None-Match",
  });
  await copy({ Key: "conditional", IfMatch: ETAG });
});

behaviour("an archived object cannot be copied", COPY, async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key: "archived", Body: "b", StorageClass: "GLACIER" }));
  await refused(copy({ CopySource: `${Bucket}/archived` }), "InvalidObjectState", 403);
});

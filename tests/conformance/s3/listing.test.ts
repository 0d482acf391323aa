import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { elementIn, elementsOf, freshBucket, refused, s3Client, type TappedClient } from "./client.ts";

const cloud = conformanceCloud();
let s3: TappedClient;
let Bucket: string;
let empty: string;
let odd: string;
const KEYS = [
  "a.txt",
  "photos/2025/a.jpg",
  "photos/2025/b.jpg",
  "photos/2026/a.jpg",
  "photos/index.html",
  "z.txt",
];
const ODD = ["a b", "a+b", "a&b<c>", "ü", "e\u0301", "\u{1f600}", "\uff5e", "Z", "%41"];
beforeAll(async () => {
  s3 = s3Client(cloud);
  Bucket = await freshBucket(s3, "listing");
  empty = await freshBucket(s3, "empty");
  odd = await freshBucket(s3, "odd");
  for (const Key of KEYS) await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
  for (const Key of ODD) await s3.send(new PutObjectCommand({ Bucket: odd, Key, Body: "" }));
});

const V2 = doc("AmazonS3/latest/API/API_ListObjectsV2.html");
const V1 = doc("AmazonS3/latest/API/API_ListObjects.html");
const PREFIXES = doc("AmazonS3/latest/userguide/using-prefixes.html");
const ORDER = doc("AmazonS3/latest/userguide/ListingKeysUsingAPIs.html");
const VERSIONS = doc("AmazonS3/latest/API/API_ListObjectVersions.html");
const UPLOADS = doc("AmazonS3/latest/API/API_ListMultipartUploads.html");
const OBJECT = doc("AmazonS3/latest/API/API_Object.html");
const ENCODING = doc(
  "AmazonS3/latest/API/API_ListObjectsV2.html#AmazonS3-ListObjectsV2-request-querystring-EncodingType",
);

const list = (input: Partial<ListObjectsV2CommandInput> = {}) =>
  s3.send(new ListObjectsV2Command({ Bucket, ...input }));
const keysOf = ({ Contents = [] }: { Contents?: { Key?: string }[] | undefined }) =>
  Contents.map(({ Key }) => Key);
const prefixesOf = ({ CommonPrefixes = [] }: { CommonPrefixes?: { Prefix?: string }[] | undefined }) =>
  CommonPrefixes.map(({ Prefix }) => Prefix);

// ListObjectsV2

behaviour("ListObjectsV2 returns all keys and their count, not truncated", V2, async () => {
  const page = await list();
  expect(keysOf(page)).toEqual(KEYS);
  expect(page).toMatchObject({ Name: Bucket, Prefix: "", KeyCount: 6, MaxKeys: 1_000, IsTruncated: false });
  expect(page.NextContinuationToken).toBeUndefined();
});

behaviour("an empty list has bucket, prefix, count and limit", V2, async () => {
  const { status, text, headers } = await s3.raw(new ListObjectsV2Command({ Bucket: empty }));
  expect(status).toBe(200);
  expect(headers["content-type"]).toBe("application/xml");
  expect(text).toContain('<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">');
  expect(elementsOf(text).sort()).toEqual(["IsTruncated", "KeyCount", "MaxKeys", "Name", "Prefix"]);
  expect(elementIn(text, "KeyCount")).toBe("0");
});

behaviour("an entry has key, time, ETag, checksum, size and class, and no owner", OBJECT, async () => {
  const { text } = await s3.raw(new ListObjectsV2Command({ Bucket, Prefix: "a.txt" }));
  const entry = `<C>${elementIn(text, "Contents")!}</C>`;
  expect(elementsOf(entry).sort()).toEqual([
    "ChecksumAlgorithm",
    "ChecksumType",
    "ETag",
    "Key",
    "LastModified",
    "Size",
    "StorageClass",
  ]);
  expect(elementIn(entry, "LastModified")).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
  expect([elementIn(entry, "Size"), elementIn(entry, "StorageClass")]).toEqual(["5", "STANDARD"]);
});

behaviour("fetch-owner adds the owner", V2, async () => {
  const { Contents } = await list({ FetchOwner: true });
  for (const { Owner } of Contents!) expect(Owner!.ID).toMatch(/^[0-9a-f]{64}$/);
});

behaviour("keys are sorted by their UTF-8 bytes", ORDER, async () => {
  const page = await list({ Bucket: odd });
  const bytes = [...ODD].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  expect(keysOf(page)).toEqual(bytes);
});

behaviour("a prefix selects keys", PREFIXES, async () => {
  const page = await list({ Prefix: "photos/2025/" });
  expect([keysOf(page), page.Prefix]).toEqual([["photos/2025/a.jpg", "photos/2025/b.jpg"], "photos/2025/"]);
});

behaviour("a delimiter groups keys into common prefixes", PREFIXES, async () => {
  const page = await list({ Delimiter: "/" });
  expect([keysOf(page), prefixesOf(page)]).toEqual([["a.txt", "z.txt"], ["photos/"]]);
  expect(page).toMatchObject({ KeyCount: 3, Delimiter: "/" });
});

behaviour("prefix and delimiter together return one level of a tree", PREFIXES, async () => {
  const page = await list({ Prefix: "photos/", Delimiter: "/" });
  expect([keysOf(page), prefixesOf(page)]).toEqual([["photos/index.html"], ["photos/2025/", "photos/2026/"]]);
});

behaviour("a delimiter may have several characters", PREFIXES, async () => {
  const page = await list({ Delimiter: ".jp" });
  expect(prefixesOf(page)).toEqual(["photos/2025/a.jp", "photos/2025/b.jp", "photos/2026/a.jp"]);
});

behaviour("an empty delimiter is ignored", V2, async () => {
  const page = await list({ Delimiter: "" });
  expect([keysOf(page), page.CommonPrefixes]).toEqual([KEYS, undefined]);
});

behaviour("a list is truncated at max-keys and continues with its token", V2, async () => {
  const seen: unknown[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await list({ MaxKeys: 4, ContinuationToken });
    expect(page.ContinuationToken).toBe(ContinuationToken);
    expect(page.IsTruncated).toBe(page.NextContinuationToken !== undefined);
    seen.push(...keysOf(page));
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken);
  expect(seen).toEqual(KEYS);
});

behaviour("a common prefix counts as one key, and is returned once across all pages", V2, async () => {
  const first = await list({ Delimiter: "/", MaxKeys: 2 });
  expect([keysOf(first), prefixesOf(first), first.IsTruncated]).toEqual([["a.txt"], ["photos/"], true]);
  const last = await list({ Delimiter: "/", MaxKeys: 2, ContinuationToken: first.NextContinuationToken });
  expect([keysOf(last), prefixesOf(last), last.IsTruncated]).toEqual([["z.txt"], [], false]);
});

behaviour("max-keys of 0 returns an empty list that is not truncated", V2, async () => {
  const page = await list({ MaxKeys: 0 });
  expect(page).toMatchObject({ KeyCount: 0, MaxKeys: 0, IsTruncated: false });
  expect(page.Contents).toBeUndefined();
});

behaviour("start-after may name an existing or a missing key", V2, async () => {
  const page = await list({ StartAfter: "photos/2025/b" });
  expect(keysOf(page)).toEqual(KEYS.slice(2));
  expect(page.StartAfter).toBe("photos/2025/b");
  expect(keysOf(await list({ StartAfter: "photos/2025/b.jpg" }))).toEqual(KEYS.slice(3));
});

behaviour("an invalid continuation token is refused", V2, () =>
  refused(list({ ContinuationToken: "none" }), "InvalidArgument", 400, {
    message: "The continuation token provided is incorrect",
    ArgumentName: "continuation-token",
  }),
);

behaviour("an empty continuation token is refused", V2, async () => {
  const { status, text } = await s3.raw(new ListObjectsV2Command({ Bucket }), {
    query: { "continuation-token": "" },
  });
  expect([status, elementIn(text, "Code"), elementIn(text, "Message")]).toEqual([
    400,
    "InvalidArgument",
    "The continuation token provided is incorrect",
  ]);
});

for (const [value, argument] of [
  ["-1", "maxKeys"],
  ["abc", "max-keys"],
  ["99999999999", "max-keys"],
] as const) {
  behaviour(`max-keys of ${value} is refused`, V2, async () => {
    const { status, text } = await s3.raw(new ListObjectsV2Command({ Bucket }), {
      query: { "max-keys": value },
    });
    expect([
      status,
      elementIn(text, "Code"),
      elementIn(text, "ArgumentName"),
      elementIn(text, "ArgumentValue"),
    ]).toEqual([400, "InvalidArgument", argument, value]);
  });
}

behaviour("encoding-type encodes keys", ENCODING, async () => {
  const { text } = await s3.raw(new ListObjectsV2Command({ Bucket: odd, EncodingType: "url" }));
  expect(elementIn(text, "EncodingType")).toBe("url");
  const keys = [...text.matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key]) => key);
  expect(keys).toContain("a+b");
  expect(keys).toContain("a%2Bb");
  expect(keys).toContain("a%26b%3Cc%3E");
  expect(keys).toContain("%C3%BC");
  expect(keys).toContain("%2541");
});

behaviour("encoding-type encodes prefix, delimiter and start-after", ENCODING, async () => {
  const { text } = await s3.raw(
    new ListObjectsV2Command({
      Bucket: odd,
      EncodingType: "url",
      Prefix: "a ",
      Delimiter: "+ ",
      StartAfter: "ü",
    }),
  );
  expect(["Prefix", "Delimiter", "StartAfter"].map((name) => elementIn(text, name))).toEqual([
    "a+",
    "%2B+",
    "%C3%BC",
  ]);
});

behaviour("an unknown encoding type is refused", ENCODING, async () => {
  const { status, text } = await s3.raw(new ListObjectsV2Command({ Bucket }), {
    query: { "encoding-type": "html" },
  });
  expect([
    status,
    elementIn(text, "Code"),
    elementIn(text, "Message"),
    elementIn(text, "ArgumentName"),
  ]).toEqual([400, "InvalidArgument", "Invalid Encoding Method specified in Request", "encoding-type"]);
});

behaviour("keys with characters that are special in XML are returned intact", V2, async () => {
  const Bucket = await freshBucket(s3);
  for (const Key of ["a&b<c>\"d'", "tab\there"])
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: "" }));
  expect(keysOf(await list({ Bucket }))).toEqual(["a&b<c>\"d'", "tab\there"]);
});

behaviour("the restore status of restored objects is returned on request", V2, async () => {
  const { Contents } = await list({ OptionalObjectAttributes: ["RestoreStatus"] });
  for (const { RestoreStatus } of Contents!) expect(RestoreStatus).toBeUndefined();
});

behaviour("listing a missing bucket fails", V2, () =>
  refused(list({ Bucket: "not-there" }), "NoSuchBucket", 404, { BucketName: "not-there" }),
);

// ListObjects

behaviour("ListObjects has a marker, owners and no count", V1, async () => {
  const { text } = await s3.raw(new ListObjectsCommand({ Bucket, Prefix: "a" }));
  expect(elementsOf(text).sort()).toEqual(["Contents", "IsTruncated", "Marker", "MaxKeys", "Name", "Prefix"]);
  expect(elementIn(text, "Owner")).toMatch(/^<ID>[0-9a-f]{64}<\/ID>/);
});

behaviour("ListObjects continues after its last key", V1, async () => {
  const first = await s3.send(new ListObjectsCommand({ Bucket, MaxKeys: 4 }));
  expect(first.IsTruncated).toBe(true);
  const last = await s3.send(new ListObjectsCommand({ Bucket, Marker: first.Contents!.at(-1)!.Key }));
  expect([keysOf(last), last.Marker]).toEqual([KEYS.slice(4), "photos/2026/a.jpg"]);
});

behaviour("ListObjects returns NextMarker only with a delimiter", V1, async () => {
  const plain = await s3.send(new ListObjectsCommand({ Bucket, MaxKeys: 2 }));
  expect(plain.NextMarker).toBeUndefined();
  const rolled = await s3.send(new ListObjectsCommand({ Bucket, MaxKeys: 2, Delimiter: "/" }));
  expect(rolled.NextMarker).toBe("photos/");
  const rest = await s3.send(new ListObjectsCommand({ Bucket, Delimiter: "/", Marker: "photos/" }));
  expect([keysOf(rest), prefixesOf(rest)]).toEqual([["z.txt"], []]);
});

// ListObjectVersions

async function versioned(...keys: string[]) {
  const of = await freshBucket(s3);
  await s3.send(
    new PutBucketVersioningCommand({ Bucket: of, VersioningConfiguration: { Status: "Enabled" } }),
  );
  for (const Key of keys) await s3.send(new PutObjectCommand({ Bucket: of, Key, Body: "b" }));
  return of;
}

behaviour("versions are listed by key, newest first", VERSIONS, async () => {
  const of = await versioned("b", "a", "b");
  const { Versions } = await s3.send(new ListObjectVersionsCommand({ Bucket: of }));
  expect(Versions!.map(({ Key, IsLatest }) => [Key, IsLatest])).toEqual([
    ["a", true],
    ["b", true],
    ["b", false],
  ]);
});

behaviour("ListObjectVersions has markers and a limit", VERSIONS, async () => {
  const { text } = await s3.raw(new ListObjectVersionsCommand({ Bucket: empty }));
  expect(text).toContain('<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">');
  expect(elementsOf(text).sort()).toEqual([
    "IsTruncated",
    "KeyMarker",
    "MaxKeys",
    "Name",
    "Prefix",
    "VersionIdMarker",
  ]);
});

behaviour("without versioning, version IDs are null", VERSIONS, async () => {
  const { Versions } = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: "a.txt" }));
  expect(Versions!.map(({ VersionId, IsLatest }) => [VersionId, IsLatest])).toEqual([["null", true]]);
});

behaviour("ListObjectVersions pages, also within a key", VERSIONS, async () => {
  const of = await versioned("k", "k", "k");
  const first = await s3.send(new ListObjectVersionsCommand({ Bucket: of, MaxKeys: 2 }));
  expect(first).toMatchObject({ IsTruncated: true, NextKeyMarker: "k" });
  expect(first.NextVersionIdMarker).toBe(first.Versions![1]!.VersionId);
  const last = await s3.send(
    new ListObjectVersionsCommand({
      Bucket: of,
      KeyMarker: first.NextKeyMarker,
      VersionIdMarker: first.NextVersionIdMarker,
    }),
  );
  expect(last.Versions).toHaveLength(1);
  expect(last.IsTruncated).toBe(false);
});

/** Empties a bucket as clients do: page by page, without beginning again. Returns what they did not see. */
async function leftAfterEmptying(of: string, MaxKeys: number) {
  for (let markers: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {}; markers; ) {
    const page: ListObjectVersionsCommandOutput = await s3.send(
      new ListObjectVersionsCommand({ Bucket: of, MaxKeys, ...markers }),
    );
    for (const { Key, VersionId } of [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])])
      await s3.send(new DeleteObjectCommand({ Bucket: of, Key, VersionId }));
    const { NextKeyMarker, NextVersionIdMarker } = page;
    markers = page.IsTruncated
      ? { KeyMarker: NextKeyMarker, VersionIdMarker: NextVersionIdMarker }
      : undefined;
  }
  return (await s3.send(new ListObjectVersionsCommand({ Bucket: of }))).Versions ?? [];
}

const EMPTYING = doc("AmazonS3/latest/userguide/empty-bucket.html");

for (const MaxKeys of [1, 2, 3]) {
  behaviour(`pages of ${MaxKeys} reach all versions, even while they are deleted`, EMPTYING, async () => {
    const of = await versioned("a", "b", "b", "b", "b", "c");
    expect(await leftAfterEmptying(of, MaxKeys)).toEqual([]);
  });

  behaviour(
    `pages of ${MaxKeys} reach all null versions, even while they are deleted`,
    EMPTYING,
    async () => {
      const of = await freshBucket(s3);
      for (const Key of ["a", "b", "c", "d"])
        await s3.send(new PutObjectCommand({ Bucket: of, Key, Body: "b" }));
      expect(await leftAfterEmptying(of, MaxKeys)).toEqual([]);
    },
  );

  behaviour(`pages of ${MaxKeys} go on below a null version that was deleted`, EMPTYING, async () => {
    const of = await versioned("a", "a");
    const versioning = (Status: "Enabled" | "Suspended") =>
      s3.send(new PutBucketVersioningCommand({ Bucket: of, VersioningConfiguration: { Status } }));
    await versioning("Suspended");
    await s3.send(new PutObjectCommand({ Bucket: of, Key: "a", Body: "null" }));
    await versioning("Enabled");
    for (const Key of ["a", "b"]) await s3.send(new PutObjectCommand({ Bucket: of, Key, Body: "newer" }));
    expect(await leftAfterEmptying(of, MaxKeys)).toEqual([]);
  });
}

behaviour("a version-id-marker requires a key-marker", VERSIONS, () =>
  refused(
    s3.send(new ListObjectVersionsCommand({ Bucket, VersionIdMarker: "null" })),
    "InvalidArgument",
    400,
    { message: "A version-id marker cannot be specified without a key marker." },
  ),
);

behaviour("a delimiter groups versions into common prefixes", VERSIONS, async () => {
  const page = await s3.send(new ListObjectVersionsCommand({ Bucket, Delimiter: "/" }));
  expect([page.Versions!.map(({ Key }) => Key), prefixesOf(page)]).toEqual([["a.txt", "z.txt"], ["photos/"]]);
});

// ListMultipartUploads

behaviour("uploads in progress are listed by key and time", UPLOADS, async () => {
  const of = await freshBucket(s3);
  const ids: (string | undefined)[] = [];
  for (const Key of ["b", "a", "a"])
    ids.push((await s3.send(new CreateMultipartUploadCommand({ Bucket: of, Key }))).UploadId);
  const { Uploads, ...page } = await s3.send(new ListMultipartUploadsCommand({ Bucket: of }));
  expect(Uploads!.map(({ Key }) => Key)).toEqual(["a", "a", "b"]);
  expect(Uploads!.map(({ UploadId }) => UploadId)).toEqual([ids[1], ids[2], ids[0]]);
  expect(Uploads![0]).toMatchObject({ StorageClass: "STANDARD" });
  expect(Uploads![0]!.Initiator!.ID).toBe(Uploads![0]!.Owner!.ID);
  expect(page).toMatchObject({ Bucket: of, MaxUploads: 1_000, IsTruncated: false });
});

behaviour(
  "an upload has the name of its initiator",
  "https://github.com/versity/versitygw/issues/2142",
  async () => {
    const at = { Bucket: await freshBucket(s3), Key: "k" };
    await s3.send(new CreateMultipartUploadCommand(at));
    const { Uploads } = await s3.send(new ListMultipartUploadsCommand(at));
    expect(Uploads![0]!.Initiator!.DisplayName).toBe("000000000000");
    expect(Uploads![0]!.Owner!.DisplayName).toBeUndefined();
  },
);

behaviour("ListMultipartUploads pages", UPLOADS, async () => {
  const of = await freshBucket(s3);
  for (const Key of ["a", "a", "b"]) await s3.send(new CreateMultipartUploadCommand({ Bucket: of, Key }));
  const seen: unknown[] = [];
  let markers = {};
  for (let page = 0; page < 3; page++) {
    const answer = await s3.send(new ListMultipartUploadsCommand({ Bucket: of, MaxUploads: 1, ...markers }));
    seen.push(...answer.Uploads!.map(({ Key }) => Key));
    expect(answer.IsTruncated).toBe(page < 2);
    markers = { KeyMarker: answer.NextKeyMarker, UploadIdMarker: answer.NextUploadIdMarker };
  }
  expect(seen).toEqual(["a", "a", "b"]);
});

behaviour("an empty list of uploads has markers and a limit", UPLOADS, async () => {
  const { text } = await s3.raw(new ListMultipartUploadsCommand({ Bucket: empty }));
  expect(text).toContain('<ListMultipartUploadsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">');
  expect(elementsOf(text).sort()).toEqual([
    "Bucket",
    "IsTruncated",
    "KeyMarker",
    "MaxUploads",
    "NextKeyMarker",
    "NextUploadIdMarker",
    "UploadIdMarker",
  ]);
});

behaviour("a delimiter groups uploads into common prefixes", UPLOADS, async () => {
  const of = await freshBucket(s3);
  for (const Key of ["a/1", "a/2", "b"]) await s3.send(new CreateMultipartUploadCommand({ Bucket: of, Key }));
  const page = await s3.send(new ListMultipartUploadsCommand({ Bucket: of, Delimiter: "/" }));
  expect([page.Uploads!.map(({ Key }) => Key), prefixesOf(page)]).toEqual([["b"], ["a/"]]);
});

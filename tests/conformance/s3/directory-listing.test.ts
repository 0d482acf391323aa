import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandInput,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { refused, type TappedClient } from "./client.ts";
import { directoryClient, freshDirectory } from "./directories.ts";

/* Listings of directory buckets. */

const cloud = conformanceCloud();
let s3: TappedClient;
let Bucket: string;
beforeAll(async () => {
  s3 = directoryClient(cloud);
  Bucket = await freshDirectory(s3);
  for (const Key of ["a", "dir/b", "dir/deep/c", "dir/deep/d", "other/e"])
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: "x" }));
});

const LIST = doc("AmazonS3/latest/API/API_ListObjectsV2.html");
const UPLOADS = doc("AmazonS3/latest/API/API_ListMultipartUploads.html");
const PARTS = doc("AmazonS3/latest/API/API_ListParts.html");
const DIFFERENCES = doc("AmazonS3/latest/userguide/s3-express-differences.html");

async function listed(input: Partial<ListObjectsV2CommandInput> = {}) {
  const answer = await s3.send(new ListObjectsV2Command({ Bucket, ...input }));
  const keys = (answer.Contents ?? []).map(({ Key }) => Key).sort();
  const prefixes = (answer.CommonPrefixes ?? []).map(({ Prefix }) => Prefix).sort();
  return { answer, keys, prefixes };
}

behaviour("a listing shows all objects, or those of a directory", LIST, async () => {
  const all = await listed();
  expect(all.keys).toEqual(["a", "dir/b", "dir/deep/c", "dir/deep/d", "other/e"]);
  expect(all.answer.Contents![0]).toMatchObject({ Size: 1, StorageClass: "EXPRESS_ONEZONE" });
  expect((await listed({ Prefix: "dir/" })).keys).toEqual(["dir/b", "dir/deep/c", "dir/deep/d"]);
});

behaviour("a delimiter makes directories", LIST, async () => {
  expect(await listed({ Delimiter: "/" })).toMatchObject({ keys: ["a"], prefixes: ["dir/", "other/"] });
  const inside = await listed({ Delimiter: "/", Prefix: "dir/" });
  expect(inside).toMatchObject({ keys: ["dir/b"], prefixes: ["dir/deep/"] });
});

behaviour("a listing is read in pages", LIST, async () => {
  const names: string[] = [];
  let ContinuationToken: string | undefined;
  do {
    const { answer, keys, prefixes } = await listed({ Delimiter: "/", MaxKeys: 1, ContinuationToken });
    names.push(...(keys as string[]), ...(prefixes as string[]));
    ContinuationToken = answer.NextContinuationToken;
  } while (ContinuationToken);
  expect(names.sort()).toEqual(["a", "dir/", "other/"]);
});

behaviour("the prefix must end in the delimiter, and only / is one", LIST, async () => {
  await refused(listed({ Prefix: "di" }), "InvalidRequest", 400);
  await refused(listed({ Delimiter: "-" }), "InvalidRequest", 400);
});

behaviour("a listing does not begin after a key", LIST, () =>
  refused(listed({ StartAfter: "a" }), "NotImplemented", 501),
);

behaviour("the owner of all objects is that of the bucket", LIST, async () => {
  const { answer } = await listed({ FetchOwner: true });
  expect(answer.Contents![0]!.Owner!.ID).toMatch(/^[0-9a-f]{64}$/);
});

behaviour("a directory goes with its last object", DIFFERENCES, async () => {
  const at = { Bucket, Key: "brief/stay/k" };
  await s3.send(new PutObjectCommand(at));
  expect((await listed({ Delimiter: "/", Prefix: "brief/" })).prefixes).toEqual(["brief/stay/"]);
  await s3.send(new DeleteObjectCommand(at));
  expect((await listed({ Delimiter: "/", Prefix: "brief/" })).prefixes).toEqual([]);
  expect((await listed({ Delimiter: "/" })).prefixes).not.toContain("brief/");
});

behaviour("with a delimiter, the directories of uploads in progress are shown", LIST, async () => {
  const at = { Bucket, Key: "begun/deep/k" };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(at));
  const file = { Bucket, Key: "begun-file" };
  const { UploadId: other } = await s3.send(new CreateMultipartUploadCommand(file));
  expect((await listed({ Delimiter: "/" })).prefixes).toEqual(["begun/", "dir/", "other/"]);
  expect((await listed({ Delimiter: "/", Prefix: "begun/" })).prefixes).toEqual(["begun/deep/"]);
  expect(await listed({ Prefix: "begun/" })).toMatchObject({ keys: [], prefixes: [] });
  expect((await listed()).keys).not.toContain("begun-file");
  const first = await listed({ Delimiter: "/", MaxKeys: 2 });
  expect([first.keys, first.prefixes]).toEqual([["a"], ["begun/"]]);
  await s3.send(new AbortMultipartUploadCommand({ ...at, UploadId }));
  await s3.send(new AbortMultipartUploadCommand({ ...file, UploadId: other }));
  expect((await listed({ Delimiter: "/" })).prefixes).toEqual(["dir/", "other/"]);
});

const uploads = (input: Partial<ListMultipartUploadsCommandInput> = {}) =>
  s3.send(new ListMultipartUploadsCommand({ Bucket, ...input }));

behaviour(
  "uploads are listed by directory, and their pages are found by the key marker alone",
  UPLOADS,
  async () => {
    const begun: string[] = [];
    for (const Key of ["up/a", "up/a", "up/b"])
      begun.push((await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }))).UploadId!);
    const found: string[] = [];
    let KeyMarker: string | undefined;
    do {
      const page = await uploads({ MaxUploads: 1, KeyMarker, Prefix: "up/" });
      expect(page.NextUploadIdMarker).toBeUndefined();
      expect(page.Uploads?.[0]?.StorageClass).toBe("EXPRESS_ONEZONE");
      found.push(...(page.Uploads ?? []).map(({ UploadId }) => UploadId!));
      KeyMarker = page.NextKeyMarker;
    } while (KeyMarker);
    expect(found.sort()).toEqual(begun.sort());
    expect((await uploads({ Delimiter: "/" })).CommonPrefixes).toEqual([{ Prefix: "up/" }]);
    await refused(uploads({ Prefix: "u" }), "InvalidRequest", 400);
    await refused(uploads({ Delimiter: "a" }), "InvalidRequest", 400);
    await refused(uploads({ KeyMarker: "up/a" }), "InvalidArgument", 400);
    await refused(uploads({ UploadIdMarker: begun[0] }), "NotImplemented", 501);
  },
);

behaviour("the parts of an upload are listed, with ETags that are not MD5s", PARTS, async () => {
  const at = { Bucket, Key: "parts" };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(at));
  const part = { ...at, UploadId, PartNumber: 1, Body: "same" };
  const { ETag: first } = await s3.send(new UploadPartCommand(part));
  const { ETag } = await s3.send(new UploadPartCommand({ ...part, PartNumber: 2 }));
  expect(ETag).not.toBe(first);
  const { Parts, StorageClass } = await s3.send(new ListPartsCommand({ ...at, UploadId }));
  expect(Parts).toMatchObject([{ ETag: first }, { ETag }]);
  expect(StorageClass).toBe("EXPRESS_ONEZONE");
});

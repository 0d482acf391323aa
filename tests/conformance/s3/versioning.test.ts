import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  type DeleteObjectsCommandInput,
  DeleteObjectTaggingCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from "@aws-sdk/client-s3";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { elementIn, elementsOf, freshBucket, refused, s3Client, type TappedClient } from "./client.ts";

const cloud = conformanceCloud();
let s3: TappedClient;
beforeAll(() => {
  s3 = s3Client(cloud);
});

const USING = doc("AmazonS3/latest/userguide/Versioning.html");
const ADDING = doc("AmazonS3/latest/userguide/AddingObjectstoVersioningEnabledBuckets.html");
const SUSPENDED = doc("AmazonS3/latest/userguide/VersionSuspendedBehavior.html");
const MARKERS = doc("AmazonS3/latest/userguide/DeleteMarker.html");
const DELETING = doc("AmazonS3/latest/userguide/DeletingObjectVersions.html");
const RETRIEVING = doc("AmazonS3/latest/userguide/RetrievingObjectVersions.html");
const RESTORING = doc("AmazonS3/latest/userguide/RestoringPreviousVersions.html");
const HEAD = doc("AmazonS3/latest/API/API_HeadObject.html");
const GET = doc("AmazonS3/latest/API/API_GetObject.html");
const BATCH = doc("AmazonS3/latest/API/API_DeleteObjects.html");

const turn = (Bucket: string, Status: "Enabled" | "Suspended") =>
  s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
async function versioned() {
  const Bucket = await freshBucket(s3, "versions");
  await turn(Bucket, "Enabled");
  return Bucket;
}
const put = (Bucket: string, Body: string, Key = "k") => s3.send(new PutObjectCommand({ Bucket, Key, Body }));
const textOf = async (Bucket: string, VersionId?: string) =>
  (await s3.send(new GetObjectCommand({ Bucket, Key: "k", VersionId }))).Body!.transformToString();
const remove = (Bucket: string, VersionId?: string) =>
  s3.send(new DeleteObjectCommand({ Bucket, Key: "k", VersionId }));
async function rowsOf(Bucket: string) {
  const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  return {
    versions: Versions.map(({ VersionId }) => VersionId),
    markers: DeleteMarkers.map(({ VersionId }) => VersionId),
  };
}

// Versions

behaviour("every write makes a version with an id of its own", ADDING, async () => {
  const Bucket = await versioned();
  const [first, second] = [await put(Bucket, "first"), await put(Bucket, "second")];
  expect(first.VersionId).toMatch(/^[\w.-]{32}$/);
  expect(first.VersionId).not.toBe(second.VersionId);
  expect([await textOf(Bucket), await textOf(Bucket, first.VersionId)]).toEqual(["second", "first"]);
});

behaviour("a read tells the version that it gave", RETRIEVING, async () => {
  const Bucket = await versioned();
  const { VersionId } = await put(Bucket, "b");
  for (const Command of [GetObjectCommand, HeadObjectCommand])
    expect((await s3.raw(new Command({ Bucket, Key: "k" }))).headers["x-amz-version-id"]).toBe(VersionId);
});

behaviour("what was there before versioning is the null version", USING, async () => {
  const Bucket = await freshBucket(s3);
  await put(Bucket, "before");
  await turn(Bucket, "Enabled");
  await put(Bucket, "after");
  expect(await textOf(Bucket, "null")).toBe("before");
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: "k", VersionId: "null" }));
  expect(got.VersionId).toBe("null");
});

behaviour("without versioning an answer has no version", USING, async () => {
  const Bucket = await freshBucket(s3);
  expect((await put(Bucket, "b")).VersionId).toBeUndefined();
  const { headers } = await s3.raw(new GetObjectCommand({ Bucket, Key: "k" }));
  expect(headers).not.toHaveProperty("x-amz-version-id");
});

behaviour("a version that is not there is NoSuchVersion", GET, async () => {
  const [one, other] = [await versioned(), await versioned()];
  await put(one, "b");
  const { VersionId } = await put(other, "b");
  await refused(s3.send(new GetObjectCommand({ Bucket: one, Key: "k", VersionId })), "NoSuchVersion", 404, {
    message: "The specified version does not exist.",
    Key: "k",
    VersionId,
  });
});

behaviour("an id that can be none is refused", GET, async () => {
  const Bucket = await versioned();
  await put(Bucket, "b");
  await refused(
    s3.send(new GetObjectCommand({ Bucket, Key: "k", VersionId: "none" })),
    "InvalidArgument",
    400,
    { message: "Invalid version id specified", ArgumentName: "versionId", ArgumentValue: "none" },
  );
});

behaviour("an older version becomes the current one by a copy", RESTORING, async () => {
  const Bucket = await versioned();
  const { VersionId } = await put(Bucket, "old");
  await put(Bucket, "new");
  const copy = await s3.send(
    new CopyObjectCommand({ Bucket, Key: "k", CopySource: `${Bucket}/k?versionId=${VersionId}` }),
  );
  expect(copy.CopySourceVersionId).toBe(VersionId);
  expect(copy.VersionId).not.toBe(VersionId);
  expect(await textOf(Bucket)).toBe("old");
});

behaviour("an older version becomes the current one when the newer is deleted", RESTORING, async () => {
  const Bucket = await versioned();
  await put(Bucket, "old");
  const { VersionId } = await put(Bucket, "new");
  await remove(Bucket, VersionId);
  expect(await textOf(Bucket)).toBe("old");
});

// Delete markers

behaviour("a delete without a version makes a marker, and tells it", MARKERS, async () => {
  const Bucket = await versioned();
  const { VersionId } = await put(Bucket, "b");
  const answer = await s3.raw(new DeleteObjectCommand({ Bucket, Key: "k" }));
  expect([answer.status, answer.headers["x-amz-delete-marker"]]).toEqual([204, "true"]);
  const rows = await rowsOf(Bucket);
  expect(rows).toEqual({ versions: [VersionId], markers: [answer.headers["x-amz-version-id"]] });
  expect(await textOf(Bucket, VersionId)).toBe("b");
});

behaviour("what a marker hides is not found, and the answer says so", MARKERS, async () => {
  const Bucket = await versioned();
  await put(Bucket, "b");
  const { VersionId } = await remove(Bucket);
  const { status, headers, text } = await s3.raw(new GetObjectCommand({ Bucket, Key: "k" }));
  expect([
    status,
    elementIn(text, "Code"),
    headers["x-amz-delete-marker"],
    headers["x-amz-version-id"],
  ]).toEqual([404, "NoSuchKey", "true", VersionId]);
  const head = await s3.raw(new HeadObjectCommand({ Bucket, Key: "k" }));
  expect([head.status, head.headers["x-amz-delete-marker"]]).toEqual([404, "true"]);
});

behaviour("a marker cannot be read by its id", MARKERS, async () => {
  const Bucket = await versioned();
  await put(Bucket, "b");
  const { VersionId } = await remove(Bucket);
  const { status, headers, text } = await s3.raw(new GetObjectCommand({ Bucket, Key: "k", VersionId }));
  expect([status, elementIn(text, "Code"), elementIn(text, "Message")]).toEqual([
    405,
    "MethodNotAllowed",
    "The specified method is not allowed against this resource.",
  ]);
  expect([elementIn(text, "Method"), elementIn(text, "ResourceType")]).toEqual(["GET", "DeleteMarker"]);
  expect([headers.allow, headers["x-amz-delete-marker"]]).toEqual(["DELETE", "true"]);
  expect(headers["last-modified"]).toBeDefined();
});

behaviour("HeadObject of a marker by its id is 405", HEAD, async () => {
  const Bucket = await versioned();
  const { VersionId } = await remove(Bucket);
  expect((await s3.raw(new HeadObjectCommand({ Bucket, Key: "k", VersionId }))).status).toBe(405);
});

behaviour("a marker is made even where there is nothing to hide", MARKERS, async () => {
  const Bucket = await versioned();
  const { DeleteMarker, VersionId } = await remove(Bucket);
  expect([DeleteMarker, await rowsOf(Bucket)]).toEqual([true, { versions: [], markers: [VersionId] }]);
});

behaviour(
  "a marker that is deleted brings the object back",
  doc("AmazonS3/latest/userguide/ManagingDelMarkers.html"),
  async () => {
    const Bucket = await versioned();
    await put(Bucket, "b");
    const { VersionId } = await remove(Bucket);
    expect(await remove(Bucket, VersionId)).toMatchObject({ DeleteMarker: true, VersionId });
    expect(await textOf(Bucket)).toBe("b");
  },
);

behaviour("what a marker hides is not listed", MARKERS, async () => {
  const Bucket = await versioned();
  await put(Bucket, "b");
  await remove(Bucket);
  expect((await s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(0);
});

behaviour("a marker has no tags to read", MARKERS, async () => {
  const Bucket = await versioned();
  await put(Bucket, "b");
  const { VersionId } = await remove(Bucket);
  await expect(s3.send(new GetObjectTaggingCommand({ Bucket, Key: "k", VersionId }))).rejects.toMatchObject({
    name: "MethodNotAllowed",
    $metadata: { httpStatusCode: 405 },
  });
});

behaviour("a marker takes no tags, also where it is not named", MARKERS, async () => {
  const Bucket = await versioned();
  await put(Bucket, "b");
  await remove(Bucket);
  const at = { Bucket, Key: "k" };
  await refused(
    s3.send(new PutObjectTaggingCommand({ ...at, Tagging: { TagSet: [] } })),
    "MethodNotAllowed",
    405,
    { Method: "PUT", ResourceType: "DeleteMarker" },
  );
  await refused(s3.send(new DeleteObjectTaggingCommand(at)), "MethodNotAllowed", 405, { Method: "DELETE" });
  await refused(s3.send(new GetObjectTaggingCommand(at)), "NoSuchKey", 404);
});

behaviour("a marker cannot be copied", doc("AmazonS3/latest/API/API_CopyObject.html"), async () => {
  const Bucket = await versioned();
  await put(Bucket, "b");
  const { VersionId } = await remove(Bucket);
  await refused(
    s3.send(new CopyObjectCommand({ Bucket, Key: "c", CopySource: `${Bucket}/k` })),
    "NoSuchKey",
    404,
  );
  await refused(
    s3.send(new CopyObjectCommand({ Bucket, Key: "c", CopySource: `${Bucket}/k?versionId=${VersionId}` })),
    "InvalidRequest",
    400,
    { message: "The source of a copy request may not specifically refer to a delete marker by version id." },
  );
});

behaviour("a version that is deleted by its id is gone for good", DELETING, async () => {
  const Bucket = await versioned();
  const { VersionId } = await put(Bucket, "b");
  const answer = await s3.raw(new DeleteObjectCommand({ Bucket, Key: "k", VersionId }));
  expect([answer.status, answer.headers["x-amz-version-id"], answer.headers["x-amz-delete-marker"]]).toEqual([
    204,
    VersionId,
    undefined,
  ]);
  expect(await rowsOf(Bucket)).toEqual({ versions: [], markers: [] });
});

// Suspended

behaviour(
  "while versioning is suspended writes replace the null version, and tell no id",
  SUSPENDED,
  async () => {
    const Bucket = await versioned();
    const kept = await put(Bucket, "kept");
    await turn(Bucket, "Suspended");
    expect((await put(Bucket, "null 1")).VersionId).toBeUndefined();
    await put(Bucket, "null 2");
    expect((await s3.send(new GetObjectCommand({ Bucket, Key: "k" }))).VersionId).toBe("null");
    expect((await rowsOf(Bucket)).versions).toEqual(["null", kept.VersionId]);
    expect([await textOf(Bucket), await textOf(Bucket, kept.VersionId)]).toEqual(["null 2", "kept"]);
  },
);

behaviour("while versioning is suspended a delete makes a marker with the id null", SUSPENDED, async () => {
  const Bucket = await versioned();
  const kept = await put(Bucket, "kept");
  await turn(Bucket, "Suspended");
  await put(Bucket, "null");
  expect(await remove(Bucket)).toMatchObject({ DeleteMarker: true, VersionId: "null" });
  expect(await rowsOf(Bucket)).toEqual({ versions: [kept.VersionId], markers: ["null"] });
});

behaviour("versions stay when versioning is suspended", SUSPENDED, async () => {
  const Bucket = await versioned();
  const { VersionId } = await put(Bucket, "b");
  await turn(Bucket, "Suspended");
  expect(await textOf(Bucket, VersionId)).toBe("b");
});

// DeleteObjects

const batch = (Bucket: string, Delete: DeleteObjectsCommandInput["Delete"]) =>
  s3.send(new DeleteObjectsCommand({ Bucket, Delete }));

behaviour("many objects are deleted at once, those that are not there too", BATCH, async () => {
  const Bucket = await freshBucket(s3);
  await put(Bucket, "b", "a");
  const { Deleted, Errors } = await batch(Bucket, { Objects: [{ Key: "a" }, { Key: "not-there" }] });
  expect([Deleted, Errors]).toEqual([[{ Key: "a" }, { Key: "not-there" }], undefined]);
  await refused(s3.send(new HeadObjectCommand({ Bucket, Key: "a" })), "NotFound", 404);
});

behaviour("a batch answers with a document of what was deleted", BATCH, async () => {
  const Bucket = await freshBucket(s3);
  const { text } = await s3.raw(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "a&b" }] } }));
  expect(text).toContain('<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">');
  expect(elementsOf(text)).toEqual(["Deleted"]);
  expect(elementIn(text, "Key")).toBe("a&amp;b");
});

behaviour("a quiet batch tells only what went wrong", BATCH, async () => {
  const Bucket = await freshBucket(s3);
  const { Deleted, Errors } = await batch(Bucket, { Objects: [{ Key: "a" }], Quiet: true });
  expect([Deleted, Errors]).toEqual([undefined, undefined]);
});

behaviour("a batch makes markers, and tells them", BATCH, async () => {
  const Bucket = await versioned();
  await put(Bucket, "b");
  const { Deleted } = await batch(Bucket, { Objects: [{ Key: "k" }] });
  const { markers } = await rowsOf(Bucket);
  expect(Deleted).toEqual([{ Key: "k", DeleteMarker: true, DeleteMarkerVersionId: markers[0] }]);
});

behaviour("a batch deletes versions and markers by their ids", BATCH, async () => {
  const Bucket = await versioned();
  const { VersionId } = await put(Bucket, "b");
  const marker = (await remove(Bucket)).VersionId;
  const { Deleted } = await batch(Bucket, {
    Objects: [
      { Key: "k", VersionId },
      { Key: "k", VersionId: marker },
    ],
  });
  expect(Deleted).toEqual([
    { Key: "k", VersionId },
    { Key: "k", VersionId: marker, DeleteMarker: true, DeleteMarkerVersionId: marker },
  ]);
  expect(await rowsOf(Bucket)).toEqual({ versions: [], markers: [] });
});

behaviour("an entry that fails does not stop the others", BATCH, async () => {
  const Bucket = await versioned();
  await put(Bucket, "b");
  const { Deleted, Errors } = await batch(Bucket, {
    Objects: [{ Key: "k", VersionId: "none" }, { Key: "other" }],
  });
  expect(Deleted!.map(({ Key }) => Key)).toEqual(["other"]);
  expect(Errors).toEqual([
    {
      Key: "k",
      VersionId: "none",
      Code: "NoSuchVersion",
      Message: "The specified version does not exist.",
    },
  ]);
});

for (const [what, Objects] of [
  ["nothing", []],
  ["more than 1,000 keys", Array.from({ length: 1_001 }, (_, n) => ({ Key: `k${n}` }))],
] as const) {
  behaviour(`a batch of ${what} is malformed`, BATCH, async () => {
    const Bucket = await freshBucket(s3);
    await refused(batch(Bucket, { Objects: [...Objects] }), "MalformedXML", 400);
  });
}

behaviour("a batch needs a digest of its document", BATCH, async () => {
  const Bucket = await freshBucket(s3);
  const without = {
    "content-md5": undefined,
    "x-amz-checksum-crc32": undefined,
    "x-amz-sdk-checksum-algorithm": undefined,
  };
  const { status, text } = await s3.raw(
    new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "k" }] } }),
    { headers: without },
  );
  expect([status, elementIn(text, "Code"), elementIn(text, "Message")]).toEqual([
    400,
    "InvalidRequest",
    "Missing required header for this request: Content-MD5 OR x-amz-checksum-*",
  ]);
});

import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  type DeleteObjectsCommandInput,
  DeleteObjectTaggingCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type VersioningConfiguration,
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

const setVersioning = (Bucket: string, Status: "Enabled" | "Suspended") =>
  s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
async function versioned() {
  const Bucket = await freshBucket(s3, "versions");
  await setVersioning(Bucket, "Enabled");
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

behaviour(
  "GetBucketVersioning shows MFA delete once it was configured",
  doc("AmazonS3/latest/API/API_GetBucketVersioning.html"),
  async () => {
    const Bucket = await freshBucket(s3, "versions");
    const put = (VersioningConfiguration: VersioningConfiguration) =>
      s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    const mfaDelete = async () => (await s3.send(new GetBucketVersioningCommand({ Bucket }))).MFADelete;
    await put({ Status: "Enabled" });
    expect(await mfaDelete()).toBeUndefined();
    await put({ Status: "Enabled", MFADelete: "Disabled" });
    expect(await mfaDelete()).toBe("Disabled");
    await put({ Status: "Suspended" });
    expect(await mfaDelete()).toBe("Disabled");
  },
);

behaviour("every write creates a version with a unique ID", ADDING, async () => {
  const Bucket = await versioned();
  const [first, second] = [await put(Bucket, "first"), await put(Bucket, "second")];
  expect(first.VersionId).toMatch(/^[\w.-]{32}$/);
  expect(first.VersionId).not.toBe(second.VersionId);
  expect([await textOf(Bucket), await textOf(Bucket, first.VersionId)]).toEqual(["second", "first"]);
});

behaviour("reads return the version ID", RETRIEVING, async () => {
  const Bucket = await versioned();
  const { VersionId } = await put(Bucket, "b");
  for (const Command of [GetObjectCommand, HeadObjectCommand])
    expect((await s3.raw(new Command({ Bucket, Key: "k" }))).headers["x-amz-version-id"]).toBe(VersionId);
});

behaviour("an object from before versioning has the null version", USING, async () => {
  const Bucket = await freshBucket(s3);
  await put(Bucket, "before");
  await setVersioning(Bucket, "Enabled");
  await put(Bucket, "after");
  expect(await textOf(Bucket, "null")).toBe("before");
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: "k", VersionId: "null" }));
  expect(got.VersionId).toBe("null");
});

behaviour("responses have no version ID in a bucket without versioning", USING, async () => {
  const Bucket = await freshBucket(s3);
  expect((await put(Bucket, "b")).VersionId).toBeUndefined();
  const { headers } = await s3.raw(new GetObjectCommand({ Bucket, Key: "k" }));
  expect(headers).not.toHaveProperty("x-amz-version-id");
});

behaviour("a missing version fails with NoSuchVersion", GET, async () => {
  const [one, other] = [await versioned(), await versioned()];
  await put(one, "b");
  const { VersionId } = await put(other, "b");
  await refused(s3.send(new GetObjectCommand({ Bucket: one, Key: "k", VersionId })), "NoSuchVersion", 404, {
    message: "The specified version does not exist.",
    Key: "k",
    VersionId,
  });
});

behaviour("a malformed version ID is refused", GET, async () => {
  const Bucket = await versioned();
  await put(Bucket, "b");
  await refused(
    s3.send(new GetObjectCommand({ Bucket, Key: "k", VersionId: "none" })),
    "InvalidArgument",
    400,
    { message: "Invalid version id specified", ArgumentName: "versionId", ArgumentValue: "none" },
  );
});

behaviour("copying an older version makes it current", RESTORING, async () => {
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

behaviour("deleting the newest version makes the previous one current", RESTORING, async () => {
  const Bucket = await versioned();
  await put(Bucket, "old");
  const { VersionId } = await put(Bucket, "new");
  await remove(Bucket, VersionId);
  expect(await textOf(Bucket)).toBe("old");
});

// Delete markers

behaviour("DeleteObject without a version ID adds a delete marker and returns its ID", MARKERS, async () => {
  const Bucket = await versioned();
  const { VersionId } = await put(Bucket, "b");
  const answer = await s3.raw(new DeleteObjectCommand({ Bucket, Key: "k" }));
  expect([answer.status, answer.headers["x-amz-delete-marker"]]).toEqual([204, "true"]);
  const rows = await rowsOf(Bucket);
  expect(rows).toEqual({ versions: [VersionId], markers: [answer.headers["x-amz-version-id"]] });
  expect(await textOf(Bucket, VersionId)).toBe("b");
});

behaviour("an object below a delete marker is not found, and the response says so", MARKERS, async () => {
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

behaviour("a delete marker cannot be read by its ID", MARKERS, async () => {
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

behaviour("HeadObject of a delete marker by its ID answers 405", HEAD, async () => {
  const Bucket = await versioned();
  const { VersionId } = await remove(Bucket);
  expect((await s3.raw(new HeadObjectCommand({ Bucket, Key: "k", VersionId }))).status).toBe(405);
});

behaviour("DeleteObject of a missing key adds a delete marker", MARKERS, async () => {
  const Bucket = await versioned();
  const { DeleteMarker, VersionId } = await remove(Bucket);
  expect([DeleteMarker, await rowsOf(Bucket)]).toEqual([true, { versions: [], markers: [VersionId] }]);
});

behaviour(
  "deleting the delete marker restores the object",
  doc("AmazonS3/latest/userguide/ManagingDelMarkers.html"),
  async () => {
    const Bucket = await versioned();
    await put(Bucket, "b");
    const { VersionId } = await remove(Bucket);
    expect(await remove(Bucket, VersionId)).toMatchObject({ DeleteMarker: true, VersionId });
    expect(await textOf(Bucket)).toBe("b");
  },
);

behaviour("ListObjects omits objects below a delete marker", MARKERS, async () => {
  const Bucket = await versioned();
  await put(Bucket, "b");
  await remove(Bucket);
  expect((await s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(0);
});

behaviour("GetObjectTagging of a delete marker is refused", MARKERS, async () => {
  const Bucket = await versioned();
  await put(Bucket, "b");
  const { VersionId } = await remove(Bucket);
  await expect(s3.send(new GetObjectTaggingCommand({ Bucket, Key: "k", VersionId }))).rejects.toMatchObject({
    name: "MethodNotAllowed",
    $metadata: { httpStatusCode: 405 },
  });
});

behaviour("PutObjectTagging of a delete marker is refused, with or without its ID", MARKERS, async () => {
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

behaviour("a delete marker cannot be copied", doc("AmazonS3/latest/API/API_CopyObject.html"), async () => {
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

behaviour("deleting a version by its ID is permanent", DELETING, async () => {
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
  "with versioning suspended, writes replace the null version and return no ID",
  SUSPENDED,
  async () => {
    const Bucket = await versioned();
    const kept = await put(Bucket, "kept");
    await setVersioning(Bucket, "Suspended");
    expect((await put(Bucket, "null 1")).VersionId).toBeUndefined();
    await put(Bucket, "null 2");
    expect((await s3.send(new GetObjectCommand({ Bucket, Key: "k" }))).VersionId).toBe("null");
    expect((await rowsOf(Bucket)).versions).toEqual(["null", kept.VersionId]);
    expect([await textOf(Bucket), await textOf(Bucket, kept.VersionId)]).toEqual(["null 2", "kept"]);
  },
);

behaviour(
  "with versioning suspended, DeleteObject adds a delete marker with the ID null",
  SUSPENDED,
  async () => {
    const Bucket = await versioned();
    const kept = await put(Bucket, "kept");
    await setVersioning(Bucket, "Suspended");
    await put(Bucket, "null");
    expect(await remove(Bucket)).toMatchObject({ DeleteMarker: true, VersionId: "null" });
    expect(await rowsOf(Bucket)).toEqual({ versions: [kept.VersionId], markers: ["null"] });
  },
);

behaviour("versions are kept when versioning is suspended", SUSPENDED, async () => {
  const Bucket = await versioned();
  const { VersionId } = await put(Bucket, "b");
  await setVersioning(Bucket, "Suspended");
  expect(await textOf(Bucket, VersionId)).toBe("b");
});

// DeleteObjects

const batch = (Bucket: string, Delete: DeleteObjectsCommandInput["Delete"]) =>
  s3.send(new DeleteObjectsCommand({ Bucket, Delete }));

behaviour("DeleteObjects deletes many keys, and reports missing ones as deleted", BATCH, async () => {
  const Bucket = await freshBucket(s3);
  await put(Bucket, "b", "a");
  const { Deleted, Errors } = await batch(Bucket, { Objects: [{ Key: "a" }, { Key: "not-there" }] });
  expect([Deleted, Errors]).toEqual([[{ Key: "a" }, { Key: "not-there" }], undefined]);
  await refused(s3.send(new HeadObjectCommand({ Bucket, Key: "a" })), "NotFound", 404);
});

behaviour("DeleteObjects returns a document of the deleted keys", BATCH, async () => {
  const Bucket = await freshBucket(s3);
  const { text } = await s3.raw(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "a&b" }] } }));
  expect(text).toContain('<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">');
  expect(elementsOf(text)).toEqual(["Deleted"]);
  expect(elementIn(text, "Key")).toBe("a&amp;b");
});

behaviour("quiet mode reports only errors", BATCH, async () => {
  const Bucket = await freshBucket(s3);
  const { Deleted, Errors } = await batch(Bucket, { Objects: [{ Key: "a" }], Quiet: true });
  expect([Deleted, Errors]).toEqual([undefined, undefined]);
});

behaviour("DeleteObjects adds delete markers and reports them", BATCH, async () => {
  const Bucket = await versioned();
  await put(Bucket, "b");
  const { Deleted } = await batch(Bucket, { Objects: [{ Key: "k" }] });
  const { markers } = await rowsOf(Bucket);
  expect(Deleted).toEqual([{ Key: "k", DeleteMarker: true, DeleteMarkerVersionId: markers[0] }]);
});

behaviour("DeleteObjects deletes versions and delete markers by ID", BATCH, async () => {
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

behaviour("a failed entry does not affect the others", BATCH, async () => {
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
  ["no keys", []],
  ["more than 1,000 keys", Array.from({ length: 1_001 }, (_, n) => ({ Key: `k${n}` }))],
] as const) {
  behaviour(`DeleteObjects with ${what} is malformed`, BATCH, async () => {
    const Bucket = await freshBucket(s3);
    await refused(batch(Bucket, { Objects: [...Objects] }), "MalformedXML", 400);
  });
}

behaviour("DeleteObjects requires a digest", BATCH, async () => {
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

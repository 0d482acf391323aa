import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import {
  CreateBucketCommand,
  DeleteBucketInventoryConfigurationCommand,
  DeleteObjectCommand,
  DeletePublicAccessBlockCommand,
  GetBucketAclCommand,
  GetBucketInventoryConfigurationCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type InventoryConfiguration,
  type InventoryOptionalField,
  ListBucketInventoryConfigurationsCommand,
  ListObjectsV2Command,
  PutBucketInventoryConfigurationCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";

const cloud = conformanceCloud();
let s3: S3Client;
beforeAll(async () => {
  s3 = new S3Client({ ...cloud.client(), forcePathStyle: true });
  for (const Bucket of ["source", "versioned", "many", "closed"])
    await s3.send(new CreateBucketCommand({ Bucket }));
  await openBucket("reports");
  await put("source", "a b,c.txt", "four");
  await put("source", "photos/1", "1", "STANDARD_IA");
  await put("source", "photos/2", "22");
  await s3.send(
    new PutBucketVersioningCommand({
      Bucket: "versioned",
      VersioningConfiguration: { Status: "Enabled" },
    }),
  );
  await put("versioned", "k", "old");
  await put("versioned", "k", "newer");
  await s3.send(new DeleteObjectCommand({ Bucket: "versioned", Key: "k" }));
});

const put = (Bucket: string, Key: string, Body: string, StorageClass?: "STANDARD_IA") =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body, StorageClass }));

/** Creates a bucket into which S3 may write reports. */
async function openBucket(Bucket: string) {
  await s3.send(new CreateBucketCommand({ Bucket }));
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "s3.amazonaws.com" },
        Action: "s3:PutObject",
        Resource: `arn:aws:s3:::${Bucket}/*`,
        Condition: {
          ArnLike: { "aws:SourceArn": "arn:aws:s3:::*" },
          StringEquals: { "s3:x-amz-acl": "bucket-owner-full-control" },
        },
      },
    ],
  });
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
}

const PUT = doc("AmazonS3/latest/API/API_PutBucketInventoryConfiguration.html");
const GET = doc("AmazonS3/latest/API/API_GetBucketInventoryConfiguration.html");
const LIST = doc("AmazonS3/latest/API/API_ListBucketInventoryConfigurations.html");
const CONTENTS = doc("AmazonS3/latest/userguide/storage-inventory.html");
const ACL = doc("AmazonS3/latest/userguide/objectacl.html");
const LOCATION = doc("AmazonS3/latest/userguide/storage-inventory-location.html");

const inventory = (Id: string, more: Partial<InventoryConfiguration> = {}): InventoryConfiguration => ({
  Id,
  IsEnabled: true,
  IncludedObjectVersions: "Current",
  Schedule: { Frequency: "Daily" },
  Destination: { S3BucketDestination: { Bucket: "arn:aws:s3:::reports", Format: "CSV" } },
  ...more,
});

const configure = (InventoryConfiguration: InventoryConfiguration, Bucket = "source", Id?: string) =>
  s3.send(
    new PutBucketInventoryConfigurationCommand({
      Bucket,
      Id: Id ?? InventoryConfiguration.Id,
      InventoryConfiguration,
    }),
  );
const deleteConfiguration = (Id: string, Bucket = "source") =>
  s3.send(new DeleteBucketInventoryConfigurationCommand({ Bucket, Id }));

// Configuration

behaviour("a configuration is returned as it was put", GET, async () => {
  const document = inventory("whole", {
    IsEnabled: false,
    Filter: { Prefix: "photos/" },
    OptionalFields: ["Size", "ETag", "StorageClass"],
    Destination: {
      S3BucketDestination: {
        AccountId: "000000000000",
        Bucket: "arn:aws:s3:::reports",
        Format: "CSV",
        Prefix: "inventories",
      },
    },
  });
  await configure(document);
  const { InventoryConfiguration } = await s3.send(
    new GetBucketInventoryConfigurationCommand({ Bucket: "source", Id: "whole" }),
  );
  expect(InventoryConfiguration).toEqual(document);
});

behaviour("a missing configuration answers NoSuchConfiguration", GET, async () => {
  const command = new GetBucketInventoryConfigurationCommand({ Bucket: "source", Id: "none" });
  await expect(s3.send(command)).rejects.toMatchObject({
    name: "NoSuchConfiguration",
    message: "The specified configuration does not exist.",
    $metadata: { httpStatusCode: 404 },
  });
});

behaviour(
  "DeleteBucketInventoryConfiguration answers 204",
  doc("AmazonS3/latest/API/API_DeleteBucketInventoryConfiguration.html"),
  async () => {
    await configure(inventory("short", { IsEnabled: false }));
    expect((await deleteConfiguration("short")).$metadata.httpStatusCode).toBe(204);
    await expect(deleteConfiguration("short")).rejects.toMatchObject({ name: "NoSuchConfiguration" });
  },
);

behaviour("configurations are listed by ID in pages of a hundred", LIST, async () => {
  const ids = Array.from({ length: 101 }, (_, i) => `i-${String(i).padStart(3, "0")}`);
  for (const id of ids.toReversed()) await configure(inventory(id, { IsEnabled: false }), "many");
  const first = await s3.send(new ListBucketInventoryConfigurationsCommand({ Bucket: "many" }));
  expect(first.IsTruncated).toBe(true);
  expect(first.InventoryConfigurationList?.map(({ Id }) => Id)).toEqual(ids.slice(0, 100));
  const second = await s3.send(
    new ListBucketInventoryConfigurationsCommand({
      Bucket: "many",
      ContinuationToken: first.NextContinuationToken,
    }),
  );
  expect(second).toMatchObject({ IsTruncated: false, ContinuationToken: first.NextContinuationToken });
  expect(second.InventoryConfigurationList?.map(({ Id }) => Id)).toEqual(["i-100"]);
  expect(second.NextContinuationToken).toBeUndefined();
});

behaviour("an invalid continuation token is refused", LIST, async () => {
  const command = new ListBucketInventoryConfigurationsCommand({ Bucket: "many", ContinuationToken: "?" });
  await expect(s3.send(command)).rejects.toMatchObject({ name: "MalformedContinuationToken" });
});

const destination = (Bucket: string) => ({
  Destination: { S3BucketDestination: { Bucket, Format: "CSV" as const } },
});

for (const [what, document, expected] of [
  ["a destination that is not an ARN", destination("reports"), { message: "Invalid bucket ARN." }],
  [
    "a destination with an account in its ARN",
    destination("arn:aws:s3::000000000000:reports"),
    { message: "Bucket ARN should not specify a namespace." },
  ],
] as const) {
  behaviour(`${what} is refused`, PUT, async () => {
    await expect(configure(inventory("wrong", document))).rejects.toMatchObject({
      name: "InvalidS3DestinationBucket",
      ...expected,
    });
  });
}

for (const [what, document] of [
  ["an unknown frequency", { Schedule: { Frequency: "Hourly" } }],
  ["an unknown IncludedObjectVersions", { IncludedObjectVersions: "Some" }],
  ["an unknown optional field", { OptionalFields: ["Colour"] }],
] as unknown as [string, Partial<InventoryConfiguration>][]) {
  behaviour(`${what} is malformed`, PUT, async () => {
    await expect(configure(inventory("wrong", document))).rejects.toMatchObject({ name: "MalformedXML" });
  });
}

behaviour("the ID of the document is the one that is stored", PUT, async () => {
  await expect(configure(inventory("one"), "source", "two")).rejects.toMatchObject({ name: "IdMismatch" });
});

behaviour("a missing bucket answers NoSuchBucket", PUT, async () => {
  await expect(configure(inventory("x"), "no-such-bucket")).rejects.toMatchObject({ name: "NoSuchBucket" });
});

// Delivery

const DAY = 86_400_000;

async function keysIn(Bucket: string, Prefix: string): Promise<string[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix }));
  return Contents.map(({ Key }) => Key!);
}

async function bytesOf(Key: string): Promise<Buffer> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: "reports", Key }));
  return Buffer.from(await Body!.transformToByteArray());
}

/** Returns the manifest of the first report of a configuration and the rows of its list, after a day. */
async function reportOf(document: InventoryConfiguration, Bucket = "source") {
  await configure(document, Bucket);
  await cloud.advance(DAY);
  await deleteConfiguration(document.Id!, Bucket);
  const [key] = (await keysIn("reports", `${Bucket}/${document.Id}/`)).filter((one) =>
    one.endsWith("manifest.json"),
  );
  const text = (await bytesOf(key!)).toString();
  const manifest = JSON.parse(text);
  const data = await bytesOf(manifest.files[0].key);
  const lines = gunzipSync(data).toString().split("\n").slice(0, -1);
  return { key: key!, text, manifest, data, rows: lines.map((line) => JSON.parse(`[${line}]`)) };
}

behaviour("a report is delivered within a day, at the documented keys", LOCATION, async () => {
  const { key } = await reportOf(inventory("places"));
  expect(key).toMatch(/^source\/places\/\d{4}-\d\d-\d\dT\d\d-\d\dZ\/manifest\.json$/);
  const keys = (await keysIn("reports", "source/places/")).map((one) => one.slice("source/places/".length));
  expect(keys).toEqual([
    expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d-\d\dZ\/manifest\.checksum$/),
    expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d-\d\dZ\/manifest\.json$/),
    expect.stringMatching(/^data\/[0-9a-f-]{36}\.csv\.gz$/),
    expect.stringMatching(/^hive\/dt=\d{4}-\d\d-\d\d-\d\d-\d\d\/symlink\.txt$/),
  ]);
});

behaviour("a report that could not be delivered for hours is delivered later", LOCATION, async () => {
  await configure(inventory("late"));
  const error = { code: "ServiceUnavailable", message: "down", status: 503 };
  cloud.fail({ service: "s3", operation: "PutObject", probability: 1, seed: 1, effect: { error } });
  await cloud.advance(DAY);
  expect(await keysIn("reports", "source/late/")).toEqual([]);
  cloud.fail();
  await cloud.advance(DAY);
  await deleteConfiguration("late");
  expect(await keysIn("reports", "source/late/")).not.toEqual([]);
});

behaviour("a report whose generation is retried has one list", LOCATION, async () => {
  await configure(inventory("again"));
  const error = { code: "ServiceUnavailable", message: "down", status: 503 };
  cloud.fail({ service: "s3", operation: "PutObject", probability: 0.5, seed: 3, effect: { error } });
  await cloud.advance(DAY);
  cloud.fail();
  await deleteConfiguration("again");
  const keys = await keysIn("reports", "source/again/");
  const manifest = JSON.parse((await bytesOf(keys.find((key) => key.endsWith(".json"))!)).toString());
  expect(keys).toHaveLength(4);
  expect(keys).toContain(manifest.files[0].key);
});

behaviour("report keys begin with the destination prefix", LOCATION, async () => {
  const { Destination } = inventory("");
  await configure(
    inventory("deep", {
      Destination: { S3BucketDestination: { ...Destination!.S3BucketDestination!, Prefix: "in/here" } },
    }),
  );
  await cloud.advance(DAY);
  await deleteConfiguration("deep");
  expect((await keysIn("reports", "in/here/source/deep/")).length).toBe(4);
});

behaviour("the manifest names bucket, schema and files, with size and checksum", LOCATION, async () => {
  const { manifest, data } = await reportOf(inventory("manifest", { OptionalFields: ["Size"] }));
  expect(manifest).toEqual({
    sourceBucket: "source",
    destinationBucket: "arn:aws:s3:::reports",
    version: "2016-11-30",
    creationTimestamp: expect.stringMatching(/^\d{13}$/),
    fileFormat: "CSV",
    fileSchema: "Bucket, Key, Size",
    files: [
      {
        key: expect.stringMatching(/^source\/manifest\/data\//),
        size: data.length,
        MD5checksum: createHash("md5").update(data).digest("hex"),
      },
    ],
  });
});

behaviour("manifest.checksum is the MD5 of manifest.json", LOCATION, async () => {
  const { key, text } = await reportOf(inventory("checksum"));
  const checksum = (await bytesOf(key.replace(/json$/, "checksum"))).toString();
  expect(checksum).toBe(createHash("md5").update(text).digest("hex"));
});

behaviour("symlink.txt names the files for Hive", LOCATION, async () => {
  const { manifest } = await reportOf(inventory("hive"));
  const [key] = await keysIn("reports", "source/hive/hive/");
  expect((await bytesOf(key!)).toString()).toBe(`s3://reports/${manifest.files[0].key}`);
});

behaviour("a list of current versions has the bucket and the encoded key", CONTENTS, async () => {
  const { rows } = await reportOf(inventory("current"));
  expect(rows).toEqual([
    ["source", "a%20b%2Cc.txt"],
    ["source", "photos/1"],
    ["source", "photos/2"],
  ]);
});

behaviour("a filter selects keys by prefix", CONTENTS, async () => {
  const { rows } = await reportOf(inventory("filtered", { Filter: { Prefix: "photos/" } }));
  expect(rows.map((row) => row[1])).toEqual(["photos/1", "photos/2"]);
});

behaviour("optional fields are listed in the order of S3, not of the configuration", CONTENTS, async () => {
  const wanted: InventoryOptionalField[] = ["StorageClass", "ETag", "IsMultipartUploaded", "Size"];
  const { manifest, rows } = await reportOf(inventory("fields", { OptionalFields: wanted }));
  expect(manifest.fileSchema).toBe("Bucket, Key, Size, ETag, StorageClass, IsMultipartUploaded");
  expect(rows[1]).toEqual([
    "source",
    "photos/1",
    "1",
    "c4ca4238a0b923820dcc509a6f75849b",
    "STANDARD_IA",
    "false",
  ]);
});

behaviour(
  "times are ISO 8601, owners are canonical IDs, checksums are named by algorithm",
  CONTENTS,
  async () => {
    const wanted: InventoryOptionalField[] = ["LastModifiedDate", "ChecksumAlgorithm", "ObjectOwner"];
    const { rows } = await reportOf(inventory("more", { OptionalFields: wanted }));
    expect(rows[0].slice(2)).toEqual([
      expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      "CRC32",
      expect.stringMatching(/^[0-9a-f]{64}$/),
    ]);
  },
);

behaviour("the ACL of an object is listed as JSON in base64", ACL, async () => {
  const ID = (await s3.send(new GetBucketAclCommand({ Bucket: "source" }))).Owner!.ID!;
  await s3.send(new CreateBucketCommand({ Bucket: "shared", ObjectOwnership: "ObjectWriter" }));
  await s3.send(new DeletePublicAccessBlockCommand({ Bucket: "shared" }));
  await s3.send(new PutObjectCommand({ Bucket: "shared", Key: "k", Body: "b", ACL: "public-read" }));
  const fields = { OptionalFields: ["ObjectAccessControlList"] as InventoryOptionalField[] };
  const { rows } = await reportOf(inventory("acls", fields), "shared");
  const owner = { canonicalId: ID, type: "CanonicalUser", permission: "FULL_CONTROL" };
  const everyone = {
    uri: "http://acs.amazonaws.com/groups/global/AllUsers",
    type: "Group",
    permission: "READ",
  };
  const { grants, ...acl } = JSON.parse(Buffer.from(rows[0][2], "base64").toString());
  expect(acl).toEqual({ version: "2022-11-10", status: "AVAILABLE" });
  expect(new Set(grants)).toEqual(new Set([owner, everyone]));
});

behaviour("the date is listed on which an object will expire", CONTENTS, async () => {
  await s3.send(new CreateBucketCommand({ Bucket: "ending" }));
  await put("ending", "logs/1", "1");
  await put("ending", "kept", "1");
  await s3.send(
    new PutBucketLifecycleConfigurationCommand({
      Bucket: "ending",
      LifecycleConfiguration: {
        Rules: [{ Status: "Enabled", Filter: { Prefix: "logs/" }, Expiration: { Days: 30 } }],
      },
    }),
  );
  const { Expiration } = await s3.send(new HeadObjectCommand({ Bucket: "ending", Key: "logs/1" }));
  const date = new Date(/expiry-date="([^"]+)"/.exec(Expiration!)![1]!).toISOString();
  const fields = { OptionalFields: ["LifecycleExpirationDate"] as InventoryOptionalField[] };
  const { rows } = await reportOf(inventory("expirations", fields), "ending");
  expect(rows).toEqual([
    ["ending", "kept", ""],
    ["ending", "logs/1", date],
  ]);
});

behaviour("where ACLs are disabled, the bucket's owner owns all objects", CONTENTS, async () => {
  await s3.send(new CreateBucketCommand({ Bucket: "guests" }));
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: {
      Effect: "Allow",
      Principal: { AWS: "arn:aws:iam::111122223333:root" },
      Action: "s3:PutObject",
      Resource: "arn:aws:s3:::guests/*",
    },
  });
  await s3.send(new PutBucketPolicyCommand({ Bucket: "guests", Policy }));
  const guest = new S3Client({ ...cloud.client({ account: "111122223333" }), forcePathStyle: true });
  await guest.send(new PutObjectCommand({ Bucket: "guests", Key: "k", Body: "b" }));
  const fields = { OptionalFields: ["ObjectOwner"] as InventoryOptionalField[] };
  const { rows } = await reportOf(inventory("owners", fields), "guests");
  const { Owner } = await s3.send(new GetBucketAclCommand({ Bucket: "guests" }));
  expect(rows).toEqual([["guests", "k", Owner!.ID]]);
});

behaviour("a list of all versions distinguishes versions and delete markers", CONTENTS, async () => {
  const { manifest, rows } = await reportOf(
    inventory("history", { IncludedObjectVersions: "All", OptionalFields: ["Size"] }),
    "versioned",
  );
  expect(manifest.fileSchema).toBe("Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size");
  const id = expect.stringMatching(/^\S{32}$/);
  expect(rows).toEqual([
    ["versioned", "k", id, "true", "true", ""],
    ["versioned", "k", id, "false", "false", "5"],
    ["versioned", "k", id, "false", "false", "3"],
  ]);
});

behaviour("a list of current versions omits delete markers", CONTENTS, async () => {
  const { rows } = await reportOf(inventory("no-markers"), "versioned");
  expect(rows).toEqual([]);
});

for (const [Frequency, count] of [
  ["Daily", 14],
  ["Weekly", 2],
] as const) {
  behaviour(`${Frequency} reports are delivered on their schedule`, CONTENTS, async () => {
    await configure(inventory(Frequency, { Schedule: { Frequency } }));
    await cloud.advance(DAY);
    const before = (await keysIn("reports", `source/${Frequency}/data/`)).length;
    await cloud.advance(14 * DAY);
    await deleteConfiguration(Frequency);
    expect(before).toBe(1);
    expect((await keysIn("reports", `source/${Frequency}/data/`)).length - before).toBe(count);
  });
}

behaviour("a disabled configuration creates no reports", PUT, async () => {
  await configure(inventory("off", { IsEnabled: false }));
  await cloud.advance(2 * DAY);
  expect(await keysIn("reports", "source/off/")).toEqual([]);
});

behaviour("putting a configuration twice creates one report a day", PUT, async () => {
  await configure(inventory("twice"));
  await configure(inventory("twice"));
  await cloud.advance(DAY);
  await deleteConfiguration("twice");
  expect(await keysIn("reports", "source/twice/data/")).toHaveLength(1);
});

behaviour("a destination whose policy denies delivery gets no reports", CONTENTS, async () => {
  await configure(inventory("shut", destination("arn:aws:s3:::closed")));
  await cloud.advance(DAY);
  await deleteConfiguration("shut");
  expect(await keysIn("closed", "")).toEqual([]);
});

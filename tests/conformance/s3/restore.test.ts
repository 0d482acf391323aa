import { randomUUID } from "node:crypto";
import {
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  RestoreObjectCommand,
  type RestoreRequest,
  S3Client,
  type StorageClass,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const cloud = conformanceCloud();
let client: S3Client | undefined;
const s3 = () => (client ??= new S3Client({ ...cloud.client(), forcePathStyle: true }));

const CLASSES = doc("AmazonS3/latest/userguide/storage-class-intro.html");
const RESTORING = doc("AmazonS3/latest/userguide/restoring-objects.html");
const TIERS = doc("AmazonS3/latest/userguide/restoring-objects-retrieval-options.html");
const api = (operation: string) => doc(`AmazonS3/latest/API/API_${operation}.html`);
/** S3 does not return the ObjectNotInActiveTierError of its API reference. */
const ARCHIVED_SOURCE =
  "https://hadoop.apache.org/docs/stable/hadoop-aws/tools/hadoop-aws/troubleshooting_s3a.html#access_denied_archive_storage_class";

interface At {
  Bucket: string;
  Key: string;
}

async function object(StorageClass: string): Promise<At> {
  const at = { Bucket: `archive-${randomUUID()}`, Key: "film" };
  await s3().send(new CreateBucketCommand({ Bucket: at.Bucket }));
  const put = { ...at, Body: "reel", StorageClass: StorageClass as StorageClass };
  await s3().send(new PutObjectCommand(put));
  return at;
}

const head = (at: At) => s3().send(new HeadObjectCommand(at));
const read = async (at: At) => {
  const { Body } = await s3().send(new GetObjectCommand(at));
  return Body!.transformToString();
};
const restore = (at: At, RestoreRequest: RestoreRequest) =>
  s3().send(new RestoreObjectCommand({ ...at, RestoreRequest }));
const tier = (Tier: string, Days?: number) => ({ Days, GlacierJobParameters: { Tier } }) as RestoreRequest;

/** The cloud's time, from the Date header. */
async function now(at: At): Promise<number> {
  const put = await s3().send(new PutObjectCommand({ ...at, Key: "now", Body: "x" }));
  expect(put.$metadata.httpStatusCode).toBe(200);
  return (await head({ ...at, Key: "now" })).LastModified!.getTime();
}

const UNREADABLE = {
  name: "InvalidObjectState",
  message: "The operation is not valid for the object's storage class",
  $metadata: { httpStatusCode: 403 },
};

// Storage classes

for (const name of ["REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"]) {
  behaviour(`an object in ${name} reports its class and can be read at once`, CLASSES, async () => {
    const at = await object(name);
    expect((await head(at)).StorageClass).toBe(name);
    expect(await read(at)).toBe("reel");
  });
}

behaviour("an object in STANDARD does not report its class", api("HeadObject"), async () => {
  expect((await head(await object("STANDARD"))).StorageClass).toBeUndefined();
});

behaviour("a listing reports every class, including STANDARD", api("ListObjectsV2"), async () => {
  for (const name of ["STANDARD", "GLACIER"]) {
    const { Bucket } = await object(name);
    const { Contents } = await s3().send(new ListObjectsV2Command({ Bucket }));
    expect(Contents).toMatchObject([{ StorageClass: name }]);
  }
});

behaviour(
  "GetObjectAttributes reports every class, including STANDARD",
  api("GetObjectAttributes"),
  async () => {
    const at = await object("STANDARD");
    const input = new GetObjectAttributesCommand({ ...at, ObjectAttributes: ["StorageClass"] });
    expect(await s3().send(input)).toMatchObject({ StorageClass: "STANDARD" });
  },
);

for (const name of ["STANDARD_XYZ", "OUTPOSTS", "SNOW"]) {
  behaviour(`an object cannot be put in ${name}`, api("PutObject"), async () => {
    await expect(object(name)).rejects.toMatchObject({
      name: "InvalidStorageClass",
      message: "The storage class you specified is not valid",
      StorageClassRequested: name,
      $metadata: { httpStatusCode: 400 },
    });
  });
}

behaviour("CreateMultipartUpload refuses an unknown class", api("CreateMultipartUpload"), async () => {
  const { Bucket } = await object("STANDARD");
  const begin = { Bucket, Key: "k", StorageClass: "ICE" as StorageClass };
  await expect(s3().send(new CreateMultipartUploadCommand(begin))).rejects.toMatchObject({
    name: "InvalidStorageClass",
  });
});

behaviour(
  "CopyObject stores the copy in the requested class, by default STANDARD",
  api("CopyObject"),
  async () => {
    const at = await object("STANDARD_IA");
    const CopySource = `${at.Bucket}/${at.Key}`;
    await s3().send(new CopyObjectCommand({ ...at, Key: "plain", CopySource }));
    await s3().send(new CopyObjectCommand({ ...at, Key: "cold", CopySource, StorageClass: "GLACIER_IR" }));
    expect((await head({ ...at, Key: "plain" })).StorageClass).toBeUndefined();
    expect((await head({ ...at, Key: "cold" })).StorageClass).toBe("GLACIER_IR");
  },
);

// Archived objects

for (const name of ["GLACIER", "DEEP_ARCHIVE"]) {
  behaviour(`an object in ${name} cannot be read until it is restored`, RESTORING, async () => {
    const at = await object(name);
    await expect(s3().send(new GetObjectCommand(at))).rejects.toMatchObject({
      ...UNREADABLE,
      StorageClass: name,
    });
  });
  behaviour(
    `HeadObject of an object in ${name} has no restore header until a restore is requested`,
    api("HeadObject"),
    async () => {
      const { Restore, StorageClass, ContentLength } = await head(await object(name));
      expect({ Restore, StorageClass, ContentLength }).toEqual({
        Restore: undefined,
        StorageClass: name,
        ContentLength: 4,
      });
    },
  );
  behaviour(`an object in ${name} cannot be copied until it is restored`, ARCHIVED_SOURCE, async () => {
    const at = await object(name);
    const copy = new CopyObjectCommand({ ...at, Key: "copy", CopySource: `${at.Bucket}/${at.Key}` });
    await expect(s3().send(copy)).rejects.toMatchObject({
      name: "InvalidObjectState",
      message: "Operation is not valid for the source object's storage class",
      StorageClass: name,
      $metadata: { httpStatusCode: 403 },
    });
  });
}

behaviour("UploadPartCopy refuses an archived object", ARCHIVED_SOURCE, async () => {
  const at = await object("GLACIER");
  const { UploadId } = await s3().send(new CreateMultipartUploadCommand({ ...at, Key: "parts" }));
  const part = { ...at, Key: "parts", UploadId, PartNumber: 1, CopySource: `${at.Bucket}/${at.Key}` };
  await expect(s3().send(new UploadPartCopyCommand(part))).rejects.toMatchObject({
    name: "InvalidObjectState",
  });
});

// RestoreObject

behaviour(
  "a new restore answers 202 and is in progress for the time of its tier",
  api("RestoreObject"),
  async () => {
    const at = await object("GLACIER");
    const { $metadata } = await restore(at, { Days: 1 });
    expect($metadata.httpStatusCode).toBe(202);
    expect((await head(at)).Restore).toBe('ongoing-request="true"');
    await expect(s3().send(new GetObjectCommand(at))).rejects.toMatchObject(UNREADABLE);
  },
);

for (const [storageClass, name, before, after] of [
  ["GLACIER", "Expedited", 30_000, 5 * MINUTE],
  ["GLACIER", "Standard", 2 * HOUR, 5 * HOUR],
  ["GLACIER", "Bulk", 4 * HOUR, 12 * HOUR],
  ["DEEP_ARCHIVE", "Standard", 11 * HOUR, 12 * HOUR],
  ["DEEP_ARCHIVE", "Bulk", 47 * HOUR, 48 * HOUR],
] as const) {
  behaviour(
    `a restore from ${storageClass} by ${name} completes after its time, and not earlier`,
    TIERS,
    async () => {
      const at = await object(storageClass);
      await restore(at, tier(name, 3));
      await cloud.advance(before);
      expect((await head(at)).Restore).toBe('ongoing-request="true"');
      await cloud.advance(after - before);
      expect((await head(at)).Restore).toMatch(
        /^ongoing-request="false", expiry-date="\w{3}, .* 00:00:00 GMT"$/,
      );
      expect(await read(at)).toBe("reel");
    },
  );
}

behaviour("the default tier is Standard", api("RestoreObject"), async () => {
  const at = await object("GLACIER");
  await restore(at, { Days: 1 });
  await cloud.advance(5 * HOUR);
  expect(await read(at)).toBe("reel");
});

behaviour("the days of a restore may exceed the range of dates", api("RestoreObject"), async () => {
  const at = await object("GLACIER");
  await restore(at, { Days: 2 ** 31 - 1 });
  await cloud.advance(5 * HOUR);
  expect((await head(at)).Restore).toMatch(/^ongoing-request="false", expiry-date="[^"]+ 00:00:00 GMT"$/);
  await expect(restore(at, { Days: 2 ** 31 })).rejects.toMatchObject({ name: "MalformedXML" });
});

behaviour("DEEP_ARCHIVE does not support expedited restores", TIERS, async () => {
  await expect(restore(await object("DEEP_ARCHIVE"), tier("Expedited", 1))).rejects.toMatchObject({
    message: "Retrieval option is not supported by this storage class",
  });
});

behaviour("a second restore is refused while one is in progress", api("RestoreObject"), async () => {
  const at = await object("GLACIER");
  await restore(at, { Days: 1 });
  await expect(restore(at, { Days: 1 })).rejects.toMatchObject({
    name: "RestoreAlreadyInProgress",
    message: "Object restore is already in progress",
    $metadata: { httpStatusCode: 409 },
  });
});

behaviour("a faster tier upgrades a restore in progress", RESTORING, async () => {
  const at = await object("GLACIER");
  await restore(at, tier("Bulk", 1));
  expect((await restore(at, tier("Expedited", 1))).$metadata.httpStatusCode).toBe(202);
  await cloud.advance(5 * MINUTE);
  expect(await read(at)).toBe("reel");
});

behaviour("a restored copy expires at the midnight after its days", api("RestoreObject"), async () => {
  const at = await object("GLACIER");
  const begun = await now(at);
  await restore(at, tier("Expedited", 2));
  await cloud.advance(5 * MINUTE);
  const [, date] = /expiry-date="(.*)"/.exec((await head(at)).Restore!)!;
  const expires = Date.parse(date!);
  expect(expires % DAY).toBe(0);
  expect(expires - begun).toBeGreaterThan(2 * DAY);
  expect(expires - begun).toBeLessThanOrEqual(3 * DAY + MINUTE);
  await cloud.advance(expires - (await now(at)) - MINUTE);
  expect(await read(at)).toBe("reel");
  await cloud.advance(2 * MINUTE);
  await expect(s3().send(new GetObjectCommand(at))).rejects.toMatchObject(UNREADABLE);
  expect((await head(at)).Restore).toBeUndefined();
});

behaviour("restoring a restored object extends it and answers 200", api("RestoreObject"), async () => {
  const at = await object("GLACIER");
  await restore(at, tier("Expedited", 1));
  await cloud.advance(5 * MINUTE);
  const expiry = async () => Date.parse(/expiry-date="(.*)"/.exec((await head(at)).Restore!)![1]!);
  const first = await expiry();
  const { $metadata } = await restore(at, { Days: 10 });
  expect($metadata.httpStatusCode).toBe(200);
  expect(((await expiry()) - first) / DAY).toBe(9);
  await cloud.advance(3 * DAY);
  expect(await read(at)).toBe("reel");
});

behaviour("restoring after expiry answers 202", RESTORING, async () => {
  const at = await object("GLACIER");
  await restore(at, tier("Expedited", 1));
  await cloud.advance(3 * DAY);
  expect((await restore(at, { Days: 1 })).$metadata.httpStatusCode).toBe(202);
});

behaviour("a restored object keeps its storage class", RESTORING, async () => {
  const at = await object("GLACIER");
  await restore(at, tier("Expedited", 1));
  await cloud.advance(5 * MINUTE);
  expect((await head(at)).StorageClass).toBe("GLACIER");
});

behaviour("copying a restored object onto itself makes it permanent", RESTORING, async () => {
  const at = await object("GLACIER");
  await restore(at, tier("Expedited", 1));
  await cloud.advance(5 * MINUTE);
  const CopySource = `${at.Bucket}/${at.Key}`;
  await s3().send(new CopyObjectCommand({ ...at, CopySource, StorageClass: "STANDARD" }));
  await cloud.advance(5 * DAY);
  expect(await read(at)).toBe("reel");
  const { StorageClass, Restore } = await head(at);
  expect({ StorageClass, Restore }).toEqual({ StorageClass: undefined, Restore: undefined });
});

for (const name of ["STANDARD", "STANDARD_IA", "GLACIER_IR"]) {
  behaviour(`RestoreObject is refused in ${name}`, api("RestoreObject"), async () => {
    await expect(restore(await object(name), { Days: 1 })).rejects.toMatchObject({
      name: "InvalidObjectState",
      message: "Restore is not allowed for the object's current storage class",
      StorageClass: name,
      $metadata: { httpStatusCode: 403 },
    });
  });
}

for (const [what, request] of [
  ["without days", {}],
  ["with an unknown tier", tier("Tomorrow", 1)],
] as const) {
  behaviour(`a restore ${what} is MalformedXML`, api("RestoreRequest"), async () => {
    await expect(restore(await object("GLACIER"), request)).rejects.toMatchObject({ name: "MalformedXML" });
  });
}

behaviour("a restore is for at least one day", api("RestoreRequest"), async () => {
  await expect(restore(await object("GLACIER"), { Days: 0 })).rejects.toMatchObject({
    name: "InvalidArgument",
    $metadata: { httpStatusCode: 400 },
  });
});

behaviour("RestoreObject of a missing object fails", api("RestoreObject"), async () => {
  const at = await object("GLACIER");
  await expect(restore({ ...at, Key: "other" }, { Days: 1 })).rejects.toMatchObject({ name: "NoSuchKey" });
});

behaviour("restores in INTELLIGENT_TIERING have no days", api("RestoreRequest"), async () => {
  await expect(restore(await object("INTELLIGENT_TIERING"), { Days: 1 })).rejects.toMatchObject({
    name: "InvalidArgument",
    message:
      "INTELLIGENT_TIERING objects are not subject to restore expiry. Do not specify Days when restoring this object",
  });
});

behaviour(
  "RestoreObject is refused in an active tier of INTELLIGENT_TIERING",
  api("RestoreObject"),
  async () => {
    await expect(restore(await object("INTELLIGENT_TIERING"), {})).rejects.toMatchObject({
      name: "ObjectAlreadyInActiveTierError",
      $metadata: { httpStatusCode: 403 },
    });
  },
);

behaviour("listings report the restore status on request", api("RestoreStatus"), async () => {
  const at = await object("GLACIER");
  await restore(at, tier("Expedited", 1));
  const list = async () => {
    const { Contents } = await s3().send(
      new ListObjectsV2Command({ Bucket: at.Bucket, OptionalObjectAttributes: ["RestoreStatus"] }),
    );
    return Contents![0]!.RestoreStatus;
  };
  expect(await list()).toEqual({ IsRestoreInProgress: true });
  await cloud.advance(5 * MINUTE);
  const status = await list();
  expect(status).toMatchObject({ IsRestoreInProgress: false, RestoreExpiryDate: expect.any(Date) });
  const input = { Bucket: at.Bucket, OptionalObjectAttributes: ["RestoreStatus" as const] };
  const { Versions } = await s3().send(new ListObjectVersionsCommand(input));
  expect(Versions).toMatchObject([{ RestoreStatus: status }]);
  const { Contents } = await s3().send(new ListObjectsV2Command({ Bucket: at.Bucket }));
  expect(Contents![0]).not.toHaveProperty("RestoreStatus");
});

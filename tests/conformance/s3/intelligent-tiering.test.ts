import {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteBucketIntelligentTieringConfigurationCommand,
  GetBucketIntelligentTieringConfigurationCommand,
  GetObjectCommand,
  type IntelligentTieringConfiguration,
  ListBucketIntelligentTieringConfigurationsCommand,
  PutBucketIntelligentTieringConfigurationCommand,
  RestoreObjectCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { behaviour, doc } from "../cloud.ts";
import { api, bucket, cloud, DAY, HOUR, head, large, put, s3 } from "./aging.ts";

const TIERING = doc("AmazonS3/latest/userguide/intelligent-tiering-overview.html");

const tiers = (Bucket: string, given: Partial<IntelligentTieringConfiguration> = {}) =>
  s3().send(
    new PutBucketIntelligentTieringConfigurationCommand({
      Bucket,
      Id: given.Id ?? "cold",
      IntelligentTieringConfiguration: {
        Id: "cold",
        Status: "Enabled",
        Tierings: [{ AccessTier: "ARCHIVE_ACCESS", Days: 90 }],
        ...given,
      },
    }),
  );

behaviour(
  "a tiering configuration is returned as it was put",
  api("GetBucketIntelligentTieringConfiguration"),
  async () => {
    const Bucket = await bucket([]);
    const given: IntelligentTieringConfiguration = {
      Id: "cold",
      Filter: { And: { Prefix: "a", Tags: [{ Key: "k", Value: "v" }] } },
      Status: "Disabled",
      Tierings: [
        { AccessTier: "ARCHIVE_ACCESS", Days: 100 },
        { AccessTier: "DEEP_ARCHIVE_ACCESS", Days: 200 },
      ],
    };
    await tiers(Bucket, given);
    const get = new GetBucketIntelligentTieringConfigurationCommand({ Bucket, Id: "cold" });
    expect((await s3().send(get)).IntelligentTieringConfiguration).toEqual(given);
    const list = new ListBucketIntelligentTieringConfigurationsCommand({ Bucket });
    expect(await s3().send(list)).toMatchObject({
      IsTruncated: false,
      IntelligentTieringConfigurationList: [given],
    });
    await s3().send(new DeleteBucketIntelligentTieringConfigurationCommand({ Bucket, Id: "cold" }));
    await expect(s3().send(get)).rejects.toMatchObject({
      name: "NoSuchConfiguration",
      $metadata: { httpStatusCode: 404 },
    });
  },
);

for (const [what, Tierings] of [
  ["the archive tier before 90 days", [{ AccessTier: "ARCHIVE_ACCESS", Days: 89 }]],
  ["the deep archive tier before 180 days", [{ AccessTier: "DEEP_ARCHIVE_ACCESS", Days: 179 }]],
  ["a tier after two years", [{ AccessTier: "ARCHIVE_ACCESS", Days: 731 }]],
] as [string, IntelligentTieringConfiguration["Tierings"]][]) {
  behaviour(`a configuration with ${what} is refused`, api("Tiering"), async () => {
    const refused = tiers(await bucket([]), { Tierings });
    await expect(refused).rejects.toMatchObject({
      name: "InvalidArgument",
      $metadata: { httpStatusCode: 400 },
    });
  });
}

behaviour(
  "an object that is not read moves to the archive tier, and returns to the frequent tier after a restore",
  TIERING,
  async () => {
    const Bucket = await bucket([]);
    await tiers(Bucket);
    for (const Key of ["quiet", "read"])
      await put(Bucket, Key, { Body: large, StorageClass: "INTELLIGENT_TIERING" });
    await put(Bucket, "small", { StorageClass: "INTELLIGENT_TIERING" });
    const read = async (Key: string) => {
      const { Body } = await s3().send(new GetObjectCommand({ Bucket, Key }));
      return (await Body!.transformToString()).length;
    };
    await cloud.advance(60 * DAY);
    await read("read");
    await cloud.advance(40 * DAY);
    expect((await head(Bucket, "small")).ArchiveStatus).toBeUndefined();
    expect(await read("read")).toBe(large.length);
    expect(await head(Bucket, "quiet")).toMatchObject({
      StorageClass: "INTELLIGENT_TIERING",
      ArchiveStatus: "ARCHIVE_ACCESS",
    });
    await expect(read("quiet")).rejects.toMatchObject({
      name: "InvalidObjectState",
      StorageClass: "INTELLIGENT_TIERING",
      AccessTier: "ARCHIVE_ACCESS",
    });
    const restore = { Bucket, Key: "quiet", RestoreRequest: {} };
    expect((await s3().send(new RestoreObjectCommand(restore))).$metadata.httpStatusCode).toBe(202);
    expect((await head(Bucket, "quiet")).Restore).toBe('ongoing-request="true"');
    await cloud.advance(5 * HOUR);
    expect(await read("quiet")).toBe(large.length);
    const { Restore, ArchiveStatus } = await head(Bucket, "quiet");
    expect({ Restore, ArchiveStatus }).toEqual({ Restore: undefined, ArchiveStatus: undefined });
    await cloud.advance(60 * DAY);
    expect(await read("quiet")).toBe(large.length);
  },
);

behaviour("reads before the archive tiers were configured count as access", TIERING, async () => {
  const Bucket = await bucket([]);
  for (const Key of ["quiet", "read"])
    await put(Bucket, Key, { Body: large, StorageClass: "INTELLIGENT_TIERING" });
  await cloud.advance(60 * DAY);
  const { Body } = await s3().send(new GetObjectCommand({ Bucket, Key: "read" }));
  await Body!.transformToString();
  await cloud.advance(40 * DAY);
  await tiers(Bucket);
  await cloud.advance(DAY);
  expect((await head(Bucket, "quiet")).ArchiveStatus).toBe("ARCHIVE_ACCESS");
  expect((await head(Bucket, "read")).ArchiveStatus).toBeUndefined();
});

behaviour("copying an object or a part of it counts as access", TIERING, async () => {
  const Bucket = await bucket([]);
  await tiers(Bucket);
  for (const Key of ["copied", "copied in part", "quiet"])
    await put(Bucket, Key, { Body: large, StorageClass: "INTELLIGENT_TIERING" });
  await cloud.advance(60 * DAY);
  await s3().send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/copied` }));
  const to = { Bucket, Key: "parts" };
  const { UploadId } = await s3().send(new CreateMultipartUploadCommand(to));
  const CopySource = `${Bucket}/copied%20in%20part`;
  await s3().send(new UploadPartCopyCommand({ ...to, UploadId, PartNumber: 1, CopySource }));
  await cloud.advance(40 * DAY);
  const tierOf = async (key: string) => (await head(Bucket, key)).ArchiveStatus;
  expect(await tierOf("copied")).toBeUndefined();
  expect(await tierOf("copied in part")).toBeUndefined();
  expect(await tierOf("quiet")).toBe("ARCHIVE_ACCESS");
});

behaviour(
  "an object that a lifecycle rule moves to INTELLIGENT_TIERING starts in the frequent tier",
  TIERING,
  async () => {
    const Bucket = await bucket([{ Transitions: [{ Days: 60, StorageClass: "INTELLIGENT_TIERING" }] }]);
    await tiers(Bucket);
    await put(Bucket, "k", { Body: large });
    await cloud.advance(100 * DAY);
    const { StorageClass, ArchiveStatus } = await head(Bucket);
    expect({ StorageClass, ArchiveStatus }).toEqual({
      StorageClass: "INTELLIGENT_TIERING",
      ArchiveStatus: undefined,
    });
    await cloud.advance(60 * DAY);
    expect((await head(Bucket)).ArchiveStatus).toBe("ARCHIVE_ACCESS");
  },
);

import { describe, expect, test } from "vitest";
import { rootOf } from "#kernel/calls/principal.ts";
import { TEST_START, testCloud } from "#kernel/testing.ts";
import { s3 as service } from "../service.ts";
import { isBucketName } from "./names.ts";

const OWNER = "000000000000";

async function inRegion(region: string, account = OWNER) {
  const cloud = await testCloud([service]);
  return { ...cloud, s3: cloud.as(rootOf(account), { region }).s3 };
}

test.each([
  ["abc", true],
  ["my-bucket.2", true],
  ["0".repeat(63), true],
  ["ab", false],
  ["0".repeat(64), false],
  ["Abc", false],
  ["a_c", false],
  ["-bc", false],
  ["ab-", false],
  ["a..c", false],
  ["192.168.0.1", false],
  ["xn--abc", false],
  ["abc-s3alias", false],
  ["abc--x-s3", false],
])("%s: %s", (name, good) => {
  expect(isBucketName(name)).toBe(good);
});

describe("a bucket", () => {
  test("is created, found and deleted", async () => {
    const { s3, close } = await inRegion("us-east-1");
    expect(await s3.CreateBucket({ Bucket: "photos" })).toEqual({
      Location: "/photos",
      BucketArn: "arn:aws:s3:::photos",
    });
    expect(await s3.HeadBucket({ Bucket: "photos" })).toMatchObject({ BucketRegion: "us-east-1" });
    expect(await s3.GetBucketLocation({ Bucket: "photos" })).toEqual({});
    await s3.DeleteBucket({ Bucket: "photos" });
    await expect(s3.HeadBucket({ Bucket: "photos" })).rejects.toMatchObject({
      code: "NoSuchBucket",
      status: 404,
    });
    await close();
  });

  test("cannot be deleted while a version remains", async () => {
    const { s3, close } = await inRegion("us-east-1");
    await s3.CreateBucket({ Bucket: "photos" });
    await s3.PutObject({ Bucket: "photos", Key: "k" });
    await expect(s3.DeleteBucket({ Bucket: "photos" })).rejects.toMatchObject({
      code: "BucketNotEmpty",
      status: 409,
    });
    await s3.PutBucketVersioning({ Bucket: "photos", VersioningConfiguration: { Status: "Enabled" } });
    const { VersionId } = await s3.DeleteObject({ Bucket: "photos", Key: "k" });
    await s3.DeleteObject({ Bucket: "photos", Key: "k", VersionId: "null" });
    await expect(s3.DeleteBucket({ Bucket: "photos" })).rejects.toMatchObject({
      message: "The bucket you tried to delete is not empty. You must delete all versions in the bucket.",
    });
    await s3.DeleteObject({ Bucket: "photos", Key: "k", VersionId });
    await s3.DeleteBucket({ Bucket: "photos" });
    await close();
  });

  test("has no settings of a deleted bucket of the same name", async () => {
    const { s3, advance, close } = await inRegion("us-east-1");
    await s3.CreateBucket({ Bucket: "photos" });
    await s3.CreateMultipartUpload({ Bucket: "photos", Key: "k" });
    await s3.DeleteBucket({ Bucket: "photos" });
    await s3.CreateBucket({ Bucket: "photos" });
    expect((await s3.ListMultipartUploads({ Bucket: "photos" })).Uploads ?? []).toEqual([]);
    await advance("1m");
    expect((await s3.ListMultipartUploads({ Bucket: "photos" })).Uploads ?? []).toEqual([]);
    await close();
  });

  test("has a globally unique name", async () => {
    const { s3, as, close } = await inRegion("us-east-1");
    await s3.CreateBucket({ Bucket: "photos" });
    await expect(s3.CreateBucket({ Bucket: "photos" })).resolves.toBeDefined();
    await expect(as(rootOf(OWNER), { region: "eu-west-1" }).s3.CreateBucket(inEurope)).rejects.toMatchObject({
      code: "BucketAlreadyOwnedByYou",
      status: 409,
    });
    const otherAccount = as(rootOf("111122223333")).s3;
    await expect(otherAccount.CreateBucket({ Bucket: "photos" })).rejects.toMatchObject({
      code: "BucketAlreadyExists",
      members: { BucketName: "photos" },
    });
    expect((await otherAccount.ListBuckets({})).Buckets).toEqual([]);
    await close();
  });
});

const inEurope = {
  Bucket: "photos",
  CreateBucketConfiguration: { LocationConstraint: "eu-west-1" },
} as const;

test.each([
  ["us-east-1", undefined, "us-east-1"],
  ["us-east-1", "eu-central-1", "eu-central-1"],
  ["us-east-1", "us-east-1", "InvalidLocationConstraint"],
  ["us-east-1", "nowhere", "InvalidLocationConstraint"],
  ["eu-west-1", "eu-west-1", "eu-west-1"],
  ["eu-west-1", "EU", "eu-west-1"],
  ["eu-west-1", undefined, "IllegalLocationConstraintException"],
  ["eu-west-1", "eu-central-1", "IllegalLocationConstraintException"],
])("CreateBucket in %s with constraint %s: %s", async (region, constraint, outcome) => {
  const { s3, close } = await inRegion(region);
  const made = s3.CreateBucket({
    Bucket: "photos",
    CreateBucketConfiguration: { LocationConstraint: constraint as "eu-west-1" },
  });
  if (/^[A-Z]/.test(outcome)) {
    await expect(made).rejects.toMatchObject({ code: outcome });
  } else {
    await made;
    expect(await s3.HeadBucket({ Bucket: "photos" })).toMatchObject({ BucketRegion: outcome });
  }
  await close();
});

test.each([
  [{ ACL: "public-read" }, "InvalidBucketAclWithObjectOwnership"],
  [{ ObjectOwnership: "ObjectWriter", ACL: "public-read" }, "InvalidBucketAclWithBlockPublicAccessError"],
  [{ Bucket: "Photos" }, "InvalidBucketName"],
] as const)("%o is refused", async (members, code) => {
  const { s3, close } = await inRegion("us-east-1");
  await expect(s3.CreateBucket({ Bucket: "photos", ...members })).rejects.toMatchObject({ code });
  await close();
});

test("ListBuckets sorts by name, pages, and filters by prefix and Region", async () => {
  const { s3, close } = await inRegion("us-east-1");
  for (const Bucket of ["bbb", "aaa", "abc"]) await s3.CreateBucket({ Bucket });
  await s3.CreateBucket({ Bucket: "ccc", CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } });
  const names = (answer: { Buckets?: { Name?: string }[] }) => answer.Buckets!.map(({ Name }) => Name);

  const all = await s3.ListBuckets({});
  expect(names(all)).toEqual(["aaa", "abc", "bbb", "ccc"]);
  expect(all.Buckets![0]).toEqual({
    Name: "aaa",
    CreationDate: new Date(TEST_START),
    BucketArn: "arn:aws:s3:::aaa",
  });
  expect(all.Owner!.ID).toMatch(/^[0-9a-f]{64}$/);

  const first = await s3.ListBuckets({ MaxBuckets: 3 });
  expect(names(first)).toEqual(["aaa", "abc", "bbb"]);
  const rest = await s3.ListBuckets({ MaxBuckets: 3, ContinuationToken: first.ContinuationToken });
  expect(names(rest)).toEqual(["ccc"]);
  expect(rest.ContinuationToken).toBeUndefined();
  expect(names(await s3.ListBuckets({ MaxBuckets: 4 }))).toHaveLength(4);

  expect(names(await s3.ListBuckets({ Prefix: "a" }))).toEqual(["aaa", "abc"]);
  const ofHome = await s3.ListBuckets({ BucketRegion: "us-east-1" });
  expect(names(ofHome)).toEqual(["aaa", "abc", "bbb"]);
  expect(ofHome.Buckets![0]).toMatchObject({ BucketRegion: "us-east-1" });
  await expect(s3.ListBuckets({ MaxBuckets: 0 })).rejects.toMatchObject({ code: "InvalidArgument" });
  await expect(s3.ListBuckets({ ContinuationToken: "%" })).rejects.toMatchObject({ code: "InvalidArgument" });
  await close();
});

test("versioning is off by default, and can only be suspended once enabled", async () => {
  const { s3, close } = await inRegion("us-east-1");
  await s3.CreateBucket({ Bucket: "photos" });
  const put = (VersioningConfiguration: object) =>
    s3.PutBucketVersioning({ Bucket: "photos", VersioningConfiguration });
  expect(await s3.GetBucketVersioning({ Bucket: "photos" })).toEqual({});
  await put({ Status: "Enabled" });
  expect(await s3.GetBucketVersioning({ Bucket: "photos" })).toEqual({ Status: "Enabled" });
  await expect(put({})).rejects.toMatchObject({ code: "IllegalVersioningConfigurationException" });
  await expect(put({ Status: "Off" })).rejects.toMatchObject({ code: "MalformedXML" });
  await expect(put({ Status: "Enabled", MFADelete: "Enabled" })).rejects.toMatchObject({ status: 501 });
  await close();
});

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DURABLE, onStores } from "../stores.ts";
import { type Cli, cli } from "./cli.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nube-s3api-"));
  await writeFile(join(folder, "one"), "one");
  await writeFile(join(folder, "two"), "two!");
  await writeFile(join(folder, "part"), Buffer.alloc(5 * 2 ** 20, "p"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

onStores(DURABLE, (cloud) => {
  let aws: Cli;
  /** Runs an `s3api` command on an object of a bucket. */
  const call = (operation: string, bucket: string, key: string | undefined, ...more: string[]) =>
    aws.json("s3api", operation, "--bucket", bucket, ...(key === undefined ? [] : ["--key", key]), ...more);
  const refused = (operation: string, bucket: string, key: string, ...more: string[]) =>
    aws.refused("s3api", operation, "--bucket", bucket, "--key", key, ...more);

  beforeAll(async () => {
    aws = cli(cloud(), folder);
    await call("create-bucket", "plain", undefined);
  });

  test("buckets return Region, owner and tags", async () => {
    const europe = "LocationConstraint=eu-west-1";
    const made = await call("create-bucket", "europe", undefined, "--create-bucket-configuration", europe);
    expect(made.Location).toContain("europe");
    const location = await call("get-bucket-location", "europe", undefined);
    expect(location).toEqual({ LocationConstraint: "eu-west-1" });
    const tagging = "TagSet=[{Key=team,Value=a b}]";
    await call("put-bucket-tagging", "europe", undefined, "--tagging", tagging);
    const tags = await call("get-bucket-tagging", "europe", undefined);
    expect(tags.TagSet).toEqual([{ Key: "team", Value: "a b" }]);
    const { Buckets, Owner } = await aws.json("s3api", "list-buckets", "--prefix", "eu");
    expect([Buckets.map(({ Name }: { Name: string }) => Name), Owner.ID]).toEqual([
      ["europe"],
      expect.stringMatching(/^[0-9a-f]{64}$/),
    ]);
    const taken = await aws.refused("s3api", "create-bucket", "--bucket", "europe", "--region", "eu-west-1");
    expect(taken).toMatch(/\((BucketAlreadyOwnedByYou|IllegalLocationConstraintException)\)/);
    await call("delete-bucket", "europe", undefined);
    expect(await aws.refused("s3api", "head-bucket", "--bucket", "europe")).toContain("(404)");
  });

  test("an object's headers, metadata, tags and checksum are returned", async () => {
    await call(
      "put-object",
      "plain",
      "k",
      ...["--body", "one", "--content-type", "text/x", "--metadata", "A=1,b=2", "--tagging", "x=1&y=%20"],
      ...["--checksum-algorithm", "SHA256", "--cache-control", "no-store", "--storage-class", "STANDARD_IA"],
    );
    const head = await call("head-object", "plain", "k", "--checksum-mode", "ENABLED");
    expect(head).toMatchObject({
      ContentLength: 3,
      ContentType: "text/x",
      CacheControl: "no-store",
      StorageClass: "STANDARD_IA",
      Metadata: { a: "1", b: "2" },
      ETag: '"f97c5d29941bfb1b2fdab0874906ab82"',
      ChecksumSHA256: "dpLDrTVAu4A8Ags67mbNiIcSMjTqDG5xQ8Ct1z/0Me0=",
    });
    const { TagSet } = await call("get-object-tagging", "plain", "k");
    expect(TagSet).toEqual([
      { Key: "x", Value: "1" },
      { Key: "y", Value: " " },
    ]);
    const attributes = ["--object-attributes", "ETag", "Checksum", "ObjectSize", "StorageClass"];
    expect(await call("get-object-attributes", "plain", "k", ...attributes)).toMatchObject({
      ETag: "f97c5d29941bfb1b2fdab0874906ab82",
      Checksum: { ChecksumSHA256: head.ChecksumSHA256 },
      ObjectSize: 3,
      StorageClass: "STANDARD_IA",
    });
  });

  test("conditional writes and reads are evaluated", async () => {
    await call("put-object", "plain", "c", "--body", "one", "--if-none-match", "*");
    const again = await refused("put-object", "plain", "c", "--body", "two", "--if-none-match", "*");
    expect(again).toContain("(PreconditionFailed)");
    const { ETag } = await call("head-object", "plain", "c");
    await call("put-object", "plain", "c", "--body", "two", "--if-match", ETag);
    const stale = await refused("put-object", "plain", "c", "--body", "one", "--if-match", ETag);
    expect(stale).toContain("(PreconditionFailed)");
    await call("get-object", "plain", "c", "--range", "bytes=1-2", "out");
    expect(await readFile(join(folder, "out"), "utf8")).toBe("wo");
    expect(await refused("get-object", "plain", "c", "--range", "bytes=9-", "out")).toContain(
      "(InvalidRange)",
    );
  });

  test("versions and delete markers are listed, and deleting a marker restores the object", async () => {
    await call("create-bucket", "versions", undefined);
    const on = ["--versioning-configuration", "Status=Enabled"];
    await call("put-bucket-versioning", "versions", undefined, ...on);
    expect(await call("get-bucket-versioning", "versions", undefined)).toEqual({ Status: "Enabled" });
    const first = await call("put-object", "versions", "k", "--body", "one");
    const second = await call("put-object", "versions", "k", "--body", "two");
    const marker = await call("delete-object", "versions", "k");
    expect(marker.DeleteMarker).toBe(true);
    expect(await refused("get-object", "versions", "k", "out")).toContain("(NoSuchKey)");
    const { Versions, DeleteMarkers } = await call("list-object-versions", "versions", undefined);
    expect(Versions.map((v: { VersionId: string }) => v.VersionId)).toEqual([
      second.VersionId,
      first.VersionId,
    ]);
    expect(DeleteMarkers).toMatchObject([{ VersionId: marker.VersionId, IsLatest: true }]);
    await call("get-object", "versions", "k", "--version-id", first.VersionId, "out");
    expect(await readFile(join(folder, "out"), "utf8")).toBe("one");
    await call("delete-object", "versions", "k", "--version-id", marker.VersionId);
    await call("get-object", "versions", "k", "out");
    expect(await readFile(join(folder, "out"), "utf8")).toBe("two!");
  });

  test("a multipart upload is created, listed and completed", async () => {
    const { UploadId } = await call("create-multipart-upload", "plain", "parts");
    const at = ["--upload-id", UploadId];
    const { Uploads } = await call("list-multipart-uploads", "plain", undefined);
    expect(Uploads).toMatchObject([{ Key: "parts", UploadId }]);
    const part = (n: number, body: string) =>
      call("upload-part", "plain", "parts", ...at, "--part-number", String(n), "--body", body);
    const [one, two] = await Promise.all([part(1, "part"), part(2, "two")]);
    const { Parts } = await call("list-parts", "plain", "parts", ...at);
    expect(Parts).toMatchObject([
      { PartNumber: 1, Size: 5 * 2 ** 20, ETag: one.ETag },
      { PartNumber: 2, Size: 4, ETag: two.ETag },
    ]);
    const list = `Parts=[{ETag=${one.ETag},PartNumber=1},{ETag=${two.ETag},PartNumber=2}]`;
    const done = await call("complete-multipart-upload", "plain", "parts", ...at, "--multipart-upload", list);
    expect(done.ETag).toMatch(/-2"$/);
    await call("get-object", "plain", "parts", "--part-number", "2", "out");
    expect(await readFile(join(folder, "out"), "utf8")).toBe("two!");
  });

  test("a multipart upload is aborted", async () => {
    const { UploadId } = await call("create-multipart-upload", "plain", "given-up");
    await call("abort-multipart-upload", "plain", "given-up", "--upload-id", UploadId);
    const gone = await refused("list-parts", "plain", "given-up", "--upload-id", UploadId);
    expect(gone).toContain("(NoSuchUpload)");
  });

  test("listings page, and support prefixes and keys that are special in XML and URLs", async () => {
    await call("create-bucket", "pages", undefined);
    const names = ["a&b", "a/1", "a/2", "a<b>", "b+ c", "b/%2F", "ü/名", "z"];
    for (const name of names) await call("put-object", "pages", name, "--body", "one");
    const keys = async (...more: string[]) =>
      (await call("list-objects-v2", "pages", undefined, ...more)).Contents.map(
        (o: { Key: string }) => o.Key,
      );
    const inOrder = ["a&b", "a/1", "a/2", "a<b>", "b+ c", "b/%2F", "z", "ü/名"];
    expect(await keys("--page-size", "3")).toEqual(inOrder);
    expect(await keys("--prefix", "a/")).toEqual(["a/1", "a/2"]);
    expect(await keys("--start-after", "b+ c")).toEqual(inOrder.slice(5));
    const level = await call("list-objects", "pages", undefined, "--delimiter", "/", "--page-size", "2");
    expect(level.CommonPrefixes.map(({ Prefix }: { Prefix: string }) => Prefix)).toEqual(["a/", "b/", "ü/"]);
    const all = `Objects=[${names.map((name) => `{Key="${name}"}`).join(",")}],Quiet=true`;
    expect(await call("delete-objects", "pages", undefined, "--delete", all)).toBeUndefined();
    expect((await call("list-objects-v2", "pages", undefined)).Contents).toBeUndefined();
  });
});

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestCloud, testCloud } from "#kernel/testing.ts";
import type { KeyValueStore } from "#storage/kv/kv.ts";
import { openMemory } from "#storage/kv/memory.ts";
import { s3 as service } from "../service.ts";

let cloud: TestCloud;
let s3: TestCloud["aws"]["s3"];
let made = 0;
let rowsRead = 0;
beforeAll(async () => {
  const store = openMemory();
  const counting: KeyValueStore = {
    ...store,
    async range(range) {
      const rows = await store.range(range);
      rowsRead += rows.length;
      return rows;
    },
  };
  cloud = await testCloud([service], { store: counting });
  s3 = cloud.aws.s3;
});
afterAll(() => cloud.close());

async function bucketWith(keys: readonly string[], versioning?: "Enabled"): Promise<string> {
  const Bucket = `bucket-${++made}`;
  await s3.CreateBucket({ Bucket });
  if (versioning) await s3.PutBucketVersioning({ Bucket, VersioningConfiguration: { Status: versioning } });
  for (const Key of keys) await s3.PutObject({ Bucket, Key });
  return Bucket;
}

/**
 * Only a few pieces, so that prefixes and delimiters coincide. The order of some
 * differs between UTF-16 and UTF-8.
 */
const piece = fc.constantFrom("a", "b", "/", "//", "-", " ", "é", "\uffff", "😀", "\u0000", "a/b");
const text = (least: number, most: number) =>
  fc.array(piece, { minLength: least, maxLength: most }).map((pieces) => pieces.join(""));
const keys = fc.uniqueArray(text(1, 5), { maxLength: 40 });
const delimiter = fc.constantFrom("", "/", "//", "-", "a", "b/", "😀");
const size = fc.constantFrom(1, 2, 3, 7, 1_000);
const runs = { numRuns: 150 };

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** A model of a listing by its definition: keys and common prefixes in one order. */
function modelOf(keys: readonly string[], prefix: string, delimiter: string): string[] {
  const shown = keys
    .filter((key) => key.startsWith(prefix))
    .map((key) => {
      const at = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
      return at < 0 ? `key ${key}` : `prefix ${key.slice(0, at + delimiter.length)}`;
    });
  return [...new Set(shown)].sort((a, b) => byBytes(a.replace(/^\w+ /, ""), b.replace(/^\w+ /, "")));
}

interface Shown {
  Contents?: { Key?: string }[];
  CommonPrefixes?: { Prefix?: string }[];
}

const inOrder = ({ Contents = [], CommonPrefixes = [] }: Shown) =>
  [...Contents.map((c) => `key ${c.Key}`), ...CommonPrefixes.map((p) => `prefix ${p.Prefix}`)].sort((a, b) =>
    byBytes(a.replace(/^\w+ /, ""), b.replace(/^\w+ /, "")),
  );

describe("objects", () => {
  test("all pages of ListObjectsV2 together match the model", async () => {
    await fc.assert(
      fc.asyncProperty(keys, text(0, 2), delimiter, size, async (names, Prefix, Delimiter, MaxKeys) => {
        const Bucket = await bucketWith(names);
        const found: string[] = [];
        for (let ContinuationToken: string | undefined; ; ) {
          const page = await s3.ListObjectsV2({ Bucket, Prefix, Delimiter, MaxKeys, ContinuationToken });
          const shown = inOrder(page);
          expect(page.KeyCount).toBe(shown.length);
          expect(page.IsTruncated ? shown.length : MaxKeys).toBe(MaxKeys);
          found.push(...shown);
          ContinuationToken = page.NextContinuationToken;
          if (!ContinuationToken) break;
        }
        expect(found).toEqual(modelOf(names, Prefix, Delimiter));
      }),
      runs,
    );
  });

  test("all pages of ListObjects together match the model, continued by NextMarker or the last key", async () => {
    await fc.assert(
      fc.asyncProperty(keys, text(0, 2), delimiter, size, async (names, Prefix, Delimiter, MaxKeys) => {
        const Bucket = await bucketWith(names);
        const found: string[] = [];
        for (let Marker: string | undefined; ; ) {
          const page = await s3.ListObjects({ Bucket, Prefix, Delimiter, MaxKeys, Marker });
          found.push(...inOrder(page));
          if (!page.IsTruncated) break;
          expect(page.NextMarker === undefined).toBe(Delimiter === "");
          Marker = page.NextMarker ?? page.Contents!.at(-1)!.Key!;
        }
        expect(found).toEqual(modelOf(names, Prefix, Delimiter));
      }),
      runs,
    );
  });

  test("StartAfter within a common prefix still returns the rest of the prefix", async () => {
    await fc.assert(
      fc.asyncProperty(
        keys,
        text(0, 2),
        delimiter,
        text(1, 4),
        async (names, Prefix, Delimiter, StartAfter) => {
          const Bucket = await bucketWith(names);
          const page = await s3.ListObjectsV2({ Bucket, Prefix, Delimiter, StartAfter });
          const behind = names.filter((name) => byBytes(name, StartAfter) > 0);
          expect(inOrder(page)).toEqual(modelOf(behind, Prefix, Delimiter));
        },
      ),
      runs,
    );
  });

  test("a common prefix costs one seek, however many keys it has", async () => {
    const Bucket = await bucketWith(Array.from({ length: 900 }, (_, i) => `${i % 3}/${i}`));
    const before = rowsRead;
    const page = await s3.ListObjectsV2({ Bucket, Delimiter: "/" });
    expect(page).toMatchObject({
      KeyCount: 3,
      CommonPrefixes: ["0/", "1/", "2/"].map((Prefix) => ({ Prefix })),
    });
    expect(rowsRead - before).toBeLessThan(60);
  });

  test("a page reads one row more than it returns", async () => {
    const Bucket = await bucketWith(Array.from({ length: 2_500 }, (_, i) => `${i}`));
    for (const [Delimiter, MaxKeys] of [
      ["", 1_000],
      ["/", 1_000],
      ["", 10],
      ["/", 10],
    ] as const) {
      const before = rowsRead;
      expect(await s3.ListObjectsV2({ Bucket, Delimiter, MaxKeys })).toMatchObject({ IsTruncated: true });
      expect(rowsRead - before).toBe(MaxKeys + 1);
    }
  });

  test("keys behind a long run of delete markers are found", async () => {
    const Bucket = await bucketWith([], "Enabled");
    for (let batch = 0; batch < 6; batch++) {
      const Objects = Array.from({ length: 1_000 }, (_, i) => ({ Key: `gone/${batch}/${i}` }));
      await s3.DeleteObjects({ Bucket, Delete: { Objects, Quiet: true } });
    }
    await s3.PutObject({ Bucket, Key: "here" });
    const page = await s3.ListObjectsV2({ Bucket, MaxKeys: 1 });
    expect(page).toMatchObject({ IsTruncated: false, Contents: [{ Key: "here" }] });
    expect(await s3.ListObjectsV2({ Bucket, Delimiter: "/" })).toMatchObject({
      CommonPrefixes: [],
      KeyCount: 1,
    });
  });

  test("encoding-type=url encodes every key, prefix and marker as AWS does", async () => {
    const Bucket = await bucketWith(["a b.txt", "a+b.txt", "100%.csv", "한글/x.txt", "run books/x(1)*~.txt"]);
    const page = await s3.ListObjectsV2({ Bucket, EncodingType: "url", StartAfter: "1 0" });
    expect(page.Contents!.map((c) => c.Key)).toEqual([
      "100%25.csv",
      "a+b.txt",
      "a%2Bb.txt",
      "run+books/x%281%29*%7E.txt",
      "%ED%95%9C%EA%B8%80/x.txt",
    ]);
    expect(page).toMatchObject({ EncodingType: "url", StartAfter: "1+0" });
    const prefixes = await s3.ListObjects({ Bucket, EncodingType: "url", Delimiter: "s/", MaxKeys: 4 });
    expect(prefixes).toMatchObject({ NextMarker: "run+books/", CommonPrefixes: [{ Prefix: "run+books/" }] });
  });

  test("invalid parameters are refused with AWS's messages", async () => {
    const Bucket = await bucketWith(["a"]);
    await expect(s3.ListObjectsV2({ Bucket, MaxKeys: -1 })).rejects.toMatchObject({
      code: "InvalidArgument",
      message: "Argument maxKeys must be an integer between 0 and 2147483647",
      members: { ArgumentName: "maxKeys", ArgumentValue: "-1" },
    });
    await expect(s3.ListObjects({ Bucket, EncodingType: "base64" as "url" })).rejects.toMatchObject({
      message: "Invalid Encoding Method specified in Request",
      members: { ArgumentName: "encoding-type", ArgumentValue: "base64" },
    });
    for (const ContinuationToken of ["", "nonsense"]) {
      await expect(s3.ListObjectsV2({ Bucket, ContinuationToken })).rejects.toMatchObject({
        message: "The continuation token provided is incorrect",
        members: { ArgumentName: "continuation-token" },
      });
    }
    await expect(s3.ListObjectsV2({ Bucket: "absent" })).rejects.toMatchObject({ code: "NoSuchBucket" });
  });

  test("max-keys of 0 returns nothing, and the maximum is a thousand", async () => {
    const Bucket = await bucketWith(["a"]);
    const none = await s3.ListObjectsV2({ Bucket, MaxKeys: 0 });
    expect(none).toMatchObject({ MaxKeys: 0, KeyCount: 0, IsTruncated: false, Contents: [] });
    const many = await bucketWith(Array.from({ length: 1_001 }, (_, i) => `${i}`));
    const page = await s3.ListObjectsV2({ Bucket: many, MaxKeys: 5_000 });
    expect(page).toMatchObject({ MaxKeys: 5_000, KeyCount: 1_000, IsTruncated: true });
  });

  test("owners are always returned by ListObjects, and on request by ListObjectsV2", async () => {
    const Bucket = await bucketWith(["a"]);
    const owner = expect.objectContaining({ Owner: { ID: expect.stringMatching(/^[0-9a-f]{64}$/) } });
    expect((await s3.ListObjects({ Bucket })).Contents).toEqual([owner]);
    expect((await s3.ListObjectsV2({ Bucket, FetchOwner: true })).Contents).toEqual([owner]);
    expect((await s3.ListObjectsV2({ Bucket })).Contents).toEqual([
      expect.not.objectContaining({ Owner: expect.anything() }),
    ]);
  });
});

describe("versions", () => {
  const step = fc.record({ key: text(1, 3), put: fc.boolean() });
  const steps = fc.array(step, { maxLength: 40 });

  test("all pages together return every version of every key, the newest of a key first", async () => {
    await fc.assert(
      fc.asyncProperty(
        steps,
        steps,
        text(0, 1),
        delimiter,
        size,
        async (before, after, Prefix, Delimiter, MaxKeys) => {
          const Bucket = await bucketWith([]);
          const model = new Map<string, string[]>();
          async function play({ key: Key, put }: { key: string; put: boolean }) {
            const answer = put ? await s3.PutObject({ Bucket, Key }) : await s3.DeleteObject({ Bucket, Key });
            const former = model.get(Key) ?? [];
            if (answer.VersionId)
              model.set(Key, [`${answer.VersionId} ${put ? "version" : "marker"}`, ...former]);
            else if (put) model.set(Key, ["null version"]);
            else model.delete(Key);
          }
          for (const each of before) await play(each);
          await s3.PutBucketVersioning({ Bucket, VersioningConfiguration: { Status: "Enabled" } });
          for (const each of after) await play(each);

          const versions = new Map<string, string[]>();
          const prefixes: string[] = [];
          for (let KeyMarker: string | undefined, VersionIdMarker: string | undefined; ; ) {
            const page = await s3.ListObjectVersions({
              Bucket,
              Prefix,
              Delimiter,
              MaxKeys,
              KeyMarker,
              VersionIdMarker,
            });
            const shown = [
              ...page.Versions!.map((v) => ({ ...v, entry: `${v.VersionId} version` })),
              ...page.DeleteMarkers!.map((v) => ({ ...v, entry: `${v.VersionId} marker` })),
            ];
            for (const { Key, entry, IsLatest } of shown) {
              expect(IsLatest).toBe(model.get(Key!)![0] === entry);
              versions.set(Key!, [...(versions.get(Key!) ?? []), entry]);
            }
            const common = page.CommonPrefixes!.map((p) => p.Prefix!);
            prefixes.push(...common);
            if (!page.IsTruncated) break;
            expect(shown.length + common.length).toBe(MaxKeys);
            KeyMarker = page.NextKeyMarker;
            VersionIdMarker = page.NextVersionIdMarker;
          }
          const wanted = modelOf([...model.keys()], Prefix, Delimiter);
          expect(prefixes.map((prefix) => `prefix ${prefix}`)).toEqual(
            wanted.filter((each) => each.startsWith("prefix ")),
          );
          const keys = wanted.filter((each) => each.startsWith("key ")).map((each) => each.slice(4));
          expect([...versions.keys()].sort(byBytes)).toEqual(keys);
          // A page has separate lists of versions and delete markers, so only the
          // order within each list is defined.
          const kinds = (entries: string[]) =>
            [" version", " marker"].map((kind) => entries.filter((e) => e.endsWith(kind)));
          for (const key of keys) expect(kinds(versions.get(key)!)).toEqual(kinds(model.get(key)!));
        },
      ),
      runs,
    );
  });

  test("markers follow the order of a key's versions", async () => {
    const Bucket = await bucketWith(["a"]);
    await s3.PutBucketVersioning({ Bucket, VersioningConfiguration: { Status: "Enabled" } });
    const ids = ["null"];
    for (let i = 0; i < 3; i++) ids.unshift((await s3.PutObject({ Bucket, Key: "a" })).VersionId!);
    const seen: string[] = [];
    for (let VersionIdMarker: string | undefined; ; ) {
      const KeyMarker = VersionIdMarker && "a";
      const page = await s3.ListObjectVersions({ Bucket, MaxKeys: 1, KeyMarker, VersionIdMarker });
      seen.push(...page.Versions!.map((version) => version.VersionId!));
      VersionIdMarker = page.NextVersionIdMarker;
      if (!page.IsTruncated) break;
    }
    expect(seen).toEqual(ids);
    const behind = await s3.ListObjectVersions({ Bucket, KeyMarker: "a", VersionIdMarker: "null" });
    expect(behind).toMatchObject({ Versions: [], IsTruncated: false });
  });

  test("invalid markers are refused with AWS's messages, in AWS's order", async () => {
    const Bucket = await bucketWith(["a"]);
    const refused = (input: object) =>
      s3.ListObjectVersions({ Bucket, ...input }).catch((error) => error.message);
    expect(await refused({ MaxKeys: -1, VersionIdMarker: "x" })).toBe("max-keys cannot be negative");
    expect(await refused({ VersionIdMarker: "" })).toBe(
      "A version-id marker cannot be specified without a key marker.",
    );
    expect(await refused({ KeyMarker: "a", VersionIdMarker: "" })).toBe(
      "A version-id marker cannot be empty.",
    );
    expect(await refused({ KeyMarker: "a", VersionIdMarker: "x", EncodingType: "no" })).toBe(
      "Invalid version id specified",
    );
  });
});

test("all pages of ListMultipartUploads together return all uploads, the oldest of a key first", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(text(1, 3), { maxLength: 20 }),
      text(0, 1),
      delimiter,
      size,
      async (names, Prefix, Delimiter, MaxUploads) => {
        const Bucket = await bucketWith([]);
        const ids = new Map<string, string[]>();
        for (const Key of names) {
          const { UploadId } = await s3.CreateMultipartUpload({ Bucket, Key });
          ids.set(Key, [...(ids.get(Key) ?? []), UploadId!]);
        }
        const found = new Map<string, string[]>();
        const shown: string[] = [];
        for (let KeyMarker: string | undefined, UploadIdMarker: string | undefined; ; ) {
          const page = await s3.ListMultipartUploads({
            Bucket,
            Prefix,
            Delimiter,
            MaxUploads,
            KeyMarker,
            UploadIdMarker,
          });
          for (const { Key, UploadId } of page.Uploads!)
            found.set(Key!, [...(found.get(Key!) ?? []), UploadId!]);
          shown.push(...inOrder({ Contents: page.Uploads!, CommonPrefixes: page.CommonPrefixes! }));
          KeyMarker = page.NextKeyMarker;
          UploadIdMarker = page.NextUploadIdMarker;
          if (!page.IsTruncated) break;
        }
        expect([...new Set(shown)]).toEqual(modelOf([...ids.keys()], Prefix, Delimiter));
        for (const [key, uploads] of found) expect(uploads).toEqual(ids.get(key));
      },
    ),
    runs,
  );
});

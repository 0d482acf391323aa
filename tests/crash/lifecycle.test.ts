import { randomBytes, randomInt } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  type LifecycleRule,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { expect, onTestFinished, test } from "vitest";
import { openEmbedded } from "#storage/kv/embedded.ts";
import { launch } from "../e2e/harness.ts";
import { s3Of } from "./client.ts";
import { advance } from "./clock.ts";
import { rowsIn } from "./rows.ts";
import { sha256 } from "./workload.ts";

const KILLS = Number(process.env.NUBE_CRASH_ROUNDS ?? 12);
const OBJECTS = 400;
const UPLOADS = 20;
/** One of this many objects has its body in a file. */
const LARGE = 10;
const INLINE_BYTES = 65_536;
const BUCKETS = ["plain", "versioned"];
/** Key prefixes, named after what the rules do to the objects. */
const FATES = ["kept/", "old/", "cold/"] as const;

const RULES: LifecycleRule[] = [
  { ID: "old", Status: "Enabled", Filter: { Prefix: "old/" }, Expiration: { Days: 10 } },
  {
    ID: "cold",
    Status: "Enabled",
    Filter: { And: { Prefix: "cold/", ObjectSizeGreaterThan: 0 } },
    Transitions: [{ Days: 5, StorageClass: "GLACIER_IR" }],
  },
  {
    ID: "rest",
    Status: "Enabled",
    Filter: {},
    NoncurrentVersionExpiration: { NoncurrentDays: 3 },
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: 4 },
  },
];

test("a cloud that is killed while it applies lifecycle rules applies all of them once, and does nothing else", async () => {
  const folder = await mkdtemp(join(tmpdir(), "nube-crash-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const start = () => launch(["--data", folder], onTestFinished);
  let server = await start();
  const written = await fill(s3Of(server));

  for (let kill = 0; kill < KILLS; kill++) {
    const moving = advance(server, `${randomInt(10, 40)}h`).catch(() => {});
    await sleep(randomInt(60));
    await server.end("SIGKILL");
    await moving;
    server = await start();
    await inspect(s3Of(server), written);
  }

  await advance(server, "60d");
  const left = await inspect(s3Of(server), written);
  const survivors = [...written.keys()].filter((name) => !name.includes("/old/"));
  expect([...left.keys()].sort()).toEqual(survivors.sort());
  for (const [name, { storageClass, markers }] of left) {
    expect([name, storageClass]).toEqual([name, name.includes("/cold/") ? "GLACIER_IR" : "STANDARD"]);
    expect([name, markers]).toEqual([name, 0]);
  }
  for (const Bucket of BUCKETS) {
    const { Uploads = [] } = await s3Of(server).send(new ListMultipartUploadsCommand({ Bucket }));
    expect(Uploads).toEqual([]);
  }
  const large = survivors.filter((name) => written.get(name)!.size > INLINE_BYTES).length;
  await expect.poll(() => filesIn(join(folder, "blobs")), { timeout: 20_000, interval: 20 }).toBe(large);
  expect(await server.end("SIGTERM")).toBe(0);

  const rows = await rowsIn(await openEmbedded({ path: join(folder, "store", "records.mdb") }));
  const count = (...names: string[]) => names.reduce((sum, name) => sum + (rows[name] ?? 0), 0);
  expect({
    versions: count("s3/object", "s3/noncurrent"),
    bodies: count("kernel/body/partition"),
    uploads: count("s3/upload", "s3/part"),
    // Each bucket has one job, which waits for the next midnight.
    jobs: count("kernel/job/partition"),
    lost: count("kernel/parked/partition", "kernel/intent/partition"),
  }).toEqual({
    versions: survivors.length,
    bodies: survivors.length - large,
    uploads: 0,
    jobs: BUCKETS.length,
    lost: 0,
  });
}, 600_000);

interface Written {
  sha256: string;
  size: number;
}

/** Writes the buckets, objects, uploads and rules. @returns the objects by `bucket/key` */
async function fill(s3: S3Client): Promise<Map<string, Written>> {
  const written = new Map<string, Written>();
  for (const Bucket of BUCKETS) {
    await s3.send(new CreateBucketCommand({ Bucket }));
    if (Bucket === "versioned") {
      const VersioningConfiguration = { Status: "Enabled" } as const;
      await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    }
    const put = async (n: number) => {
      const Key = `${FATES[n % FATES.length]}${n}`;
      const Body = randomBytes(n % LARGE === 0 ? INLINE_BYTES + 1 : randomInt(2, 500));
      // In the versioned bucket, it replaces an older version, which a rule deletes.
      if (Bucket === "versioned" && n % 2 === 0)
        await s3.send(new PutObjectCommand({ Bucket, Key, Body: "x" }));
      await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
      written.set(`${Bucket}/${Key}`, { sha256: sha256(Body), size: Body.length });
    };
    for (let n = 0; n < OBJECTS; n += 20) await Promise.all(Array.from({ length: 20 }, (_, i) => put(n + i)));
    for (let n = 0; n < UPLOADS; n++) {
      const at = { Bucket, Key: `upload/${n}` };
      const { UploadId } = await s3.send(new CreateMultipartUploadCommand(at));
      const Body = randomBytes(n % 2 === 0 ? 100 : INLINE_BYTES + 1);
      await s3.send(new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body }));
    }
    const LifecycleConfiguration = { Rules: RULES };
    await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration }));
  }
  return written;
}

interface StoredObject {
  storageClass: string | undefined;
  markers: number;
}

/**
 * Checks that all existing objects are intact, that those without an expiry exist, and that each expired one has at most one
 * delete marker.
 */
async function inspect(
  s3: S3Client,
  written: ReadonlyMap<string, Written>,
): Promise<Map<string, StoredObject>> {
  const stored = new Map<string, StoredObject>();
  for (const Bucket of BUCKETS) {
    for await (const { Versions = [], DeleteMarkers = [] } of pages(s3, Bucket)) {
      for (const { Key } of DeleteMarkers) {
        const object = stored.get(`${Bucket}/${Key}`) ?? { storageClass: undefined, markers: 0 };
        stored.set(`${Bucket}/${Key}`, { ...object, markers: object.markers + 1 });
      }
      for (const { Key, VersionId, StorageClass, Size } of Versions) {
        const name = `${Bucket}/${Key}`;
        const expected = written.get(name)!;
        if (Size === 1) continue;
        if (randomInt(5) === 0) {
          const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, VersionId }));
          expect([name, sha256(await Body!.transformToByteArray())]).toEqual([name, expected.sha256]);
        }
        stored.set(name, { storageClass: StorageClass, markers: stored.get(name)?.markers ?? 0 });
      }
    }
  }
  for (const name of written.keys())
    if (!name.includes("/old/")) expect([name, stored.has(name)]).toEqual([name, true]);
  for (const [name, { markers }] of stored) {
    const maxMarkers = name.startsWith("versioned/old/") ? 1 : 0;
    if (markers > maxMarkers) throw new Error(`${name} has ${markers} delete markers`);
  }
  return stored;
}

async function* pages(s3: S3Client, Bucket: string) {
  let markers: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
  for (let isTruncated: boolean | undefined = true; isTruncated; ) {
    const page = await s3.send(new ListObjectVersionsCommand({ Bucket, MaxKeys: 300, ...markers }));
    yield page;
    markers = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
    isTruncated = page.IsTruncated;
  }
}

async function filesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).length;
}

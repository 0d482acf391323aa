import { expect, test } from "vitest";
import type { LifecycleRule } from "#aws/contract/types/s3.ts";
import { testCloud } from "#kernel/testing.ts";
import { bodyOf } from "#lib/body.ts";
import { type Random, random } from "#lib/random.ts";
import { DAY_MS, midnightAfter } from "../days.ts";
import { s3 } from "../service.ts";
import { wholeSeconds } from "../versions.ts";

const HISTORIES = 60;
const STEPS = 30;
const Bucket = "bucket";
const KEYS = ["a", "b"];
const LARGE = "x".repeat(128 * 1_024);

interface Version {
  id: string;
  modified: number;
  /** Absent for a delete marker, which has no storage class either. */
  size?: number;
  storageClass?: string;
}

interface Model {
  rules: LifecycleRule[];
  versioning: "Enabled" | "Suspended" | undefined;
  /** Newest first. */
  versions: Record<string, Version[]>;
}

function add(model: Model, key: string, modified: number, size?: number): void {
  const id = model.versioning === "Enabled" ? "its own" : "null";
  const others = model.versions[key]!.filter((version) => id !== "null" || version.id !== "null");
  const made = size === undefined ? { id, modified } : { id, modified, size, storageClass: "STANDARD" };
  model.versions[key] = [made, ...others];
}

/** Evaluates every version at midnight. All decisions are based on the state before any action. */
function midnight(model: Model, now: number): void {
  const due = KEYS.flatMap((key) => model.versions[key]!.map((_, place) => dueOf(model, key, place, now)));
  for (const act of due) act?.();
}

function dueOf(model: Model, key: string, place: number, now: number): (() => void) | undefined {
  const all = model.versions[key]!;
  const version = all[place]!;
  const since = all[Math.max(place - 1, 0)]!.modified;
  const isDue = (days: number | undefined) =>
    days !== undefined && midnightAfter(since + days * DAY_MS) <= now;
  const newer = all.slice(1, place).filter(({ size }) => size !== undefined).length;
  const isRetained = (newest = 0) => newer < newest;
  const isMarker = version.size === undefined;
  const rules = model.rules.filter(({ Filter }) => key.startsWith(Filter!.Prefix!));

  const ends = rules.some(({ Expiration, NoncurrentVersionExpiration: noncurrent }) => {
    if (place > 0)
      return isDue(noncurrent?.NoncurrentDays) && !isRetained(noncurrent?.NewerNoncurrentVersions);
    if (!isMarker) return isDue(Expiration?.Days);
    return all.length === 1 && (Expiration?.ExpiredObjectDeleteMarker || isDue(Expiration?.Days));
  });
  if (ends && (place > 0 || isMarker || model.versioning === undefined)) {
    return () => void (model.versions[key] = model.versions[key]!.filter((other) => other !== version));
  }

  const classes = rules.flatMap(({ Transitions = [], NoncurrentVersionTransitions = [] }) =>
    place === 0
      ? Transitions.filter(({ Days }) => isDue(Days))
      : NoncurrentVersionTransitions.filter(({ NoncurrentDays }) => isDue(NoncurrentDays)),
  );
  const isLarge = version.size === LARGE.length;
  for (const to of ["DEEP_ARCHIVE", "GLACIER"]) {
    if (version.storageClass === to) break;
    if (isLarge && classes.some(({ StorageClass }) => StorageClass === to))
      return () => Object.assign(version, { storageClass: to });
  }
  return ends ? () => add(model, key, now) : undefined;
}

function randomRule(chance: Random, n: number): LifecycleRule {
  const oneOf = <T>(...of: T[]): T => of[chance.below(of.length)]!;
  const StorageClass = oneOf("GLACIER", "DEEP_ARCHIVE");
  const NewerNoncurrentVersions = oneOf(undefined, 1, 2);
  const actions: Partial<LifecycleRule> = oneOf(
    { Expiration: { Days: oneOf(1, 2, 5) } },
    { Expiration: { ExpiredObjectDeleteMarker: true } },
    { Transitions: [{ Days: oneOf(0, 1, 3), StorageClass }] },
    { NoncurrentVersionExpiration: { NoncurrentDays: oneOf(1, 2, 4), NewerNoncurrentVersions } },
    { NoncurrentVersionTransitions: [{ NoncurrentDays: oneOf(0, 1, 2), StorageClass }] },
  );
  return { ID: `rule-${n}`, Status: "Enabled", Filter: { Prefix: oneOf("", "", "a") }, ...actions };
}

test("a bucket with random changes matches the model at every midnight", async () => {
  for (let seed = 1; seed <= HISTORIES; seed++) await simulate(random(seed));
}, 60_000);

async function simulate(chance: Random): Promise<void> {
  const { cloud, aws, advance, close } = await testCloud([s3]);
  await aws.s3.CreateBucket({ Bucket });
  const model: Model = { rules: [], versioning: undefined, versions: { a: [], b: [] } };
  const uploads: { Key: string; UploadId: string; begun: number }[] = [];
  const now = () => wholeSeconds(cloud.clock.now());

  for (let step = 0; step < STEPS; step++) {
    const Key = KEYS[chance.below(KEYS.length)]!;
    const at = { Bucket, Key };
    const choice = chance.below(12);
    if (choice < 3) {
      const body = chance.below(2) ? LARGE : "x";
      await aws.s3.PutObject({ ...at, Body: bodyOf(body) });
      add(model, Key, now(), body.length);
    } else if (choice === 3) {
      await aws.s3.DeleteObject(at);
      if (model.versioning) add(model, Key, now());
      else model.versions[Key] = [];
    } else if (choice === 4) {
      model.versioning = chance.below(2) ? "Enabled" : "Suspended";
      const status = { Status: model.versioning };
      await aws.s3.PutBucketVersioning({ Bucket, VersioningConfiguration: status });
    } else if (choice < 7) {
      model.rules = Array.from({ length: 1 + chance.below(3) }, (_, n) => randomRule(chance, n));
      const LifecycleConfiguration = { Rules: model.rules };
      await aws.s3.PutBucketLifecycleConfiguration({ Bucket, LifecycleConfiguration });
    } else if (choice === 7) {
      const { UploadId } = await aws.s3.CreateMultipartUpload(at);
      uploads.push({ Key, UploadId: UploadId!, begun: now() });
    } else if (choice === 8 && uploads.length > 0) {
      const { Key, UploadId, begun } = uploads.shift()!;
      const upload = { Bucket, Key, UploadId };
      const { ETag } = await aws.s3.UploadPart({ ...upload, PartNumber: 1, Body: bodyOf(LARGE) });
      const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
      await aws.s3.CompleteMultipartUpload({ ...upload, MultipartUpload });
      add(model, Key, begun, LARGE.length);
    } else {
      const hours = 1 + chance.below(72);
      const end = cloud.clock.now() + hours * 3_600_000;
      for (let night = midnightAfter(cloud.clock.now()); night <= end; night += DAY_MS)
        midnight(model, night);
      await advance(`${hours}h`);
    }
    const { Versions = [], DeleteMarkers = [] } = await aws.s3.ListObjectVersions({ Bucket });
    const markers = DeleteMarkers.map(({ Key, LastModified }) => [Key, LastModified]);
    const objects = Versions.map((row) => [row.Key, row.LastModified, row.Size, row.StorageClass]);
    expect([...objects, ...markers].map(String).sort()).toEqual(KEYS.flatMap(expectedRows).sort());
  }
  await close();

  function expectedRows(key: string): string[] {
    return model.versions[key]!.map(({ modified, size, storageClass }) => {
      const made = [key, new Date(modified)];
      return String(size === undefined ? made : [...made, size, storageClass]);
    });
  }
}

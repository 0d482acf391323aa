import type { Context } from "#kernel/context.ts";
import { DAY_MS } from "../days.ts";
import { isDirectoryName } from "../directory/names.ts";
import { invalidStorageClass } from "../errors.ts";
import type { ObjectVersion } from "../store.ts";

/**
 * The properties of a storage class.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html#sc-compare
 */
interface StorageClass {
  /** Whether objects must be restored before they can be read. */
  isArchive?: true;
  /** The minimum number of days for which an object is charged. */
  minimumDays: number;
  /** The minimum number of bytes for which an object is charged. */
  minimumBytes: number;
}

export const KB = 1_024;

export const STORAGE_CLASSES = {
  STANDARD: { minimumDays: 0, minimumBytes: 0 },
  REDUCED_REDUNDANCY: { minimumDays: 0, minimumBytes: 0 },
  STANDARD_IA: { minimumDays: 30, minimumBytes: 128 * KB },
  INTELLIGENT_TIERING: { minimumDays: 0, minimumBytes: 0 },
  ONEZONE_IA: { minimumDays: 30, minimumBytes: 128 * KB },
  GLACIER_IR: { minimumDays: 90, minimumBytes: 128 * KB },
  GLACIER: { isArchive: true, minimumDays: 90, minimumBytes: 0 },
  DEEP_ARCHIVE: { isArchive: true, minimumDays: 180, minimumBytes: 0 },
  /** The class of all objects in directory buckets, and of no others. */
  EXPRESS_ONEZONE: { minimumDays: 0, minimumBytes: 0 },
} as const satisfies Record<string, StorageClass>;

export type StorageClassName = keyof typeof STORAGE_CLASSES;

/**
 * Returns the stored form of the storage class that a request names: `undefined` for STANDARD.
 * @throws {AwsError} InvalidStorageClass
 */
export function storageClassIn(name: string | undefined): StorageClassName | undefined {
  if (name === undefined || name === "STANDARD") return undefined;
  if (!isStorageClass(name)) throw invalidStorageClass(name);
  return name;
}

const EXPRESS = "EXPRESS_ONEZONE";

const isStorageClass = (name: string): name is StorageClassName =>
  Object.hasOwn(STORAGE_CLASSES, name) && name !== EXPRESS;

/**
 * Returns the stored form of the storage class of a new object. Directory buckets have only their own.
 * @throws {AwsError} InvalidStorageClass
 */
export function storageClassFor(bucket: string, name: string | undefined): StorageClassName | undefined {
  if (!isDirectoryName(bucket)) return storageClassIn(name);
  if (name !== undefined && name !== EXPRESS) throw invalidStorageClass(name);
  return EXPRESS;
}

export const isExpress = ({ storageClass }: Pick<ObjectVersion, "storageClass">): boolean =>
  storageClass === EXPRESS;

export const classOf = ({
  storageClass = "STANDARD",
}: Pick<ObjectVersion, "storageClass">): StorageClassName => storageClass;

/** Returns the byte-days charged for a version that is deleted before the minimum duration of its class. */
export function chargedEarly(version: ObjectVersion, now: number): number {
  const { minimumDays, minimumBytes } = STORAGE_CLASSES[classOf(version)];
  const left = Math.ceil((version.modified - now) / DAY_MS) + minimumDays;
  return left > 0 ? left * Math.max(version.size, minimumBytes) : 0;
}

/** Meters the byte-days of an early deletion. */
export function meterEarlyDelete(ctx: Context, version: ObjectVersion): void {
  const charged = chargedEarly(version, ctx.clock.now());
  if (charged > 0) ctx.usage(`early-delete:${classOf(version)}`, charged);
}

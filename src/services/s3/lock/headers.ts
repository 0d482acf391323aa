import type { Context } from "#kernel/context.ts";
import { hasChecksum } from "../objects/checksums.ts";
import type { Bucket } from "../store.ts";
import { wholeSeconds } from "../versions.ts";
import {
  BYPASS_HEADER,
  dateNotAhead,
  dateNotIso,
  lockIsHalf,
  lockNeedsDigest,
  lockNeedsSignature,
  MODE_HEADER,
  UNTIL_HEADER,
  unknownHold,
  unknownMode,
  writeWithoutLock,
} from "./errors.ts";
import { refuseEventHold } from "./event-holds.ts";
import { isMode, type Lock, retentionFrom } from "./retention.ts";

/** The lock members of PutObject, CopyObject and CreateMultipartUpload. */
interface LockMembers {
  ObjectLockMode?: string;
  ObjectLockRetainUntilDate?: string;
  ObjectLockLegalHoldStatus?: string;
}

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/;

/**
 * Parses the lock in the headers of a write. This is checked before the bucket is read.
 * @throws {AwsError} InvalidArgument, NotImplemented
 */
export function lockIn(ctx: Context, input: LockMembers): Lock {
  refuseEventHold((header) => ctx.request?.headers[header] !== undefined);
  const { ObjectLockMode: mode, ObjectLockRetainUntilDate: until, ObjectLockLegalHoldStatus: hold } = input;
  if (mode === undefined && until === undefined && hold === undefined) return {};
  if (ctx.principal.type === "anonymous") throw lockNeedsSignature();
  if (mode === undefined && until !== undefined) throw lockIsHalf(MODE_HEADER);
  if (mode !== undefined && until === undefined) throw lockIsHalf(UNTIL_HEADER);
  const lock: Lock = {};
  if (mode !== undefined && until !== undefined) {
    if (!isMode(mode)) throw unknownMode(mode);
    lock.retention = { mode, until: dateIn(until, ctx.clock.now()) };
  }
  if (hold !== undefined) {
    if (hold !== "ON" && hold !== "OFF") throw unknownHold(hold);
    lock.legalHold = hold;
  }
  return lock;
}

function dateIn(text: string, now: number): number {
  const date = ISO.test(text) ? Date.parse(/T.*[Z+-]/.test(text) ? text : `${text}Z`) : Number.NaN;
  if (Number.isNaN(date)) throw dateNotIso(text);
  if (date <= now) throw dateNotAhead(UNTIL_HEADER, text);
  return wholeSeconds(date);
}

/**
 * Returns the lock of a version that is being written: the requested one, or the bucket's default.
 * @throws {AwsError} InvalidRequest
 */
export function lockFor({ objectLock }: Bucket, requested: Lock, now: number): Lock {
  const { retention, legalHold } = requested;
  if (!objectLock) {
    if (retention || legalHold) throw writeWithoutLock();
    return {};
  }
  const { defaultRetention } = objectLock;
  if (retention || !defaultRetention) return requested;
  return { ...requested, retention: retentionFrom(defaultRetention, wholeSeconds(now)) };
}

/**
 * Checks that a write with a lock has a digest, which S3 requires to detect corruption. The payload
 * hash of the signature does not count.
 * @throws {AwsError} InvalidRequest
 */
export function checkDigest(
  { request }: Context,
  { retention, legalHold }: Lock,
  of: "Object" | "Part",
): void {
  if (!request || (!retention && !legalHold)) return;
  const { headers } = request;
  const isDigest = (name: string) => name === "content-md5" || hasChecksum(name);
  if (Object.keys(headers).some(isDigest) || headers["x-amz-trailer"]?.includes("x-amz-checksum-")) return;
  throw lockNeedsDigest(of);
}

/** Whether the call bypasses governance mode, for operations whose contract lacks the header. */
export const bypassesGovernance = ({ request }: Context): boolean =>
  request?.headers[BYPASS_HEADER]?.toLowerCase() === "true";

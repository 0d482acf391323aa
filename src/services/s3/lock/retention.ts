import { DAY_MS } from "../days.ts";
import type { Bucket, ObjectVersion } from "../store.ts";
import { bypassWithoutLock, objectLocked } from "./errors.ts";

const MODES = ["GOVERNANCE", "COMPLIANCE"] as const;
export type Mode = (typeof MODES)[number];

/** A period in which a version may not be deleted, nor its retention shortened. */
export interface Retention {
  mode: Mode;
  /** The end of the period, in cloud time. */
  until: number;
}

export type LegalHold = "ON" | "OFF";

/** The lock of a version, or of an upload that will become a version. */
export interface Lock {
  retention?: Retention;
  /** Absent until a legal hold is first placed. */
  legalHold?: LegalHold;
}

/** The retention of new versions that specify none. */
export type DefaultRetention = { mode: Mode } & ({ days: number } | { years: number });

/** S3 counts a year as 365 days. */
const DAYS_OF_YEAR = 365;

export const isMode = (text: string | undefined): text is Mode => MODES.some((mode) => mode === text);

export function retentionFrom(rule: DefaultRetention, created: number): Retention {
  const days = "days" in rule ? rule.days : rule.years * DAYS_OF_YEAR;
  return { mode: rule.mode, until: created + days * DAY_MS };
}

/** Whether a version may not be deleted: not at all, or not without bypassing governance mode. */
export function isProtected({ retention, legalHold }: Lock, now: number, bypass = false): boolean {
  if (legalHold === "ON") return true;
  if (!retention || retention.until <= now) return false;
  return retention.mode === "COMPLIANCE" || !bypass;
}

/**
 * Checks whether a version can be deleted by its id. Delete markers are never locked.
 * @throws {AwsError} AccessDenied
 */
export function checkDeletable(version: ObjectVersion, now: number, bypass: boolean | undefined): void {
  if (!version.deleteMarker && isProtected(version, now, bypass)) throw objectLocked();
}

/** Refuses the bypass header in a bucket without Object Lock. @throws {AwsError} InvalidArgument */
export function checkBypass({ objectLock }: Bucket, bypass: boolean | undefined): void {
  if (bypass !== undefined && !objectLock) throw bypassWithoutLock(bypass);
}

/**
 * Whether a retention may be changed. It can always be extended. Any other change of compliance mode must
 * wait for the end of the period; in governance mode it needs a bypass.
 */
export function canChange(
  from: Retention | undefined,
  to: Retention | undefined,
  now: number,
  bypass: boolean | undefined,
): boolean {
  if (!from || from.until <= now) return true;
  if (to && to.mode === from.mode && to.until >= from.until) return true;
  return from.mode !== "COMPLIANCE" && bypass === true;
}

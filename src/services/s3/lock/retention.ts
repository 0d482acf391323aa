import { DAY_MS } from "../days.ts";
import type { Bucket, ObjectVersion } from "../store.ts";
import { bypassWithoutLock, objectLocked } from "./errors.ts";

const MODES = ["GOVERNANCE", "COMPLIANCE"] as const;
export type Mode = (typeof MODES)[number];

/** Until when a version may not be deleted, nor its retention shortened. */
export interface Retention {
  mode: Mode;
  /** Cloud time. Afterwards it protects nothing. */
  until: number;
}

export type LegalHold = "ON" | "OFF";

/** The lock of a version, or of an upload that will become one. */
export interface Lock {
  retention?: Retention;
  /** Absent until one was placed for the first time. */
  legalHold?: LegalHold;
}

/** The retention of new versions that bring none. */
export type DefaultRetention = { mode: Mode } & ({ days: number } | { years: number });

/** S3 counts a year as 365 days. */
const DAYS_OF_YEAR = 365;

export const isMode = (text: string | undefined): text is Mode => MODES.some((mode) => mode === text);

export function retentionFrom(rule: DefaultRetention, created: number): Retention {
  const days = "days" in rule ? rule.days : rule.years * DAYS_OF_YEAR;
  return { mode: rule.mode, until: created + days * DAY_MS };
}

/** Whether nobody may delete the version, or nobody who does not bypass governance. */
export function isProtected({ retention, legalHold }: Lock, now: number, bypass = false): boolean {
  if (legalHold === "ON") return true;
  if (!retention || retention.until <= now) return false;
  return retention.mode === "COMPLIANCE" || !bypass;
}

/**
 * Checks whether a version can be deleted by its id. A delete marker is never locked.
 * @throws {AwsError} AccessDenied
 */
export function checkDeletable(version: ObjectVersion, now: number, bypass: boolean | undefined): void {
  if (!version.deleteMarker && isProtected(version, now, bypass)) throw objectLocked();
}

/** @throws {AwsError} InvalidArgument for a header that means nothing in this bucket */
export function checkBypass({ objectLock }: Bucket, bypass: boolean | undefined): void {
  if (bypass !== undefined && !objectLock) throw bypassWithoutLock(bypass);
}

/**
 * Whether a retention may be changed. It can always be extended. Otherwise compliance holds until its end, and governance
 * unless the caller bypasses it.
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

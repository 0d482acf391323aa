import type { Output } from "#kernel/service.ts";
import { invalidObjectState } from "../errors.ts";
import type { ObjectVersion } from "../store.ts";
import { classOf, STORAGE_CLASSES } from "./classes.ts";

/** S3's retrieval tiers, the fastest first. */
export const TIERS = ["Expedited", "Standard", "Bulk"] as const;
export type Tier = (typeof TIERS)[number];

/** The archive tiers of INTELLIGENT_TIERING for objects that have not been read for long. */
export type ArchiveTier = "ARCHIVE_ACCESS" | "DEEP_ARCHIVE_ACCESS";

/** A restored copy of an archived object, in progress or ready. Times are in cloud time. */
export interface Restore {
  tier: Tier;
  ready: number;
  /** Absent in INTELLIGENT_TIERING, where restored objects do not expire. */
  expires?: number;
  /** Set once the event for the completed restore has been published. */
  told?: true;
}

export type ArchiveState = "active" | "archived" | "restoring" | "restored";

/**
 * Returns the archive state. It is computed from the time and not set by a job, so
 * that it changes exactly as promised.
 */
export function archiveState(version: ObjectVersion, now: number): ArchiveState {
  const { archiveTier, restore } = version;
  if (!("isArchive" in STORAGE_CLASSES[classOf(version)]) && !archiveTier) return "active";
  if (!restore || (restore.expires !== undefined && restore.expires <= now)) return "archived";
  return restore.ready <= now ? "restored" : "restoring";
}

/** Whether the object's bytes cannot be read now. */
export function isArchived(version: ObjectVersion, now: number): boolean {
  if (version.storageClass === undefined) return false;
  const state = archiveState(version, now);
  return state === "archived" || state === "restoring";
}

/** @throws {AwsError} InvalidObjectState */
export function checkReadable(
  version: ObjectVersion,
  now: number,
  sentence = "The operation is not valid for the object's storage class",
): void {
  if (isArchived(version, now)) throw invalidObjectState(sentence, classOf(version), version.archiveTier);
}

/** Returns the archive members of GetObject and HeadObject. */
export function archiveMembers(
  version: ObjectVersion,
  now: number,
): Pick<Output<"s3", "HeadObject">, "Restore" | "ArchiveStatus"> | undefined {
  if (version.storageClass === undefined) return undefined;
  const state = archiveState(version, now);
  return {
    Restore: restoreHeader(state, version.restore),
    ArchiveStatus: isArchived(version, now) ? version.archiveTier : undefined,
  };
}

function restoreHeader(state: ArchiveState, restore: Restore | undefined): string | undefined {
  if (state === "restoring") return 'ongoing-request="true"';
  if (state !== "restored" || restore?.expires === undefined) return undefined;
  return `ongoing-request="false", expiry-date="${new Date(restore.expires).toUTCString()}"`;
}

/** Returns the restore status for listings that request it. */
export function restoreStatus(version: ObjectVersion, now: number) {
  if (!version.restore) return undefined;
  const state = archiveState(version, now);
  if (state === "restoring") return { RestoreStatus: { IsRestoreInProgress: true } };
  const { expires } = version.restore;
  if (state !== "restored" || expires === undefined) return undefined;
  return { RestoreStatus: { IsRestoreInProgress: false, RestoreExpiryDate: new Date(expires) } };
}

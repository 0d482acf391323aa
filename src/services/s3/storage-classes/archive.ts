import type { Output } from "#kernel/service.ts";
import { invalidObjectState } from "../errors.ts";
import type { ObjectVersion } from "../store.ts";
import { classOf, STORAGE_CLASSES } from "./classes.ts";

/** The speeds of a restore, in S3's words, the fastest first. */
export const TIERS = ["Expedited", "Standard", "Bulk"] as const;
export type Tier = (typeof TIERS)[number];

/** The tiers in which INTELLIGENT_TIERING keeps what has not been read for long. */
export type ArchiveTier = "ARCHIVE_ACCESS" | "DEEP_ARCHIVE_ACCESS";

/** A restored copy of an archived object, under way or ready. Times are the cloud's. */
export interface Restore {
  tier: Tier;
  ready: number;
  /** Absent in INTELLIGENT_TIERING, where restored objects stay. */
  expires?: number;
  /** The event that the copy is ready has been sent. */
  told?: true;
}

export type ArchiveState = "active" | "archived" | "restoring" | "restored";

/** Computed from the time and not set by a job, so that it changes exactly when it was promised. */
export function archiveState(version: ObjectVersion, now: number): ArchiveState {
  const { archiveTier, restore } = version;
  if (!("isArchive" in STORAGE_CLASSES[classOf(version)]) && !archiveTier) return "active";
  if (!restore || (restore.expires !== undefined && restore.expires <= now)) return "archived";
  return restore.ready <= now ? "restored" : "restoring";
}

/** Whether its bytes cannot be read now. */
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

/** The members of GetObject and HeadObject. */
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

/** The status in listings, for those who ask for it. */
export function restoreStatus(version: ObjectVersion, now: number) {
  if (!version.restore) return undefined;
  const state = archiveState(version, now);
  if (state === "restoring") return { RestoreStatus: { IsRestoreInProgress: true } };
  const { expires } = version.restore;
  if (state !== "restored" || expires === undefined) return undefined;
  return { RestoreStatus: { IsRestoreInProgress: false, RestoreExpiryDate: new Date(expires) } };
}

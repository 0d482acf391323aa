import type { BlobRef } from "#kernel/blobs.ts";
import { blobSteps } from "#kernel/blobs.ts";
import { collection, type Place } from "#kernel/records/collection.ts";
import type { Bytes, ReadTransaction } from "#kernel/records/transaction.ts";
import { archiveNotFound, jobNotFound, uploadNotFound, vaultNotFound } from "./errors.ts";

/** Milliseconds since 1970, cloud time. */
type Time = number;

export interface Vault {
  name: string;
  /** Never reused: a new vault of the same name shares no data with a deleted one. */
  id: number;
  created: Time;
  /** The current number of archives. */
  archives: number;
  bytes: number;
  /** The last inventory; absent before the first one. */
  inventory?: Inventory;
  /** Whether an archive was added or deleted since the last inventory. */
  written: boolean;
  tags: Record<string, string>;
  notifications?: { topic: string; events: string[] };
  /** The policy document as it was set. */
  accessPolicy?: string;
  lock?: VaultLock;
}

export interface Inventory {
  date: Time;
  /** The inventory contains the archives that were created before this number and not deleted before it. */
  mark: number;
  archives: number;
  bytes: number;
}

export interface VaultLock {
  policy: string;
  lockId: string;
  created: Time;
  /** The time at which the lock expires; absent once it is completed. */
  expires?: Time;
}

export interface Archive {
  vault: number;
  order: number;
  archiveId: string;
  description?: string;
  created: Time;
  size: number;
  /** Hex. */
  treeHash: string;
  /** The set of pieces that holds its bytes. */
  pieces: number;
  /**
   * The number of its deletion. The record is kept until an inventory is
   * taken that does not list the archive.
   */
  deleted?: number;
}

/**
 * A range of an archive: the whole archive, or one part of an upload. Its leaves
 * are in `leaves`, under the same key.
 */
export interface Piece {
  set: number;
  offset: number;
  size: number;
  body: BlobRef;
  treeHash: string;
}

export interface Upload {
  vault: number;
  /** Also the number of the set to which its parts belong. */
  order: number;
  uploadId: string;
  description?: string;
  partSize: number;
  created: Time;
  /** The time of the last request for the upload. */
  active: Time;
  /** The archive that it became, for a client that did not receive the response and repeats the request. */
  archive?: { archiveId: string; treeHash: string; size: number };
  /**
   * Set if it was aborted. The record is kept for a client that did not receive the
   * response and repeats the request.
   */
  aborted?: true;
}

export type Tier = "Expedited" | "Standard" | "Bulk";

/** A range of bytes; `end` is exclusive. */
export interface Span {
  start: number;
  end: number;
}

interface JobBase {
  vault: number;
  order: number;
  jobId: string;
  description?: string;
  topic?: string;
  created: Time;
  completed?: Time;
  status: "InProgress" | "Succeeded" | "Failed";
  /** The reason of a failure. */
  message?: string;
}

export interface ArchiveJob extends JobBase {
  action: "ArchiveRetrieval";
  tier: Tier;
  archive: Pick<Archive, "order" | "archiveId" | "description" | "size" | "treeHash" | "pieces">;
  span: Span;
  /** The tree hash of the span in hex, if the span is tree-hash aligned. */
  treeHash?: string;
}

export interface InventoryJob extends JobBase {
  action: "InventoryRetrieval";
  format: "JSON" | "CSV";
  from?: string;
  to?: string;
  limit?: string;
  /** The position at which it starts: after the archive of this number. */
  after?: number;
  /** The marker for the next retrieval. */
  next?: string;
  output?: BlobRef;
}

export type RetrievalJob = ArchiveJob | InventoryJob;

/** The data retrieval policy of an account in a Region, and the number of bytes retrieved. */
export interface Retrieval {
  strategy: "BytesPerHour" | "FreeTier" | "None";
  bytesPerHour?: number;
  /** The UTC day of the last accepted retrieval, and the number of bytes retrieved on that day. */
  day: string;
  bytes: number;
}

export interface Capacity {
  id: string;
  start: Time;
  expires: Time;
}

export const vaults = collection<Vault>("glacier/vault", { scope: "region", key: (v) => [v.name] });

export const archives = collection<Archive>("glacier/archive", {
  scope: "region",
  key: (a) => [a.vault, a.order],
  indexes: {
    id: (a) => [a.vault, a.archiveId],
    deletions: (a) => (a.deleted === undefined ? undefined : [a.vault, a.deleted]),
  },
});

export const pieces = collection<Piece>("glacier/piece", { scope: "region", key: (p) => [p.set, p.offset] });

/** The concatenated SHA-256 hashes of each MiB of a piece larger than 1 MiB. */
export const leaves: Bytes = { name: "glacier/leaves", scope: "region" };

export const uploads = collection<Upload>("glacier/upload", {
  scope: "region",
  key: (u) => [u.vault, u.order],
  indexes: {
    id: (u) => [u.vault, u.uploadId],
    open: (u) => (u.archive || u.aborted ? undefined : [u.vault, u.order]),
  },
});

export const jobs = collection<RetrievalJob>("glacier/job", {
  scope: "region",
  key: (j) => [j.vault, j.order],
  indexes: {
    id: (j) => [j.vault, j.jobId],
    /** The jobs that read a set of pieces or will read it. */
    pieces: (j) => (j.action === "ArchiveRetrieval" ? [j.archive.pieces, j.order] : undefined),
    /** The jobs that a data retrieval policy counts. */
    standard: (j) =>
      j.action === "ArchiveRetrieval" && j.tier === "Standard" && j.status === "InProgress"
        ? [j.order]
        : undefined,
  },
});

/** A single record, under an empty key. */
export const retrievals = collection<Retrieval>("glacier/retrieval", { scope: "region", key: () => [] });

export const capacities = collection<Capacity>("glacier/capacity", { scope: "region", key: (c) => [c.id] });

export const bodies = blobSteps("glacier", "region");

export const vaultArn = ({ account, region }: Place, name: string): string =>
  `arn:aws:glacier:${region}:${account}:vaults/${name}`;

/** @throws {AwsError} ResourceNotFoundException */
export async function vaultAt(place: Place, tx: ReadTransaction, name: string): Promise<Vault> {
  const vault = await tx.get(vaults, [name]);
  if (!vault) throw vaultNotFound(vaultArn(place, name));
  return vault;
}

/** Returns an archive that is not deleted. @throws {AwsError} ResourceNotFoundException */
export async function archiveAt(tx: ReadTransaction, vault: Vault, archiveId: string): Promise<Archive> {
  const archive = await findArchive(tx, vault, archiveId);
  if (!archive || archive.deleted !== undefined) throw archiveNotFound(archiveId);
  return archive;
}

/** Returns an archive, which may be deleted. */
export async function findArchive(
  tx: ReadTransaction,
  vault: Vault,
  archiveId: string,
): Promise<Archive | undefined> {
  const [archive] = await tx.listBy(archives, "id", { in: [vault.id, archiveId], limit: 1 });
  return archive;
}

/** @throws {AwsError} ResourceNotFoundException */
export async function uploadAt(tx: ReadTransaction, vault: Vault, uploadId: string): Promise<Upload> {
  const [upload] = await tx.listBy(uploads, "id", { in: [vault.id, uploadId], limit: 1 });
  if (!upload) throw uploadNotFound(uploadId);
  return upload;
}

/** @throws {AwsError} ResourceNotFoundException */
export async function jobAt(tx: ReadTransaction, vault: Vault, jobId: string): Promise<RetrievalJob> {
  const [job] = await tx.listBy(jobs, "id", { in: [vault.id, jobId], limit: 1 });
  if (!job) throw jobNotFound(jobId);
  return job;
}

/** Formats a time as in `2013-03-20T17:03:43.221Z`. */
export const isoDate = (time: Time): string => new Date(time).toISOString();

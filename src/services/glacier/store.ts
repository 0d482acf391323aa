import type { BlobRef } from "#kernel/blobs.ts";
import { blobSteps } from "#kernel/blobs.ts";
import { collection, type Place } from "#kernel/collection.ts";
import type { Bytes, ReadTransaction } from "#kernel/transaction.ts";
import { archiveNotFound, jobNotFound, uploadNotFound, vaultNotFound } from "./errors.ts";

/** Milliseconds since 1970, cloud time. */
type Time = number;

export interface Vault {
  name: string;
  /** Never used again: a vault that is made again has nothing of the old one. */
  id: number;
  created: Time;
  /** How many archives it holds now. */
  archives: number;
  bytes: number;
  /** The last inventory; absent before the first one. */
  inventory?: Inventory;
  /** Whether an archive was added or deleted since. */
  written: boolean;
  tags: Record<string, string>;
  notifications?: { topic: string; events: string[] };
  /** A document, as it was set. */
  accessPolicy?: string;
  lock?: VaultLock;
}

export interface Inventory {
  date: Time;
  /** Archives that were made before this number and not deleted before it are in the inventory. */
  mark: number;
  archives: number;
  bytes: number;
}

export interface VaultLock {
  policy: string;
  lockId: string;
  created: Time;
  /** When the lock ends; absent once it was completed. */
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
  /** The number of its deletion. The record stays until an inventory was taken that no longer lists it. */
  deleted?: number;
}

/**
 * A stretch of an archive: the whole of it, or one part of an upload. Its leaves are in `leaves`, under the same key.
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
  /** Also the number of the set that its parts go to. */
  order: number;
  uploadId: string;
  description?: string;
  partSize: number;
  created: Time;
  /** When a request for it came last. */
  active: Time;
  /** The archive that it became, for a client that missed the answer and asks again. */
  archive?: { archiveId: string; treeHash: string; size: number };
  /** It was aborted, and a client that missed the answer may abort it again. */
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
  /** Why it failed. */
  message?: string;
}

export interface ArchiveJob extends JobBase {
  action: "ArchiveRetrieval";
  tier: Tier;
  archive: Pick<Archive, "order" | "archiveId" | "description" | "size" | "treeHash" | "pieces">;
  span: Span;
  /** The tree hash of the span, where it has one: hex. */
  treeHash?: string;
}

export interface InventoryJob extends JobBase {
  action: "InventoryRetrieval";
  format: "JSON" | "CSV";
  from?: string;
  to?: string;
  limit?: string;
  /** Where it begins: after the archive of this number. */
  after?: number;
  /** Where the next one begins. */
  next?: string;
  output?: BlobRef;
}

export type RetrievalJob = ArchiveJob | InventoryJob;

/** The retrieval policy of an account in a Region, and what has been retrieved. */
export interface Retrieval {
  strategy: "BytesPerHour" | "FreeTier" | "None";
  bytesPerHour?: number;
  /** The UTC day of the last retrieval that was accepted, and the bytes of that day. */
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

/** The SHA-256 of each MiB of a piece that has several, one after another. */
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
    /** The jobs that read a set of pieces, or will. */
    pieces: (j) => (j.action === "ArchiveRetrieval" ? [j.archive.pieces, j.order] : undefined),
    /** The jobs that a retrieval policy counts. */
    standard: (j) =>
      j.action === "ArchiveRetrieval" && j.tier === "Standard" && j.status === "InProgress"
        ? [j.order]
        : undefined,
  },
});

/** One record, under an empty key. */
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

/** @throws {AwsError} ResourceNotFoundException, for a deleted one, too */
export async function archiveAt(tx: ReadTransaction, vault: Vault, archiveId: string): Promise<Archive> {
  const archive = await findArchive(tx, vault, archiveId);
  if (!archive || archive.deleted !== undefined) throw archiveNotFound(archiveId);
  return archive;
}

/** The archive may be one that was deleted. */
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

/** `2013-03-20T17:03:43.221Z` */
export const isoDate = (time: Time): string => new Date(time).toISOString();

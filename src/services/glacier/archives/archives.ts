import { keepOrDrop } from "#kernel/blobs.ts";
import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { bodyOf } from "#lib/body.ts";
import { archiveNotFound, invalidDescription } from "../errors.ts";
import { newId } from "../ids.ts";
import { type Archive, archives, findArchive, type Vault, vaultAt } from "../store.ts";
import { recordChange } from "../vaults/inventory.ts";
import { expectedTreeHash, MAX_BYTES, putPiece, receive, reclaim } from "./pieces.ts";

export const archiveHandlers = {
  async UploadArchive(ctx, { vaultName, archiveDescription, checksum, body = bodyOf("") }) {
    const description = descriptionIn(archiveDescription);
    const expected = expectedTreeHash(checksum);
    await ctx.read((tx) => vaultAt(ctx, tx, vaultName));
    const received = await receive(ctx, body, expected, MAX_BYTES);
    return keepOrDrop(ctx, received.staged, async (tx) => {
      const vault = await vaultAt(ctx, tx, vaultName);
      const set = tx.sequence();
      const { size, treeHash } = await putPiece(tx, set, 0, received);
      const { archiveId } = putArchive(tx, vault, { pieces: set, size, treeHash, ...description });
      return { location: locationOf(ctx, vaultName, archiveId), checksum: treeHash, archiveId };
    });
  },

  async DeleteArchive(ctx, { vaultName, archiveId }) {
    return ctx.transact(async (tx) => {
      const vault = await vaultAt(ctx, tx, vaultName);
      const archive = await findArchive(tx, vault, archiveId);
      if (!archive) throw archiveNotFound(archiveId);
      if (archive.deleted !== undefined) return {};
      // The record is kept for now: the last inventory may still list the archive, and a client that did not
      // receive the response may repeat the request.
      tx.put(archives, { ...archive, deleted: tx.sequence() });
      tx.enqueue(reclaim, { set: archive.pieces });
      recordChange(tx, vault, -1, -archive.size);
      return {};
    });
  },
} satisfies Handlers<"glacier">;

type NewArchive = Pick<Archive, "pieces" | "size" | "treeHash"> & { description?: string };

export function putArchive(tx: Transaction, vault: Vault, made: NewArchive): Archive {
  const archive = {
    vault: vault.id,
    order: tx.sequence(),
    archiveId: newId(tx.random, "archive"),
    created: tx.now(),
    ...made,
  };
  tx.put(archives, archive);
  recordChange(tx, vault, 1, made.size);
  return archive;
}

export const locationOf = ({ account }: Context, vaultName: string, archiveId: string): string =>
  `/${account}/vaults/${vaultName}/archives/${archiveId}`;

export function descriptionIn(description: string | undefined): { description?: string } {
  if (!description) return {};
  if (!/^[\x20-\x7e]{1,1024}$/.test(description)) throw invalidDescription();
  return { description };
}

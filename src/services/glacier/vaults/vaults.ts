import type { Place } from "#kernel/records/collection.ts";
import type { Handlers, Output } from "#kernel/service.ts";
import { invalidLimit, invalidMarker, invalidVaultName, tooManyVaults, vaultNotEmpty } from "../errors.ts";
import { isoDate, type Vault, vaultArn, vaultAt, vaults } from "../store.ts";
import { clearVault } from "./clearing.ts";

const MAX_VAULTS = 1_000;
const MAX_LISTED = 10;

export const vaultHandlers = {
  async CreateVault(ctx, { vaultName: name }) {
    if (!/^[\w.-]{1,255}$/.test(name)) throw invalidVaultName(name);
    return ctx.transact(async (tx) => {
      const location = `/${ctx.account}/vaults/${name}`;
      if (await tx.get(vaults, [name])) return { location };
      const existing = await tx.list(vaults, { limit: MAX_VAULTS });
      if (existing.length === MAX_VAULTS) throw tooManyVaults(MAX_VAULTS);
      const empty = { archives: 0, bytes: 0, written: false, tags: {} };
      tx.put(vaults, { name, id: tx.sequence(), created: tx.now(), ...empty });
      return { location };
    });
  },

  async DescribeVault(ctx, { vaultName }) {
    return ctx.read(async (tx) => described(ctx, await vaultAt(ctx, tx, vaultName)));
  },

  async ListVaults(ctx, { limit, marker }) {
    const count = limitOf(limit, MAX_LISTED);
    const from = marker ? nameIn(ctx, marker) : undefined;
    const page = await ctx.read((tx) =>
      tx.list(vaults, { limit: count + 1, ...(from !== undefined && { from: [from] }) }),
    );
    const next = page[count];
    return {
      VaultList: page.slice(0, count).map((vault) => described(ctx, vault)),
      Marker: next && vaultArn(ctx, next.name),
    };
  },

  /**
   * Deletes an empty vault that was not written to since its last inventory. Deleting a
   * vault that does not exist succeeds.
   */
  async DeleteVault(ctx, { vaultName: name }) {
    return ctx.transact(async (tx) => {
      const vault = await tx.get(vaults, [name]);
      if (!vault) return {};
      if (vault.written || vault.inventory?.archives) throw vaultNotEmpty(vaultArn(ctx, name));
      tx.delete(vaults, [name]);
      tx.enqueue(clearVault, { vault: vault.id });
      return {};
    });
  },
} satisfies Handlers<"glacier">;

/** The bytes of metadata that Glacier stores for each archive and includes in the vault's size: 32 KiB. */
const OVERHEAD_BYTES = 32_768;

/** Describes a vault. The number of archives and their size are those of the last inventory. */
function described(place: Place, { name, created, inventory }: Vault): Output<"glacier", "DescribeVault"> {
  const { archives, bytes } = inventory ?? { archives: 0, bytes: 0 };
  return {
    VaultARN: vaultArn(place, name),
    VaultName: name,
    CreationDate: isoDate(created),
    LastInventoryDate: inventory && isoDate(inventory.date),
    NumberOfArchives: archives,
    SizeInBytes: bytes + archives * OVERHEAD_BYTES,
  };
}

/** Returns the maximum number of entries in a page: the limit of the request, or the default and maximum. */
export function limitOf(limit: string | undefined, max: number): number {
  if (limit === undefined) return max;
  const count = /^\d{1,9}$/.test(limit) ? Number(limit) : 0;
  if (count < 1 || count > max) throw invalidLimit(limit);
  return count;
}

/** Returns the vault's name in a marker, which is the ARN of the first vault of the next page. */
function nameIn(place: Place, marker: string): string {
  const prefix = vaultArn(place, "");
  if (!marker.startsWith(prefix)) throw invalidMarker(marker);
  return marker.slice(prefix.length);
}

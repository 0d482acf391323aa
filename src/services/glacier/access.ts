import type { AccessFact } from "#kernel/calls/authorize.ts";
import type { Context } from "#kernel/context.ts";
import type { Place } from "#kernel/records/collection.ts";
import type { Access, PlacedCall } from "#kernel/service.ts";
import { invalidVersion, missingVersion, wrongAccount } from "./errors.ts";
import { findArchive, type Vault, vaultArn, vaults } from "./store.ts";
import { DAY_MS } from "./vaults/inventory.ts";
import { isInEffect } from "./vaults/locks.ts";

const API_VERSION = "2012-06-01";

interface OnAccount {
  accountId: string;
}

interface OnVault extends OnAccount {
  vaultName: string;
  archiveId?: string;
}

export const access: Access<"glacier"> = {
  CreateVault: onVault("CreateVault"),
  DescribeVault: onVault("DescribeVault"),
  ListVaults: onAccount("ListVaults"),
  DeleteVault: onVault("DeleteVault"),

  UploadArchive: onVault("UploadArchive"),
  DeleteArchive: onVault("DeleteArchive"),
  InitiateMultipartUpload: onVault("InitiateMultipartUpload"),
  UploadMultipartPart: onVault("UploadMultipartPart"),
  CompleteMultipartUpload: onVault("CompleteMultipartUpload"),
  AbortMultipartUpload: onVault("AbortMultipartUpload"),
  ListMultipartUploads: onVault("ListMultipartUploads"),
  ListParts: onVault("ListParts"),

  InitiateJob: onVault("InitiateJob"),
  DescribeJob: onVault("DescribeJob"),
  ListJobs: onVault("ListJobs"),
  GetJobOutput: onVault("GetJobOutput"),

  SetVaultNotifications: onVault("SetVaultNotifications"),
  GetVaultNotifications: onVault("GetVaultNotifications"),
  DeleteVaultNotifications: onVault("DeleteVaultNotifications"),

  SetVaultAccessPolicy: onVault("SetVaultAccessPolicy"),
  GetVaultAccessPolicy: onVault("GetVaultAccessPolicy"),
  DeleteVaultAccessPolicy: onVault("DeleteVaultAccessPolicy"),

  InitiateVaultLock: onVault("InitiateVaultLock"),
  CompleteVaultLock: onVault("CompleteVaultLock"),
  AbortVaultLock: onVault("AbortVaultLock"),
  GetVaultLock: onVault("GetVaultLock"),

  AddTagsToVault: onVault("AddTagsToVault"),
  RemoveTagsFromVault: onVault("RemoveTagsFromVault"),
  ListTagsForVault: onVault("ListTagsForVault"),

  SetDataRetrievalPolicy: onAccount("SetDataRetrievalPolicy"),
  GetDataRetrievalPolicy: onAccount("GetDataRetrievalPolicy"),
  PurchaseProvisionedCapacity: onAccount("PurchaseProvisionedCapacity"),
  ListProvisionedCapacity: onAccount("ListProvisionedCapacity"),
};

/** Returns the account that a path names; `-` stands for the caller's own. */
export function placeOf({ input, place }: PlacedCall): Place {
  const { accountId } = input as OnAccount;
  return /^\d{12}$/.test(accountId) ? { ...place, account: accountId } : place;
}

function onAccount(action: string) {
  return (ctx: Context, input: OnAccount): AccessFact[] => {
    checkRequest(ctx, input);
    return [{ action: `glacier:${action}`, resource: "*", owner: ctx.account }];
  };
}

function onVault(action: string) {
  return async (ctx: Context, input: OnVault): Promise<AccessFact[]> => {
    checkRequest(ctx, input);
    const { vault, age } = await vaultFacts(ctx, input);
    return [
      {
        action: `glacier:${action}`,
        resource: vaultArn(ctx, input.vaultName),
        owner: ctx.account,
        conditions: {
          ...tagConditions(vault),
          ...(age !== undefined && { "glacier:ArchiveAgeInDays": `${age}` }),
        },
        resourcePolicy: vault ? policiesOf(vault, ctx.clock.now()) : null,
      },
    ];
  };
}

/** Checks the API version and the account, which precedes all other checks, including permissions. */
function checkRequest(ctx: Context, { accountId }: OnAccount): void {
  const version = ctx.request?.headers["x-amz-glacier-version"];
  if (ctx.request && version === undefined) throw missingVersion();
  if (version !== undefined && version !== API_VERSION) throw invalidVersion(version);
  if (accountId !== "-" && accountId !== ctx.account) throw wrongAccount(accountId);
}

function vaultFacts(ctx: Context, { vaultName, archiveId }: OnVault) {
  return ctx.read(async (tx) => {
    const vault = await tx.get(vaults, [vaultName]);
    if (!vault || archiveId === undefined) return { vault };
    const archive = await findArchive(tx, vault, archiveId);
    return { vault, age: archive && Math.floor((tx.now() - archive.created) / DAY_MS) };
  });
}

function tagConditions(vault: Vault | undefined): Record<string, string> {
  const tags = Object.entries(vault?.tags ?? {});
  return Object.fromEntries(tags.map(([key, value]) => [`glacier:ResourceTag/${key}`, value]));
}

/** Returns the access policy and the lock policy. They apply together: what either denies is denied. */
function policiesOf({ accessPolicy, lock }: Vault, now: number): string[] {
  const locked = lock && isInEffect(lock, now) ? lock.policy : undefined;
  return [accessPolicy, locked].filter((policy) => policy !== undefined);
}

import type { Handlers } from "#kernel/service.ts";
import { alreadyLocked, deniedLockId, invalidLockId, lockInProgress, noLockPolicy } from "../errors.ts";
import { newId } from "../ids.ts";
import { isoDate, type Vault, type VaultLock, vaultArn, vaultAt, vaults } from "../store.ts";
import { policyIn } from "./policies.ts";

/** The time in which a lock must be completed after it was initiated. */
const TRIAL_MS = 24 * 3_600_000;

export const lockHandlers = {
  async InitiateVaultLock(ctx, { vaultName, policy: document }) {
    const policy = policyIn(document);
    return ctx.transact(async (tx) => {
      const vault = await vaultAt(ctx, tx, vaultName);
      const current = lockOf(vault, tx.now());
      if (current) {
        throw (current.expires === undefined ? alreadyLocked : lockInProgress)(vaultArn(ctx, vaultName));
      }
      const lockId = newId(tx.random, "lock");
      const lock = { policy, lockId, created: tx.now(), expires: tx.now() + TRIAL_MS };
      tx.put(vaults, { ...vault, lock });
      return { lockId };
    });
  },

  async CompleteVaultLock(ctx, { vaultName, lockId }) {
    return ctx.transact(async (tx) => {
      const vault = await vaultAt(ctx, tx, vaultName);
      const lock = lockOf(vault, tx.now());
      if (!lock) throw noLockPolicy(vaultArn(ctx, vaultName));
      if (lock.lockId !== lockId) throw (lock.expires === undefined ? deniedLockId : invalidLockId)(lockId);
      const { expires: _, ...locked } = lock;
      tx.put(vaults, { ...vault, lock: locked });
      return {};
    });
  },

  async AbortVaultLock(ctx, { vaultName }) {
    return ctx.transact(async (tx) => {
      const { lock, ...vault } = await vaultAt(ctx, tx, vaultName);
      if (lock && lock.expires === undefined) throw alreadyLocked(vaultArn(ctx, vaultName));
      tx.put(vaults, vault);
      return {};
    });
  },

  async GetVaultLock(ctx, { vaultName }) {
    return ctx.read(async (tx) => {
      const lock = lockOf(await vaultAt(ctx, tx, vaultName), tx.now());
      if (!lock) throw noLockPolicy(vaultArn(ctx, vaultName));
      return {
        Policy: lock.policy,
        State: lock.expires === undefined ? "Locked" : "InProgress",
        CreationDate: isoDate(lock.created),
        ExpirationDate: lock.expires === undefined ? undefined : isoDate(lock.expires),
      };
    });
  },
} satisfies Handlers<"glacier">;

/**
 * Whether a lock applies. It applies from its initiation on, so that it can be tested before it is completed.
 */
export const isInEffect = ({ expires }: VaultLock, now: number): boolean =>
  expires === undefined || now < expires;

const lockOf = ({ lock }: Vault, now: number) => (lock && isInEffect(lock, now) ? lock : undefined);

import { parsePolicy, RESOURCE_POLICY } from "#aws/languages/policy/document.ts";
import { PolicyError } from "#aws/languages/policy/faults.ts";
import type { Handlers } from "#kernel/service.ts";
import { invalidPolicy, missingParameter, noAccessPolicy, policyTooLarge } from "../errors.ts";
import { vaultArn, vaultAt, vaults } from "../store.ts";

const MAX_POLICY_BYTES = 20_480;

export const policyHandlers = {
  async SetVaultAccessPolicy(ctx, { vaultName, policy }) {
    const accessPolicy = policyIn(policy);
    return ctx.transact(async (tx) => {
      const vault = await vaultAt(ctx, tx, vaultName);
      tx.put(vaults, { ...vault, accessPolicy });
      return {};
    });
  },

  async GetVaultAccessPolicy(ctx, { vaultName }) {
    return ctx.read(async (tx) => {
      const { accessPolicy } = await vaultAt(ctx, tx, vaultName);
      if (accessPolicy === undefined) throw noAccessPolicy(vaultArn(ctx, vaultName));
      return { policy: { Policy: accessPolicy } };
    });
  },

  async DeleteVaultAccessPolicy(ctx, { vaultName }) {
    return ctx.transact(async (tx) => {
      const { accessPolicy: _, ...vault } = await vaultAt(ctx, tx, vaultName);
      tx.put(vaults, vault);
      return {};
    });
  },
} satisfies Handlers<"glacier">;

/** Returns the policy document of a request. @throws {AwsError} if it is missing, too large, or malformed */
export function policyIn(policy: { Policy?: string } | undefined): string {
  const document = policy?.Policy;
  if (!document) throw missingParameter("Policy");
  if (Buffer.byteLength(document) > MAX_POLICY_BYTES) throw policyTooLarge(MAX_POLICY_BYTES);
  try {
    parsePolicy(document, RESOURCE_POLICY);
  } catch (error) {
    throw error instanceof PolicyError ? invalidPolicy() : error;
  }
  return document;
}

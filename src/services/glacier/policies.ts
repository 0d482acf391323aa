import type { Handlers } from "#kernel/service.ts";
import { invalidPolicy, missingParameter, noAccessPolicy, policyTooLarge } from "./errors.ts";
import { vaultArn, vaultAt, vaults } from "./store.ts";

const MOST_POLICY_BYTES = 20_480;

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

/** The document, if it is one. */
export function policyIn(policy: { Policy?: string } | undefined): string {
  const document = policy?.Policy;
  if (!document) throw missingParameter("Policy");
  if (Buffer.byteLength(document) > MOST_POLICY_BYTES) throw policyTooLarge(MOST_POLICY_BYTES);
  if (!isPolicy(document)) throw invalidPolicy();
  return document;
}

function isPolicy(document: string): boolean {
  try {
    const parsed: unknown = JSON.parse(document);
    if (typeof parsed !== "object" || parsed === null || !("Statement" in parsed)) return false;
    const statements = [parsed.Statement].flat();
    return statements.length > 0 && statements.every(isStatement);
  } catch {
    return false;
  }
}

function isStatement(statement: unknown): boolean {
  if (typeof statement !== "object" || statement === null) return false;
  const { Effect, Principal, NotPrincipal, Action, NotAction } = statement as Record<string, unknown>;
  const says = (...members: unknown[]) => members.some((member) => member !== undefined);
  return (
    (Effect === "Allow" || Effect === "Deny") && says(Principal, NotPrincipal) && says(Action, NotAction)
  );
}

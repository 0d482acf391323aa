import type { Handlers } from "#kernel/service.ts";
import { invalidTag, invalidTagCount, missingParameter, tooManyTags } from "./errors.ts";
import { vaultAt, vaults } from "./store.ts";

const MAX_TAGS = 50;
/** The maximum number of tags that one call adds or removes. */
const MAX_AT_ONCE = 10;
const KEY = /^(?!aws:)[\p{L}\p{Z}\p{N}_./=+@:-]{1,128}$/u;
const VALUE = /^[\p{L}\p{Z}\p{N}_./=+@:-]{0,255}$/u;

export const tagHandlers = {
  async AddTagsToVault(ctx, { vaultName, Tags: added }) {
    if (!added) throw missingParameter("Tags");
    checkCount("tags", Object.keys(added).length);
    for (const [key, value] of Object.entries(added)) {
      if (!KEY.test(key)) throw invalidTag("key", key);
      if (!VALUE.test(value)) throw invalidTag("value", value);
    }
    return ctx.transact(async (tx) => {
      const vault = await vaultAt(ctx, tx, vaultName);
      const tags = Object.fromEntries([...Object.entries(vault.tags), ...Object.entries(added)]);
      if (Object.keys(tags).length > MAX_TAGS) throw tooManyTags(MAX_TAGS);
      tx.put(vaults, { ...vault, tags });
      return {};
    });
  },

  async ListTagsForVault(ctx, { vaultName }) {
    return ctx.read(async (tx) => ({ Tags: (await vaultAt(ctx, tx, vaultName)).tags }));
  },

  /** Ignores keys that the vault does not have. */
  async RemoveTagsFromVault(ctx, { vaultName, TagKeys: removed }) {
    if (!removed) throw missingParameter("TagKeys");
    checkCount("tag keys", removed.length);
    const gone = new Set(removed);
    return ctx.transact(async (tx) => {
      const vault = await vaultAt(ctx, tx, vaultName);
      const tags = Object.fromEntries(Object.entries(vault.tags).filter(([key]) => !gone.has(key)));
      tx.put(vaults, { ...vault, tags });
      return {};
    });
  },
} satisfies Handlers<"glacier">;

/** @throws {AwsError} InvalidParameterValueException */
function checkCount(what: string, count: number): void {
  if (count < 1 || count > MAX_AT_ONCE) throw invalidTagCount(what, MAX_AT_ONCE);
}

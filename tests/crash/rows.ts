import { eraPrefix } from "#kernel/records/era.ts";
import { successor } from "#kernel/records/keys.ts";
import type { KeyValueStore } from "#storage/kv/kv.ts";

/** Counts the rows of each collection in a store that no cloud has open, and closes the store. */
export async function rowsIn(store: KeyValueStore): Promise<Record<string, number>> {
  const rows: Record<string, number> = {};
  const range = { start: eraPrefix(1), end: eraPrefix(2), limit: 1_000 };
  for (;;) {
    const page = await store.range(range);
    for (const { key } of page) rows[collectionOf(key)] = (rows[collectionOf(key)] ?? 0) + 1;
    if (page.length < range.limit) break;
    range.start = successor(page.at(-1)!.key);
  }
  await store.close();
  return rows;
}

/** A key begins with four bytes for the era, then the name of its collection and a zero byte. */
const collectionOf = (key: Uint8Array) => Buffer.from(key.subarray(4, key.indexOf(0, 4))).toString();

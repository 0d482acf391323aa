import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { type Deduplication, deduplications, type Queue, type Time } from "../store.ts";

/** AWS's deduplication interval. */
const INTERVAL_MS = 300_000;
/** The maximum number of outdated rows that one message removes. */
const MAX_REMOVED = 4;
const PAGE = 200;

/** What was sent in the last five minutes, in that order. */
export type Recent = Map<string, Deduplication>;

/** The key by which two messages are the same: in the queue, or in each of its groups. */
export function deduplicationKey({ attributes }: Queue, id: string, group: string): string {
  return attributes.deduplicationScope === "messageGroup" ? JSON.stringify([group, id]) : id;
}

export function findRecent(recent: Recent, key: string, now: Time): Deduplication | undefined {
  const record = recent.get(key);
  return record && record.until > now ? record : undefined;
}

/**
 * Stores a message's key, and removes a few outdated ones. Memory is updated when the transaction is applied.
 * @param isFresh whether a key is stored anew in the same transaction
 */
export function remember(
  tx: Transaction,
  recent: Recent,
  queue: Queue,
  { key, id, seq }: Pick<Deduplication, "key" | "id" | "seq">,
  isFresh: (key: string) => boolean,
): Deduplication {
  const record = { queue: queue.id, key, until: tx.now() + INTERVAL_MS, id, seq };
  const outdated: string[] = [];
  for (const [old, { until }] of recent) {
    if (until > tx.now() || outdated.length === MAX_REMOVED) break;
    if (isFresh(old)) continue;
    outdated.push(old);
    tx.delete(deduplications, [queue.id, old]);
  }
  tx.put(deduplications, record);
  tx.afterwards(() => {
    for (const old of outdated) recent.delete(old);
    // Moves a known key to the end, since the map is ordered by time.
    recent.delete(key);
    recent.set(key, record);
  });
  return record;
}

export async function recentIn(ctx: Context, queue: Queue): Promise<Recent> {
  if (!queue.isFifo) return new Map();
  const records: Deduplication[] = [];
  let after: string | undefined;
  for (;;) {
    const range = { in: [queue.id], limit: PAGE, ...(after !== undefined && { after: [after] }) };
    const page = await ctx.read((tx) => tx.list(deduplications, range));
    records.push(...page);
    if (page.length < PAGE) break;
    after = page.at(-1)!.key;
    await new Promise(setImmediate);
  }
  records.sort((a, b) => a.until - b.until);
  return new Map(records.map((record) => [record.key, record]));
}

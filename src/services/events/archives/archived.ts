import { type EventPattern, eventPattern } from "#aws/languages/event-pattern/match.ts";
import { job } from "#kernel/jobs.ts";
import type { Transaction } from "#kernel/transaction.ts";
import { remembered } from "#lib/remembered.ts";
import { archived, archives, type BusEvent } from "../store.ts";

const DAY = 86_400_000;
const PAGE = 500;
const compiled = remembered(1_000, (pattern: string): EventPattern => eventPattern(pattern));

/** Adds an event to the archives of its bus that want it. */
export async function keepInArchives(tx: Transaction, bus: string, event: BusEvent): Promise<void> {
  for (const archive of await tx.listBy(archives, "bus", { in: [bus], limit: 1_000 })) {
    if (archive.pattern !== undefined && !compiled(archive.pattern).matches(event as never)) continue;
    const order = tx.sequence();
    tx.put(archived, { archive: archive.name, time: tx.now(), order, event });
    const bytes = archive.bytes + Buffer.byteLength(JSON.stringify(event));
    tx.put(archives, { ...archive, events: archive.events + 1, bytes });
  }
}

/** Removes what an archive keeps for longer than it is to, a page at a time, once a day. */
export const expire = job<{ archive: string; created: number }>("events/expire", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { archive: name, created }) {
    return ctx.transact(async (tx) => {
      const archive = await tx.get(archives, [name]);
      if (archive?.created !== created) return undefined;
      if (archive.retentionDays === 0) return { again: DAY };
      const before = tx.now() - archive.retentionDays * DAY;
      const old = await tx.list(archived, { in: [name], before: [before], limit: PAGE });
      let { events, bytes } = archive;
      for (const { time, order, event } of old) {
        tx.delete(archived, [name, time, order]);
        events--;
        bytes -= Buffer.byteLength(JSON.stringify(event));
      }
      if (old.length > 0) tx.put(archives, { ...archive, events, bytes });
      return { again: old.length === PAGE ? 0 : DAY };
    });
  },
});

/** Removes all that an archive kept, after it was deleted. */
export const discard = job<{ archive: string; created: number }>("events/discard", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { archive: name, created }) {
    return ctx.transact(async (tx) => {
      // An archive of the same name that was made since keeps what came since.
      const successor = await tx.get(archives, [name]);
      const before = successor && successor.created !== created ? { before: [successor.created] } : {};
      const rest = await tx.list(archived, { in: [name], ...before, limit: PAGE });
      for (const { time, order } of rest) tx.delete(archived, [name, time, order]);
      return rest.length === PAGE ? { again: 0 } : undefined;
    });
  },
});

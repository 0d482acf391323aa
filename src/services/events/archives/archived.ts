import { type EventPattern, eventPattern } from "#aws/languages/event-pattern/match.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
import { memoizeByText } from "#lib/memoize.ts";
import { jsonOf, matchable } from "../publishing/bus-event.ts";
import { type Archive, type ArchivedEvent, archived, archives, type BusEvent } from "../store.ts";

const DAY = 86_400_000;
/** The maximum events per transaction: each has up to 1 MiB. */
const PAGE = 50;
const compiled = memoizeByText(1_000, (pattern: string): EventPattern => eventPattern(pattern));

/** Adds an event to the archives of its bus whose patterns it matches. */
export async function keepInArchives(tx: Transaction, bus: string, event: BusEvent): Promise<void> {
  const all = await tx.listBy(archives, "bus", { in: [bus], limit: 1_000 });
  if (all.length === 0) return;
  const shown = matchable(event) as never;
  const matching = all.filter(({ pattern }) => pattern === undefined || compiled(pattern).matches(shown));
  add(tx, matching, event, tx.now(), MAX_BYTES);
}

/** The bytes of an event's copies in archives that are written together with the event, and by a later transaction. */
const MAX_BYTES = 2 ** 20;
const MAX_BYTES_OF_REST = 16 * 2 ** 20;

/** @param now the time of the event's arrival, cloud time */
function add(tx: Transaction, to: readonly Archive[], event: BusEvent, now: number, maxBytes: number): void {
  const size = Buffer.byteLength(jsonOf(event));
  const count = Math.max(1, Math.floor(maxBytes / size));
  for (const archive of to.slice(0, count)) {
    const order = tx.sequence();
    tx.put(archived, { archive: archive.name, ...timesOf(event, now), order, event });
    tx.put(archives, { ...archive, events: archive.events + 1, bytes: archive.bytes + size });
  }
  const names = to.slice(count).map(({ name }) => name);
  if (names.length > 0) tx.enqueue(addRest, { names, event, now });
}

/** Adds an event to the archives that were too many for an earlier transaction, and still exist. */
export const addRest = job<{ names: string[]; event: BusEvent; now: number }>("events/archive-rest", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { names, event, now }) {
    await ctx.transact(async (tx) => {
      const present: Archive[] = [];
      for (const name of names) {
        const archive = await tx.get(archives, [name]);
        if (archive && archive.created <= now) present.push(archive);
      }
      add(tx, present, event, now, MAX_BYTES_OF_REST);
    });
  },
});

/** The time of an event is in whole seconds. */
function timesOf(event: BusEvent, now: number): Pick<ArchivedEvent, "time" | "came"> {
  const time = Math.max(0, Date.parse(event.time));
  return Math.floor(time / 1_000) === Math.floor(now / 1_000) ? { time: now } : { time, came: now };
}

const cameAt = ({ time, came = time }: ArchivedEvent) => came;

/** A walk through an archive, a page at a time. */
interface ArchiveWalk {
  archive: string;
  created: number;
  after?: [number, number];
}
const behind = (after: ArchiveWalk["after"]) => (after ? { after } : {});
const placeOf = ({ time, order }: ArchivedEvent): [number, number] => [time, order];

/** Once a day, removes the events whose retention has ended. */
export const expire = job<ArchiveWalk>("events/expire", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { archive: name, created, after }) {
    return ctx.transact(async (tx) => {
      const archive = await tx.get(archives, [name]);
      if (archive?.created !== created) return undefined;
      // The first page is due again in a day, the pages behind it at once.
      const next = after ? undefined : { again: DAY };
      if (archive.retentionDays === 0) return next;
      const before = tx.now() - archive.retentionDays * DAY;
      // An event with a time in the future stays until then.
      const page = await tx.list(archived, {
        in: [name],
        ...behind(after),
        before: [Math.max(0, before)],
        limit: PAGE,
      });
      const old = page.filter((one) => cameAt(one) < before);
      let { events, bytes } = archive;
      for (const { time, order, event } of old) {
        tx.delete(archived, [name, time, order]);
        events--;
        bytes -= Buffer.byteLength(jsonOf(event));
      }
      if (old.length > 0) tx.put(archives, { ...archive, events, bytes });
      if (page.length === PAGE) tx.enqueue(expire, { archive: name, created, after: placeOf(page.at(-1)!) });
      return next;
    });
  },
});

/** Removes the events of a deleted archive. */
export const discard = job<ArchiveWalk>("events/discard", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { archive: name, created, after }) {
    return ctx.transact(async (tx) => {
      // If an archive of the same name was made since, its events stay.
      const successor = await tx.get(archives, [name]);
      const end = successor && successor.created !== created ? successor.created : Number.POSITIVE_INFINITY;
      const page = await tx.list(archived, { in: [name], ...behind(after), limit: PAGE });
      for (const one of page) if (cameAt(one) < end) tx.delete(archived, [name, ...placeOf(one)]);
      if (page.length === PAGE) tx.enqueue(discard, { archive: name, created, after: placeOf(page.at(-1)!) });
    });
  },
});

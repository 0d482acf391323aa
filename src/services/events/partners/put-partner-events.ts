import type * as Events from "#aws/contract/types/events.ts";
import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";
import {
  checkedEntry,
  checkSize,
  type Entry,
  eventOf,
  failuresIn,
  isMatchable,
} from "../publishing/entries.ts";
import { publish } from "../publishing/publish.ts";
import { type BusEvent, eventSources, partnerSources } from "../store.ts";
import { inAccount, partnerOf } from "./callers.ts";

type Result = Events.PutPartnerEventsResultEntry;

export const partnerEventOperations = {
  async PutPartnerEvents(ctx, { Entries }) {
    checkSize(Entries);
    const partner = partnerOf(ctx);
    const results: Result[] = [];
    for (const entry of Entries)
      results.push(
        partner === undefined ? await handOn(ctx, entry) : { EventId: await receive(ctx, entry, partner) },
      );
    return { FailedEntryCount: failuresIn(results), Entries: results };
  },
} satisfies Handlers<"events">;

/** Sends an entry to all accounts that its source is offered to. */
async function handOn(ctx: Context, entry: Entry): Promise<Result> {
  const { Source: name = "" } = entry;
  const source = await ctx.read((tx) => tx.get(partnerSources, [name]));
  const { failure } = checkedEntry(entry, () => source !== undefined);
  if (failure) return failure;
  const answers = await Promise.all(
    source!.accounts.map((account) => inAccount(ctx, name, account).PutPartnerEvents({ Entries: [entry] })),
  );
  return { EventId: answers[0]!.Entries?.[0]?.EventId };
}

/** Events of a source that is not active are dropped. */
function receive(ctx: Context, entry: Entry, partner: string): Promise<string> {
  return ctx.transact(async (tx) => {
    const { content } = checkedEntry(entry, () => true);
    const event: BusEvent = eventOf(ctx, entry, content!, tx.uuid(), tx.now());
    const source = await tx.get(eventSources, [event.source]);
    const isOpen = source?.state === "ACTIVE" && source.partner === partner;
    if (isOpen && isMatchable(event)) await publish(ctx, tx, source.name, event);
    return event.id;
  });
}

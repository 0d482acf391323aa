import type * as Events from "#aws/contract/types/events.ts";
import type { Context } from "#kernel/context.ts";
import { page } from "#kernel/records/pages.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { job } from "#kernel/work/jobs.ts";
import { eventSourceArn } from "../arns.ts";
import {
  invalidToken,
  noSuchEventSource,
  noSuchEventSourceOrBus,
  sourceExists,
  sourceIsInOtherState,
} from "../errors.ts";
import { toTheSecond } from "../moments.ts";
import { buses, type EventSource, eventSources } from "../store.ts";
import { partnerOf } from "./callers.ts";

const TWO_WEEKS_MS = 14 * 86_400_000;

/** The operations of the account that a source is offered to. */
export const eventSourceOperations = {
  ActivateEventSource: (ctx, { Name }) =>
    ctx.transact(async (tx) => {
      const source = await sourceWithBus(tx, Name);
      if (source.state !== "PENDING") throw sourceIsInOtherState(Name);
      activate(tx, source);
      return {};
    }),

  DeactivateEventSource: (ctx, { Name }) =>
    ctx.transact(async (tx) => {
      const source = await sourceWithBus(tx, Name);
      if (source.state !== "ACTIVE") throw sourceIsInOtherState(Name);
      suspend(tx, source);
      return {};
    }),

  async DescribeEventSource(ctx, { Name }) {
    const source = await ctx.read((tx) => tx.get(eventSources, [Name]));
    const partner = partnerOf(ctx);
    // A partner sees only its own sources.
    if (!source || (partner !== undefined && source.partner !== partner)) throw noSuchEventSource(Name);
    return described(ctx, source);
  },

  async ListEventSources(ctx, { NamePrefix = "", Limit = 100, NextToken }) {
    const { records, token } = await page<EventSource>(ctx, {
      listing: ["events:ListEventSources", NamePrefix],
      token: NextToken,
      limit: Limit,
      list: (range) => ctx.read((tx) => tx.list(eventSources, { prefix: NamePrefix, ...range })),
      position: ({ name }) => [name],
      invalidToken,
    });
    return { EventSources: records.map((source) => described(ctx, source)), NextToken: token };
  },
} satisfies Handlers<"events">;

/** @throws {AwsError} ResourceAlreadyExistsException */
export async function offer(tx: Transaction, name: string, partner: string): Promise<void> {
  const former = await tx.get(eventSources, [name]);
  if (former && former.state !== "DELETED") throw sourceExists(name);
  suspend(tx, { name, partner, state: "PENDING", created: tx.now() });
}

/** Deleting a source that does not exist, or is another partner's, is no error. */
export async function withdraw(tx: Transaction, name: string, partner: string): Promise<void> {
  const source = await tx.get(eventSources, [name]);
  if (source?.partner === partner) await remove(tx, source);
}

export function activate(tx: Transaction, { expires: _, ...source }: EventSource): void {
  tx.put<EventSource>(eventSources, { ...source, state: "ACTIVE" });
}

/** After its bus is deleted, the source is pending again and can get another bus. */
export async function detach(tx: Transaction, bus: string): Promise<void> {
  const source = await tx.get(eventSources, [bus]);
  if (source?.state === "DELETED") tx.delete(eventSources, [bus]);
  else if (source) suspend(tx, source);
}

/** A source that stays pending expires. */
function suspend(tx: Transaction, source: EventSource): void {
  const expires = tx.now() + TWO_WEEKS_MS;
  tx.put<EventSource>(eventSources, { ...source, state: "PENDING", expires });
  tx.enqueue(expireSource, { name: source.name, expires }, { delay: TWO_WEEKS_MS });
}

export const expireSource = job<{ name: string; expires: number }>("events/expire-source", {
  attempts: Number.POSITIVE_INFINITY,
  run: (ctx, { name, expires }) =>
    ctx.transact(async (tx) => {
      const source = await tx.get(eventSources, [name]);
      if (source?.expires === expires) await remove(tx, source);
    }),
});

/** A source with a bus stays as `DELETED`, one without is gone. */
async function remove(tx: Transaction, { expires: _, ...source }: EventSource): Promise<void> {
  if (await tx.get(buses, [source.name])) tx.put<EventSource>(eventSources, { ...source, state: "DELETED" });
  else tx.delete(eventSources, [source.name]);
}

/** @throws {AwsError} ResourceNotFoundException */
async function sourceWithBus(tx: ReadTransaction, name: string): Promise<EventSource> {
  const source = await tx.get(eventSources, [name]);
  if (!source || !(await tx.get(buses, [name]))) throw noSuchEventSourceOrBus(name);
  return source;
}

const described = (ctx: Context, { name, state, created, expires }: EventSource): Events.EventSource => ({
  Arn: eventSourceArn(ctx, name),
  CreatedBy: name.split("/", 2).join("/"),
  CreationTime: toTheSecond(created),
  ExpirationTime: expires === undefined ? undefined : toTheSecond(expires),
  Name: name,
  State: state,
});

import type * as Events from "#aws/contract/types/events.ts";
import { AwsError, notImplemented } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";
import { busNamed, DEFAULT_BUS, placeOfBus } from "../arns.ts";
import { buses } from "../store.ts";
import { checkedEntry, checkSize, eventOf, failuresIn, isMatchable } from "./entries.ts";
import { publish } from "./publish.ts";

export const eventOperations = {
  async PutEvents(ctx, { Entries, EndpointId }) {
    if (EndpointId !== undefined) throw notImplemented("global endpoints");
    checkSize(Entries);
    const maySend = (source: string) => isOwnService(ctx) || !/^aws\./i.test(source);
    const own = Entries.map((entry) => isHere(ctx, entry));
    const here = await ctx.transact(async (tx) => {
      const results: Events.PutEventsResultEntry[] = [];
      for (const [at, entry] of Entries.entries()) {
        const { failure, content } = checkedEntry(entry, maySend);
        if (!content) {
          results.push(failure);
          continue;
        }
        const event = eventOf(ctx, entry, content, tx.uuid(), tx.now());
        results.push({ EventId: event.id });
        const bus = busNamed(entry.EventBusName);
        // An event for a bus that does not exist, or with a type that is too long, is accepted but matches no rule.
        const isThere = bus === DEFAULT_BUS || (await tx.get(buses, [bus])) !== undefined;
        if (own[at] && isThere && isMatchable(event))
          await publish(ctx, tx, bus, event, { trace: traceOf(ctx, entry) });
      }
      return results;
    });
    const results = await Promise.all(
      here.map((result, at) => (own[at] || result.ErrorCode ? result : putElsewhere(ctx, Entries[at]!))),
    );
    return { FailedEntryCount: failuresIn(results), Entries: results };
  },
} satisfies Handlers<"events">;

type Entry = Events.PutEventsRequestEntry;

/** A root, and further fields. Queues refuse control characters. */
const TRACE_HEADER = /^Root=1-[0-9a-f]{8}-[0-9a-f]{24}(?:;[\x20-\x7e]*)?$/i;
const MAX_TRACE = 500;

/**
 * The X-Ray trace header that targets get with an event; malformed ones are dropped.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-related-service-xray.html
 */
function traceOf({ request }: Context, { TraceHeader }: Entry): string | undefined {
  const trace = TraceHeader ?? request?.headers["x-amzn-trace-id"];
  return trace !== undefined && trace.length <= MAX_TRACE && TRACE_HEADER.test(trace) ? trace : undefined;
}

/** The cloud's own services name their own sources. */
const isOwnService = ({ principal }: Context) => principal.type === "service";

const isHere = (ctx: Context, { EventBusName }: Entry) => {
  const { account, region } = placeOfBus(EventBusName, ctx);
  return account === ctx.account && region === ctx.region;
};

async function putElsewhere(ctx: Context, entry: Entry): Promise<Events.PutEventsResultEntry> {
  const place = placeOfBus(entry.EventBusName, ctx);
  try {
    const { Entries } = await ctx
      .as(ctx.principal, undefined, place)
      .aws.events.PutEvents({ Entries: [entry] });
    return Entries![0]!;
  } catch (error) {
    if (error instanceof AwsError) return { ErrorCode: error.code, ErrorMessage: error.message };
    throw error;
  }
}

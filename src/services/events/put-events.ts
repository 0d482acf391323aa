import type * as Events from "#aws/contract/types/events.ts";
import { AwsError, notImplemented } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";
import { isoSeconds } from "#lib/iso-seconds.ts";
import { isDeeperThan, MAX_JSON_DEPTH } from "#lib/nesting.ts";
import { exactDetailOf } from "./bus-event.ts";
import { busNamed, DEFAULT_BUS, placeOfBus } from "./arns.ts";
import { invalid } from "./errors.ts";
import { publish } from "./publish.ts";
import { type BusEvent, buses } from "./store.ts";

/** The maximum bytes of all entries of a call together. */
const MAX_BYTES = 2 ** 20;
const MAX_DETAIL_TYPE = 128;
/** The size that a time counts as. */
const TIME_BYTES = 14;

export const eventOperations = {
  async PutEvents(ctx, { Entries, EndpointId }) {
    if (EndpointId !== undefined) throw notImplemented("global endpoints");
    const bytes = Entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
    if (bytes > MAX_BYTES) throw invalid("Total size of the entries in the request is over the limit.");
    const own = Entries.map((entry) => isHere(ctx, entry));
    const here = await ctx.transact(async (tx) => {
      const results: Events.PutEventsResultEntry[] = [];
      for (const [at, entry] of Entries.entries()) {
        const { failure, content } = checked(ctx, entry);
        if (!content) {
          results.push(failure);
          continue;
        }
        const event = { ...eventOf(ctx, entry, tx.uuid(), tx.now()), ...content };
        results.push({ EventId: event.id });
        const bus = busNamed(entry.EventBusName);
        // An event for a bus that does not exist, or with a type that is too long, is accepted but matches no rule.
        const isThere = bus === DEFAULT_BUS || (await tx.get(buses, [bus])) !== undefined;
        if (own[at] && isThere && event["detail-type"].length <= MAX_DETAIL_TYPE)
          await publish(ctx, tx, bus, event);
      }
      return results;
    });
    const results = await Promise.all(
      here.map((result, at) => (own[at] || result.ErrorCode ? result : putElsewhere(ctx, Entries[at]!))),
    );
    return {
      FailedEntryCount: results.filter(({ ErrorCode }) => ErrorCode !== undefined).length,
      Entries: results,
    };
  },
} satisfies Handlers<"events">;

type Entry = Events.PutEventsRequestEntry;

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

type DetailContent = Pick<BusEvent, "detail" | "exactDetail">;

/** The parsed detail of an entry, or the error. */
function checked(ctx: Context, entry: Entry): Checked {
  for (const member of ["Source", "DetailType", "Detail"] as const) {
    if (!entry[member])
      return failed(
        "InvalidArgument",
        `Parameter ${member} is not valid. Reason: ${member} is a required argument.`,
      );
  }
  if (/^aws\./i.test(entry.Source!) && !isOwnService(ctx))
    return failed("NotAuthorizedForSourceException", "Not authorized for the source.");
  const detail = detailOf(entry);
  if (!detail) return failed("MalformedDetail", "Detail is malformed.");
  const exactDetail = exactDetailOf(entry.Detail!, detail);
  return { content: exactDetail === undefined ? { detail } : { detail, exactDetail } };
}

type Checked =
  | { content: DetailContent; failure?: undefined }
  | { content?: undefined; failure: Events.PutEventsResultEntry };

const failed = (ErrorCode: string, ErrorMessage: string): Checked => ({
  failure: { ErrorCode, ErrorMessage },
});

/** @returns `undefined` unless the detail is a JSON object */
function detailOf({ Detail }: Entry): object | undefined {
  try {
    const detail: unknown = JSON.parse(Detail!);
    const isObject = typeof detail === "object" && detail !== null && !Array.isArray(detail);
    return isObject && !isDeeperThan(MAX_JSON_DEPTH, detail) ? detail : undefined;
  } catch {
    return undefined;
  }
}

function eventOf(
  { principal, account, region }: Context,
  entry: Entry,
  id: string,
  now: number,
): Omit<BusEvent, keyof DetailContent> {
  return {
    version: "0",
    id,
    "detail-type": entry.DetailType!,
    source: entry.Source!,
    account: principal.account || account,
    time: isoSeconds(entry.Time?.getTime() ?? now),
    region,
    resources: entry.Resources ?? [],
  };
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html */
function sizeOf({ Time, Source = "", DetailType = "", Detail = "", Resources = [] }: Entry): number {
  const texts = [Source, DetailType, Detail, ...Resources];
  return (Time ? TIME_BYTES : 0) + texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}
